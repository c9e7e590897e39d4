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
