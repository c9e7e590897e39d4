"""The models of the zoo: networks, terms and who moves."""

from zoo.models.adversarial_autoencoders import AdversarialAutoencoder
from zoo.models.auto_classifier_games import (
    AutoClassifierDiscriminatorGame,
    AutoClassifierGeneratorGame,
)
from zoo.models.auto_classifiers import AutoClassifier
from zoo.models.autoencoders import Autoencoder
from zoo.models.base import ZooModel
from zoo.models.classifiers import Classifier
from zoo.models.min_max_game import MinMaxGame
from zoo.models.super_encoders import SuperEncoder
from zoo.models.variational_autoencoders import VariationalAutoencoder

__all__ = [
    "AdversarialAutoencoder",
    "AutoClassifier",
    "AutoClassifierDiscriminatorGame",
    "AutoClassifierGeneratorGame",
    "Autoencoder",
    "Classifier",
    "MinMaxGame",
    "SuperEncoder",
    "VariationalAutoencoder",
    "ZooModel",
]
