"""Maxout networks: layers whose units are the largest of several linear pieces."""

from collections.abc import Sequence

import keras
import tensorflow as tf
from keras import layers, ops

from zoo.errors import InputError, check_number, check_width
from zoo.networks import blocks, sizes
from zoo.networks.configs import ConfiguredLayer

# Sides of the kernels, and of the pools with their strides, by block: those of the paper on MNIST.
_KERNELS, _POOLS = (8, 8, 5), ((4, 2), (4, 2), (2, 2))


@keras.saving.register_keras_serializable(package="zoo")
class Maxout(ConfiguredLayer):
    """The largest of every `pieces` neighboring channels.

        h_i = max_{j < pieces} x_{i · pieces + j}

    After a dense layer or a convolution, whose outputs are the pieces x_{i, j} = w_{i, j} · x +
    b_{i, j}, it makes maxout units. One piece is the identity.

    Args:
        pieces: at least 1.

    Call arguments:
        x: (..., units · pieces).

    Returns:
        (..., units).

    Raises:
        InputError: no piece, or channels that cannot be divided among the pieces.

    Reference: I. Goodfellow et al., Maxout networks, ICML 2013, section 3.
    """

    def __init__(self, pieces: int, **kwargs) -> None:
        super().__init__(**kwargs)
        check_width("pieces", pieces)
        self.pieces = pieces

    def build(self, input_shape) -> None:
        if input_shape[-1] % self.pieces:
            raise InputError(
                f"The channels must be a multiple of the {self.pieces} pieces. Received: "
                f"{input_shape[-1]} channels."
            )
        self.built = True

    def call(self, x):
        units = x.shape[-1] // self.pieces
        return tf.reduce_max(ops.reshape(x, (-1, *x.shape[1:-1], units, self.pieces)), axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] // self.pieces)


def maxout_classifier(
    input_shape: Sequence[int],
    num_classes: int,
    kind: str = "dense",
    units: int | Sequence[int] = (240, 240),
    filters: int | Sequence[int] = (48, 48, 24),
    pieces: int | Sequence[int] = 5,
    input_dropout: float = 0.2,
    dropout: float = 0.5,
    max_norm: float | None = 1.9365,
    name: str = "classifier",
) -> keras.Model:
    """A maxout network: image `(batch, height, width, channels)` to logits `(batch, num_classes)`.

    Dense (permutation-invariant): the pixels, then for each number of `units` dropout, a dense
    layer of units · pieces and `Maxout`; dropout and a dense layer of logits at the end.
    Convolutional: for each number of `filters` dropout, a convolution of filters · pieces, `Maxout`
    and the maximum over overlapping windows of the image, with the paper's sides on MNIST: kernels
    of 8, 8 and 5, windows of 4, 4 and 2, every second place; the same padding everywhere.

    After each step the weights that lead to one piece are scaled down to the norm `max_norm` where
    they have a larger one.

    Args:
        input_shape: (height, width, channels), or (features,) of the dense kind.
        num_classes: at least 2.
        kind: `"dense"` or `"convolutional"`.
        units: of the dense layers.
        filters: of the convolutions, at most three.
        pieces: of each unit; one number, or one for each layer.
        input_dropout: the rate on the pixels; 1 minus the paper's probability to include.
        dropout: the rate before every other layer.
        max_norm: above 0, or None for no bound.
        name: of the network.

    Raises:
        InputError: an unknown kind, no layer or too many, a number of pieces that does not fit, a
            rate outside [0, 1), or a bound of 0.

    Reference: I. Goodfellow et al., Maxout networks, ICML 2013, sections 3 and 5.1.
    """
    sizes.check_num_classes(num_classes)
    sizes.check_kind(kind)
    sizes.check_dropout(input_dropout)
    sizes.check_dropout(dropout)
    if max_norm is not None:
        check_number("max_norm", max_norm, minimum=1e-6)
    is_dense = kind == "dense"
    widths = sizes.read_units(*(("units", units) if is_dense else ("filters", filters)))
    if not widths or (not is_dense and len(widths) > len(_KERNELS)):
        raise InputError(
            "A maxout network has at least one layer, and at most "
            f"{len(_KERNELS)} convolutional ones. Received: {len(widths)}."
        )
    pieces = (pieces,) * len(widths) if isinstance(pieces, int) else tuple(pieces)
    if len(pieces) != len(widths):
        raise InputError(
            f"`pieces` must be one number, or one for each of the {len(widths)} layers. Received: "
            f"pieces={pieces!r}."
        )
    for number in pieces:
        check_width("pieces", number)
    image = keras.Input(sizes.read_shape("input_shape", input_shape, kind), name="image")
    x = layers.Flatten()(image) if is_dense else image
    for i, (width, number) in enumerate(zip(widths, pieces, strict=True)):
        rate = input_dropout if i == 0 else dropout
        x = layers.Dropout(rate)(x) if rate else x
        if is_dense:
            x = layers.Dense(width * number, kernel_constraint=_bound(max_norm, 0))(x)
            x = Maxout(number)(x)
        else:
            x = layers.Conv2D(
                width * number,
                _KERNELS[i],
                padding="same",
                kernel_constraint=_bound(max_norm, [0, 1, 2]),
            )(x)
            window, stride = _POOLS[i]
            x = layers.MaxPooling2D(window, stride, padding="same")(Maxout(number)(x))
    x = x if is_dense else layers.Flatten()(x)
    x = layers.Dropout(dropout)(x) if dropout else x
    return keras.Model(image, blocks.logits(x, num_classes, "logits"), name=name)


def _bound(max_norm, axis):
    return None if max_norm is None else keras.constraints.MaxNorm(max_norm, axis)
