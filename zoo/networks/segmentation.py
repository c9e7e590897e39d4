"""Networks on images and masks: a segmenter, a value network, a discriminator."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.errors import InputError, check_choice, check_count, check_number
from zoo.networks.blocks import BATCH_NORMALIZATION_MOMENTUM, activation, logits
from zoo.networks.normalization import FusedBatchNormalization
from zoo.networks.sizes import check_dropout, read_image_shape, read_units

MASK_FORMS = ("basic", "basic_and_image", "product")

# Filters of the three convolutions and units of the two dense layers of the reference below.
FILTERS = (64, 128, 128)
UNITS = (384, 192)


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
    image_shape, filters = _read_sizes(image_shape, filters, kernel_size)
    check_dropout(dropout)
    kernel = _kernel(kernel_size, weight_decay)
    inputs = keras.Input(image_shape, name="image")
    x = _convolutions(inputs, filters, kernel, batch_normalization)
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    for level, width in enumerate(reversed(filters[:-1]), start=1):
        layer_name = f"transposed_{level}"
        x = keras.layers.Conv2DTranspose(
            width, strides=2, use_bias=not batch_normalization, name=layer_name, **kernel
        )(x)
        x = activation(x, batch_normalization, layer_name)
    x = keras.layers.Conv2D(1, dtype="float32", name="logits", **kernel)(x)
    return keras.Model(inputs, x, name=name)


@keras.saving.register_keras_serializable(package="zoo")
class MaskValueNetwork(keras.Model):
    """s(x, y): a convolutional network on an image with its mask for a further channel.

        prepared = network.prepare(x)                   # once for each image
        s = network.value_logits(prepared, y)           # as often as the mask changes

    A convolution of a concatenation is a sum of two, of which one knows the image alone:

        W * [x̃, y] + b = (W_x * x̃ + b) + W_y * y,    x̃ the normalized image

    Then ReLU, convolutions with stride 2, dense layers with ReLU and dropout after the first, and
    one linear unit.

    Args:
        image_shape: (height, width, channels), with sides that can be halved for each convolution
            but the first.
        filters: of the convolutions.
        units: of the dense layers.
        kernel_size: side of all kernels.
        dropout: rate after the first dense layer, from 0 to 0.99.
        batch_normalization: after every convolution.
        weight_decay: λ of λ · ‖W‖² on each kernel, at least 0.
        normalize_images: whether each channel is brought to mean 0 and variance 1, by its moments
            over the batch while training and by their running means otherwise.

    Call arguments:
        inputs: the pair [x, y] of images (batch_size, height, width, channels) and masks
            (batch_size, height, width, 1) in [0, 1].

    Returns:
        Value logits (batch_size, 1), float32.

    Raises:
        InputError: a shape or size out of its range.

    Reference: M. Gygli, M. Norouzi and A. Angelova, ICML 2017, section 5.2: 5x5 convolutions of
    64, 128 and 128 filters on 24x24x4, dense layers of 384 and 192 units.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        filters: Sequence[int] = FILTERS,
        units: Sequence[int] = UNITS,
        kernel_size: int = 5,
        dropout: float = 0.25,
        batch_normalization: bool = False,
        weight_decay: float = 0.0,
        normalize_images: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        image_shape, filters = _read_sizes(image_shape, filters, kernel_size)
        units = read_units("units", units)
        check_dropout(dropout)
        self.arguments = {
            "image_shape": image_shape,
            "filters": filters,
            "units": units,
            "kernel_size": kernel_size,
            "dropout": dropout,
            "batch_normalization": batch_normalization,
            "weight_decay": weight_decay,
            "normalize_images": normalize_images,
        }
        self.mask_shape = (*image_shape[:2], 1)
        kernel = _kernel(kernel_size, weight_decay)
        self.image_convolution = keras.layers.Conv2D(filters[0], name="image_convolution", **kernel)
        self.mask_convolution = keras.layers.Conv2D(
            filters[0], use_bias=False, name="mask_convolution", **kernel
        )
        self.image_normalization = None
        if normalize_images:
            # In float32: it comes before anything that mixed precision makes faster.
            self.image_normalization = FusedBatchNormalization(
                momentum=BATCH_NORMALIZATION_MOMENTUM,
                center=False,
                scale=False,
                synchronized=True,
                dtype="float32",
                name="image_normalization",
            )
            self.image_normalization.build((None, *image_shape))
        self.image_convolution.build((None, *image_shape))
        self.mask_convolution.build((None, *self.mask_shape))
        x = inputs = keras.Input((*image_shape[:2], filters[0]), name="both")
        x = activation(x, batch_normalization, "convolution_1")
        x = _halvings(x, filters[1:], kernel, batch_normalization)
        x = keras.layers.Flatten(name="flat")(x)
        decay = kernel["kernel_regularizer"]
        for level, width in enumerate(units, start=1):
            x = keras.layers.Dense(
                width, activation="relu", kernel_regularizer=decay, name=f"hidden_{level}"
            )(x)
            if level == 1 and dropout:
                x = keras.layers.Dropout(dropout, name="hidden_1_dropout")(x)
        self.trunk = keras.Model(inputs, logits(x, 1, "value"), name="trunk")
        self.built = True

    @property
    def input_shape(self) -> list[tuple[int | None, ...]]:
        """Shapes of images and masks."""
        return [(None, *self.arguments["image_shape"]), (None, *self.mask_shape)]

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the value logits, as `call` returns them."""
        return (None, 1)

    def prepare(self, x, training=False) -> Any:
        """W_x * x̃ + b, the part of the first convolution that knows the image alone."""
        if self.image_normalization is not None:
            x = self.image_normalization(x, training=training)
        return self.image_convolution(x)

    def value_logits(self, prepared, y, training=False) -> Any:
        """s (batch_size,) of prepared images with masks."""
        both = prepared + self.mask_convolution(y)
        return ops.cast(self.trunk(both, training=training)[:, 0], "float32")

    def call(self, inputs, training=False):
        x, y = inputs
        return self.value_logits(self.prepare(x, training), y, training)[:, None]

    def get_config(self):
        return {**super().get_config(), **self.arguments}


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
    image_shape, filters = _read_sizes(image_shape, filters, kernel_size)
    check_dropout(dropout)
    inputs = keras.Input((*image_shape[:2], num_maps(image_shape[2], form)), name="maps")
    kernel = _kernel(kernel_size, weight_decay)
    x = _convolutions(inputs, filters, kernel, batch_normalization)
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


def _convolutions(x, filters, kernel, batch_normalization):
    name = "convolution_1"
    x = keras.layers.Conv2D(filters[0], use_bias=not batch_normalization, name=name, **kernel)(x)
    x = activation(x, batch_normalization, name)
    return _halvings(x, filters[1:], kernel, batch_normalization)


def _halvings(x, filters, kernel, batch_normalization):
    for level, width in enumerate(filters, start=2):
        name = f"convolution_{level}"
        x = keras.layers.Conv2D(
            width, strides=2, use_bias=not batch_normalization, name=name, **kernel
        )(x)
        x = activation(x, batch_normalization, name)
    return x


def _kernel(kernel_size, weight_decay):
    check_number("weight_decay", weight_decay)
    regularizer = keras.regularizers.L2(weight_decay) if weight_decay else None
    return {"kernel_size": kernel_size, "padding": "same", "kernel_regularizer": regularizer}


def _read_sizes(image_shape, filters, kernel_size):
    image_shape = read_image_shape("image_shape", image_shape, "convolutional")
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
