"""zoo/networks/standardization.py: moments of training rows, kept with the model."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks import Standardization, energy_network, feature_network, standardize

ROWS = np.asarray([[0.0, 5.0, 1.0], [2.0, 5.0, 1.0], [4.0, 5.0, 4.0]], "float32")


def test_moments_by_hand_and_a_constant_feature_is_only_shifted():
    layer = Standardization()
    layer.build((None, 3))
    np.testing.assert_array_equal(layer(ROWS), ROWS)
    layer.adapt(ROWS)
    deviations = np.asarray([np.sqrt(8 / 3), 1.0, np.sqrt(2.0)])
    np.testing.assert_allclose(layer(ROWS), (ROWS - [2, 5, 2]) / deviations, rtol=1e-6)
    np.testing.assert_allclose(layer(np.asarray([[2.0, 6.0, 2.0]])), [[0, 1, 0]], atol=1e-6)


def test_a_model_is_standardized_in_every_network_and_keeps_it(tmp_path):
    shape = {"input_shape": (3,), "num_labels": 2, "units": (4,), "standardize": True}
    model = zoo.create_model("infnet", **shape)
    standardize(model, ROWS)
    layers = [
        model.energy_network.features.get_layer("standardization"),
        model.inference_network.get_layer("standardization"),
    ]
    for layer in layers:
        np.testing.assert_allclose(np.ravel(layer.mean), [2, 5, 2])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))


def test_features_are_standardized_before_half_precision_rounds_them():
    rows = 1e5 + 1e3 * np.random.default_rng(0).normal(size=(16, 6)).astype("float32")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        shape = {"input_shape": (6,), "num_labels": 4, "units": (8,), "standardize": True}
        model = zoo.create_model("mlp", **shape)
    finally:
        keras.config.set_dtype_policy("float32")
    standardize(model, rows)
    model.compile(optimizer="adam")
    answers = 1 / (1 + np.exp(-np.asarray(model.classifier(rows), "float32")))
    np.testing.assert_allclose(model.predict(rows, verbose=0), answers, atol=1e-6)


def test_networks_without_the_layer_are_left_alone_and_bad_rows_are_refused():
    network = feature_network((3,), (4,))
    before = network.get_weights()
    standardize(network, ROWS)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    network = energy_network((3,), 2, standardize=True)
    with pytest.raises(zoo.InputError, match="must be finite"):
        standardize(network, np.full((2, 3), np.nan))
    with pytest.raises(zoo.InputError, match="too large numbers in column 2"):
        standardize(network, ROWS * [1.0, 1.0, 1e25])


@pytest.mark.parametrize("unit", [1e-12, 1e-18])
def test_features_of_a_small_unit_are_standardized_as_others(unit):
    layer = Standardization()
    layer.build((None, 3))
    layer.adapt(ROWS * np.float32(unit))
    scaled = np.asarray(layer(ROWS * np.float32(unit)))
    np.testing.assert_allclose(scaled.std(0), [1, 0, 1], rtol=1e-4)
    with pytest.raises(zoo.InputError, match="small differences in column 0"):
        layer.adapt(ROWS * np.float32(1e-25))
