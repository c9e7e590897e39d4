"""The permutation-invariant classifier of the semi-supervised papers: dense layers, normalized."""

from collections.abc import Sequence

import keras
from keras import layers

from zoo.errors import check_number
from zoo.networks import blocks, sizes


def perceptron(
    input_shape: Sequence[int],
    num_classes: int,
    units: int | Sequence[int] = (1200, 600, 300, 150),
    noise: float = 0.0,
    slope: float = 0.0,
    name: str = "classifier",
) -> keras.Model:
    """Image `(batch, height, width, channels)` to logits `(batch, num_classes)` by dense layers.

    For each number of `units` a dense layer without bias, batch normalization synchronized over
    replicas, and a (leaky) ReLU; then a dense layer of logits. Its defaults are the network of
    Miyato et al. on all labels of MNIST.

    Args:
        input_shape: (height, width, channels), or (features,).
        num_classes: at least 2.
        units: of the hidden layers.
        noise: standard deviation of the Gaussian noise on the input of every hidden layer while
            training, at least 0.
        slope: of the activation below 0, from 0 (ReLU) to 1.
        name: of the network.

    Raises:
        InputError: for a shape or number that no such network can have.
    """
    sizes.check_num_classes(num_classes)
    check_number("noise", noise)
    check_number("slope", slope, maximum=1.0)
    image = keras.Input(sizes.read_shape("input_shape", input_shape, "dense"), name="image")
    x = layers.Flatten()(image)
    for width in sizes.read_units("units", units):
        if noise:
            x = layers.GaussianNoise(noise)(x)
        x = layers.Dense(width, use_bias=False)(x)
        x = blocks.normalized(x, slope)
    return keras.Model(image, blocks.logits(x, num_classes, "logits"), name=name)
