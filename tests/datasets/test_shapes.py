"""zoo/datasets/shapes.py: every combination of the factors once, and images that show them."""

import numpy as np
import pytest

from zoo.datasets import load
from zoo.errors import InputError

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def shapes():
    return load("shapes")


@pytest.fixture(scope="module")
def rows(shapes):
    """All images, and their factors."""
    images = np.concatenate([shapes.arrays(split)[0][..., 0] for split in SPLITS])
    return images, np.concatenate([shapes.factors[split] for split in SPLITS])


def test_every_combination_of_the_factors_is_there_once(shapes, rows):
    images, factors = rows
    assert shapes.rows == {"train": 4608, "validation": 512, "test": 1024}
    assert shapes.input_shape == (32, 32, 1)
    assert len(np.unique(factors, axis=0)) == len(factors) == 3 * 4 * 8 * 8 * 8
    assert (factors.max(axis=0) == [2, 3, 7, 7, 7]).all()
    assert len({image.tobytes() for image in images}) == len(images)
    for split in SPLITS:
        np.testing.assert_array_equal(shapes.factors[split][:, 0], shapes.arrays(split)[1])


def test_the_place_is_that_of_the_center_and_nothing_is_cut_off(rows):
    images, factors = rows
    assert images[:, [0, -1]].max() == images[:, :, [0, -1]].max() == 0
    middles = np.arange(32) + 0.5
    total = images.sum(axis=(1, 2))
    across = (images.sum(axis=1) @ middles) / total
    down = (images.sum(axis=2) @ middles) / total
    # The middle of the heart's area lies a little off the point that it turns about.
    even = factors[:, 0] < 2
    np.testing.assert_allclose(across[even], 9 + 2 * factors[even, 3], atol=0.02)
    np.testing.assert_allclose(down[even], 9 + 2 * factors[even, 4], atol=0.02)
    np.testing.assert_allclose(across, 9 + 2 * factors[:, 3], atol=2.5)


def test_the_area_grows_with_the_square_of_the_scale(rows):
    images, factors = rows
    area = images.sum(axis=(1, 2))
    sizes = 4 * (1 + np.arange(4) / 3)
    # The half side is 0.7 of the size, and the axes of the ellipse are 1 and 0.6 of it.
    for shape, factor in ((0, 4 * 0.7**2), (1, 0.6 * np.pi)):
        for scale, size in enumerate(sizes):
            found = area[(factors[:, 0] == shape) & (factors[:, 1] == scale)]
            np.testing.assert_allclose(found, factor * size**2, rtol=0.05)


def test_the_rows_follow_from_no_seed_and_are_brought_to_a_shape(shapes):
    other = load("shapes", seed=5, image_shape=(16, 16, 3), validation_fraction=0.5)
    assert other.input_shape == (16, 16, 3) and other.rows == shapes.rows
    np.testing.assert_array_equal(other.factors["train"], shapes.factors["train"])
    with pytest.raises(InputError, match="in_memory"):
        load("shapes", in_memory=False)
