"""zoo.losses.cooperation against numbers worked by hand."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import losses
from zoo.errors import InputError


def test_weighted_sum_of_each_sample():
    cooperation = losses.WeightedCooperation(separability_weight=2.0, reconstruction_weight=0.5)
    label_loss = tf.constant([1.0, 0.0, 3.0])
    reconstruction_loss = tf.constant([4.0, 2.0, 0.0])
    expected = [4.0, 1.0, 6.0]
    np.testing.assert_allclose(cooperation(label_loss, reconstruction_loss), expected)
    np.testing.assert_allclose(
        losses.weighted_cooperation(label_loss, reconstruction_loss, 2.0, 0.5), expected
    )


def test_weights_default_to_one():
    assert losses.weighted_cooperation(0.25, 0.5) == 0.75
    assert losses.WeightedCooperation()(0.25, 0.5) == 0.75


def test_one_loss_alone():
    assert losses.WeightedCooperation(separability_weight=0)(7.0, 0.5) == 0.5
    assert losses.WeightedCooperation(reconstruction_weight=0)(7.0, 0.5) == 7.0


def test_gradients_are_the_weights():
    label_loss, reconstruction_loss = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch([label_loss, reconstruction_loss])
        total = losses.weighted_cooperation(label_loss, reconstruction_loss, 2.0, 5.0)
    by_label, by_reconstruction = tape.gradient(total, [label_loss, reconstruction_loss])
    np.testing.assert_array_equal(by_label, [2.0, 2.0])
    np.testing.assert_array_equal(by_reconstruction, [5.0, 5.0])


def test_config_round_trip():
    cooperation = losses.WeightedCooperation(1, 5)
    config = keras.saving.serialize_keras_object(cooperation)
    assert config["registered_name"] == "zoo>WeightedCooperation"
    assert config["config"] == {"separability_weight": 1.0, "reconstruction_weight": 5.0}
    copy = keras.saving.deserialize_keras_object(config)
    assert copy is not cooperation
    assert copy == cooperation
    assert losses.WeightedCooperation.from_config(cooperation.get_config()) == cooperation


def test_equality_is_of_the_weights():
    cooperation = losses.WeightedCooperation(1.0, 5.0)
    assert cooperation == losses.WeightedCooperation(1, 5)
    assert hash(cooperation) == hash(losses.WeightedCooperation(1, 5))
    assert cooperation != losses.WeightedCooperation(5.0, 1.0)
    assert cooperation != "WeightedCooperation"
    assert (
        repr(cooperation)
        == "WeightedCooperation(separability_weight=1.0, reconstruction_weight=5.0)"
    )


@pytest.mark.parametrize("weight", [-1.0, -1e-9, math.nan, math.inf, -math.inf, "1", None, True])
def test_weights_that_are_none(weight):
    with pytest.raises(InputError, match=r"separability_weight \(alpha\).* of at least 0"):
        losses.WeightedCooperation(separability_weight=weight)
    with pytest.raises(InputError, match=r"reconstruction_weight \(beta\).* of at least 0"):
        losses.WeightedCooperation(reconstruction_weight=weight)
    with pytest.raises(InputError, match=r"separability_weight \(alpha\).* of at least 0"):
        losses.weighted_cooperation(1.0, 1.0, separability_weight=weight)
    with pytest.raises(InputError, match=r"reconstruction_weight \(beta\).* of at least 0"):
        losses.weighted_cooperation(1.0, 1.0, reconstruction_weight=weight)


def test_both_weights_zero():
    with pytest.raises(InputError, match="must not both be 0"):
        losses.WeightedCooperation(0, 0.0)


# Strict cooperation: 2 · max(label, weight · image).
STRICT = [
    # label, image, weight, the loss, its slopes
    (0.5, 0.25, 1.0, 1.0, (2.0, 0.0)),
    (0.25, 0.5, 1.0, 1.0, (0.0, 2.0)),
    (0.5, 0.25, 4.0, 2.0, (0.0, 8.0)),
    (0.5, 0.25, 0.0, 1.0, (2.0, 0.0)),
    (0.5, 0.25, 2.0, 1.0, (1.0, 2.0)),  # The tie: the sum of both.
    (0.0, 0.0, 1.0, 0.0, (1.0, 1.0)),
]


@pytest.mark.parametrize(("label", "image", "weight", "expected", "slopes"), STRICT)
def test_strict_cooperation_is_twice_the_larger(label, image, weight, expected, slopes):
    losses_at = [tf.Variable(label, dtype="float64"), tf.Variable(image, dtype="float64")]
    cooperation = losses.StrictCooperation(weight)
    with tf.GradientTape() as tape:
        loss = cooperation(*losses_at)
    assert float(loss) == expected
    assert tuple(map(float, tape.gradient(loss, losses_at))) == slopes
    for variable, slope in zip(losses_at, slopes, strict=True):
        # At the tie the slope is the mean of those to either side.
        start, step = float(variable.numpy()), 1e-3
        variable.assign(start + step)
        above = float(cooperation(*losses_at))
        variable.assign(start - step)
        below = float(cooperation(*losses_at))
        variable.assign(start)
        assert (above - below) / (2 * step) == pytest.approx(slope, abs=1e-9)


def test_strict_cooperation_of_each_sample():
    label, image = tf.constant([1.0, 0.0, 3.0]), tf.constant([4.0, 2.0, 1.5])
    np.testing.assert_allclose(losses.strict_cooperation(label, image), [8.0, 4.0, 6.0])
    np.testing.assert_allclose(losses.strict_cooperation(label, image, 0.25), [2.0, 1.0, 6.0])


def test_shares_of_a_mean_add_up_to_the_strict_loss_of_the_means():
    """With the gap of the whole; each by itself they would not."""
    cooperation = losses.StrictCooperation(3.0)
    shares = tf.constant([[0.5, 0.05], [0.1, 0.1]])
    gap = sum(cooperation.gap(*share) for share in shares)
    assert float(gap) == pytest.approx(0.6 - 3 * 0.15)
    whole = cooperation(*tf.reduce_sum(shares, axis=0))
    assert float(whole) == pytest.approx(1.2)
    assert float(sum(cooperation(*share, gap=gap) for share in shares)) == pytest.approx(1.2)
    assert float(sum(cooperation(*share) for share in shares)) == pytest.approx(1.6)


def test_no_gradient_runs_through_the_gap():
    label, image = tf.constant(0.5), tf.constant(0.25)
    with tf.GradientTape() as tape:
        tape.watch([label, image])
        loss = losses.strict_cooperation(label, image, gap=3 * (image - label))
    assert float(loss) == 0.5, "the gap says that the image loss counts"
    assert [float(slope) for slope in tape.gradient(loss, [label, image])] == [0.0, 2.0]


def test_adjusted_cooperation_by_hand():
    label, image = tf.constant([1.0, 0.0]), tf.constant([4.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch([label, image])
        loss = losses.AdjustedCooperation(2.5)(label, image)
    np.testing.assert_allclose(loss, [6.5, 2.0])
    np.testing.assert_allclose(losses.adjusted_cooperation(label, image, 2.5), [6.5, 2.0])
    by_label, by_image = tape.gradient(loss, [label, image])
    np.testing.assert_array_equal(by_label, [2.5, 2.5])
    np.testing.assert_array_equal(by_image, [1.0, 1.0])
    assert losses.adjusted_cooperation(0.25, 0.5) == losses.AdjustedCooperation()(0.25, 0.5) == 0.75
    assert losses.AdjustedCooperation(0)(7.0, 0.5) == 0.5


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (losses.StrictCooperation, "generation_weight"),
        (losses.AdjustedCooperation, "classification_weight"),
    ],
)
def test_configs_and_equality_of_the_cooperations_of_one_weight(kind, key):
    cooperation = kind(3)
    config = keras.saving.serialize_keras_object(cooperation)
    assert config["registered_name"] == f"zoo>{kind.__name__}" and config["config"] == {key: 3.0}
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is kind and copy is not cooperation and copy == cooperation
    assert hash(copy) == hash(cooperation) and repr(copy) == f"{kind.__name__}({key}=3.0)"
    others = (losses.StrictCooperation, losses.AdjustedCooperation, losses.WeightedCooperation)
    assert cooperation not in [kind(2), *(other(3) for other in others if other is not kind)]


@pytest.mark.parametrize("weight", [-1.0, -1e-9, math.nan, math.inf, "1", None, True])
def test_single_weights_that_are_none(weight):
    for make in (losses.StrictCooperation, lambda w: losses.strict_cooperation(1.0, 1.0, w)):
        with pytest.raises(InputError, match="`generation_weight`.* of at least 0. Received"):
            make(weight)
    for make in (losses.AdjustedCooperation, lambda w: losses.adjusted_cooperation(1.0, 1.0, w)):
        with pytest.raises(InputError, match=r"`classification_weight \(lambda\)`.*Received"):
            make(weight)
