"""Networks, built and ready to be passed to a model; any other built Keras model does as well."""

from zoo.networks.augmentation import augmentation
from zoo.networks.corruption import MaskingNoise, SaltAndPepperNoise, corruption_layer
from zoo.networks.discriminative_generator import discriminative_generator
from zoo.networks.vision import (
    classifier,
    decoder,
    discriminator,
    encoder,
    generator,
    separator,
)

__all__ = [
    "MaskingNoise",
    "SaltAndPepperNoise",
    "augmentation",
    "classifier",
    "corruption_layer",
    "decoder",
    "discriminative_generator",
    "discriminator",
    "encoder",
    "generator",
    "separator",
]
