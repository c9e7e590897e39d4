"""zoo/models/base/batch_moments.py: whose moments count, and what they leave behind."""

import keras
import numpy as np

from zoo.models.base.batch_moments import moments_at_rest, moments_of_some


def network(shape):
    keras.utils.set_random_seed(0)
    x = keras.Input(shape)
    return keras.Model(x, keras.layers.BatchNormalization(epsilon=1e-3, momentum=0.5)(x))


def test_rows_are_normalised_by_the_chosen_ones():
    for shape in [(3,), (2, 4, 3)]:
        model = network(shape)
        x = np.random.default_rng(0).normal(2.0, 3.0, (6, *shape)).astype("float32")
        chosen = np.array([True, False, True, True, False, False])
        before = model.get_weights()
        with moments_of_some(model, chosen), moments_at_rest(model):
            found = np.asarray(model(x, training=True))
        axes = tuple(range(len(shape)))
        mean, variance = x[chosen].mean(axes), x[chosen].var(axes)
        np.testing.assert_allclose(found, (x - mean) / np.sqrt(variance + 1e-3), atol=1e-5)
        for ours, theirs in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_afterwards_all_rows_count_again_and_move_the_averages():
    model, x = network((3,)), np.arange(12, dtype="float32").reshape(4, 3)
    expected = np.asarray(network((3,))(x, training=True))
    with moments_at_rest(model):
        np.testing.assert_allclose(model(x, training=True), expected, atol=1e-6)
        with moments_of_some(model, np.array([1.0, 0.0, 0.0, 0.0])):
            np.testing.assert_allclose(model(x, training=True)[0], np.zeros(3), atol=1e-5)
    np.testing.assert_array_equal(model.layers[-1].moving_mean, np.zeros(3))
    np.testing.assert_allclose(model(x, training=True), expected, atol=1e-6)
    np.testing.assert_allclose(model.layers[-1].moving_mean, x.mean(0) / 2, atol=1e-6)


def test_the_running_moments_follow_the_chosen_rows_and_none_chosen_are_all():
    x = np.arange(12, dtype="float32").reshape(4, 3)
    for chosen, counting in [([1, 1, 0, 0], x[:2]), ([0, 0, 0, 0], x)]:
        model = network((3,))
        with moments_of_some(model, np.array(chosen, "float32")):
            model(x, training=True)
        np.testing.assert_allclose(model.layers[-1].moving_mean, counting.mean(0) / 2, atol=1e-6)
