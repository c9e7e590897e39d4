"""zoo.metrics against numbers worked by hand."""

import doctest

import keras
import numpy as np
import pytest

import zoo
from zoo import metrics
from zoo.errors import InputError

# Three images of 2x2x1; squared errors per pixel: 0.01, 0.04 and none.
CLEAN = np.array([0.5, 0.5, 0.5]).reshape(3, 1, 1, 1) * np.ones((3, 2, 2, 1))
RECONSTRUCTED = CLEAN + np.array([0.1, -0.2, 0.0]).reshape(3, 1, 1, 1)

ERRORS = [0.01, 0.04, 0.0]
DECIBELS = [20.0, -10 * np.log10(0.04), 100.0]

CASES = [
    (metrics.reconstruction_error, metrics.ReconstructionError, ERRORS),
    (metrics.peak_signal_to_noise_ratio, metrics.PeakSignalToNoiseRatio, DECIBELS),
]


@pytest.mark.parametrize(("function", "metric_class", "expected"), CASES)
def test_one_value_per_image(function, metric_class, expected):
    values = function(CLEAN, RECONSTRUCTED)
    assert values.shape == (3,)
    np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("function", "metric_class", "expected"), CASES)
def test_mean_over_images_of_unequal_batches(function, metric_class, expected):
    metric = metric_class()
    metric.update_state(CLEAN[:2], RECONSTRUCTED[:2])
    metric.update_state(CLEAN[2:], RECONSTRUCTED[2:])
    assert float(metric.result()) == pytest.approx(np.mean(expected), rel=1e-5)
    metric.reset_state()
    metric.update_state(CLEAN[:1], RECONSTRUCTED[:1])
    assert float(metric.result()) == pytest.approx(expected[0], rel=1e-5)


@pytest.mark.parametrize(("function", "metric_class", "expected"), CASES)
def test_weights_are_of_images(function, metric_class, expected):
    metric = metric_class()
    metric.update_state(CLEAN, RECONSTRUCTED, sample_weight=np.array([1.0, 3.0, 0.0]))
    assert float(metric.result()) == pytest.approx((expected[0] + 3 * expected[1]) / 4, rel=1e-5)


def test_mean_of_decibels_is_not_decibels_of_the_mean():
    metric = metrics.PeakSignalToNoiseRatio()
    metric.update_state(CLEAN[:2], RECONSTRUCTED[:2])
    # 20 and 13.979 dB; the mean error of 0.025 would be 16.021 dB.
    assert float(metric.result()) == pytest.approx(16.9897, abs=1e-4)


def test_error_is_over_pixels_and_channels():
    rng = np.random.default_rng(0)
    x, x_hat = rng.uniform(size=(2, 5, 3, 4, 2))
    metric = metrics.ReconstructionError()
    metric.update_state(x, x_hat)
    assert float(metric.result()) == pytest.approx(np.mean((x - x_hat) ** 2), rel=1e-5)


@pytest.mark.parametrize(("function", "metric_class", "expected"), CASES)
def test_float32_whatever_comes_in(function, metric_class, expected):
    clean = keras.ops.cast(CLEAN, "bfloat16")
    assert keras.backend.standardize_dtype(function(clean, RECONSTRUCTED).dtype) == "float32"


@pytest.mark.parametrize(
    ("metric_class", "name"),
    [
        (metrics.ReconstructionError, "reconstruction_error"),
        (metrics.PeakSignalToNoiseRatio, "peak_signal_to_noise_ratio"),
    ],
)
def test_config_round_trip(metric_class, name):
    assert metric_class().get_config() == {"name": name, "dtype": "float32"}
    metric = metric_class(name="mine", dtype="float64")
    config = keras.saving.serialize_keras_object(metric)
    assert config["registered_name"] == f"zoo>{metric_class.__name__}"
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is metric_class
    assert copy.get_config() == {"name": "mine", "dtype": "float64"}


@pytest.mark.parametrize(
    ("metric_class", "best"),
    [(metrics.ReconstructionError, 0.0), (metrics.PeakSignalToNoiseRatio, 50.0)],
)
def test_early_stopping_knows_which_way_is_better(metric_class, best):
    x = np.linspace(0.0, 1.0, 8).reshape(8, 1, 1, 1).astype("float32")
    model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), loss="mse", metrics=[metric_class(name="score")])
    stopping = keras.callbacks.EarlyStopping(monitor="val_score", mode="auto", patience=1)
    history = model.fit(x, x, validation_data=(x, x), epochs=4, verbose=0, callbacks=[stopping])
    # At the rate 0 nothing is learned and nothing improves: one epoch to see it, one of patience.
    assert len(history.history["val_score"]) == 2
    assert stopping.monitor_op(best, history.history["val_score"][0])


