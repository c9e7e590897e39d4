"""The real sets, some from original files, the others prepared beforehand."""

import os
import pathlib

import numpy as np
import pytest

from zoo.datasets import load

pytestmark = [pytest.mark.real_data, pytest.mark.full]

# Mean pixel of the training images on [0, 1], as published for these sets.
MEANS = {"mnist": 0.1307, "fashion_mnist": 0.2860}
FROM_ORIGINALS = {*MEANS, "mnist_2k2k", "weizmann_horse"}

# Features and labels; by split: rows, labels a row, and rows without a label.
MULTI_LABEL = {
    "bibtex": (1836, 159, {"train": (4880, 2.380, 0), "test": (2515, 2.444, 0)}),
    "delicious": (500, 983, {"train": (12920, 19.047, 10), "test": (3185, 18.910, 4)}),
}


def need(name):
    """Skips where this one set was not set up, unless ZOO_REQUIRE_DATA wants them all."""
    if name in FROM_ORIGINALS or name in MULTI_LABEL:
        there = "ZOO_MANUAL_DIR" in os.environ
    else:
        there = pathlib.Path(os.environ["TFDS_DATA_DIR"], name).exists()
    if not there and "ZOO_REQUIRE_DATA" not in os.environ:
        pytest.skip(f"{name} was not set up")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_original_files_become_the_right_set(name):
    need(name)
    data = load(name, validation_fraction=0)
    assert data.rows == {"train": 60000, "validation": 0, "test": 10000}
    x, y = data.sample("train", 60000)
    assert abs(float(x.mean()) - MEANS[name]) < 1e-4
    if name == "fashion_mnist":
        assert data.class_names[9] == "Ankle boot" and np.bincount(y).tolist() == [6000] * 10
    else:
        assert np.bincount(y)[1] == 6742


def test_the_part_of_mnist_is_the_beginning_of_its_files():
    need("mnist_2k2k")
    data = load("mnist_2k2k", validation_fraction=0)
    assert data.rows == {"train": 2000, "validation": 0, "test": 2000}
    # As anyone who has seen the files knows them.
    for split, labels in (("train", [5, 0, 4, 1, 9, 2, 1, 3]), ("test", [7, 2, 1, 0, 4, 1, 4, 9])):
        x, y = data.arrays(split)
        assert y[:8].tolist() == labels and 0.1 < x.mean() < 0.15


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


def test_svhn_is_color_digits():
    need("svhn_cropped")
    data = load("svhn_cropped")
    assert data.image_shape == (32, 32, 3) and data.num_classes == 10
    assert data.rows["test"] > 0 and set(data.sample("test", 500)[1]) == set(range(10))


@pytest.mark.parametrize("name", MULTI_LABEL)
def test_multi_label_sets_are_whole(name):
    need(name)
    data = load(name, validation_fraction=0)
    features, labels, splits = MULTI_LABEL[name]
    assert data.input_shape == (features,) and data.num_labels == labels
    assert all(label.startswith("TAG_") for label in data.label_names)
    for split, (rows, labels_a_row, without) in splits.items():
        x, y = data.arrays(split)
        assert x.shape == (rows, features) and set(np.unique(x)) == {0, 1}
        assert abs(y.sum(axis=1).mean() - labels_a_row) < 5e-4
        assert (y.sum(axis=1) == 0).sum() == without and x.any(axis=1).all()


def test_horses_are_whole():
    need("weizmann_horse")
    data = load("weizmann_horse")
    assert data.rows == {"train": 180, "validation": 20, "test": 127}
    assert data.input_shape == (32, 32, 3)
    covered = np.concatenate([data.arrays(split)[1] for split in data.rows]).mean(axis=(1, 2, 3))
    # The silhouettes take a tenth to a half of almost every picture.
    assert 0.2 < covered.mean() < 0.35 and covered.min() > 0.02 and covered.max() < 0.8
