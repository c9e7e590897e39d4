"""zoo/models/base/batch_moments.py: which rows are apart, and what a pass leaves behind."""

import keras
import numpy as np
import pytest

from zoo.models.base.batch_moments import (
    moments_at_rest,
    share_of_first,
    unlabeled_and_labeled,
)


def test_at_rest_the_running_moments_stay():
    keras.utils.set_random_seed(0)
    x = np.arange(12, dtype="float32").reshape(4, 3)
    layers = [keras.layers.BatchNormalization(momentum=0.5) for _ in range(2)]
    ours, plain = (keras.Sequential([keras.Input((3,)), layer]) for layer in layers)
    expected = np.asarray(plain(x, training=True))
    with moments_at_rest(ours):
        np.testing.assert_allclose(ours(x, training=True), expected, atol=1e-6)
    np.testing.assert_array_equal(layers[0].moving_mean, np.zeros(3))
    np.testing.assert_allclose(ours(x, training=True), expected, atol=1e-6)
    np.testing.assert_allclose(layers[0].moving_mean, x.mean(0) / 2, atol=1e-6)


@pytest.mark.parametrize("labeled", [10, 15, 20])
def test_the_unlabeled_rows_are_the_first_group(labeled):
    weights = 0.5 * (np.arange(30) < labeled)
    groups = np.asarray(unlabeled_and_labeled(weights, 30))
    np.testing.assert_array_equal(groups[:, 1], np.arange(30) < labeled)
    np.testing.assert_array_equal(groups.sum(axis=1), 1.0)
    values = np.random.default_rng(0).normal(size=30)
    mean = np.mean(values * share_of_first(groups))
    assert mean == pytest.approx(values[labeled:].mean(), abs=1e-6)


@pytest.mark.parametrize("weights", [None, np.arange(19) < 9, np.arange(19) < 10, np.zeros(19)])
def test_too_few_rows_of_a_kind_are_taken_with_all(weights):
    groups = np.asarray(unlabeled_and_labeled(weights, 19))
    np.testing.assert_array_equal(groups, [[1.0, 0.0]] * 19)
    np.testing.assert_array_equal(share_of_first(groups), np.ones(19))
