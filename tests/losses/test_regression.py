"""zoo.losses.regression against numbers worked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import losses
from zoo.errors import InputError

TRUE = np.array([[0.0, 0.0], [1.0, 2.0], [5.0, 5.0]], "float32")
PREDICTED = np.array([[3.0, 4.0], [1.0, 4.0], [5.0, 5.0]], "float32")

# Errors (3, 4), (0, 2) and (0, 0).
ROOT_MEAN = [np.sqrt(12.5), np.sqrt(2.0), 0.0]
SUM = [25.0, 4.0, 0.0]

FUNCTIONS = [losses.root_mean_squared_error, losses.sum_squared_error]


@pytest.mark.parametrize(
    ("function", "expected"), list(zip(FUNCTIONS, (ROOT_MEAN, SUM), strict=True))
)
def test_one_value_per_sample(function, expected):
    np.testing.assert_allclose(function(TRUE, PREDICTED), expected, rtol=1e-6)
    # Whole numbers are taken as floats.
    whole = function(TRUE.astype(int), PREDICTED.astype(int))
    np.testing.assert_allclose(whole, expected, rtol=1e-6)


def test_root_mean_squared_error_has_gradient_zero_without_error():
    predicted = tf.constant([[1.0, 2.0], [1.0, 3.0]])
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        loss = losses.root_mean_squared_error([[1.0, 2.0], [1.0, 2.0]], predicted)
    # Second sample: sqrt(e**2 / 2) with e = 1 has the slope 1 / sqrt(2).
    np.testing.assert_allclose(
        tape.gradient(loss, predicted), [[0.0, 0.0], [0.0, np.sqrt(0.5)]], rtol=1e-6
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_numbers_against_a_column_do_not_broadcast(function):
    loss = function(np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [3.0]]))
    np.testing.assert_array_equal(loss, [0.0, 0.0, 0.0])


def test_absolute_and_squared_error_of_keras():
    np.testing.assert_allclose(losses.mean_absolute_error(TRUE, PREDICTED), [3.5, 1.0, 0.0])
    np.testing.assert_allclose(losses.mean_squared_error(TRUE, PREDICTED), [12.5, 2.0, 0.0])
    assert float(losses.MeanAbsoluteError()(TRUE, PREDICTED)) == pytest.approx(1.5)
    assert float(losses.MeanSquaredError()(TRUE, PREDICTED)) == pytest.approx(14.5 / 3)


@pytest.mark.parametrize(("error", "expected"), [(0.5, 0.125), (1.0, 0.5), (3.0, 2.5)])
def test_huber_of_keras_is_that_of_the_slides(error, expected):
    # Quadratic, e**2 / 2, up to delta = 1; then linear, delta * |e| - delta**2 / 2.
    assert float(losses.huber([[0.0]], [[error]], delta=1.0)[0]) == pytest.approx(expected)
    assert float(losses.Huber(delta=1.0)([[0.0]], [[-error]])) == pytest.approx(expected)


def test_what_is_no_number_stays_none():
    """Or a training that has broken down would look perfect."""
    loss = losses.root_mean_squared_error([[1.0, 1.0]], [[np.nan, 1.0]])
    assert np.isnan(loss).all()


@pytest.mark.parametrize("loss", [losses.root_mean_squared_error, losses.sum_squared_error])
def test_no_row_is_stretched_over_others(loss):
    numbers = np.array([0.0, 1.0, 2.0])
    for one, other in ((numbers[:, None], numbers), (numbers, numbers[:, None])):
        np.testing.assert_array_equal(loss(one, other), np.zeros(3))
    for shape in ((1, 3), (3, 1, 3), (2, 3)):
        with pytest.raises(InputError, match="must have the same shape"):
            loss(np.zeros(shape), np.zeros((3, 3)))
