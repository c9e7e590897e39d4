"""Discriminators of images: one logit, of an image being real and not made."""

from collections.abc import Sequence

import keras
from keras import layers

from zoo.networks import blocks, sizes

# Of the activation below 0: a generator learns through the discriminator's dead units, too.
SLOPE = 0.2


def image_discriminator(
    input_shape: Sequence[int],
    size: str | int | Sequence[int] = "medium",
    kind: str = "convolutional",
    dropout: float = 0.3,
    name: str = "discriminator",
) -> keras.Model:
    """A discriminator: image `(batch, height, width, channels)` to one logit `(batch, 1)`.

    Convolutional: 3x3 convolutions with stride 2, one per number of `size`. Dense: dense layers on
    the flattened pixels. Each is followed by a leaky ReLU and dropout. There is no batch
    normalization, by whose moments a batch of made images would give itself away.

    Args:
        input_shape: (height, width, channels); sides of at least 8 for convolutions.
        size: a word, a number or a sequence of numbers, as for `zoo.networks.encoder`.
        kind: `"convolutional"` or `"dense"`.
        dropout: rate after every layer, from 0 to 0.99.
        name: of the network.

    Raises:
        InputError: for a shape, size, kind or rate that no such network can have.
    """
    sizes.check_kind(kind)
    sizes.check_dropout(dropout)
    shape = sizes.read_shape("input_shape", input_shape, kind)
    widths = sizes.read_size(size, kind)
    image = keras.Input(shape, name="image")
    if kind == "convolutional":
        sizes.sides_of_levels("input_shape", shape, len(widths))
        x = image
    else:
        x = layers.Flatten()(image)
    for width in widths:
        if kind == "convolutional":
            x = layers.Conv2D(width, 3, strides=2, padding="same")(x)
        else:
            x = layers.Dense(width)(x)
        x = layers.LeakyReLU(SLOPE)(x)
        x = layers.Dropout(dropout)(x) if dropout else x
    x = layers.Flatten()(x) if kind == "convolutional" else x
    return keras.Model(image, blocks.logits(x, 1, "logit"), name=name)
