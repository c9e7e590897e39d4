"""zoo.losses.oracles against numbers worked by hand, scikit-learn and all labelings."""

import itertools

import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf

from zoo.errors import InputError
from zoo.losses.oracles import f1_oracle, iou_oracle, value_crossentropy

ORACLES = [f1_oracle, iou_oracle]

# I = 1 + 0 + 0 and U = 1 + 1 + 0.5; equal; disjoint; soft and equal.
TRUTHS = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
PREDICTIONS = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0], [0.5, 0.5, 0.0]])
F1 = [2 / 3.5, 1.0, 0.0, 1.0]
IOU = [1 / 2.5, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("shape", [(4, 3), (4, 1, 3, 1)])
def test_by_hand_as_rows_and_as_masks(shape):
    pair = TRUTHS.reshape(shape), PREDICTIONS.reshape(shape)
    np.testing.assert_allclose(f1_oracle(*pair), F1)
    np.testing.assert_allclose(iou_oracle(*pair), IOU)


@pytest.mark.parametrize("empty", [0.0, 1.0])
def test_on_all_hard_labellings_they_are_those_of_scikit_learn(empty):
    labellings = np.array(list(itertools.product([0, 1], repeat=4)))
    y, y_hat = (a.reshape(-1, 4) for a in np.broadcast_arrays(labellings[:, None], labellings))
    pairs = list(zip(y, y_hat, strict=True))
    f1 = [sklearn.metrics.f1_score(*pair, zero_division=empty) for pair in pairs]
    iou = [sklearn.metrics.jaccard_score(*pair, zero_division=empty) for pair in pairs]
    np.testing.assert_allclose(f1_oracle(y, y_hat, empty=empty), f1, atol=1e-6)
    np.testing.assert_allclose(iou_oracle(y, y_hat, empty=empty), iou, atol=1e-6)


@pytest.mark.parametrize("oracle", ORACLES)
def test_an_empty_prediction_of_an_empty_set(oracle):
    nothing = np.zeros((1, 3))
    assert float(oracle(nothing, nothing)[0]) == 0.0
    assert float(oracle(nothing, nothing, empty=1.0)[0]) == 1.0
    # Anything at all in either of them, and it is a prediction like others.
    assert float(oracle(nothing, nothing + 0.01, empty=1.0)[0]) == 0.0
    assert float(oracle(nothing + 1.0, nothing, empty=1.0)[0]) == 0.0


@pytest.mark.parametrize("oracle", ORACLES)
def test_symmetric_and_one_only_for_equals(oracle):
    a, b = np.random.default_rng(0).uniform(size=(2, 50, 6))
    np.testing.assert_allclose(oracle(a, b), oracle(b, a))
    np.testing.assert_allclose(oracle(a, a), np.ones(50))
    assert (oracle(a, b).numpy() < 1.0).all()


def test_the_one_follows_from_the_other():
    a, b = np.random.default_rng(0).uniform(size=(2, 50, 6))
    iou = iou_oracle(a, b).numpy()
    np.testing.assert_allclose(f1_oracle(a, b), 2 * iou / (1 + iou))


@pytest.mark.parametrize("oracle", ORACLES)
def test_gradient(oracle, gradient_gap):
    a, b = np.random.default_rng(0).uniform(0.1, 0.9, size=(2, 5, 4))
    assert gradient_gap(lambda y_hat: oracle(a, y_hat), b) < 1e-6
    nothing = tf.zeros((1, 3))
    with tf.GradientTape() as tape:
        tape.watch(nothing)
        value = oracle(np.zeros((1, 3)), nothing)
    assert np.isfinite(tape.gradient(value, nothing)).all()


@pytest.mark.parametrize("oracle", ORACLES)
def test_gradient_at_hard_labels_is_the_slope_into_the_cube(oracle):
    """Where labels are right min and max have a kink, and inference starts there."""
    labellings = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    y, y_hat = (a.reshape(-1, 4) for a in np.broadcast_arrays(labellings[1:, None], labellings))
    soft = tf.constant(y_hat)
    with tf.GradientTape() as tape:
        tape.watch(soft)
        values = oracle(y, soft)
    gradient = tape.gradient(values, soft).numpy()
    for label in range(4):
        step = np.zeros_like(y_hat)
        step[:, label] = 1e-6 * (1 - 2 * y_hat[:, label])
        slope = (oracle(y, y_hat + step) - values).numpy() / step[:, label]
        np.testing.assert_allclose(gradient[:, label], slope, atol=1e-5)


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("empty", [-0.1, 1.1, float("nan")])
def test_bad_scores_of_nothing(oracle, empty):
    with pytest.raises(InputError, match="`empty` must be a finite number between 0 and 1"):
        oracle(TRUTHS, PREDICTIONS, empty=empty)


@pytest.mark.parametrize("oracle", ORACLES)
def test_bad_labels(oracle):
    with pytest.raises(InputError, match="`y` must lie"):
        oracle(TRUTHS + 0.5, PREDICTIONS)
    with pytest.raises(InputError, match="`y_hat` must lie"):
        oracle(TRUTHS, PREDICTIONS - 0.5)
    with pytest.raises(InputError, match="same shape"):
        oracle(TRUTHS, PREDICTIONS[:, :2])


def test_value_crossentropy_by_hand():
    # The logit log(3) is the value 3/4.
    values = value_crossentropy([1.0, 0.0, 0.25, 0.25], [np.log(3), np.log(3), np.log(3), 0.0])
    expected = [-np.log(3 / 4), -np.log(1 / 4), -np.log(3 / 4) / 4 - np.log(1 / 4) * 3 / 4]
    np.testing.assert_allclose(values, [*expected, np.log(2)], rtol=1e-6)


def test_value_crossentropy_is_least_at_the_true_value(gradient_gap):
    oracle = np.array([0.1, 0.4, 0.9])
    logits = tf.constant(np.log(oracle / (1 - oracle)))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = value_crossentropy(oracle, logits)
    np.testing.assert_allclose(tape.gradient(loss, logits), np.zeros(3), atol=1e-12)
    np.testing.assert_allclose(loss, -oracle * np.log(oracle) - (1 - oracle) * np.log(1 - oracle))
    elsewhere = np.array([2.0, 0.0, -3.0])
    assert gradient_gap(lambda value: value_crossentropy(oracle, value), elsewhere) < 1e-6


def test_bad_true_values():
    with pytest.raises(InputError, match="`oracle` must lie between 0 and 1"):
        value_crossentropy([1.5], [0.0])
    with pytest.raises(InputError, match=r"oracle of shape \(2,\), value_logits of \(2, 1\)"):
        value_crossentropy([0.5, 0.5], [[0.0], [0.0]])


@pytest.mark.parametrize("oracle", [f1_oracle, iou_oracle])
def test_what_is_no_number_is_no_value(oracle):
    assert np.isnan(oracle([[1.0, 0.0]], [[np.nan, 0.0]])).all()
