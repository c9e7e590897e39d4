"""Networks on images and masks: a segmenter, and a discriminator of masks."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.errors import InputError, check_choice, check_count
from zoo.networks.blocks import activation, logits
from zoo.networks.sizes import check_dropout, read_shape, read_units
from zoo.networks.weight_decay import decay

MASK_FORMS = ("basic", "basic_and_image", "product")

# Of the three convolutions of the reference below.
FILTERS = (64, 128, 128)


def fully_convolutional_network(
    image_shape: Sequence[int],
    filters: Sequence[int] = FILTERS,
    kernel_size: int = 5,
    batch_normalization: bool = False,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    name: str = "segmenter",
) -> keras.Model:
    """FCN: images to mask logits of their size, by convolutions and their transposes.

    The first convolution keeps the sides, each further one halves them; transposed convolutions
    double them back, with the same filters in reverse, and a last convolution makes the logits.

    Args:
        image_shape: (height, width, channels), with sides that can be halved so often.
        filters: of the convolutions, from the image inwards.
        kernel_size: side of all kernels.
        batch_normalization: after every layer but the last.
        dropout: rate on the innermost features, from 0 to 0.99.
        weight_decay: λ of λ · ‖W‖² on each kernel, at least 0.
        name: of the network.

    Returns:
        A Functional model, (batch_size, height, width, channels) to mask logits (batch_size,
        height, width, 1) in float32.

    Raises:
        InputError: a shape or size out of its range, or sides that cannot be halved.

    Reference: M. Gygli, M. Norouzi and A. Angelova, Deep value networks learn to evaluate and
    iteratively refine structured outputs, ICML 2017, section 5.2; three convolutions of 5x5 and
    "deconvolutions". The sizes of the latter are not given there.
    """
    image_shape, filters = read_sizes(image_shape, filters, kernel_size)
    check_dropout(dropout)
    kernel = kernel_settings(kernel_size, weight_decay)
    inputs = keras.Input(image_shape, name="image")
    x = pixel_features(inputs, filters, kernel, batch_normalization, dropout)
    x = keras.layers.Conv2D(1, dtype="float32", name="logits", **kernel)(x)
    return keras.Model(inputs, x, name=name)


def mask_discriminator(
    image_shape: Sequence[int],
    form: str = "product",
    filters: Sequence[int] = FILTERS,
    kernel_size: int = 5,
    batch_normalization: bool = False,
    dropout: float = 0.25,
    weight_decay: float = 0.0,
    name: str = "discriminator",
) -> keras.Model:
    """A discriminator of masks, on what `mask_maps` makes of them.

    Convolutions as those of the segmenter, their mean over the image, and one linear unit.

    Args:
        image_shape: (height, width, channels) of the images.
        form: of its input, as for `mask_maps`.
        filters: of the convolutions; each but the first halves the sides.
        kernel_size: side of all kernels.
        batch_normalization: after every convolution.
        dropout: rate before the linear unit, from 0 to 0.99.
        weight_decay: as for `fully_convolutional_network`.
        name: of the network.

    Returns:
        A Functional model, maps (batch_size, height, width, maps) to logits (batch_size, 1).

    Raises:
        InputError: a shape or size out of its range, or an unknown form.

    Reference: P. Luc, C. Couprie, S. Chintala and J. Verbeek, Semantic segmentation using
    adversarial networks, 2016, section 3; of a size that fits small images.
    """
    image_shape, filters = read_sizes(image_shape, filters, kernel_size)
    check_dropout(dropout)
    inputs = keras.Input((*image_shape[:2], num_maps(image_shape[2], form)), name="maps")
    kernel = kernel_settings(kernel_size, weight_decay)
    x = convolutions(inputs, filters, kernel, batch_normalization)
    x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, logits(x, 1, "logit"), name=name)


def mask_maps(x: Any, y: Any, form: str = "product") -> Any:
    """What a discriminator sees of a mask: maps (batch_size, height, width, maps), float32.

        "basic"            y
        "basic_and_image"  y and the channels x_c
        "product"          y · x_c and (1 - y) · x_c for every channel c: 2 · channels maps

    Args:
        x: images (batch_size, height, width, channels).
        y: masks (batch_size, height, width, 1) in [0, 1].
        form: one of the three.

    Raises:
        InputError: another form.

    Reference: P. Luc et al., 2016, section 3.2, for two classes.
    """
    check_choice("form", form, MASK_FORMS)
    x, y = ops.cast(x, "float32"), ops.cast(y, "float32")
    if form == "basic":
        return y
    if form == "basic_and_image":
        return ops.concatenate([y, x], axis=-1)
    return ops.concatenate([y * x, (1.0 - y) * x], axis=-1)


def num_maps(channels: int, form: str) -> int:
    """How many maps `mask_maps` makes for images of so many channels."""
    check_choice("form", form, MASK_FORMS)
    return {"basic": 1, "basic_and_image": 1 + channels, "product": 2 * channels}[form]


def pixel_features(x, filters, kernel, batch_normalization, dropout=0.0):
    """Convolutions inwards and their transposes outwards: features of every pixel."""
    x = convolutions(x, filters, kernel, batch_normalization)
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    for level, width in enumerate(reversed(filters[:-1]), start=1):
        name = f"transposed_{level}"
        x = keras.layers.Conv2DTranspose(
            width, strides=2, use_bias=not batch_normalization, name=name, **kernel
        )(x)
        x = activation(x, batch_normalization, name)
    return x


def convolutions(x, filters, kernel, batch_normalization):
    """A convolution that keeps the sides, and one that halves them for each further width."""
    name = "convolution_1"
    x = keras.layers.Conv2D(filters[0], use_bias=not batch_normalization, name=name, **kernel)(x)
    x = activation(x, batch_normalization, name)
    return halvings(x, filters[1:], kernel, batch_normalization)


def halvings(x, filters, kernel, batch_normalization):
    """The convolutions from the second on."""
    for level, width in enumerate(filters, start=2):
        name = f"convolution_{level}"
        x = keras.layers.Conv2D(
            width, strides=2, use_bias=not batch_normalization, name=name, **kernel
        )(x)
        x = activation(x, batch_normalization, name)
    return x


def kernel_settings(kernel_size, weight_decay):
    """What all convolutions of a network share."""
    return {
        "kernel_size": kernel_size,
        "padding": "same",
        "kernel_regularizer": decay(weight_decay),
    }


def read_sizes(image_shape, filters, kernel_size):
    """Image shape and filters as tuples; `InputError` where they do not fit each other."""
    image_shape = read_shape("image_shape", image_shape, "convolutional")
    filters = read_units("filters", filters)
    if not filters:
        raise InputError("`filters` must hold at least one number. Received: filters=().")
    check_count("kernel_size", kernel_size)
    halvings = len(filters) - 1
    if any(side % 2**halvings for side in image_shape[:2]):
        raise InputError(
            f"Images whose sides are halved {halvings} times must have sides that {2**halvings} "
            f"divides. Received: image_shape={image_shape!r}."
        )
    return image_shape, filters
