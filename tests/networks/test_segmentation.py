"""zoo/networks/segmentation.py: shapes, and what discriminators see."""

import numpy as np
import pytest

import zoo
from zoo.networks import segmentation
from zoo.networks.segmentation import (
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
def test_the_segmenter_of_the_paper_fits_its_images(shape):
    segmenter = fully_convolutional_network(shape)
    assert segmenter.output_shape == (None, *shape[:2], 1)
    assert widths(segmenter) == [64, 128, 128, 128, 64, 1]


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
        mask_discriminator((8, 8, 3), **SMALL, weight_decay=0.5),
    ]
    for network in made:
        kernels = [v for v in network.trainable_variables if v.name == "kernel"]
        # The last dense layer of a judge is left free.
        free = [] if network is made[0] else [kernels.pop()]
        asked = 0.5 * sum(np.sum(kernel.numpy() ** 2) for kernel in kernels)
        assert float(sum(network.losses)) == pytest.approx(asked, rel=1e-5)
        assert len(network.losses) == len(kernels) and len(free) <= 1


@pytest.mark.parametrize("build", [fully_convolutional_network, mask_discriminator])
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
