"""zoo/networks/precision.py: what computes in float32 under mixed precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.networks import classifier
from zoo.networks.precision import as_full, in_float32, is_half, weights_as_they_are


@pytest.fixture(params=["mixed_bfloat16", "mixed_float16"])
def twins(request):
    """Networks of the same weights in float32 and in half precision."""
    full = classifier((8, 8, 1), 3, (4, 8), kind="convolutional")
    keras.config.set_dtype_policy(request.param)
    try:
        half = classifier((8, 8, 1), 3, (4, 8), kind="convolutional")
    finally:
        keras.config.set_dtype_policy("float32")
    half.set_weights(full.get_weights())
    return full, half


X = np.random.default_rng(0).random((5, 8, 8, 1), "float32")


@pytest.mark.parametrize("call", [lambda network: network, tf.function])
def test_inside_it_is_the_float32_network_and_after_it_is_not(call, twins):
    full, half = twins
    assert is_half(half) and not is_half(full)
    before = half(X).numpy()
    with in_float32(half), in_float32(half):
        inside = call(lambda x: half(x))(tf.constant(X))
    np.testing.assert_allclose(inside, full(X), rtol=1e-6, atol=1e-6)
    assert np.abs(before - full(X)).max() > 1e-5
    np.testing.assert_array_equal(half(X), before)


def test_of_two_that_are_inside_by_turns_the_last_puts_it_back(twins):
    full, half = twins
    before = half(X).numpy()
    one, other = in_float32(half), in_float32(half)
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    np.testing.assert_allclose(half(X), full(X), rtol=1e-6, atol=1e-6)
    other.__exit__(None, None, None)
    np.testing.assert_array_equal(half(X), before)


def test_weights_keep_their_type_in_a_call_of_half_precision():
    class Scaled(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(initializer="ones")

        def call(self, x):
            with weights_as_they_are():
                own = keras.ops.convert_to_tensor(self.scale).dtype
            return x, own, keras.ops.convert_to_tensor(self.scale).dtype

    _, own, cast = Scaled(dtype="mixed_bfloat16")(X)
    assert (own, cast) == ("float32", "bfloat16")


def test_only_halves_are_made_full():
    for given, made in (("float16", "float32"), ("bfloat16", "float32"), ("float64", "float64")):
        assert as_full(tf.zeros(2, given)).dtype == made
