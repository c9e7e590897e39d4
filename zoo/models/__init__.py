"""The models of the zoo: networks, terms and who moves."""

from zoo.models.adversarial_autoencoders import AdversarialAutoencoder
from zoo.models.auto_classifier_games import (
    AutoClassifierDiscriminatorGame,
    AutoClassifierGeneratorGame,
)
from zoo.models.auto_classifiers import AutoClassifier
from zoo.models.autoencoders import Autoencoder
from zoo.models.base.energy_model import EnergyModel
from zoo.models.base.min_max_game import MinMaxGame
from zoo.models.base.zoo_model import ZooModel
from zoo.models.categorical_gans import CategoricalGAN
from zoo.models.classifiers import Classifier
from zoo.models.deep_generative_classifiers import DeepGenerativeClassifier
from zoo.models.energy_networks import EndToEndEnergyNetwork, StructuredPredictionEnergyNetwork
from zoo.models.inference_networks import InferenceNetworkGame
from zoo.models.ladder_networks import LadderNetwork
from zoo.models.multi_label_classifiers import MultiLabelClassifier
from zoo.models.segmenters import AdversarialSegmenter, Segmenter
from zoo.models.stacked_generative_classifiers import StackedGenerativeClassifier
from zoo.models.super_encoders import SuperEncoder
from zoo.models.support_vector_machines import SupportVectorMachine
from zoo.models.task_oriented_gans import TaskOrientedGAN
from zoo.models.value_networks import DeepValueNetwork
from zoo.models.variational_autoencoders import VariationalAutoencoder
from zoo.models.virtual_adversarial_classifiers import VirtualAdversarialClassifier
