"""The losses: gradients, and the classes that add a reduction and save the settings."""

import keras
import numpy as np
import pytest

from zoo import losses
from zoo.errors import InputError

RNG = np.random.default_rng(0)
FAIR, LOADED = [0.25, 0.25, 0.25, 0.25], [0.5, 0.25, 0.125, 0.125]
DICE = np.array([[FAIR, LOADED], [LOADED, FAIR]])
SIDES = np.array([1, 0, 1, 0]), RNG.normal(size=4)
CLASSES = np.array([0, 2, 1]), RNG.normal(size=(3, 3))
LABELS = RNG.uniform(size=(3, 4)), RNG.normal(size=(3, 4))

CASES = [
    (losses.CrossEntropy, losses.cross_entropy, {}, DICE),
    (losses.CrossEntropy, losses.cross_entropy, {"base": 2}, DICE),
    (losses.KLDivergence, losses.kl_divergence, {}, DICE),
    (losses.KLDivergence, losses.kl_divergence, {"base": 2}, DICE),
    (losses.BinaryHinge, losses.binary_hinge, {}, SIDES),
    (losses.BinaryHinge, losses.binary_hinge, {"margin": 0.5, "squared": True}, SIDES),
    (losses.CrammerSingerHinge, losses.crammer_singer_hinge, {"margin": 3.0}, CLASSES),
    (losses.WestonWatkinsHinge, losses.weston_watkins_hinge, {"margin": 3.0}, CLASSES),
    (losses.MultiLabelCrossentropy, losses.multi_label_crossentropy, {}, LABELS),
    (losses.MultiLabelSquared, losses.multi_label_squared, {}, LABELS),
    (losses.MultiLabelKL, losses.multi_label_kl, {}, LABELS),
    (losses.RootMeanSquaredError, losses.root_mean_squared_error, {}, LABELS),
    (losses.SumSquaredError, losses.sum_squared_error, {}, LABELS),
]
of_each = pytest.mark.parametrize(("kind", "function", "settings", "rows"), CASES)


@of_each
def test_a_class_adds_only_the_reduction(kind, function, settings, rows):
    values = np.asarray(function(*rows, **settings))
    weights = np.arange(1.0, len(values) + 1.0).astype("float32")
    for reduction, reduce in (
        (None, np.asarray),
        ("sum", np.sum),
        ("sum_over_batch_size", np.mean),
    ):
        loss = kind(**settings, reduction=reduction)
        np.testing.assert_allclose(loss(*rows), reduce(values), rtol=1e-5, atol=1e-6)
        weighted = loss(*rows, sample_weight=weights)
        np.testing.assert_allclose(weighted, reduce(values * weights), rtol=1e-5, atol=1e-6)
    assert kind(**settings).reduction == "sum_over_batch_size"
    assert kind(**settings).name == function.__name__


@of_each
def test_gradient_is_the_finite_difference(kind, function, settings, rows, gradient_gap):
    y, point = rows
    assert gradient_gap(lambda p: function(y, p, **settings), point) < 1e-6


@of_each
def test_config_round_trip(kind, function, settings, rows):
    loss = kind(**settings, reduction="sum", name="mine", dtype="float64")
    saved = keras.saving.serialize_keras_object(loss)
    assert saved["registered_name"] == f"zoo>{kind.__name__}"
    copy = keras.saving.deserialize_keras_object(saved)
    assert type(copy) is kind
    defaults = {name: getattr(kind(), name) for name in kind.settings}
    common = {"reduction": "sum", "name": "mine", "dtype": "float64"}
    assert copy.get_config() == loss.get_config() == {**defaults, **settings, **common}
    assert float(copy(*rows)) == pytest.approx(float(np.sum(function(*rows, **settings))), rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (losses.CrossEntropy, "base"),
        (losses.KLDivergence, "base"),
        (losses.BinaryHinge, "margin"),
        (losses.CrammerSingerHinge, "margin"),
        (losses.WestonWatkinsHinge, "margin"),
    ],
)
def test_bad_settings(kind, setting):
    with pytest.raises(InputError, match=f"`{setting}`"):
        kind(**{setting: -1.0})
