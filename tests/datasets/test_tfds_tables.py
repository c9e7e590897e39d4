"""zoo/datasets/tfds_tables.py: tables of tensorflow-datasets, prepared in a folder."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.datasets import load
from zoo.errors import InputError

ROWS = 40


def prepared(folder, features, rows, supervised_keys=None, **splits):
    """A set named flowers, which is read of its files alone."""
    import tensorflow_datasets as tfds

    builder = tfds.dataset_builders.store_as_tfds_dataset(
        "flowers",
        version="1.0.0",
        data_dir=folder,
        features=tfds.features.FeaturesDict(features),
        split_datasets={
            split: tf.data.Dataset.from_tensor_slices(rows).skip(skip).take(count)
            for split, (skip, count) in splits.items()
        },
    )
    assert builder.info.features
    return str(folder)


@pytest.fixture
def features():
    import tensorflow_datasets as tfds

    return {
        "sizes": tfds.features.Tensor(shape=(2,), dtype=np.float32),
        "seen": tfds.features.Scalar(dtype=np.int32),
        "color": tfds.features.ClassLabel(names=["red", "blue"]),
        "where": tfds.features.Scalar(dtype=tf.string),
        "details": tfds.features.FeaturesDict({"open": tfds.features.Scalar(dtype=np.bool_)}),
    }


def rows_of(number):
    return {
        "sizes": np.stack([number, number / 2], axis=1).astype("float32"),
        "seen": number.astype("int32"),
        "color": number % 2,
        "where": np.array([b"hill", b"lake"])[number // 2 % 2],
        "details": {"open": number % 3 == 0},
    }


@pytest.mark.full
def test_numbers_and_categories_are_columns(tmp_path, features):
    rows = rows_of(np.arange(ROWS))
    import tensorflow_datasets as tfds

    # Two ClassLabels: without supervised keys nobody knows which is the class.
    features["color"] = tfds.features.Scalar(dtype=np.int64)
    features["kind"] = tfds.features.ClassLabel(names=["b", "a"])
    rows["kind"] = np.arange(ROWS) % 2
    folder = prepared(tmp_path, features, rows, train=(0, 30), test=(30, 10))
    data = load("flowers", data_dir=folder, validation_fraction=0)
    assert data.feature_names == [
        *("color", "open", "seen", "sizes_0", "sizes_1"),
        *("where=hill", "where=lake"),
    ]
    assert data.class_names == ["a", "b"] and data.rows["test"] == 10
    x, y = data.arrays("test")
    # TFDS shuffles the rows as it writes them.
    order = np.argsort(x[:, 2])
    np.testing.assert_array_equal(x[order[1]], [1, 0, 31, 31, 15.5, 0, 1])
    # The set numbers its classes as it likes; here they go by their names.
    assert y[order].tolist() == [1, 0] * 5
    with pytest.raises(InputError, match="no images"):
        load("flowers", data_dir=folder, image_shape=(8, 8, 1))


def test_of_one_split_a_fifth_is_tested_on(tmp_path, features):
    del features["details"], features["where"]
    rows = {key: rows_of(np.arange(ROWS))[key] for key in features}
    data = load("flowers", data_dir=prepared(tmp_path, features, rows, train=(0, ROWS)))
    assert data.class_names == ["blue", "red"] and data.rows["test"] == 8


def test_what_is_no_table_is_refused(tmp_path, features):
    import tensorflow_datasets as tfds

    features["where"] = tfds.features.Text()
    folder = prepared(tmp_path, features, rows_of(np.arange(ROWS)), train=(0, ROWS))
    with pytest.raises(InputError, match="must have one Image .* or be a table"):
        load("flowers", data_dir=folder)
