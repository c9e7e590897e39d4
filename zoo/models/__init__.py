"""The models of the zoo: networks, terms and who moves."""

from zoo.models.autoencoders import Autoencoder
from zoo.models.base import ZooModel
from zoo.models.super_encoders import SuperEncoder

__all__ = ["Autoencoder", "SuperEncoder", "ZooModel"]
