"""The real sets: mnist and fashion_mnist from original files, the others prepared beforehand."""

import os
import pathlib

import numpy as np
import pytest

from zoo.datasets import load

pytestmark = pytest.mark.real_data

# Mean pixel of the training images on [0, 1], as published for these sets.
MEANS = {"mnist": 0.1307, "fashion_mnist": 0.2860}


def need(name):
    """Skips where this one set was not set up, unless ZOO_REQUIRE_DATA wants them all."""
    if name in MEANS:
        there = "ZOO_MANUAL_DIR" in os.environ
    else:
        there = pathlib.Path(os.environ["TFDS_DATA_DIR"], name).exists()
    if not there and "ZOO_REQUIRE_DATA" not in os.environ:
        pytest.skip(f"{name} was not set up")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_original_files_become_the_right_set(tmp_path, name):
    need(name)
    data = load(name, data_dir=str(tmp_path), validation_fraction=0)
    assert data.rows == {"train": 60000, "validation": 0, "test": 10000}
    x, y = data.sample("train", 60000)
    assert abs(float(x.mean()) - MEANS[name]) < 1e-4
    if name == "fashion_mnist":
        assert data.class_names[9] == "Ankle boot" and np.bincount(y).tolist() == [6000] * 10
    else:
        assert np.bincount(y)[1] == 6742


@pytest.mark.parametrize(
    ("name", "shape", "test_rows"),
    [("cifar10", (32, 32, 3), 10000), ("pneumonia_mnist", (28, 28, 1), 624)],
)
def test_prepared_sets_are_whole(name, shape, test_rows):
    need(name)
    data = load(name)
    assert data.image_shape == shape and data.rows["test"] == test_rows
    expected = {"cifar10": (45000, 5000), "pneumonia_mnist": (4708, 524)}[name]
    assert (data.rows["train"], data.rows["validation"]) == expected


def test_own_validation_split_is_kept_whatever_the_fraction():
    need("pneumonia_mnist")
    for fraction in (0, 0.5):
        data = load("pneumonia_mnist", validation_fraction=fraction)
        assert data.rows == {"train": 4708, "validation": 524, "test": 624}
        assert data.class_names == ["Normal", "Pneumonia"]


def test_svhn_is_colour_digits():
    need("svhn_cropped")
    data = load("svhn_cropped")
    assert data.image_shape == (32, 32, 3) and data.num_classes == 10
    assert data.rows["test"] > 0 and set(data.sample("test", 500)[1]) == set(range(10))
