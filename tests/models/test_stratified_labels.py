"""zoo/models/stratified_labels.py: wanted values, reached by exchanging labels."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.losses.oracles import f1_oracle, iou_oracle
from zoo.models.stratified_labels import stratified_labels

SHAPE = (4000, 5, 8, 1)


def corrupted(oracle, temperature, given=0.2, shape=SHAPE):
    generator = np.random.default_rng(0)
    y = (generator.uniform(size=shape) < given).astype("float32")
    draws = generator.uniform(size=(shape[0], 2)).astype("float32")
    order = generator.uniform(size=shape).astype("float32")
    return y, draws, np.asarray(stratified_labels(y, draws, order, oracle, temperature))


@pytest.mark.parametrize(("oracle", "value"), [("f1", f1_oracle), ("iou", iou_oracle)])
@pytest.mark.parametrize("temperature", [0.3, 5.0])
def test_values_are_those_wanted_and_sizes_stay(oracle, value, temperature):
    y, draws, found = corrupted(oracle, temperature)
    assert set(np.unique(found)) == {0.0, 1.0}
    np.testing.assert_array_equal(found.sum((1, 2, 3)), y.sum((1, 2, 3)))
    wanted = 1 + temperature * np.log1p(-draws[:, 0] * (1 - np.exp(-1 / temperature)))
    # One label is the grain of what can be reached: a step in k changes IoU by up to 2/P.
    given = y.sum((1, 2, 3))
    errors = (np.asarray(value(y, found)) - wanted)[given > 0]
    assert np.all(np.abs(errors) <= 2 / given[given > 0] + 1e-5)
    assert abs(errors.mean()) < 0.02


def test_values_are_distributed_as_the_exponential_of_the_oracle():
    y, _, found = corrupted("f1", 0.25)
    values = np.asarray(f1_oracle(y, found))
    # p(v) ∝ exp(v / τ) on [0, 1]: the mean is 1 - τ + 1 / (exp(1/τ) - 1).
    assert values.mean() == pytest.approx(1 - 0.25 + 1 / np.expm1(4.0), abs=0.01)


def test_the_exchanged_labels_are_drawn_fairly():
    _, _, found = corrupted("f1", 50.0, shape=(20000, 4))
    np.testing.assert_allclose(found.mean(0), found.mean(), atol=0.02)


@pytest.mark.parametrize("given", [0.0, 1.0])
def test_rows_without_anything_to_exchange_stay(given):
    y = np.full((3, 4), given, "float32")
    found = stratified_labels(y, np.full((3, 2), 0.9), np.full((3, 4), 0.5), "f1", 1.0)
    np.testing.assert_array_equal(found, y)


def test_xla_agrees():
    y, draws, found = corrupted("iou", 1.0, shape=(50, 9))
    order = np.random.default_rng(1).uniform(size=y.shape).astype("float32")
    plain = stratified_labels(y, draws, order, "iou", 1.0)
    jitted = tf.function(
        lambda: stratified_labels(tf.constant(y), draws, order, "iou", 1.0), jit_compile=True
    )
    np.testing.assert_array_equal(plain, jitted())
