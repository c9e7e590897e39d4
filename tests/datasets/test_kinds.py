"""zoo/datasets/kinds.py: rows with a set of labels, and images with a mask each."""

import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

import zoo
from zoo.datasets import masks_from_arrays, multi_label_from_arrays

ROWS = np.arange(60)
# Feature 0 is the row's number; label l is true in the rows that l + 2 divides.
X = np.stack([ROWS, ROWS % 7, np.zeros(60, int)], axis=1)
Y = np.stack([ROWS % 2 == 0, ROWS % 3 == 0], axis=1)


def make(**options):
    options = {"batch_size": 16, "validation_fraction": 0, **options}
    return multi_label_from_arrays((X, Y), (X[:9], Y[:9]), **options)


def rows_of(data_set):
    return [x[:, 0].numpy().astype(int).tolist() for x, _ in data_set]


def test_batches_are_float_features_and_float_labels_that_stay_together():
    data = make()
    assert (data.task, data.input_shape, data.num_labels) == (zoo.tasks.LABEL_SETS, (3,), 2)
    assert data.labelled_rows == 60 and data.steps_per_epoch == 4
    assert data.rows == {"train": 60, "validation": 0, "test": 9}
    assert data.label_names == ["0", "1"] and data.feature_names == ["0", "1", "2"]
    batches = list(data.train)
    assert [x.shape for x, _ in batches] == [(16, 3)] * 3 + [(12, 3)]
    assert data.train.element_spec[1].shape.as_list() == [None, 2]
    for x, y in batches:
        assert x.dtype == y.dtype == tf.float32
        np.testing.assert_array_equal(y, np.stack([x[:, 0] % 2 == 0, x[:, 0] % 3 == 0], 1))
    assert sorted(sum(rows_of(batches), [])) == ROWS.tolist()


@pytest.mark.parametrize("kind", ["small", "negative", "fractions", "large", "all zero"])
@pytest.mark.parametrize("sparse", [False, True])
def test_features_keep_their_values(kind, sparse):
    kinds = {"negative": X - 1, "fractions": X / 4, "large": X * 300, "all zero": X * 0}
    x = kinds.get(kind, X).astype("float64")
    given = scipy.sparse.csr_matrix(x), scipy.sparse.csc_matrix(Y.astype(int))
    data = multi_label_from_arrays(given if sparse else (x, Y), (x, Y), validation_fraction=0)
    for split in ("train", "test"):
        features, labels = data.arrays(split)
        assert features.dtype == labels.dtype == np.float32
        np.testing.assert_array_equal(features, x.astype("float32"))
        np.testing.assert_array_equal(labels, Y)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in data.clean("train")]), features)


def test_a_row_without_labels_is_allowed():
    y = Y.copy()
    y[7:20] = False
    data = multi_label_from_arrays((X, y), (X, Y), validation_fraction=0)
    np.testing.assert_array_equal(data.arrays("train")[1], y)


# Every pixel is the row's number; the mask's left half is true, on odd rows its right half.
PICTURES = np.broadcast_to(np.arange(20, dtype="uint8")[:, None, None, None], (20, 4, 6, 3)).copy()
MASKS = np.zeros((20, 4, 6), bool)
MASKS[::2, :, :3] = MASKS[1::2, :, 3:] = True


def test_images_are_unit_floats_and_masks_floats_that_stay_together():
    data = masks_from_arrays(
        (PICTURES, MASKS), (PICTURES[:3], MASKS[:3]), batch_size=8, validation_fraction=0.2
    )
    assert (data.task, data.input_shape, data.num_labels) == (zoo.tasks.MASKS, (4, 6, 3), 1)
    assert data.image_shape == (4, 6, 3) and data.label_names == ["object"]
    assert data.rows == {"train": 16, "validation": 4, "test": 3} and data.labelled_rows == 16
    seen = []
    for x, y in [*data.stream(0, 1), *data.validation]:
        assert x.dtype == y.dtype == tf.float32 and y.shape[1:] == (4, 6, 1)
        rows = np.rint(x[:, 0, 0, 0] * 255).astype(int)
        np.testing.assert_array_equal(y[..., 0], MASKS[rows])
        seen.extend(rows)
    assert sorted(seen) == list(range(20))
    x, y = data.sample("test", 2)
    assert x.shape == (2, 4, 6, 3) and y.shape == (2, 4, 6, 1) and y.dtype == np.float32
    x, y = data.arrays("test")
    np.testing.assert_allclose(x, PICTURES[:3] / 255, rtol=1e-6)
    np.testing.assert_array_equal(y[..., 0], MASKS[:3])


def test_image_shape_brings_images_and_masks_to_one_size():
    small = PICTURES[:5, :3, :3], MASKS[:5, :3, :3]
    data = masks_from_arrays((PICTURES, MASKS), small, image_shape=(8, 8, 1))
    for split in ("train", "test"):
        x, y = data.arrays(split)
        assert x.shape[1:] == y.shape[1:] == (8, 8, 1)
    np.testing.assert_array_equal(data.arrays("test")[1][0], np.ones((8, 8, 1)))
