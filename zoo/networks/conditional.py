"""Networks that are told a class beside their input: those of a deep generative classifier."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from zoo.errors import check_width
from zoo.networks import blocks, sizes


def conditional_encoder(
    input_shape: Sequence[int],
    num_classes: int,
    code_size: int = 50,
    units: int | Sequence[int] = (500,),
    name: str = "encoder",
) -> keras.Model:
    """[data (batch, *input_shape), label vector (batch, num_classes)] to a posterior, all dense.

    The posterior on codes is (batch, 2 · code_size): means, then raw scales.

    Args:
        input_shape: of an image, (height, width, channels), or of a vector, (size,).
        num_classes: at least 2.
        code_size: numbers of a code.
        units: of the hidden layers, with softplus.
        name: of the network.

    Raises:
        InputError: for a shape or number that no such network can have.
    """
    sizes.check_num_classes(num_classes)
    check_width("code_size", code_size)
    data = keras.Input(sizes.read_shape("input_shape", input_shape, "dense"), name="data")
    label = keras.Input((num_classes,), name="label")
    x = layers.Concatenate()([layers.Flatten()(data), label])
    return keras.Model([data, label], _dense(x, units, 2 * code_size, "posterior"), name=name)


def conditional_decoder(
    output_shape: Sequence[int],
    num_classes: int,
    code_size: int = 50,
    units: int | Sequence[int] = (500,),
    name: str = "decoder",
) -> keras.Model:
    """[code (batch, code_size), label vector (batch, num_classes)] to data, all dense.

    Args:
        output_shape: of an image's pixel logits, (height, width, channels), or of a vector,
            (size,).
        num_classes: at least 2.
        code_size: numbers of a code.
        units: of the hidden layers, with softplus.
        name: of the network.

    Raises:
        InputError: for a shape or number that no such network can have.
    """
    sizes.check_num_classes(num_classes)
    check_width("code_size", code_size)
    shape = sizes.read_shape("output_shape", output_shape, "dense")
    code = keras.Input((code_size,), name="code")
    label = keras.Input((num_classes,), name="label")
    flat = _dense(layers.Concatenate()([code, label]), units, math.prod(shape), "data")
    made = layers.Reshape(shape, dtype="float32")(flat)
    return keras.Model([code, label], made, name=name)


def _dense(x, units, width, name):
    for number, each in enumerate(sizes.read_units("units", units), start=1):
        x = layers.Dense(each, activation="softplus", name=f"hidden_{number}")(x)
    return blocks.logits(x, width, name)
