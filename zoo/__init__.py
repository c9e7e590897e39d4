"""A Keras model zoo of networks that learn together."""

__version__ = "0.1.0"

from zoo import datasets, distribution, evaluation, losses, metrics, networks, report, training
from zoo.callbacks import Checkpoint, StopOnNonFiniteLoss
from zoo.errors import InputError, NonFiniteLossError
from zoo.models import Autoencoder, SuperEncoder, ZooModel
from zoo.recipe import Recipe, list_recipes, load_recipe
from zoo.registry import create_model, list_models, register_model

__all__ = [
    "Autoencoder",
    "Checkpoint",
    "InputError",
    "NonFiniteLossError",
    "Recipe",
    "StopOnNonFiniteLoss",
    "SuperEncoder",
    "ZooModel",
    "create_model",
    "datasets",
    "distribution",
    "evaluation",
    "list_models",
    "list_recipes",
    "load_recipe",
    "losses",
    "metrics",
    "networks",
    "register_model",
    "report",
    "training",
]
