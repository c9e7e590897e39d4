"""Classifiers that average their features over the image: few labels, and no place to learn."""

from collections.abc import Sequence

import keras
from keras import layers

from zoo.errors import check_number
from zoo.networks import blocks, sizes

# Levels that halve the sides; the others keep them.
HALVED = 2


def pooled_classifier(
    input_shape: Sequence[int],
    num_classes: int,
    size: str | int | Sequence[int] = (32, 64, 96),
    slope: float = 0.1,
    name: str = "classifier",
) -> keras.Model:
    """Image `(batch, height, width, channels)` to logits `(batch, num_classes)`, pooled.

    For each number of `size` a convolution without bias, batch normalization synchronized over
    replicas, and a leaky ReLU; the first convolution is 5x5, the others 3x3; the first two have
    stride 2. Then the mean of each feature over the image, and a dense layer of logits. The plan
    is that of Miyato et al.'s convolutional networks, with strides in the place of their pooling.

    `zoo.networks.classifier` flattens its features, and learns with each label where in the image
    it is to look. This one can do so hardly: an image and its shifted copy have nearly the same
    features.

    Args:
        input_shape: (height, width, channels); sides of at least 8, odd ones too.
        num_classes: at least 2.
        size: a word, a number or a sequence of numbers, as for `zoo.networks.encoder`.
        slope: of the activation below 0, from 0 (ReLU) to 1.
        name: of the network.

    Raises:
        InputError: for a shape, size or number that no such network can have.
    """
    sizes.check_num_classes(num_classes)
    check_number("slope", slope, maximum=1.0)
    shape = sizes.read_shape("input_shape", input_shape, "convolutional")
    widths = sizes.read_size(size, "convolutional")
    sizes.sides_of_levels("input_shape", shape, min(len(widths), HALVED))
    image = keras.Input(shape, name="image")
    x = image
    for level, width in enumerate(widths):
        x = layers.Conv2D(
            width,
            3 if level else 5,
            strides=2 if level < HALVED else 1,
            padding="same",
            use_bias=False,
        )(x)
        x = blocks.normalized(x, slope)
    x = layers.GlobalAveragePooling2D(name="pooling")(x)
    return keras.Model(image, blocks.logits(x, num_classes, "logits"), name=name)
