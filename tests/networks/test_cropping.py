"""zoo/networks/cropping.py: the crop of Keras's layer, by another operation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.networks import decoder
from zoo.networks.cropping import SlicedCropping2D

CROPS = [((0, 1), (0, 1)), ((1, 2), (3, 0)), ((0, 0), (0, 2)), 1, (2, 1)]


@pytest.mark.parametrize("crop", CROPS)
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_value_and_gradient_are_those_of_keras(crop, dtype):
    x = tf.constant(np.random.default_rng(0).normal(size=(3, 7, 6, 2)).astype("float32"))
    found = []
    for kind in (keras.layers.Cropping2D, SlicedCropping2D):
        layer = kind(crop, dtype=dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(tf.sin(tf.cast(y, "float32")))
        found.append((y, tape.gradient(loss, x)))
        assert tuple(y.shape) == layer.compute_output_shape((3, 7, 6, 2))
    (theirs, their_slopes), (ours, our_slopes) = found
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(tf.cast(ours, "float32"), tf.cast(theirs, "float32"))
    np.testing.assert_array_equal(our_slopes, their_slopes)
    assert np.any(our_slopes.numpy() == 0) and np.any(our_slopes.numpy() != 0)


def test_any_number_of_rows_in_a_saved_network(tmp_path):
    network = keras.Sequential([keras.Input((5, 4, 1)), SlicedCropping2D(((1, 0), (0, 1)))])
    assert network.output_shape == (None, 4, 3, 1)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert type(loaded.layers[0]) is SlicedCropping2D
    for rows in (1, 6):
        x = np.random.default_rng(rows).uniform(size=(rows, 5, 4, 1)).astype("float32")
        np.testing.assert_array_equal(loaded.predict(x, verbose=0), x[:, 1:, :-1])


def test_decoders_of_odd_sides_crop_with_it():
    network = decoder((9, 15, 1), 3, (4, 4))
    kinds = {type(layer) for layer in network.layers if isinstance(layer, keras.layers.Cropping2D)}
    assert kinds == {SlicedCropping2D}
    assert network(np.zeros((2, 3), "float32")).shape == (2, 9, 15, 1)
