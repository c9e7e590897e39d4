"""zoo/models/codes.py: images to codes and back, and what does not fit."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.models import codes


def network(inputs, outputs):
    """A network of these shapes without the batch: zeros that keep no weight."""
    given = keras.Input(inputs)
    x = keras.layers.Flatten()(given)
    x = keras.layers.Dense(int(np.prod(outputs)))(x)
    return keras.Model(given, keras.layers.Reshape(outputs)(x))


def noisy(inputs, dtype="float32"):
    """One number per pixel: the pixel itself, with noise and dropout while training."""
    given = keras.Input(inputs, dtype=dtype)
    x = keras.layers.Flatten(dtype=dtype)(given)
    x = keras.layers.GaussianNoise(1.0, dtype=dtype)(x)
    return keras.Model(given, keras.layers.Dropout(0.9, dtype=dtype)(x))


def test_encoding_is_clean_and_in_float32():
    x = np.random.default_rng(0).uniform(size=(3, 2, 2, 1)).astype("float32")
    code = codes.encode(noisy((2, 2, 1)), x)
    np.testing.assert_array_equal(code, x.reshape(3, 4))
    low = codes.encode(noisy((2, 2, 1), "bfloat16"), x)
    assert low.dtype == "float32"
    np.testing.assert_allclose(low, x.reshape(3, 4), rtol=2**-8)


def test_encoding_refuses_images_of_another_size():
    with pytest.raises(InputError, match="Expected images of shape"):
        codes.encode(noisy((2, 2, 1)), np.zeros((3, 2, 3, 1), "float32"))


def test_decoding_is_clean_and_ends_in_a_sigmoid():
    code = np.log([[1.0, 3.0], [1 / 3, 1.0]]).astype("float32")
    # sigmoid(log 3) = 3 / (1 + 3).
    np.testing.assert_allclose(
        codes.decode(noisy((2,)), code), [[0.5, 0.75], [0.25, 0.5]], rtol=1e-6
    )


def test_pixels_by_hand():
    logits = keras.ops.convert_to_tensor([-200.0, -np.log(4), 0.0, np.log(4), 200.0])
    shown = codes.pixels(keras.ops.cast(logits, "bfloat16"))
    assert shown.dtype == "float32"
    np.testing.assert_allclose(shown, [0, 0.2, 0.5, 0.8, 1], atol=1e-3)
    np.testing.assert_allclose(codes.pixels(logits), [0, 0.2, 0.5, 0.8, 1], atol=1e-7)


@pytest.mark.parametrize(("code", "taken", "extra"), [(4, 4, 0), (4, 7, 3)])
def test_networks_that_fit_pass(code, taken, extra):
    codes.check_pair(network((2, 2, 1), (code,)), network((taken,), (2, 2, 1)), extra)


@pytest.mark.parametrize(
    ("code", "taken", "extra", "label"),
    [
        ((4,), (5,), 0, ""),
        ((4,), (4,), 3, " and label vectors of length 3"),
        ((4,), (8,), 3, " and label vectors of length 3"),
        ((2, 2), (2, 2), 0, ""),
        ((4,), (2, 2), 0, ""),
    ],
)
def test_a_decoder_for_other_codes_is_refused(code, taken, extra, label):
    with pytest.raises(InputError) as error:
        codes.check_pair(network((2, 2, 1), code), network(taken, (2, 2, 1)), extra)
    assert str(error.value) == (
        f"The decoder must take the encoder's codes{label}. Received: an encoder that makes "
        f"codes of shape {code} and a decoder that takes {taken}."
    )


@pytest.mark.parametrize("shape", [(2, 3, 1), (2, 2, 3), (4,)])
def test_a_decoder_of_other_images_is_refused(shape):
    with pytest.raises(InputError) as error:
        codes.check_pair(network((2, 2, 1), (4,)), network((4,), shape))
    assert str(error.value) == (
        "The decoder must make images of the encoder's shape. Received: an encoder for "
        f"(2, 2, 1) and a decoder that makes {shape}."
    )
