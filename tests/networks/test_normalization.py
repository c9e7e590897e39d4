"""zoo/networks/normalization.py: the numbers of Keras's layer, by another kernel."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.networks.normalization import FusedBatchNormalization


def pair(**arguments):
    """Keras's layer and ours, with the same weights that are not those of the start."""
    layers = keras.layers.BatchNormalization(**arguments), FusedBatchNormalization(**arguments)
    generator = np.random.default_rng(0)
    for layer in layers:
        layer.build((None, 5, 4, 3))
    weights = [generator.uniform(0.5, 2.0, w.shape) for w in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def images(rows=6, shape=(5, 4, 3), dtype="float32"):
    x = np.random.default_rng(1).normal(0.3, 1.5, (rows, *shape))
    return tf.constant(x.astype("float32"), dtype)


@pytest.mark.parametrize("arguments", [{}, {"scale": False}, {"center": False}, {"epsilon": 0.1}])
def test_one_step_is_that_of_keras(arguments):
    x = images()
    found = []
    for layer in pair(momentum=0.9, **arguments):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            loss = tf.reduce_sum(tf.sin(y))
        sources = [x, *[v.value for v in layer.trainable_variables]]
        found.append([y, *tape.gradient(loss, sources), *layer.weights, layer(x, training=False)])
    for keras_value, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, keras_value, rtol=1e-4, atol=1e-5)


def test_a_single_row_of_one_pixel_keeps_finite_moments():
    keras_layer, ours = pair()
    x = images(1, (1, 1, 3))
    np.testing.assert_allclose(ours(x, training=True), keras_layer(x, training=True), atol=1e-5)
    for mine, theirs in zip(ours.weights, keras_layer.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_types_stay_what_they_are_and_close_to_float32(dtype):
    layer = FusedBatchNormalization(dtype=f"mixed_{dtype}")
    exact = keras.layers.BatchNormalization()
    y = layer(images(dtype=dtype), training=True)
    assert y.dtype == dtype
    assert all(weight.dtype == "float32" for weight in layer.weights)
    np.testing.assert_allclose(tf.cast(y, "float32"), exact(images(), training=True), atol=0.03)
    np.testing.assert_allclose(layer.moving_mean, exact.moving_mean, atol=1e-3)


def test_frozen_it_uses_and_keeps_the_moving_moments():
    keras_layer, ours = pair()
    before = [weight.numpy() for weight in ours.weights]
    for layer in (keras_layer, ours):
        layer.trainable = False
    x = images()
    np.testing.assert_allclose(ours(x, training=True), keras_layer(x, training=True), atol=1e-5)
    for old, new in zip(before, ours.weights, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("shape", [(7, 3), (7, 4, 3)])
def test_what_is_no_image_is_left_to_keras(shape):
    x = tf.constant(np.random.default_rng(2).normal(size=shape).astype("float32"))
    found = [
        layer(x, training=True)
        for layer in (keras.layers.BatchNormalization(), FusedBatchNormalization())
    ]
    np.testing.assert_array_equal(*found)


def test_two_replicas_share_their_moments(two_replicas):
    x = images(8)
    whole = FusedBatchNormalization()
    expected = whole(x, training=True)
    with two_replicas.scope():
        layer = FusedBatchNormalization(synchronized=True)
        layer.build(x.shape)
    rows = two_replicas.experimental_distribute_values_from_function(
        lambda context: tf.split(x, 2)[context.replica_id_in_sync_group]
    )
    parts = two_replicas.run(lambda part: layer(part, training=True), args=(rows,))
    y = tf.concat(two_replicas.experimental_local_results(parts), axis=0)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, whole.moving_variance, rtol=1e-5)


def test_saved_and_loaded_with_its_arguments(tmp_path):
    model = keras.Sequential([keras.Input((5, 4, 3)), FusedBatchNormalization(momentum=0.7)])
    model.compile(loss="mse")
    model.fit(images(), images(), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is FusedBatchNormalization and loaded.layers[0].momentum == 0.7
    np.testing.assert_array_equal(loaded(images()), model(images()))
