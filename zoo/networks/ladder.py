"""The networks of a ladder: a classifier of normalized layers, and a decoder that denoises them."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from zoo.errors import InputError, check_choice, check_length
from zoo.networks import blocks, sizes
from zoo.networks.configs import ConfiguredLayer
from zoo.networks.normalization import BatchNormalization

VARIANTS = ("full", "gamma")
# The variance of a weight is 1 / inputs, as in the paper.
_INITIALIZER = "lecun_normal"


@keras.saving.register_keras_serializable(package="zoo")
class ShiftAndScale(ConfiguredLayer):
    """What a ladder does to a normalized layer: h = γ · (z + β), with γ and β of each unit.

    Args:
        scale: whether there is γ, which starts at 1; before a ReLU and another dense layer it
            would change nothing. β starts at 0.

    Call arguments:
        z: (..., units).

    Returns:
        (..., units).

    Reference: A. Rasmus et al., Semi-supervised learning with ladder networks, NIPS 2015,
    section 3.1.
    """

    def __init__(self, scale: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, input_shape) -> None:
        units = input_shape[-1]
        self.beta = self.add_weight(shape=(units,), initializer="zeros", name="beta")
        self.gamma = (
            self.add_weight(shape=(units,), initializer="ones", name="gamma")
            if self.scale
            else None
        )
        self.built = True

    def call(self, z):
        shifted = z + self.beta
        return shifted * self.gamma if self.scale else shifted

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="zoo")
class GaussianCombinator(layers.Layer):
    """The ladder's g: a noisy unit drawn to where the layer above expects it.

        ẑ = (z̃ - μ(u)) · v(u) + μ(u)
        μ(u) = a₁ · sigmoid(a₂ · u + a₃) + a₄ · u + a₅
        v(u) = a₆ · sigmoid(a₇ · u + a₈) + a₉ · u + a₁₀

    It is the best guess where z is Gaussian given u, with Gaussian noise: v is the part of the
    variance that is no noise. Each unit has ten numbers of its own; at first a₂ and a₇ are 1 and
    the others 0, so ẑ = 0. In float32, since its result is measured.

    Call arguments:
        inputs: z̃ and u, both (..., units).

    Returns:
        ẑ, (..., units).

    Reference: A. Rasmus et al., Semi-supervised learning with ladder networks, NIPS 2015,
    section 4.1, equation 2 and the parametrization below it.
    """

    def __init__(self, dtype: Any = "float32", **kwargs: Any) -> None:
        super().__init__(dtype=dtype, **kwargs)

    def build(self, input_shape) -> None:
        units = input_shape[0][-1]
        self.parameters = self.add_weight(
            shape=(10, units), initializer=_first_parameters, name="parameters"
        )
        self.built = True

    def call(self, inputs):
        noisy, above = inputs
        a = ops.unstack(self.parameters, 10)
        mean = a[0] * ops.sigmoid(a[1] * above + a[2]) + a[3] * above + a[4]
        part = a[5] * ops.sigmoid(a[6] * above + a[7]) + a[8] * above + a[9]
        return (noisy - mean) * part + mean

    def compute_output_shape(self, input_shape):
        return input_shape[0]


def _first_parameters(shape, dtype=None):
    return ops.tile(
        ops.cast([[0], [1], [0], [0], [0], [0], [1], [0], [0], [0]], dtype), [1, shape[1]]
    )


def ladder_classifier(
    input_shape: Sequence[int],
    num_classes: int,
    units: int | Sequence[int] = (1000, 500, 250, 250, 250),
    name: str = "classifier",
) -> keras.Model:
    """Image `(batch, height, width, channels)` to logits `(batch, num_classes)` by dense layers.

    For each number of `units` a dense layer without bias, batch normalization alone, β and a ReLU;
    then the same with γ in place of the ReLU: the logits are normalized too.

        z_l = normalized(W_l h_{l-1}),   h_l = max(0, z_l + β_l),   logits = γ · (z_L + β_L)

    Args:
        input_shape: (height, width, channels), or (features,).
        num_classes: at least 2.
        units: of the hidden layers.
        name: of the network.

    Raises:
        InputError: for a shape or number that no such network can have.
    """
    sizes.check_num_classes(num_classes)
    image = keras.Input(sizes.read_shape("input_shape", input_shape, "dense"), name="image")
    h = layers.Flatten()(image)
    for level, width in enumerate(sizes.read_units("units", units), start=1):
        h = _activated(_dense(h, width, f"dense_{level}"), str(level))
    z = _dense(h, num_classes, "dense_top", "float32")
    return keras.Model(image, ShiftAndScale(dtype="float32", name="logits")(z), name=name)


def convolutional_ladder_classifier(
    input_shape: Sequence[int],
    num_classes: int,
    size: str | int | Sequence[int] = (96, 192, 192),
    convolutions: int = 3,
    name: str = "classifier",
) -> keras.Model:
    """Image `(batch, height, width, channels)` to logits `(batch, num_classes)`, for Γ.

    As `ladder_classifier`, with 3x3 convolutions and leaky ReLUs of slope 0.1; between the levels
    of `size` the largest of each 2x2. At the top stand a 1x1 convolution to as many features as
    there are classes, their means over the image, and the normalization of these. Its defaults are
    nearly the paper's Conv-Large, whose last level has 3x3, 1x1 and 1x1 without padding.

    Args:
        input_shape: (height, width, channels).
        num_classes: at least 2.
        size: widths of the levels, or a word, as for `zoo.networks.encoder`.
        convolutions: of each level, from 1 to 1000.
        name: of the network.

    Raises:
        InputError: for a shape or number that no such network can have.
    """
    sizes.check_num_classes(num_classes)
    check_length("convolutions", convolutions)
    shape = sizes.read_shape("input_shape", input_shape, "convolutional")
    widths = sizes.read_size(size, "convolutional")
    sizes.sides_of_levels("input_shape", shape, len(widths) - 1)
    h = image = keras.Input(shape, name="image")
    for level, width in enumerate(widths, start=1):
        if level > 1:
            h = layers.MaxPooling2D(name=f"pooling_{level}")(h)
        for number in range(1, convolutions + 1):
            place = f"{level}_{number}"
            h = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"conv_{place}")(h)
            h = _activated(_normalization(f"conv_{place}_normalization", None)(h), place, 0.1)
    h = layers.Conv2D(num_classes, 1, use_bias=False, dtype="float32", name="conv_top")(h)
    h = layers.GlobalAveragePooling2D(dtype="float32", name="pooling")(h)
    z = _normalization("top_normalization", "float32")(h)
    return keras.Model(image, ShiftAndScale(dtype="float32", name="logits")(z), name=name)


def _activated(z, place, slope=0.0):
    h = ShiftAndScale(scale=False, name=f"shift_{place}")(z)
    activation = layers.LeakyReLU(slope, name=f"activation_{place}") if slope else None
    return (activation or layers.ReLU(name=f"activation_{place}"))(h)


def _dense(h, width, name, dtype=None):
    a = layers.Dense(
        width, use_bias=False, kernel_initializer=_INITIALIZER, dtype=dtype, name=name
    )(h)
    return _normalization(f"{name}_normalization", dtype)(a)


def _normalization(name, dtype):
    return BatchNormalization(
        center=False,
        scale=False,
        momentum=blocks.BATCH_NORMALIZATION_MOMENTUM,
        synchronized=True,
        dtype=dtype,
        name=name,
    )


def chain(classifier: keras.Model) -> list[layers.Layer]:
    """The layers of a classifier from the image up, without its input."""
    return [each for each in classifier.layers if not isinstance(each, layers.InputLayer)]


def normalizations(classifier: keras.Model) -> list[BatchNormalization]:
    """The batch normalizations of a classifier that a ladder can stand on, from the image up.

    Raises:
        InputError: the layers are no chain, or none is normalized, or a normalization has a scale
            or center of its own, or the last one does not have the logits' shape.
    """
    steps = chain(classifier)
    found = [each for each in steps if isinstance(each, layers.BatchNormalization)]
    good = (
        all(after.input is before.output for before, after in itertools.pairwise(steps))
        and found
        and not any(each.center or each.scale for each in found)
        and found[-1].output.shape == classifier.output.shape
    )
    if not good:
        raise InputError(
            "A ladder stands on a classifier whose layers are one chain, with BatchNormalization("
            "center=False, scale=False) up to the logits: zoo.networks.ladder_classifier makes "
            f"one. Received: {classifier.name!r} with {len(found)} normalized layers of "
            f"{len(steps)}."
        )
    return found


def ladder_decoder(
    classifier: keras.Model, variant: str = "full", name: str = "decoder"
) -> keras.Model:
    """The decoder of a ladder's classifier: noisy layers to denoised ones.

        u_L = normalized(p̃),   u_l = normalized(V_{l+1} ẑ_{l+1}),   ẑ_l = g_l(z̃_l, u_l)

    where p̃ are the noisy path's class probabilities, and layer 0 is the image. It takes the list
    [z̃ of the lowest layer, ..., z̃_L, p̃] and returns [ẑ of the lowest layer, ..., ẑ_L], each of
    the shape that it has in the classifier, in float32.

    Args:
        classifier: as `zoo.networks.ladder_classifier` makes it.
        variant: `"full"`, down to the image, or `"gamma"`, the top layer alone.
        name: of the network.

    Raises:
        InputError: an unknown variant, or a classifier that is none for it; the full one is for
            dense layers.
    """
    check_choice("variant", variant, VARIANTS)
    top, *below = reversed([layer.output.shape[1:] for layer in normalizations(classifier)])
    below = [*below, classifier.input_shape[1:]] if variant == "full" else []
    if any(len(shape) > 1 for shape in below[:-1]):
        raise InputError(
            "A decoder of all layers needs a classifier of dense ones; the variant 'gamma' takes "
            f"any. Received: layers of shapes {below[:-1]}."
        )
    probabilities = keras.Input(top, name="probabilities")
    noisy = [keras.Input(top, name="noisy_top")]
    above = _normalization("above_top", "float32")(probabilities)
    denoised = [GaussianCombinator(name="denoised_top")([noisy[0], above])]
    for level, shape in zip(range(len(below) - 1, -1, -1), below, strict=True):
        noisy.append(keras.Input(shape, name=f"noisy_{level}"))
        flat = layers.Flatten(dtype="float32")(noisy[-1])
        above = layers.Dense(
            flat.shape[-1], use_bias=False, kernel_initializer=_INITIALIZER, name=f"down_{level}"
        )(denoised[-1])
        above = _normalization(f"above_{level}", "float32")(above)
        denoised.append(GaussianCombinator(name=f"denoised_{level}")([flat, above]))
    if len(denoised) > 1:
        image = layers.Reshape(below[-1], dtype="float32", name="denoised_image")(denoised[-1])
        denoised = [*denoised[:-1], image]
    return keras.Model([*reversed(noisy), probabilities], denoised[::-1], name=name)
