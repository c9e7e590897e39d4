"""zoo/networks/normalization.py: the numbers of Keras's layer, and moments of groups of rows."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.networks.normalization import (
    BatchNormalization,
    FusedBatchNormalization,
    moments_of_groups,
    use_own_normalization,
)


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


# Row by row, and none in the third of them.
GROUPS = np.eye(3, dtype="float32")[[0, 1, 0, 0, 1, 1]]


@pytest.mark.parametrize("kind", [BatchNormalization, FusedBatchNormalization])
@pytest.mark.parametrize("shape", [(3,), (4, 3), (5, 4, 3)])
def test_each_row_is_normalized_by_the_moments_of_its_group(kind, shape):
    layer = kind(epsilon=0.1, momentum=0.5)
    layer.build((None, *shape))
    generator = np.random.default_rng(0)
    gamma, beta, *_ = weights = [generator.uniform(0.5, 2.0, w.shape) for w in layer.weights]
    layer.set_weights(weights)
    x = images(shape=shape).numpy()
    with moments_of_groups(GROUPS):
        found = layer(x, training=True)
        before = layer.get_weights()
        np.testing.assert_array_equal(layer(x, training=False), layer(x))
    axes = tuple(range(len(shape)))
    for group in (0, 1):
        rows = x[GROUPS[:, group] == 1.0]
        mean, variance = rows.mean(axes), rows.var(axes)
        expected = gamma * (rows - mean) / np.sqrt(variance + 0.1) + beta
        np.testing.assert_allclose(found[GROUPS[:, group] == 1.0], expected, atol=1e-5)
        if group == 0:
            np.testing.assert_allclose(before[2], (weights[2] + mean) / 2, atol=1e-6)
            np.testing.assert_allclose(before[3], (weights[3] + variance) / 2, atol=1e-6)
    plain = keras.layers.BatchNormalization()(x, training=True)
    np.testing.assert_allclose(kind()(x, training=True), plain, atol=1e-5)


def test_two_replicas_share_the_moments_of_groups(two_replicas):
    """In a classifier of the zoo, whose layers take the fused kernel on one replica alone."""
    x, groups = images(8, (8, 8, 1)), np.eye(2, dtype="float32")[[0, 0, 0, 1, 0, 1, 1, 1]]

    def network():
        keras.utils.set_random_seed(0)
        return zoo.networks.classifier((8, 8, 1), 3, size=(4, 6))

    def passed(model, rows, groups):
        with moments_of_groups(groups):
            return model(rows, training=True)

    whole = network()
    expected = passed(whole, x, groups)
    with two_replicas.scope():
        shared = network()
    parts = [
        two_replicas.experimental_distribute_values_from_function(
            lambda context, each=each: tf.split(each, 2)[context.replica_id_in_sync_group]
        )
        for each in (x, groups)
    ]
    found = two_replicas.run(lambda *part: passed(shared, *part), args=parts)
    found = tf.concat(two_replicas.experimental_local_results(found), axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for ours, theirs in zip(shared.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_keras_layers_are_taken_over_with_their_weights_and_their_place_in_files(tmp_path):
    inner = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(momentum=0.5)])
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), inner])
    network.save_weights(tmp_path / "keras.weights.h5")
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    expected, layer = network(x), inner.layers[0]
    use_own_normalization(network)
    assert type(layer) is BatchNormalization and inner.layers[0] is layer
    np.testing.assert_array_equal(network(x), expected)
    with moments_of_groups(GROUPS):
        apart = network(x, training=True)
    np.testing.assert_allclose(apart[::2][:2], network(x[[0, 2, 3]], training=True)[:2], atol=1e-5)
    network.save(tmp_path / "ours.keras")
    loaded = keras.models.load_model(tmp_path / "ours.keras")
    np.testing.assert_array_equal(loaded(x), network(x))
    loaded.load_weights(tmp_path / "keras.weights.h5")
    np.testing.assert_array_equal(loaded(x), expected)


@keras.saving.register_keras_serializable(package="tests")
class Other(keras.layers.BatchNormalization):
    """A normalization of somebody's own."""


def test_what_cannot_tell_groups_apart_is_refused():
    with pytest.raises(zoo.InputError, match="Received: 'mine', a Other"):
        use_own_normalization(keras.Sequential([keras.Input((3,)), Other(name="mine")]))
    for settings in ({"axis": 1}, {"renorm": True}):
        layer = BatchNormalization(**settings)
        with moments_of_groups(GROUPS), pytest.raises(zoo.InputError, match="over the last axis"):
            layer(images(), training=True)
