"""Networks for images and rows of features: encoder, decoder, separator, classifier and others.

Each function returns a built Functional `keras.Model`. Outputs are linear and in float32: codes,
class logits or pixel logits. Whoever needs probabilities or pixels in [0, 1] applies the softmax or
the sigmoid, most often inside a loss that takes logits. Where an image is spoken of, a row of
features (batch, features) does as well, for which all layers are dense.

Sizes are words or numbers:

| `size`   | filters of a convolutional network | units of a dense one |
|----------|------------------------------------|----------------------|
| "small"  | 16, 32                             | 128                  |
| "medium" | 32, 64, 128                        | 512, 256             |
| "large"  | 64, 128, 256                       | 1000, 1000           |
"""

import math
from collections.abc import Sequence

import keras

from zoo.errors import InputError, check_count, check_length, check_width
from zoo.networks import blocks, sizes


def encoder(
    input_shape: Sequence[int],
    code_size: int = 64,
    size: str | int | Sequence[int] = "medium",
    kind: str | None = None,
    dropout: float = 0.0,
    name: str = "encoder",
    *,
    units: int | Sequence[int] = (),
    convolutions: int = 1,
    batch_normalization: bool = True,
    normalization: str | None = None,
    residual: bool = False,
) -> keras.Model:
    """An encoder: image `(batch, height, width, channels)` in [0, 1] to code `(batch, code_size)`.

    Convolutional: 3x3 convolutions with stride 2, batch normalization and ReLU, one per number of
    `size`; then dense layers. Dense: dense layers with ReLU on the flattened pixels. The code is
    linear.

    Args:
        input_shape: (height, width, channels); sides of at least 8 for convolutions, odd ones too;
            or (features,) for dense layers alone.
        code_size: Number of dimensions of the code.
        size: A word, a number or a sequence of numbers, from the image inwards; see the module.
        kind: "convolutional" or "dense"; None is dense for (features,), else convolutional.
        dropout: Rate of dropout after the convolutions and after each hidden dense layer.
        name: Name of the network.
        units: Units of further dense layers with ReLU before the code.
        convolutions: How many convolutions each number of `size` stands for; the last of them
            has stride 2, the ones before it keep the sides.
        batch_normalization: Whether it follows each convolution; if not, the convolution has a
            bias.
        normalization: Of the dense layers: None, "batch" or "layer", before each ReLU.
        residual: Whether each dense layer adds to what it is given (through a linear layer without
            bias where its width is another one) in place of replacing it.

    Raises:
        InputError: for a shape, size, kind or number that no such network can have, and for more
            convolutions than `input_shape` can be halved.

    Example:
        >>> encoder((28, 28, 1), code_size=16, size=(32, 64), units=128).output_shape
        (None, 16)
    """
    check_width("code_size", code_size)
    image, features = _features(
        input_shape,
        size,
        kind,
        dropout,
        units,
        convolutions,
        batch_normalization,
        (normalization, residual),
    )
    return keras.Model(image, blocks.logits(features, code_size, "code"), name=name)


def classifier(
    input_shape: Sequence[int],
    num_classes: int,
    size: str | int | Sequence[int] = "medium",
    kind: str | None = None,
    dropout: float = 0.0,
    name: str = "classifier",
    *,
    units: int | Sequence[int] = (),
    convolutions: int = 1,
    batch_normalization: bool = True,
    normalization: str | None = None,
    residual: bool = False,
) -> keras.Model:
    """A classifier: image `(batch, height, width, channels)` to logits `(batch, num_classes)`.

    The layers are those of `encoder`, with the classes in the place of the code.

    Args:
        input_shape: (height, width, channels), as for `encoder`.
        num_classes: Number of classes, at least 2.
        size: As for `encoder`.
        kind: "convolutional" or "dense"; None is dense for (features,), else convolutional.
        dropout: As for `encoder`.
        name: Name of the network.
        units: As for `encoder`.
        convolutions: As for `encoder`.
        batch_normalization: As for `encoder`.
        normalization: As for `encoder`.
        residual: As for `encoder`.

    Raises:
        InputError: as for `encoder`, and for fewer than two classes.

    Example:
        >>> classifier((32, 32, 3), num_classes=10).output_shape
        (None, 10)
    """
    sizes.check_num_classes(num_classes)
    image, features = _features(
        input_shape,
        size,
        kind,
        dropout,
        units,
        convolutions,
        batch_normalization,
        (normalization, residual),
    )
    return keras.Model(image, blocks.logits(features, num_classes, "logits"), name=name)


