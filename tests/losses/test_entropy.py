"""zoo.losses.entropy against the dice of the slides and numbers worked by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from zoo import losses
from zoo.errors import InputError

# The true four-sided die, and the one that was guessed.
FAIR = [0.25, 0.25, 0.25, 0.25]
LOADED = [0.5, 0.25, 0.125, 0.125]


@pytest.mark.parametrize(
    ("base", "bit"), [(2, 1.0), (None, math.log(2)), (math.e, math.log(2)), (10, math.log10(2))]
)
def test_dice_in_any_base(base, bit):
    assert float(losses.entropy(FAIR, base=base)) == pytest.approx(2 * bit)
    assert float(losses.entropy(LOADED, base=base)) == pytest.approx(1.75 * bit)
    assert float(losses.cross_entropy(FAIR, LOADED, base=base)) == pytest.approx(2.25 * bit)
    assert float(losses.kl_divergence(FAIR, LOADED, base=base)) == pytest.approx(0.25 * bit)


def test_divergence_is_not_symmetric_and_zero_for_equals():
    # Loaded against fair: 2 bits for every outcome, less the 1.75 bits of the loaded die.
    assert float(losses.kl_divergence(LOADED, FAIR, base=2)) == pytest.approx(0.25)
    skewed = [0.5, 0.5, 0.0, 0.0]
    assert float(losses.kl_divergence(skewed, LOADED, base=2)) == pytest.approx(0.5)
    assert math.isinf(float(losses.kl_divergence(LOADED, skewed, base=2)))
    assert float(losses.kl_divergence(LOADED, LOADED)) == 0.0


def test_divergence_is_cross_entropy_less_entropy():
    p, q = np.random.default_rng(0).dirichlet(np.ones(5), size=(2, 8))
    np.testing.assert_allclose(
        losses.kl_divergence(p, q, base=2),
        losses.cross_entropy(p, q, base=2) - losses.entropy(p, base=2),
        atol=1e-12,
    )
    np.testing.assert_allclose(losses.kl_divergence(p, q), np.sum(p * np.log(p / q), axis=-1))
    # One value for each of several distributions of a sample.
    p, q = p.reshape(2, 4, 5), q.reshape(2, 4, 5)
    for value in (losses.entropy(p), losses.cross_entropy(p, q), losses.kl_divergence(p, q)):
        assert value.shape == (2, 4)


def test_impossible_outcomes_cost_nothing_and_denying_the_possible_is_infinite():
    assert float(losses.cross_entropy([0.5, 0.5], [1.0, 0.0])) == math.inf
    assert float(losses.kl_divergence([0.5, 0.5], [1.0, 0.0])) == math.inf
    certain = [1.0, 0.0]
    assert float(losses.entropy(certain)) == 0.0
    assert float(losses.cross_entropy(certain, certain)) == 0.0
    assert float(losses.kl_divergence(certain, certain)) == 0.0
    assert float(losses.cross_entropy(certain, [0.5, 0.5], base=2)) == pytest.approx(1.0)
    assert float(losses.kl_divergence(certain, [0.5, 0.5], base=2)) == pytest.approx(1.0)
    # Whole numbers are taken as floats.
    assert float(losses.cross_entropy([1, 0], [0.5, 0.5], base=2)) == pytest.approx(1.0)
    assert float(losses.entropy([1, 0])) == 0.0


@pytest.mark.parametrize("base", [None, 2])
def test_gradients_by_the_truth_are_the_finite_differences(base, gradient_gap):
    p, q = np.random.default_rng(1).dirichlet(np.ones(4), size=(2, 3))
    assert gradient_gap(lambda v: losses.entropy(v, base), p) < 1e-6
    for function in (losses.cross_entropy, losses.kl_divergence):
        assert gradient_gap(lambda v, f=function: f(v, q, base), p) < 1e-6


def test_gradients_are_finite_where_the_value_is():
    p = tf.constant([[1.0, 0.0, 0.0]])
    q = tf.constant([[0.5, 0.5, 0.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([p, q])
        entropy, cross, divergence = (
            losses.entropy(p),
            losses.cross_entropy(p, q),
            losses.kl_divergence(p, q),
        )
    log2 = math.log(2)
    # By p: -log p - 1, then -log q, then log p - log q + 1; 0 * log 0 counts as a constant.
    np.testing.assert_allclose(tape.gradient(entropy, p), [[-1.0, 0.0, 0.0]], atol=1e-6)
    np.testing.assert_allclose(tape.gradient(cross, p), [[log2, log2, 0.0]], atol=1e-6)
    np.testing.assert_allclose(tape.gradient(divergence, p), [[log2 + 1, log2, 0.0]], atol=1e-6)
    # By q: -p / q.
    for loss in (cross, divergence):
        np.testing.assert_allclose(tape.gradient(loss, q), [[-2.0, 0.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("base", [0, -2, 1, 1.0, math.nan, math.inf, "2", True])
def test_bases_that_are_none(base):
    message = r"`base` must be None \(nats\) or a finite number above 0 and other than 1"
    for function, dice in (
        (losses.entropy, [FAIR]),
        (losses.cross_entropy, [FAIR, LOADED]),
        (losses.kl_divergence, [FAIR, LOADED]),
    ):
        with pytest.raises(InputError, match=message):
            function(*dice, base=base)


def test_cross_entropies_of_keras_are_those_of_the_slides():
    log2 = math.log(2)
    fair, loaded = np.array([FAIR]), np.array([LOADED])
    third = np.array([[0.0, 0.0, 1.0, 0.0]])
    # -y log f - (1 - y) log(1 - f), and -sum(y log p), in nats.
    one, binary = np.array([[1.0]]), (losses.binary_crossentropy, losses.BinaryCrossentropy())
    classes = losses.categorical_crossentropy, losses.CategoricalCrossentropy()
    numbers = losses.sparse_categorical_crossentropy, losses.SparseCategoricalCrossentropy()
    for pair, y, p, bits in (
        (binary, one, 0.25 * one, 2),
        (binary, 0 * one, 0.75 * one, 2),
        (classes, fair, loaded, 2.25),
        (classes, third, loaded, 3),
        (numbers, np.array([2]), loaded, 3),
    ):
        for loss in pair:
            assert float(np.mean(loss(y, p))) == pytest.approx(bits * log2)


@pytest.mark.parametrize("divergence", [losses.cross_entropy, losses.kl_divergence])
def test_lists_and_arrays_go_together_and_shapes_are_one(divergence):
    p, q = [0.25] * 4, [0.5, 0.25, 0.125, 0.125]
    wanted = divergence(p, q)
    for one, other in ((p, np.array(q)), (np.array(p), tf.constant(q)), (tf.constant(p), q)):
        np.testing.assert_allclose(divergence(one, other), wanted, rtol=1e-6)
    with pytest.raises(InputError, match="`p` and `q` must have the same shape"):
        divergence([[0], [1], [2]], [p, p, p])
