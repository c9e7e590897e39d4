"""zoo/inference/exact.py: closed form and enumeration."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.inference.descent import Descent, cost_augmented, descend, starting_point
from zoo.inference.exact import enumerated_minimum, linear_minimum


def test_the_closed_form_of_the_cost_augmented_minimum_is_where_the_descent_ends():
    generator = np.random.default_rng(0)
    scores = generator.normal(scale=1.5, size=(30, 5)).astype("float32")
    y = (generator.uniform(size=(30, 5)) < 0.5).astype("float32")

    def cost(truth, y_hat):
        return tf.reduce_sum(truth * (1 - y_hat) + (1 - truth) * y_hat, axis=-1)

    objective = cost_augmented(lambda y_hat: -tf.reduce_sum(scores * y_hat, -1), cost, y)
    expected = (scores + (1 - 2 * y) > 0).astype("float32")
    np.testing.assert_array_equal(linear_minimum(objective, y), expected)
    np.testing.assert_array_equal(enumerated_minimum(objective, y), expected)
    found = descend(objective, starting_point("half", y.shape), Descent(100, 1.0)).labels
    np.testing.assert_array_equal(np.round(found), expected)


def test_enumeration_finds_what_no_label_finds_alone():
    # Low only where both labels are given; each alone is worst.
    def objective(y):
        return y[:, 0] + y[:, 1] - 3 * y[:, 0] * y[:, 1]

    like = np.zeros((2, 2), "float32")
    np.testing.assert_array_equal(enumerated_minimum(objective, like), np.ones((2, 2)))
    jitted = tf.function(lambda y: enumerated_minimum(objective, y), jit_compile=True)
    np.testing.assert_array_equal(jitted(tf.constant(like)), np.ones((2, 2)))


@pytest.mark.parametrize("shape", [(2, 13), (2, 3, 3, 1)])
def test_more_than_can_be_enumerated_is_refused(shape):
    with pytest.raises(zoo.InputError, match="up to 12 labels"):
        enumerated_minimum(lambda y: y[:, 0], np.zeros(shape, "float32"))


def test_what_is_nan_has_no_minimum():
    slopes = tf.constant([[1.0, np.nan], [-1.0, 1.0]])
    like = tf.zeros_like(slopes)
    found = linear_minimum(lambda y: tf.reduce_sum(slopes * y, axis=1), like)
    np.testing.assert_array_equal(found, [[0, np.nan], [1, 0]])
    found = enumerated_minimum(lambda y: tf.reduce_sum(slopes * y, axis=1), like)
    np.testing.assert_array_equal(found, [[np.nan, np.nan], [1, 0]])
