"""The models of the zoo: networks, terms and who moves."""

from zoo.models.adversarial_autoencoders import AdversarialAutoencoder
from zoo.models.autoencoders import Autoencoder
from zoo.models.base import ZooModel
from zoo.models.min_max_game import MinMaxGame
from zoo.models.super_encoders import SuperEncoder
from zoo.models.variational_autoencoders import VariationalAutoencoder

__all__ = [
    "AdversarialAutoencoder",
    "Autoencoder",
    "MinMaxGame",
    "SuperEncoder",
    "VariationalAutoencoder",
    "ZooModel",
]