# Three rows of two numbers, of variances 2/3 · 0.01² and 2/3.
MEANS = np.array([[5.00, -1.0], [5.01, 0.0], [4.99, 1.0]])


def test_active_units_by_hand():
    metric = metrics.ActiveUnits(2)
    assert float(metric.result()) == 0.0
    metric.update_state(MEANS)
    assert float(metric.result()) == 1.0
    metric.reset_state()
    metric.update_state(10 * MEANS)
    # 2/3 · 0.1² = 0.0067 is still below 0.01.
    assert float(metric.result()) == 1.0
    metric.reset_state()
    metric.update_state(20 * MEANS)
    assert float(metric.result()) == 2.0


def test_active_units_vary_over_all_batches():
    metric = metrics.ActiveUnits(2)
    for row in MEANS:
        metric.update_state(row[None])
    assert float(metric.result()) == 1.0
    parts = metrics.ActiveUnits(2)
    parts.update_state(MEANS[:2])
    parts.update_state(MEANS[2:])
    for ours, theirs in zip(metric.variables, parts.variables, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


def test_active_units_take_their_threshold_and_any_floats():
    for threshold, expected in ((1e-5, 2.0), (0.5, 1.0), (0.7, 0.0)):
        metric = metrics.ActiveUnits(2, threshold=threshold)
        metric.update_state(MEANS)
        assert float(metric.result()) == expected
    metric = metrics.ActiveUnits(2)
    metric.update_state(keras.ops.cast(MEANS, "bfloat16"))
    assert float(metric.result()) == 1.0


def test_active_units_of_many_rows_far_from_zero():
    """Sums of squares lose digits: a unit at 3 that stands still stays inactive."""
    metric = metrics.ActiveUnits(3)
    draws = np.random.default_rng(0).normal(size=(60000, 3)) * [0.0, 0.05, 0.2] + 3.0
    for batch in draws.reshape(60, 1000, 3):
        metric.update_state(batch.astype("float32"))
    assert float(metric.result()) == 1.0


def test_active_units_go_by_weights():
    """0 and 0.3 of weights 1 and 0.1: a variance of 0.3² · 10/121, of 0.3²/4 unweighted."""
    metric = metrics.ActiveUnits(1)
    for weight in ([1.0, 0.1], [[1.0], [0.1]]):
        metric.reset_state()
        metric.update_state([[0.0], [0.3]], sample_weight=weight)
        assert float(metric.result()) == 0.0
    metric.reset_state()
    metric.update_state([[0.0], [0.3]], sample_weight=[2.0, 2.0])
    assert float(metric.result()) == 1.0
    with pytest.raises(InputError, match="a weight per row"):
        metric.update_state([[0.0], [0.3]], sample_weight=[1.0])


def test_active_units_of_means_of_thousands():
    metric = metrics.ActiveUnits(2)
    draws = np.random.default_rng(0).normal(size=(1000, 2)) * [0.05, 0.2] + 5000.0
    metric.update_state(draws)
    assert float(metric.result()) == 1.0


def test_active_units_config_round_trip():
    metric = metrics.ActiveUnits(3, threshold=0.2, name="mine")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(copy) is metrics.ActiveUnits and copy.get_config() == metric.get_config()
    expected = {"code_size": 3, "threshold": 0.2, "name": "mine", "dtype": "float32"}
    assert copy.get_config() == expected


def test_examples_in_docstrings():
    results = doctest.testmod(metrics.images)
    assert results.attempted > 0
    assert results.failed == 0


def test_bytes_are_pixels_and_no_image_is_stretched():
    bytes_of = np.array([0, 51, 255, 102], "uint8").reshape(1, 2, 2, 1)
    error = metrics.reconstruction_error(bytes_of, bytes_of.astype("float32") / 255 + 0.1)
    np.testing.assert_allclose(error, [0.01], rtol=1e-5)
    for shape in ((1, 2, 2, 1), (2, 2, 2), (2, 2, 2, 3)):
        with pytest.raises(zoo.InputError, match="must have the same shape"):
            metrics.reconstruction_error(np.zeros(shape), np.zeros((2, 2, 2, 1)))


def test_active_units_take_means_of_their_codes_alone():
    for arguments in ((0,), ("a",), (3, -1.0), (3, float("nan"))):
        with pytest.raises(InputError, match="`(code_size|threshold)` must be"):
            metrics.ActiveUnits(*arguments)
    metric = metrics.ActiveUnits(3)
    for shape in ((8, 1), (8, 2), (8,), (8, 3, 1)):
        with pytest.raises(InputError, match=r"the shape \(batch, 3\)"):
            metric.update_state(np.ones(shape))
    metric.update_state([[0.0, 1.0, 2.0], [np.nan, 3.0, 2.0]])
    assert np.isnan(metric.result())
