"""Losses: pure functions with one value per sample, and classes that add reduction and config."""

from zoo.losses.adversarial import AdversarialPair, adversarial_pair
from zoo.losses.cooperation import (
    AdjustedCooperation,
    StrictCooperation,
    WeightedCooperation,
    adjusted_cooperation,
    strict_cooperation,
    weighted_cooperation,
)
from zoo.losses.discriminative_generator import GeneratorGame, generator_game
from zoo.losses.entropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CrossEntropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    cross_entropy,
    entropy,
    kl_divergence,
    sparse_categorical_crossentropy,
)
from zoo.losses.regression import (
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    RootMeanSquaredError,
    SumSquaredError,
    huber,
    mean_absolute_error,
    mean_squared_error,
    root_mean_squared_error,
    sum_squared_error,
)
from zoo.losses.selection import label_loss, reconstruction_loss

__all__ = [
    "AdjustedCooperation",
    "AdversarialPair",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CrossEntropy",
    "GeneratorGame",
    "Huber",
    "KLDivergence",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "RootMeanSquaredError",
    "SparseCategoricalCrossentropy",
    "StrictCooperation",
    "SumSquaredError",
    "WeightedCooperation",
    "adjusted_cooperation",
    "adversarial_pair",
    "binary_crossentropy",
    "categorical_crossentropy",
    "cross_entropy",
    "entropy",
    "generator_game",
    "huber",
    "kl_divergence",
    "label_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "reconstruction_loss",
    "root_mean_squared_error",
    "sparse_categorical_crossentropy",
    "strict_cooperation",
    "sum_squared_error",
    "weighted_cooperation",
]