def decoder(
    output_shape: Sequence[int],
    code_size: int = 64,
    size: str | int | Sequence[int] = "medium",
    kind: str | None = None,
    name: str = "decoder",
    *,
    units: int | Sequence[int] = (),
    batch_normalization: bool = True,
    normalization: str | None = None,
    residual: bool = False,
) -> keras.Model:
    """A decoder: code `(batch, code_size)` to pixel logits `(batch, height, width, channels)`.

    The mirror of the `encoder` with the same arguments: `size` and `units` are given in the same
    order, from the image inwards, and run through backwards. Where the encoder's convolution
    rounded an odd side up, the doubled side is cropped by one: 28, 14, 7, 4 and back 4, 7, 14, 28.

    Args:
        output_shape: (height, width, channels) of the image, as for `encoder`.
        code_size: Number of dimensions of the code.
        size: As for `encoder`.
        kind: "convolutional" or "dense"; None is dense for (features,), else convolutional.
        name: Name of the network.
        units: As for `encoder`.
        batch_normalization: Whether it follows each layer from the one that opens the features up
            again to the transposed convolution before the last; if not, those have a bias.
        normalization: As for `encoder`.
        residual: As for `encoder`.

    Raises:
        InputError: as for `encoder`.

    Example:
        >>> decoder((28, 28, 1), code_size=16, size=(32, 64), units=128).output_shape
        (None, 28, 28, 1)
    """
    check_width("code_size", code_size)
    code = keras.Input((code_size,), name="code")
    pixels = _pixel_logits(
        code, output_shape, size, kind, units, batch_normalization, (normalization, residual)
    )
    return keras.Model(code, pixels, name=name)


def generator(
    output_shape: Sequence[int],
    num_classes: int,
    size: str | int | Sequence[int] = "medium",
    kind: str | None = None,
    name: str = "generator",
    *,
    units: int | Sequence[int] = (),
    batch_normalization: bool = True,
    normalization: str | None = None,
    residual: bool = False,
) -> keras.Model:
    """A generator: label vector `(batch, num_classes)` to pixel logits `(batch, h, w, channels)`.

    The layers are those of `decoder`, with the label vector (one-hot, or probabilities) in the
    place of the code.

    Args:
        output_shape: (height, width, channels) of the image, as for `encoder`.
        num_classes: Number of classes, at least 2.
        size: As for `encoder`.
        kind: "convolutional" or "dense"; None is dense for (features,), else convolutional.
        name: Name of the network.
        units: As for `encoder`.
        batch_normalization: As for `decoder`.
        normalization: As for `encoder`.
        residual: As for `encoder`.

    Raises:
        InputError: as for `encoder`, and for fewer than two classes.

    Example:
        >>> generator((32, 32, 3), num_classes=10).output_shape
        (None, 32, 32, 3)
    """
    sizes.check_num_classes(num_classes)
    label = keras.Input((num_classes,), name="label")
    pixels = _pixel_logits(
        label, output_shape, size, kind, units, batch_normalization, (normalization, residual)
    )
    return keras.Model(label, pixels, name=name)


def separator(
    code_size: int,
    num_classes: int,
    size: str | int | Sequence[int] = "small",
    dropout: float = 0.0,
    name: str = "separator",
) -> keras.Model:
    """A separator: code `(batch, code_size)` to class logits `(batch, num_classes)`, all dense.

    Args:
        code_size: Number of dimensions of the code.
        num_classes: Number of classes, at least 2.
        size: Units of the hidden layers with ReLU, as for a dense `encoder`; `()` for none.
        dropout: Rate of dropout after each hidden layer.
        name: Name of the network.

    Raises:
        InputError: for a size or number that no such network can have.

    Example:
        >>> separator(code_size=64, num_classes=10).output_shape
        (None, 10)
    """
    check_width("code_size", code_size)
    sizes.check_num_classes(num_classes)
    code = keras.Input((code_size,), name="code")
    return _vector_network(code, num_classes, size, dropout, name)


