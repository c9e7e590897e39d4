"""zoo/losses/adversarial.py: the two pairs by hand, at the ends, and their gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.losses import adversarial_pair

NAMES = ["minimax", "non_saturating"]


def on(values):
    return tf.constant(np.reshape(values, (-1, 1)), "float32")


@pytest.mark.parametrize("name", NAMES)
def test_values_by_hand(name):
    # The second cannot tell.
    d = np.array([0.75, 0.5, 0.25, 0.9])
    logits = on(np.log(d / (1 - d)))
    pair = adversarial_pair(name)
    np.testing.assert_allclose(pair.real(logits), -np.log(d), rtol=1e-5)
    np.testing.assert_allclose(pair.fake(logits), -np.log(1 - d), rtol=1e-5)
    expected = np.log(1 - d) if name == "minimax" else -np.log(d)
    np.testing.assert_allclose(pair.player(logits), expected, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_sure_discriminator_stays_finite(name):
    logits = on([-1e4, 1e4])
    pair = adversarial_pair(name)
    np.testing.assert_allclose(pair.real(logits), [1e4, 0.0])
    np.testing.assert_allclose(pair.fake(logits), [0.0, 1e4])
    expected = [0.0, -1e4] if name == "minimax" else [1e4, 0.0]
    np.testing.assert_allclose(pair.player(logits), expected, atol=1e-30)
    for term in pair:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = term(logits)
        assert np.isfinite(tape.gradient(values, logits)).all()


def test_the_minimax_player_pays_the_value_of_the_fakes():
    """The players minimize what the discriminator maximizes: log(1 - D)."""
    logits = on(np.linspace(-3, 3, 7))
    pair = adversarial_pair("minimax")
    np.testing.assert_array_equal(pair.player(logits), -pair.fake(logits))


def test_only_the_minimax_gradient_vanishes_where_the_fakes_are_found_out():
    logits = on([-20.0])
    slopes = {}
    for name in NAMES:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = adversarial_pair(name).player(logits)
        slopes[name] = float(tape.gradient(value, logits)[0, 0])
    # d/dl log(1 - D) = -D and d/dl -log D = D - 1: both pull the logit up.
    assert slopes["minimax"] == pytest.approx(-np.exp(-20.0), rel=1e-4)
    assert slopes["non_saturating"] == pytest.approx(-1.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", ["real", "fake", "player"])
def test_gradients_by_finite_differences(name, side):
    term = getattr(adversarial_pair(name), side)
    logits = on([-2.0, -0.3, 0.0, 0.7, 2.5])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = term(logits)
    gradient = tape.gradient(values, logits).numpy()[:, 0]
    step = 1e-2
    numeric = (term(logits + step).numpy() - term(logits - step).numpy()) / (2 * step)
    np.testing.assert_allclose(gradient, numeric, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_one_value_a_row_in_float32(name, dtype):
    logits = keras.ops.cast(on([-9.0, 0.0, 9.0, 1.0]), dtype)
    exact = np.log1p(np.exp([-9.0, 0.0, 9.0, 1.0]))
    for term in adversarial_pair(name):
        values = term(logits)
        assert tuple(values.shape) == (4,)
        assert keras.backend.standardize_dtype(values.dtype) == "float32"
    np.testing.assert_allclose(adversarial_pair(name).fake(logits), exact, rtol=1e-5)


def test_other_names_are_refused():
    with pytest.raises(zoo.InputError, match="'minmax'. Did you mean 'minimax'"):
        adversarial_pair("minmax")
