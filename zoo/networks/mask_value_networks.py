"""Value networks of an image with a mask: by convolutions of both, and by pooled features."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.errors import check_width
from zoo.networks.blocks import BATCH_NORMALIZATION_MOMENTUM, activation, logits
from zoo.networks.configs import constructor_config
from zoo.networks.normalization import FusedBatchNormalization
from zoo.networks.segmentation import (
    FILTERS,
    halvings,
    kernel_settings,
    pixel_features,
    read_sizes,
)
from zoo.networks.sizes import check_dropout, read_units

# Of the two dense layers of the reference below.
UNITS = (384, 192)


class _ImageAndMaskNetwork(keras.Model):
    """What a value network of image and mask is to the model that climbs it.

    A leaf writes `prepare` and `value_logits`.
    """

    @property
    def input_shape(self) -> list[tuple[int | None, ...]]:
        """Shapes of images and masks."""
        height, width, channels = self.image_shape
        return [(None, height, width, channels), (None, height, width, 1)]

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the value logits, as `call` returns them."""
        return (None, 1)

    def call(self, inputs, training=False):
        x, y = inputs
        return self.value_logits(self.prepare(x, training), y, training)[:, None]

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, keras.Model)}


@keras.saving.register_keras_serializable(package="zoo")
class MaskValueNetwork(_ImageAndMaskNetwork):
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
        image_shape, filters = read_sizes(image_shape, filters, kernel_size)
        units = read_units("units", units)
        check_dropout(dropout)
        self.image_shape = image_shape
        self.filters = filters
        self.units = units
        self.kernel_size = kernel_size
        self.dropout = dropout
        self.batch_normalization = batch_normalization
        self.weight_decay = weight_decay
        self.normalize_images = normalize_images
        self.mask_shape = (*image_shape[:2], 1)
        kernel = kernel_settings(kernel_size, weight_decay)
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
        x = halvings(x, filters[1:], kernel, batch_normalization)
        x = keras.layers.Flatten(name="flat")(x)
        x = _value_of(x, units, dropout, kernel["kernel_regularizer"])
        self.trunk = keras.Model(inputs, x, name="trunk")
        self.built = True

    def prepare(self, x, training=False) -> Any:
        """W_x * x̃ + b, the part of the first convolution that knows the image alone."""
        if self.image_normalization is not None:
            x = self.image_normalization(x, training=training)
        return self.image_convolution(x)

    def value_logits(self, prepared, y, training=False) -> Any:
        """s (batch_size,) of prepared images with masks."""
        both = prepared + self.mask_convolution(y)
        return ops.cast(self.trunk(both, training=training)[:, 0], "float32")


@keras.saving.register_keras_serializable(package="zoo")
class PooledValueNetwork(_ImageAndMaskNetwork):
    """s(x, y): features of the pixels, pooled over the mask and over what it leaves out.

        φ(x) = features of every pixel, as those of `fully_convolutional_network`
        u = 4/(h · w) · Σ_p y_p · φ_p(x),   o = 4/(h · w) · Σ_p (1 - y_p) · φ_p(x)
        s = dense layers of [u, o]

    Intersection and union are such sums, where φ says of which pixels the true mask is. As the
    convolutions see the image alone, they run once for all steps of inference and for all masks
    that a step learns from; and of a few hundred images more is learned, since the judgment of
    a mask need not be learned anew for every place of it. Not in the reference.

    Args:
        image_shape, filters, kernel_size, batch_normalization, weight_decay: as for
            `fully_convolutional_network`.
        units: of the dense layers.
        channels: of φ.
        dropout: rate on the innermost features, from 0 to 0.99.

    Call arguments:
        inputs: the pair [x, y] of images (batch_size, height, width, channels) and masks
            (batch_size, height, width, 1) in [0, 1].

    Returns:
        Value logits (batch_size, 1), float32.

    Raises:
        InputError: a shape or size out of its range.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        filters: Sequence[int] = FILTERS,
        units: Sequence[int] = UNITS,
        channels: int = 16,
        kernel_size: int = 5,
        batch_normalization: bool = False,
        dropout: float = 0.0,
        weight_decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        image_shape, filters = read_sizes(image_shape, filters, kernel_size)
        units = read_units("units", units)
        check_width("channels", channels)
        check_dropout(dropout)
        self.image_shape = image_shape
        self.filters = filters
        self.units = units
        self.channels = channels
        self.kernel_size = kernel_size
        self.batch_normalization = batch_normalization
        self.dropout = dropout
        self.weight_decay = weight_decay
        kernel = kernel_settings(kernel_size, weight_decay)
        images = keras.Input(image_shape, name="image")
        x = pixel_features(images, filters, kernel, batch_normalization, dropout)
        # In float32: sums over all pixels lose too much in half of it.
        x = keras.layers.Conv2D(channels, 1, dtype="float32", name="channels")(x)
        self.features = keras.Model(images, x, name="features")
        pooled = keras.Input((2 * channels,), name="pooled")
        x = _value_of(pooled, units, 0.0, kernel["kernel_regularizer"])
        self.judge = keras.Model(pooled, x, name="judge")
        self.built = True

    def prepare(self, x, training=False) -> Any:
        """φ(x), (batch_size, height, width, channels)."""
        return self.features(x, training=training)

    def value_logits(self, prepared, y, training=False) -> Any:
        """s (batch_size,) of prepared images with masks."""
        y = ops.cast(y, "float32")
        pixels = prepared.shape[1] * prepared.shape[2]
        under = ops.sum(y * prepared, axis=(1, 2))
        outside = ops.sum(prepared, axis=(1, 2)) - under
        pooled = ops.concatenate([under, outside], axis=-1) * (4.0 / pixels)
        return ops.cast(self.judge(pooled, training=training)[:, 0], "float32")


def _value_of(x, units, dropout, regularizer):
    """Dense layers, dropout after the first, and one linear unit."""
    for level, width in enumerate(units, start=1):
        x = keras.layers.Dense(
            width, activation="relu", kernel_regularizer=regularizer, name=f"hidden_{level}"
        )(x)
        if level == 1 and dropout:
            x = keras.layers.Dropout(dropout, name="hidden_1_dropout")(x)
    return logits(x, 1, "value")
