"""Generators of the adversarial classifiers: random numbers to images by dense layers."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from zoo.errors import check_number, check_width
from zoo.networks import blocks, sizes


def latent_generator(
    output_shape: Sequence[int],
    latent_size: int = 128,
    units: int | Sequence[int] = (500, 500, 1000),
    slope: float = 0.1,
    name: str = "generator",
) -> keras.Model:
    """Vector `(batch, latent_size)` to pixel logits `(batch, height, width, channels)`, dense.

    For each number of `units` a dense layer without bias, batch normalization synchronized over
    replicas, and a (leaky) ReLU; then a dense layer of pixel logits. `zoo.networks.decoder` is the
    convolutional one.

    Args:
        output_shape: (height, width, channels) of the image, or (features,).
        latent_size: of the vector, at least 1.
        units: of the hidden layers.
        slope: of the activation below 0, from 0 (ReLU) to 1.
        name: of the network.

    Raises:
        InputError: for a shape or number that no such network can have.
    """
    check_width("latent_size", latent_size)
    check_number("slope", slope, maximum=1.0)
    shape = sizes.read_shape("output_shape", output_shape, "dense")
    latent = keras.Input((latent_size,), name="latent")
    x = latent
    for width in sizes.read_units("units", units):
        x = layers.Dense(width, use_bias=False)(x)
        x = blocks.normalized(x, slope)
    x = blocks.logits(x, math.prod(shape), "logits")
    return keras.Model(latent, layers.Reshape(shape, dtype="float32", name="image")(x), name=name)
