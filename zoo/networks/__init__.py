"""Networks, built and ready to be passed to a model; any other built Keras model does as well."""

# Which mends Keras's convolutions.
import zoo.networks.empty_parts  # noqa: F401
from zoo.networks.augmentation import augmentation
from zoo.networks.conditional import conditional_decoder, conditional_encoder
from zoo.networks.corruption import MaskingNoise, SaltAndPepperNoise, corruption_layer
from zoo.networks.discriminative_generator import discriminative_generator
from zoo.networks.energies import (
    ConditionalLabelEnergy,
    LabelEnergy,
    LocalEnergy,
    PairwiseEnergy,
)
from zoo.networks.energy_network import EnergyNetwork
from zoo.networks.feature_scaling import FeatureScaling, feature_scaling
from zoo.networks.image_discriminators import image_discriminator
from zoo.networks.label_networks import energy_network, feature_network
from zoo.networks.ladder import (
    GaussianCombinator,
    ShiftAndScale,
    convolutional_ladder_classifier,
    ladder_classifier,
    ladder_decoder,
)
from zoo.networks.latent_generators import latent_generator
from zoo.networks.mask_value_networks import MaskValueNetwork, PooledValueNetwork
from zoo.networks.maxout import Maxout, maxout_classifier
from zoo.networks.perceptron import perceptron
from zoo.networks.pooled import pooled_classifier
from zoo.networks.segmentation import (
    fully_convolutional_network,
    mask_discriminator,
    mask_maps,
)
from zoo.networks.standardization import Standardization, standardize
from zoo.networks.vision import (
    classifier,
    decoder,
    discriminator,
    encoder,
    generator,
    separator,
)
from zoo.networks.weight_decay import WeightDecay
