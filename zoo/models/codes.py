"""Images or features to codes and back: what all with an encoder and a decoder do alike."""

from typing import Any

import keras
from keras import ops

from zoo.errors import InputError
from zoo.models import allowed, gate
from zoo.networks import FeatureScaling


def encode(encoder: keras.Model, x: Any, scaling: FeatureScaling | None = None) -> Any:
    """Codes (batch_size, code_size) of images or rows of features, float32.

    In one pass: for sets of thousands use `predict`, which goes batch by batch.
    """
    return ops.cast(encoder(seen(encoder, x, scaling), training=False), "float32")


def seen(network: keras.Model, x: Any, scaling: FeatureScaling | None = None) -> Any:
    """What a network sees of inputs that a method was given, looked at: standardized or not."""
    shape = tuple(network.input_shape[1:])
    if scaling is None:
        return gate.take(allowed.images(shape), x)
    if not isinstance(x, keras.KerasTensor):
        scaling.check_adapted()
    return scaling(gate.take(allowed.numbers("inputs", shape), x))


def decode(decoder: keras.Model, code: Any, scaling: FeatureScaling | None = None) -> Any:
    """Images in [0, 1], or features in their units, of codes (batch_size, code_size), float32."""
    code = gate.take(allowed.numbers("codes", tuple(decoder.input_shape[1:])), code)
    return pixels(decoder(code, training=False), scaling)


def pixels(logits: Any, scaling: FeatureScaling | None = None) -> Any:
    """Pixels in [0, 1] of pixel logits, sigmoid(logits), or features in their units; float32."""
    if scaling is not None:
        return scaling.restored(logits)
    return ops.sigmoid(ops.cast(logits, "float32"))


def check_pair(
    encoder: keras.Model, decoder: keras.Model, extra: int = 0, numbers_per_dimension: int = 1
) -> None:
    """Raises `InputError` unless the decoder turns the encoder's codes into its images.

    Args:
        encoder: built model, images to codes.
        decoder: built model, codes to pixel logits.
        extra: how many more numbers than the code the decoder takes (a label vector).
        numbers_per_dimension: how many numbers the encoder gives for each code dimension: 2 are
            a mean and a scale.
    """
    for role, network in {"encoder": encoder, "decoder": decoder}.items():
        counts = len(network.inputs), len(network.outputs)
        if counts != (1, 1):
            raise InputError(
                f"The {role} must have one input and one output. Received: a network with "
                f"{counts[0]} and {counts[1]}."
            )
    code, wanted = tuple(encoder.output_shape[1:]), tuple(decoder.input_shape[1:])
    if len(code) != 1 or (code[0] + extra,) != (wanted[0] * numbers_per_dimension, *wanted[1:]):
        label = f" and label vectors of length {extra}" if extra else ""
        label += " (a mean and a scale for each dimension)" if numbers_per_dimension == 2 else ""
        raise InputError(
            f"The decoder must take the encoder's codes{label}. Received: an encoder that makes "
            f"codes of shape {code} and a decoder that takes {wanted}."
        )
    image, rebuilt = tuple(encoder.input_shape[1:]), tuple(decoder.output_shape[1:])
    if image != rebuilt:
        raise InputError(
            "The decoder must make images of the encoder's shape. Received: an encoder for "
            f"{image} and a decoder that makes {rebuilt}."
        )


def check_separator(separator: keras.Model, code_shape: tuple[int, ...]) -> None:
    """Raises `InputError` unless the separator takes codes of a shape."""
    wanted = tuple(separator.input_shape[1:])
    if wanted != tuple(code_shape):
        raise InputError(
            "The separator must take the encoder's codes. Received: an encoder that makes codes "
            f"of shape {tuple(code_shape)} and a separator that takes {wanted}."
        )


def check_discriminator(discriminator: keras.Model, input_size: int, what: str) -> None:
    """Raises `InputError` unless the discriminator takes vectors of a length to one logit."""
    shapes = tuple(discriminator.input_shape[1:]), tuple(discriminator.output_shape[1:])
    if shapes != ((input_size,), (1,)):
        raise InputError(
            f"The discriminator must take {what} of length {input_size} and return one logit. "
            f"Received: a network that turns {shapes[0]} into {shapes[1]}."
        )