def discriminator(
    input_size: int,
    size: str | int | Sequence[int] = "small",
    dropout: float = 0.0,
    name: str = "discriminator",
) -> keras.Model:
    """A discriminator: vector `(batch, input_size)` to one logit `(batch, 1)`, all dense.

    The logit is that of the vector being real: a label vector, or a draw from the prior.

    Args:
        input_size: Number of dimensions of the vector.
        size: As for `separator`.
        dropout: Rate of dropout after each hidden layer.
        name: Name of the network.

    Raises:
        InputError: for a size or number that no such network can have.

    Example:
        >>> discriminator(input_size=10).output_shape
        (None, 1)
    """
    check_count("input_size", input_size)
    vector = keras.Input((input_size,), name="vector")
    return _vector_network(vector, 1, size, dropout, name)


def _vector_network(vector, width, size, dropout, name):
    units = sizes.read_size(size, "dense")
    sizes.check_dropout(dropout)
    features = blocks.dense_stack(vector, units, dropout)
    return keras.Model(vector, blocks.logits(features, width, "logits"), name=name)


def _features(input_shape, size, kind, dropout, units, convolutions, batch_normalization, dense):
    kind = sizes.read_kind(kind, input_shape)
    check_length("convolutions", convolutions)
    sizes.check_dropout(dropout)
    shape = sizes.read_shape("input_shape", input_shape, kind)
    widths = sizes.read_size(size, kind)
    units = sizes.read_units("units", units)
    image = keras.Input(shape, name="image")
    if kind == "convolutional":
        sizes.sides_of_levels("input_shape", shape, len(widths))
        x = blocks.convolution_stack(image, widths, convolutions, batch_normalization)
        x = keras.layers.Flatten(name="flatten")(x)
        if dropout:
            x = keras.layers.Dropout(dropout, name="flatten_dropout")(x)
        normalization, residual = dense
        if not units and (residual or normalization is not None):
            raise InputError(
                "`normalization` and `residual` are of dense layers; give `units` too. Received: "
                f"normalization={normalization!r}, residual={residual} with units=()."
            )
        return image, blocks.dense_stack(x, units, dropout, *dense)
    if convolutions != 1:
        raise InputError(
            f"A dense network has no `convolutions`; leave it out. Received: {convolutions}."
        )
    if dropout and not widths + units:
        raise InputError(
            "`dropout` follows hidden layers; give `size` or `units` too. Received: "
            f"dropout={dropout} of a linear network."
        )
    x = keras.layers.Flatten(name="flatten")(image)
    return image, blocks.dense_stack(x, widths + units, dropout, *dense)


def _pixel_logits(vector, output_shape, size, kind, units, batch_normalization, dense):
    kind = sizes.read_kind(kind, output_shape)
    shape = sizes.read_shape("output_shape", output_shape, kind)
    widths = sizes.read_size(size, kind)
    units = sizes.read_units("units", units)
    if kind == "dense":
        x = blocks.dense_stack(vector, (widths + units)[::-1], 0.0, *dense)
        x = blocks.logits(x, math.prod(shape), "logits")
        return keras.layers.Reshape(shape, dtype="float32", name="image")(x)
    sides = sizes.sides_of_levels("output_shape", shape, len(widths))[::-1]
    x = blocks.dense_stack(vector, units[::-1], 0.0, *dense)
    features = (*sides[0], widths[-1])
    x = keras.layers.Dense(math.prod(features), use_bias=not batch_normalization, name="features")(
        x
    )
    x = keras.layers.Reshape(features, name="reshape")(x)
    x = blocks.activation(x, batch_normalization, "features")
    # The filters that the encoder met on its way in, last first, then the image's channels.
    filters = (*widths[:-1][::-1], shape[-1])
    return blocks.transposed_stack(x, filters, sides, batch_normalization)
