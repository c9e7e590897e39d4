"""zoo/networks/segmentation.py: shapes, the hoisted convolution, and what discriminators see."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks import segmentation
from zoo.networks.segmentation import (
    MaskValueNetwork,
    fully_convolutional_network,
    mask_discriminator,
    mask_maps,
    num_maps,
)

SMALL = {"filters": (4, 5, 6), "kernel_size": 3}


def pair(rows=2, side=8, channels=3):
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(rows, side, side, channels)).astype("float32")
    return x, rng.uniform(size=(rows, side, side, 1)).astype("float32")


def widths(network):
    return [layer.filters for layer in network.layers if hasattr(layer, "filters")]


@pytest.mark.parametrize("shape", [(24, 24, 3), (8, 12, 1)])
def test_the_networks_of_the_paper_fit_their_images(shape):
    segmenter = fully_convolutional_network(shape)
    assert segmenter.output_shape == (None, *shape[:2], 1)
    assert widths(segmenter) == [64, 128, 128, 128, 64, 1]
    value = MaskValueNetwork(shape)
    assert value.input_shape == [(None, *shape), (None, *shape[:2], 1)]
    assert value([np.zeros((2, *shape)), np.zeros((2, *shape[:2], 1))]).shape == (2, 1)
    kernels = [v.shape for v in value.trainable_variables if v.name == "kernel"]
    inner = shape[0] // 4 * (shape[1] // 4) * 128
    assert kernels == [
        (5, 5, shape[2], 64),
        (5, 5, 1, 64),
        (5, 5, 64, 128),
        (5, 5, 128, 128),
        (inner, 384),
        (384, 192),
        (192, 1),
    ]


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


def test_a_value_network_is_saved_with_its_weights(tmp_path):
    network = MaskValueNetwork((8, 8, 3), **SMALL, units=7, batch_normalization=True)
    network.save(tmp_path / "value.keras")
    loaded = keras.models.load_model(tmp_path / "value.keras")
    assert loaded.get_config() == network.get_config()
    np.testing.assert_array_equal(loaded(pair()), network(pair()))


def test_maps_by_hand():
    # Two pixels of two channels; the mask holds all of the first and a quarter of the second.
    x = np.reshape([0.2, 0.4, 0.8, 1.0], (1, 1, 2, 2)).astype("float32")
    y = np.reshape([1.0, 0.25], (1, 1, 2, 1)).astype("float32")
    product = [[0.2, 0.4, 0.0, 0.0], [0.2, 0.25, 0.6, 0.75]]
    np.testing.assert_allclose(mask_maps(x, y, "product")[0, 0], product, rtol=1e-6)
    np.testing.assert_allclose(mask_maps(x, y, "basic")[0, 0], [[1.0], [0.25]])
    beside = [[1.0, 0.2, 0.4], [0.25, 0.8, 1.0]]
    np.testing.assert_allclose(mask_maps(x, y, "basic_and_image")[0, 0], beside, rtol=1e-6)


@pytest.mark.parametrize("form", segmentation.MASK_FORMS)
def test_discriminators_take_the_maps_of_their_form(form):
    x, y = pair()
    discriminator = mask_discriminator((8, 8, 3), form, **SMALL)
    maps = mask_maps(x, y, form)
    assert maps.shape[-1] == num_maps(3, form)
    assert discriminator(maps).shape == (2, 1)


def test_weight_decay_is_on_every_kernel():
    made = [
        fully_convolutional_network((8, 8, 3), **SMALL, weight_decay=0.5),
        MaskValueNetwork((8, 8, 3), **SMALL, units=7, weight_decay=0.5),
        mask_discriminator((8, 8, 3), **SMALL, weight_decay=0.5),
    ]
    for network in made:
        kernels = [v for v in network.trainable_variables if v.name == "kernel"]
        # The last dense layer of a judge is left free.
        free = [] if network is made[0] else [kernels.pop()]
        asked = 0.5 * sum(np.sum(kernel.numpy() ** 2) for kernel in kernels)
        assert float(sum(network.losses)) == pytest.approx(asked, rel=1e-5)
        assert len(network.losses) == len(kernels) and len(free) <= 1


@pytest.mark.parametrize(
    "build", [fully_convolutional_network, MaskValueNetwork, mask_discriminator]
)
@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((8, 8), {}, "`image_shape`.*height, width, channels"),
        ((10, 8, 3), {}, "halved 2 times.*4 divides. Received: image_shape=\\(10, 8, 3\\)"),
        ((8, 8, 3), {"filters": (4, 0)}, "`filters`"),
        ((8, 8, 3), {"filters": ()}, "`filters` must hold at least one"),
        ((8, 8, 3), {"kernel_size": 0}, "`kernel_size`.*kernel_size=0"),
        ((8, 8, 3), {"dropout": 1.0}, "`dropout`.*dropout=1.0"),
        ((8, 8, 3), {"weight_decay": -1.0}, "`weight_decay`.*weight_decay=-1.0"),
    ],
)
def test_bad_sizes_are_refused(build, shape, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        build(shape, **arguments)


def test_unknown_forms_are_refused():
    for refuse in (lambda: mask_maps(*pair(), "prodct"), lambda: num_maps(3, "prodct")):
        with pytest.raises(zoo.InputError, match="Unknown form 'prodct'. Did you mean 'product'"):
            refuse()
