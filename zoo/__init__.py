"""A Keras model zoo of networks that learn together."""

__version__ = "0.1.0"

from zoo import (
    comparison,
    datasets,
    distribution,
    entry_points,
    evaluation,
    losses,
    metrics,
    networks,
    priors,
    report,
    training,
)
from zoo.callbacks import Checkpoint, StopOnNonFiniteLoss
from zoo.errors import InputError, NonFiniteLossError
from zoo.models import (
    AdversarialAutoencoder,
    AutoClassifier,
    AutoClassifierDiscriminatorGame,
    AutoClassifierGeneratorGame,
    Autoencoder,
    Classifier,
    MinMaxGame,
    SuperEncoder,
    VariationalAutoencoder,
    ZooModel,
)
from zoo.recipe import Recipe, list_recipes, load_recipe
from zoo.registry import create_model, list_models, register_model

__all__ = [
    "AdversarialAutoencoder",
    "AutoClassifier",
    "AutoClassifierDiscriminatorGame",
    "AutoClassifierGeneratorGame",
    "Autoencoder",
    "Checkpoint",
    "Classifier",
    "InputError",
    "MinMaxGame",
    "NonFiniteLossError",
    "Recipe",
    "StopOnNonFiniteLoss",
    "SuperEncoder",
    "VariationalAutoencoder",
    "ZooModel",
    "comparison",
    "create_model",
    "datasets",
    "distribution",
    "entry_points",
    "evaluation",
    "list_models",
    "list_recipes",
    "load_recipe",
    "losses",
    "metrics",
    "networks",
    "priors",
    "register_model",
    "report",
    "training",
]
