"""zoo.losses.cooperation against numbers worked by hand."""

import functools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import losses
from zoo.errors import InputError


def test_weighted_sum_of_each_sample():
    cooperation = losses.WeightedCooperation(classification_weight=2.0, reconstruction_weight=0.5)
    label_loss = tf.constant([1.0, 0.0, 3.0])
    reconstruction_loss = tf.constant([4.0, 2.0, 0.0])
    expected = [4.0, 1.0, 6.0]
    np.testing.assert_allclose(cooperation(label_loss, reconstruction_loss), expected)
    np.testing.assert_allclose(
        losses.weighted_cooperation(label_loss, reconstruction_loss, 2.0, 0.5), expected
    )
    assert losses.weighted_cooperation(0.25, 0.5) == losses.WeightedCooperation()(0.25, 0.5) == 0.75
    assert losses.WeightedCooperation(classification_weight=0)(7.0, 0.5) == 0.5
    assert losses.WeightedCooperation(reconstruction_weight=0)(7.0, 0.5) == 7.0


def test_gradients_are_the_weights():
    label_loss, reconstruction_loss = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch([label_loss, reconstruction_loss])
        total = losses.weighted_cooperation(label_loss, reconstruction_loss, 2.0, 5.0)
    by_label, by_reconstruction = tape.gradient(total, [label_loss, reconstruction_loss])
    np.testing.assert_array_equal(by_label, [2.0, 2.0])
    np.testing.assert_array_equal(by_reconstruction, [5.0, 5.0])


@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        (losses.WeightedCooperation, {"classification_weight": 1, "reconstruction_weight": 5}),
        (losses.StrictCooperation, {"generation_weight": 3, "generation_floor": 2}),
        (losses.AdjustedCooperation, {"classification_weight": 3}),
    ],
)
def test_configs_and_equality_are_of_the_weights(kind, weights):
    cooperation = kind(*weights.values())
    saved = keras.saving.serialize_keras_object(cooperation)
    assert saved["registered_name"] == f"zoo>{kind.__name__}"
    assert saved["config"] == cooperation.get_config() == weights
    copy = keras.saving.deserialize_keras_object(saved)
    assert type(copy) is kind and copy is not cooperation
    assert copy == cooperation == kind.from_config(weights)
    assert hash(copy) == hash(cooperation)
    # Whole numbers become floats.
    arguments = ", ".join(f"{name}={weight}.0" for name, weight in weights.items())
    assert repr(copy) == f"{kind.__name__}({arguments})"
    kinds = losses.StrictCooperation, losses.AdjustedCooperation, losses.WeightedCooperation
    others = [other(3) for other in kinds if other is not kind]
    assert cooperation not in [kind(7), *others, kind.__name__]


@pytest.mark.parametrize("weight", [-1.0, -1e-9, math.nan, math.inf, -math.inf, "1", None, True])
@pytest.mark.parametrize(
    ("kind", "function", "name", "shown"),
    [
        (losses.WeightedCooperation, losses.weighted_cooperation, *names)
        for names in (
            ("classification_weight", r"classification_weight \(alpha\)"),
            ("reconstruction_weight", r"reconstruction_weight \(beta\)"),
        )
    ]
    + [
        (losses.StrictCooperation, losses.strict_cooperation, *2 * ("generation_weight",)),
        (losses.StrictCooperation, losses.strict_cooperation, *2 * ("generation_floor",)),
        (
            losses.AdjustedCooperation,
            losses.adjusted_cooperation,
            "classification_weight",
            r"classification_weight \(lambda\)",
        ),
    ],
)
def test_weights_that_are_none(kind, function, name, shown, weight):
    for make in (kind, functools.partial(function, 1.0, 1.0)):
        with pytest.raises(InputError, match=f"`{shown}`.* of at least 0. Received"):
            make(**{name: weight})


def test_both_weights_zero():
    with pytest.raises(InputError, match="must not both be 0"):
        losses.WeightedCooperation(0, 0.0)


# Strict cooperation: 2 · max(label, weight · (image - floor)).
STRICT = [
    # label, image, weight and floor, the loss, its slopes
    (0.5, 0.25, (1.0,), 1.0, (2.0, 0.0)),
    (0.25, 0.5, (1.0,), 1.0, (0.0, 2.0)),
    (0.5, 0.25, (4.0,), 2.0, (0.0, 8.0)),
    (0.5, 0.25, (0.0,), 1.0, (2.0, 0.0)),
    (0.5, 0.25, (2.0,), 1.0, (1.0, 2.0)),  # The tie: the sum of both.
    (0.0, 0.0, (1.0,), 0.0, (1.0, 1.0)),
    (0.5, 0.25, (8.0, 0.125), 2.0, (0.0, 16.0)),
    (0.5, 0.25, (8.0, 0.5), 1.0, (2.0, 0.0)),
]


@pytest.mark.parametrize(("label", "image", "settings", "expected", "slopes"), STRICT)
def test_strict_cooperation_is_twice_the_larger(label, image, settings, expected, slopes):
    losses_at = [tf.Variable(label, dtype="float64"), tf.Variable(image, dtype="float64")]
    cooperation = losses.StrictCooperation(*settings)
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
    shares = tf.constant([[0.5, 0.05], [0.1, 0.1]])
    floored = losses.StrictCooperation(6.0, 0.02)
    gap = sum(floored.gap(*share, share=0.5) for share in shares)
    assert float(gap) == pytest.approx(0.6 - 6 * 0.13)
    parts = [float(floored(*share, gap, 0.5)) for share in shares]
    assert sum(parts) == pytest.approx(float(floored(0.6, 0.15))) == pytest.approx(1.56)
    cooperation = losses.StrictCooperation(3.0)
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
    "cooperation",
    [losses.weighted_cooperation, losses.strict_cooperation, losses.adjusted_cooperation],
)
def test_losses_are_lists_too_and_of_one_shape(cooperation):
    wanted = [float(cooperation(one, other)) for one, other in ((1.0, 2.0), (2.0, 3.0))]
    np.testing.assert_allclose(cooperation([1.0, 2.0], [2.0, 3.0]), wanted)
    with pytest.raises(InputError, match="must have the same shape"):
        cooperation(np.zeros(3), np.zeros((3, 1)))
