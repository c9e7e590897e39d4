import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.networks import FeatureScaling, feature_scaling

X = np.array([[1.0, 100.0, 7.0, 1, 0, 0], [3.0, 300.0, 7.0, 0, 0, 1]], "float32")


def adapted(**arguments):
    scaling = FeatureScaling(categories=(3,), **arguments)
    scaling.build((None, 6))
    scaling.adapt(X)
    return scaling


def test_numbers_are_standardized_and_categories_stay():
    wanted = [[-1, -1, 0, 1, 0, 0], [1, 1, 0, 0, 0, 1]]
    np.testing.assert_allclose(adapted()(X), wanted, atol=1e-6)


def test_what_is_made_has_the_units_of_the_features_and_probabilities_of_categories():
    outputs = np.array([[0.5, -2.0, 0.0, 0.0, np.log(2.0), 0.0]], "float32")
    restored = adapted().restored(outputs)
    np.testing.assert_allclose(restored, [[2.5, 0.0, 7.0, 0.25, 0.5, 0.25]], rtol=1e-6)
    made = adapted().made(outputs)
    np.testing.assert_allclose(made, [[0.5, -2.0, 0.0, 0.25, 0.5, 0.25]], rtol=1e-6)


@pytest.mark.parametrize(("name", "errors"), [("mse", 1.0 + 4.0), ("mae", 1.0 + 2.0)])
def test_the_distance_is_a_mean_over_numbers_and_categories(name, errors):
    # Standardized, the first row is (-1, -1, 0) of category 0.
    outputs = np.array([[0.0, -3.0, 0.0, 0.0, 0.0, 0.0]], "float32")
    loss = adapted().distance(name)(adapted()(X[:1]), outputs)
    np.testing.assert_allclose(loss, [(errors + np.log(3.0)) / 4], rtol=1e-6)


def test_the_likelihood_is_that_of_numpy():
    outputs = np.array([[0.0, -3.0, 0.0, 0.0, 0.0, 0.0]], "float32")
    found = adapted().likelihood(outputs, 0.5).log_prob(adapted()(X[:1]))
    errors = np.array([-1.0, 2.0, 0.0])
    normal = -0.5 * np.square(errors / 0.5) - np.log(0.5) - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(found, [normal.sum() - np.log(3.0)], rtol=1e-5)


def test_the_moments_of_a_stream_are_those_of_its_rows():
    x = np.random.default_rng(0).normal(5.0, 3.0, (50, 6)).astype("float32")
    stream, array = adapted(), adapted()
    stream.adapt(tf.data.Dataset.from_tensor_slices((x, x)).batch(8))
    array.adapt(x)
    np.testing.assert_allclose(stream(x), array(x), atol=1e-5)


def test_of_moments_far_from_zero_a_stream_keeps_the_digits():
    x = np.random.default_rng(0).normal(1e6, 1.0, (500, 6))
    scaling = adapted()
    scaling.adapt(tf.data.Dataset.from_tensor_slices(x).batch(7))
    np.testing.assert_allclose(scaling.adapt_variance[:3], x.var(axis=0)[:3], rtol=1e-5)


class EndlessRows(keras.utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return (np.ones((2, 6)),)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (np.ones((0, 6)), "must be rows. Received: none"),
        (tf.data.Dataset.from_tensors(np.ones((0, 6))), "must be rows. Received: none"),
        (iter(()), "must be rows. Received: none"),
        (np.full((2, 6), np.nan), "must be finite.*row 0"),
        (np.ones((2, 3)), r"rows of shape \(6,\).*\(2, 3\)"),
        (np.ones(6), r"rows of shape \(6,\).*\(6,\)"),
        ("abc", "rows of numbers. Received: str"),
        (None, "rows of shape"),
        (np.full((2, 6), 1e300), "too large numbers in column 0"),
        (tf.data.Dataset.from_tensors(np.ones((2, 6))).repeat(), "a stream without end"),
        (EndlessRows(), "a stream without end"),
    ],
)
def test_rows_that_it_cannot_take_its_moments_of_change_nothing(rows, sentence):
    scaling = adapted()
    before = scaling.get_weights()
    with pytest.raises(zoo.InputError, match=sentence):
        scaling.adapt(rows)
    for old, new in zip(before, scaling.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_its_config_makes_it_again():
    config = keras.saving.serialize_keras_object(adapted())
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == adapted(name=again.name).get_config() and again.categories == (3,)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input_shape": (3,), "features": "scaled"}, "standardized"),
        ({"input_shape": (3,), "categories": (1,)}, "at least 2"),
        ({"input_shape": (8, 8, 1), "categories": (2,)}, "Only standardized features"),
        ({"input_shape": (3,), "features": "unit", "categories": (2,)}, "Only standardized"),
    ],
)
def test_what_it_refuses(arguments, sentence):
    with pytest.raises(zoo.InputError, match=sentence):
        feature_scaling(**arguments)
    with pytest.raises(zoo.InputError, match="There are 2 features"):
        FeatureScaling((3,)).build((None, 2))
    with pytest.raises(zoo.InputError, match="features='unit'"):
        adapted().distance("crossentropy")
