import numpy as np
import pytest

from zoo.datasets import from_arrays


def rows_of(data_set):
    """The pixel values, which are row numbers, in the order they come."""
    return np.concatenate([np.rint(x[:, 0, 0, 0] * 255) for x, *_ in data_set]).astype(int)


def test_the_cut_is_stratified_and_loses_no_row(arrays):
    data = from_arrays(arrays, arrays, batch_size=16)
    assert data.rows == {"train": 54, "validation": 6, "test": 60}
    assert (data.image_shape, data.num_classes, data.class_names) == ((4, 4, 1), 3, ["0", "1", "2"])
    train, validation = rows_of(data.clean("train")), rows_of(data.validation)
    assert sorted([*train, *validation]) == list(range(60))
    assert np.bincount(validation % 3).tolist() == [2, 2, 2]
    assert rows_of(data.test).tolist() == list(range(60))
    assert from_arrays(arrays, arrays, validation_fraction=0).validation is None


def test_gray_images_without_channel_and_one_hot_labels(arrays):
    x, y = arrays
    data = from_arrays((x[..., 0], np.eye(3)[y]), (x[..., 0], y[:, None]), batch_size=60)
    assert data.image_shape == (4, 4, 1) and data.num_classes == 3
    images, labels = next(iter(data.test))
    np.testing.assert_array_equal(labels, y)
    np.testing.assert_allclose(images, x / 255, rtol=1e-6)


def test_float_images_keep_their_values(arrays):
    x = np.linspace(0, 1, 60 * 16).reshape(60, 4, 4, 1)
    images, _ = next(iter(from_arrays((x, arrays[1]), (x, arrays[1]), batch_size=60).test))
    np.testing.assert_array_equal(images, x.astype("float32"))


@pytest.mark.parametrize("image_shape", [None, (4, 4, 1), (8, 8, 3)])
@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_gray_with_alpha_is_gray_over_white(arrays, image_shape, kind):
    x, y = arrays
    alpha = np.where(x % 2, 255, 0)
    both = np.concatenate([x, alpha], axis=-1) / (1 if kind == "uint8" else 255)
    data = from_arrays((both.astype(kind), y), (x, y), image_shape=image_shape, batch_size=60)
    assert data.image_shape == (image_shape or (4, 4, 1))
    values = np.rint(255 * data.arrays("train")[0][:, 0, 0, 0])
    assert set(values) <= {255.0, *range(1, 60, 2)} and len(set(values)) > 20


def test_image_shape_resizes_every_split(arrays):
    test = np.zeros((4, 9, 7, 3), "uint8"), np.zeros(4, int)
    data = from_arrays(arrays, test, image_shape=(8, 8, 3))
    assert data.image_shape == (8, 8, 3)
    assert next(iter(data.train))[0].shape[1:] == next(iter(data.test))[0].shape[1:] == (8, 8, 3)
