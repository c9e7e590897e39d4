"""zoo.losses.multi_label against numbers worked by hand and Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import InputError
from zoo.losses.multi_label import (
    multi_label_crossentropy,
    multi_label_kl,
    multi_label_squared,
)

# The logit log(3) is the probability 3/4.
LABELS = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.5, 1.0, 0.0]])
LOGITS = np.array([[np.log(3), 0.0, -np.log(3)], [np.log(3), 0.0, 0.0], [0.0, 0.0, 0.0]])

LN = np.log
CROSS_ENTROPIES = [-LN(3 / 4) - LN(1 / 2) - LN(1 / 4), -LN(1 / 4) - 2 * LN(1 / 2), -3 * LN(1 / 2)]
SQUARES = [1 / 16 + 1 / 4 + 9 / 16, 9 / 16 + 1 / 4 + 1 / 4, 0 + 1 / 4 + 1 / 4]
DIVERGENCES = [-LN(3 / 4) - LN(1 / 4), 0.0, 0.0 - LN(1 / 2)]

CASES = [
    (multi_label_crossentropy, CROSS_ENTROPIES),
    (multi_label_squared, SQUARES),
    (multi_label_kl, DIVERGENCES),
]
FUNCTIONS = [function for function, _ in CASES]


@pytest.mark.parametrize("shape", [(3, 3), (3, 1, 3, 1)])
@pytest.mark.parametrize(("function", "expected"), CASES)
def test_by_hand_as_rows_and_as_masks(function, expected, shape):
    values = function(LABELS.reshape(shape), LOGITS.reshape(shape))
    assert values.shape == (3,)
    np.testing.assert_allclose(values, expected, atol=1e-12)


def test_divergence_of_hard_labels_is_the_half_of_the_cross_entropy_at_the_ones():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=(20, 6)).astype("float64")
    logits = rng.normal(scale=5.0, size=(20, 6))
    # Where a label is not there, the logit -1000 costs the cross-entropy nothing.
    ones_only = np.where(y == 1, logits, -1000.0)
    np.testing.assert_allclose(
        multi_label_kl(y, logits), multi_label_crossentropy(y, ones_only), atol=1e-9
    )
    sums = multi_label_crossentropy(y, logits)
    assert (multi_label_kl(y, logits) <= sums).numpy().all()
    # Keras's is the mean over the labels.
    mean = keras.losses.binary_crossentropy(y, logits, from_logits=True)
    np.testing.assert_allclose(sums, 6 * mean, rtol=1e-6)
    # Soft labels that are met have none.
    soft = rng.uniform(0.05, 0.95, size=(5, 4))
    np.testing.assert_allclose(multi_label_kl(soft, np.log(soft / (1 - soft))), 0, atol=1e-9)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_finite_with_its_gradient_at_extreme_logits(function):
    logits = tf.constant([[1e4, -1e4, 1e4, -1e4]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = function(tf.constant([[1.0, 1.0, 0.0, 0.0]]), logits)
    assert np.isfinite(loss).all() and np.isfinite(tape.gradient(loss, logits)).all()


@pytest.mark.parametrize("function", [multi_label_crossentropy, multi_label_kl])
def test_a_missing_label_pulls_however_sure_its_absence(function):
    logits = tf.constant([[-50.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = function(tf.constant([[1.0]]), logits)
    assert float(tape.gradient(loss, logits)[0, 0]) == pytest.approx(-1.0)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_low_precision_is_summed_in_float32(function):
    y = keras.ops.cast(np.tile(LABELS, (1, 100)), "bfloat16")
    logits = keras.ops.cast(np.tile(LOGITS, (1, 100)), "bfloat16")
    values = function(y, logits)
    assert keras.backend.standardize_dtype(values.dtype) == "float32"
    np.testing.assert_allclose(
        values, function(np.asarray(y, "float32"), np.asarray(logits, "float32")), rtol=1e-6
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whole_numbers_and_an_unknown_batch_size(function):
    @tf.function(input_signature=[tf.TensorSpec((None, 3)), tf.TensorSpec((None, 3))])
    def graph(y, logits):
        return function(y, logits)

    expected = function([[1, 0, 1]], [[1, 0, -2]])
    np.testing.assert_allclose(graph([[1.0, 0.0, 1.0]], [[1.0, 0.0, -2.0]]), expected, rtol=1e-6)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bad", [-0.01, 1.01, float("nan")])
def test_labels_outside_zero_to_one(function, bad):
    with pytest.raises(InputError, match="`y` must lie between 0 and 1"):
        function([[0.0, bad]], [[0.0, 0.0]])


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("shape", "other"), [((2, 3), (2, 4)), ((2,), (2, 3)), ((2, 1), (2, 3))])
def test_shapes_that_differ(function, shape, other):
    with pytest.raises(InputError, match="must have the same shape"):
        function(np.zeros(shape), np.zeros(other))
    with pytest.raises(InputError, match=r"\(batch_size, num_labels\).*\(2,\)"):
        function(np.zeros(2), np.zeros(2))
