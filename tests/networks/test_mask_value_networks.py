"""zoo/networks/mask_value_networks.py: what is computed once, and both against plain arithmetic."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks.mask_value_networks import MaskValueNetwork, PooledValueNetwork

SMALL = {"filters": (4, 5, 6), "kernel_size": 3}

every_network = pytest.mark.parametrize("build", [MaskValueNetwork, PooledValueNetwork])


def pair(rows=2, side=8, channels=3):
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(rows, side, side, channels)).astype("float32")
    return x, rng.uniform(size=(rows, side, side, 1)).astype("float32")


def kernels(network):
    return [v.shape for v in network.trainable_variables if v.name == "kernel"]


@pytest.mark.parametrize("shape", [(24, 24, 3), (8, 12, 1)])
def test_the_network_of_the_paper_fits_its_images(shape):
    value = MaskValueNetwork(shape)
    assert value.input_shape == [(None, *shape), (None, *shape[:2], 1)]
    assert value([np.zeros((2, *shape)), np.zeros((2, *shape[:2], 1))]).shape == (2, 1)
    inner = shape[0] // 4 * (shape[1] // 4) * 128
    assert kernels(value) == [
        (5, 5, shape[2], 64),
        (5, 5, 1, 64),
        (5, 5, 64, 128),
        (5, 5, 128, 128),
        (inner, 384),
        (384, 192),
        (192, 1),
    ]


def test_pooled_features_are_sums_over_the_mask_and_its_rest():
    network = PooledValueNetwork((8, 8, 3), **SMALL, units=7, channels=2)
    assert network.input_shape == [(None, 8, 8, 3), (None, 8, 8, 1)]
    assert kernels(network)[-3:] == [(1, 1, 4, 2), (4, 7), (7, 1)]
    x, y = pair()
    features = network.prepare(x)
    assert features.shape == (2, 8, 8, 2)
    under = 4 * np.mean(y * features, axis=(1, 2))
    outside = 4 * np.mean((1 - y) * features, axis=(1, 2))
    expected = network.judge(np.concatenate([under, outside], axis=-1))
    np.testing.assert_allclose(network([x, y]), expected, atol=1e-5)
    np.testing.assert_allclose(network.value_logits(features, y), expected[:, 0], atol=1e-5)


def test_intersection_over_union_is_one_of_the_pooled_values():
    """With features that say where the true mask is, the sums are those of the oracle."""
    _, y = pair(rows=5)
    truth = np.roll(y, 1, axis=0) > 0.5
    network = PooledValueNetwork((8, 8, 1), **SMALL, units=3, channels=2)
    network.features = lambda x, training: np.concatenate([x, 1 - x], axis=-1)
    # The columns are t·y, (1 - t)·y, t·(1 - y) and (1 - t)·(1 - y).
    network.judge = lambda pooled, training: pooled[:, :1] / np.sum(pooled[:, :3], 1, keepdims=True)
    features = network.prepare(truth.astype("float32"))
    oracle = np.minimum(truth, y).sum((1, 2, 3)) / np.maximum(truth, y).sum((1, 2, 3))
    np.testing.assert_allclose(network.value_logits(features, y), oracle, rtol=1e-5)


@pytest.mark.parametrize("normalize_images", [False, True])
@pytest.mark.parametrize("batch_normalization", [False, True])
def test_the_hoisted_convolution_is_that_of_the_concatenation(
    batch_normalization, normalize_images
):
    network = MaskValueNetwork(
        (8, 8, 3),
        **SMALL,
        units=(7, 5),
        batch_normalization=batch_normalization,
        normalize_images=normalize_images,
    )
    x, y = pair()
    normalized = x
    if normalize_images:
        network.image_normalization.moving_mean.assign([0.5, 0.4, 0.3])
        network.image_normalization.moving_variance.assign([0.25, 0.04, 1.0])
        normalized = (x - [0.5, 0.4, 0.3]) / np.sqrt(np.array([0.25, 0.04, 1.0]) + 1e-3)
    network.image_convolution.bias.assign([0.1, -0.2, 0.3, 0.0])
    plain = keras.layers.Conv2D(4, 3, padding="same")
    plain.build((None, 8, 8, 4))
    kernels = network.image_convolution.kernel, network.mask_convolution.kernel
    plain.kernel.assign(np.concatenate([kernel.numpy() for kernel in kernels], axis=2))
    plain.bias.assign(network.image_convolution.bias)
    expected = network.trunk(plain(np.concatenate([normalized, y], axis=-1)))
    np.testing.assert_allclose(network([x, y]), expected, atol=1e-5)
    prepared = network.prepare(x)
    np.testing.assert_allclose(network.value_logits(prepared, y), expected[:, 0], atol=1e-5)
    # It does look at both.
    assert np.any(np.abs(network([x, 1 - y]) - expected) > 1e-4)
    assert np.any(np.abs(network([1 - x, y]) - expected) > 1e-4)


def test_images_are_normalized_by_the_moments_of_their_batch_while_training():
    network = MaskValueNetwork((8, 8, 3), **SMALL, units=7, dropout=0.0)
    x, y = pair(16)
    brighter = 3.0 * x + 1.0
    np.testing.assert_allclose(
        network([x, y], training=True), network([brighter, y], training=True), atol=0.02
    )
    for _ in range(60):
        network([brighter, y], training=True)
    np.testing.assert_allclose(
        network([brighter, y]), network([brighter, y], training=True), atol=0.02
    )
    assert np.any(np.abs(network([x, y]) - network([brighter, y])) > 0.05)


def test_dropout_acts_while_training_only():
    network = MaskValueNetwork((8, 8, 3), **SMALL, units=(50, 5), dropout=0.9)
    x, y = pair()
    np.testing.assert_array_equal(network([x, y]), network([x, y]))
    assert np.any(network([x, y], training=True) != network([x, y], training=True))


@every_network
def test_a_value_network_is_saved_with_its_weights(build, tmp_path):
    network = build((8, 8, 3), **SMALL, units=7, batch_normalization=True)
    network.save(tmp_path / "value.keras")
    loaded = keras.models.load_model(tmp_path / "value.keras")
    assert loaded.get_config() == network.get_config()
    np.testing.assert_array_equal(loaded(pair()), network(pair()))


@every_network
def test_weight_decay_is_on_every_kernel_but_the_last(build):
    network = build((8, 8, 3), **SMALL, units=7, weight_decay=0.5)
    *decayed, _ = [v for v in network.trainable_variables if v.name == "kernel"]
    # One value for each pixel's features is no weight to keep small.
    decayed = [kernel for kernel in decayed if kernel.shape[:2] != (1, 1)]
    asked = 0.5 * sum(np.sum(kernel.numpy() ** 2) for kernel in decayed)
    assert float(sum(network.losses)) == pytest.approx(asked, rel=1e-5)


@every_network
@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((8, 8), {}, "`image_shape`.*height, width, channels"),
        ((10, 8, 3), {}, "halved 2 times.*4 divides. Received: image_shape=\\(10, 8, 3\\)"),
        ((8, 8, 3), {"filters": ()}, "`filters` must hold at least one"),
        ((8, 8, 3), {"dropout": 1.0}, "`dropout`.*dropout=1.0"),
        ((8, 8, 3), {"weight_decay": -1.0}, "`weight_decay`.*weight_decay=-1.0"),
    ],
)
def test_bad_sizes_are_refused(build, shape, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        build(shape, **arguments)
