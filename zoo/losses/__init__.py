"""Losses: pure functions with one value per sample, and classes that add reduction and config.

Keras's own stand here as they are where they are right: the tests hold them to the slides' numbers.
"""

from keras.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    huber,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)

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
    CrossEntropy,
    KLDivergence,
    cross_entropy,
    entropy,
    kl_divergence,
)
from zoo.losses.hinge import (
    BinaryHinge,
    CrammerSingerHinge,
    WestonWatkinsHinge,
    binary_hinge,
    crammer_singer_hinge,
    weston_watkins_hinge,
)
from zoo.losses.multi_label import (
    MultiLabelCrossentropy,
    MultiLabelKL,
    MultiLabelSquared,
    multi_label_crossentropy,
    multi_label_kl,
    multi_label_squared,
)
from zoo.losses.oracles import (
    f1_oracle,
    iou_oracle,
    value_crossentropy,
)
from zoo.losses.regression import (
    RootMeanSquaredError,
    SumSquaredError,
    root_mean_squared_error,
    sum_squared_error,
)
from zoo.losses.selection import label_loss, reconstruction_loss
from zoo.losses.structured import (
    cost_named,
    crossentropy_cost,
    hamming_cost,
    squared_cost,
    structured_hinge,
)
