import numpy as np
import pytest

from zoo.datasets import from_arrays
from zoo.errors import InputError


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


def test_the_cut_follows_the_seed(arrays):
    cuts = [rows_of(from_arrays(arrays, arrays, seed=seed).validation) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(cuts[0], cuts[1])
    assert (cuts[0] != cuts[2]).any()


def test_own_validation_and_none(arrays):
    assert from_arrays(arrays, arrays, validation_fraction=0).validation is None
    own = from_arrays(arrays, arrays, validation=(arrays[0][:5], arrays[1][:5]))
    assert own.rows == {"train": 60, "validation": 5, "test": 60}


def test_grey_images_without_channel_and_one_hot_labels(arrays):
    x, y = arrays
    data = from_arrays((x[..., 0], np.eye(4)[y]), (x[..., 0], y[:, None]), batch_size=60)
    assert data.image_shape == (4, 4, 1) and data.num_classes == 4
    images, labels = next(iter(data.test))
    np.testing.assert_array_equal(labels, y)
    np.testing.assert_allclose(images, x / 255, rtol=1e-6)


def test_float_images_keep_their_values(arrays):
    x = np.linspace(0, 1, 60 * 16).reshape(60, 4, 4, 1)
    images, _ = next(iter(from_arrays((x, arrays[1]), (x, arrays[1]), batch_size=60).test))
    np.testing.assert_array_equal(images, x.astype("float32"))


def test_image_shape_resizes_every_split(arrays):
    test = np.zeros((4, 9, 7, 3), "uint8"), np.zeros(4, int)
    data = from_arrays(arrays, test, image_shape=(8, 8, 3))
    assert data.image_shape == (8, 8, 3)
    assert next(iter(data.train))[0].shape[1:] == next(iter(data.test))[0].shape[1:] == (8, 8, 3)


X = np.zeros((6, 4, 4, 1), "uint8")
Y = np.array([0, 1, 2, 0, 1, 2])
NAN = np.full((6, 4, 4, 1), np.nan)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ((X, Y[:5]), r"`train`.*as many labels as images.*\(6, 4, 4, 1\).*\(5,\)"),
        ((X[:0], Y[:0]), r"`train` must hold at least one image"),
        ((X[..., 0, 0], Y), r"images of `train`.*shape \(6, 4\)"),
        ((X[None], Y[:1]), r"images of `train`.*shape \(1, 6, 4, 4, 1\)"),
        ((X.astype(int), Y), r"uint8 in 0\.\.255 or floats.*int64"),
        ((X + 1.5, Y), r"lie in \[0, 1\].*from 1\.5 to 1\.5"),
        ((X - 0.5, Y), r"lie in \[0, 1\].*from -0\.5"),
        ((NAN, Y), r"without NaN.*nan"),
        ((X, Y - 1), r"labels of `train` must lie in 0\.\.1.*from -1 to 1"),
        ((X, Y + 0.5), r"labels of `train` must be integers.*0\.5"),
        ((X, Y.astype(str)), r"labels of `train` must be integers.*<U"),
        ((X, np.ones((6, 3))), r"One-hot labels of `train`.*row 0: \[1\.0, 1\.0, 1\.0\]"),
        ((X, np.eye(3)[Y][None]), r"as many labels as images"),
        ((X, np.zeros((6, 2, 2))), r"labels of `train` must have shape.*\(6, 2, 2\)"),
        (X, r"`train` must be a pair"),
        ((np.zeros((6, 4, 4, 2), "uint8"), Y), r"image_shape.*\(4, 4, 2\)"),
    ],
)
def test_bad_arrays(train, message):
    with pytest.raises(InputError, match=message):
        from_arrays(train, (X, Y))


def test_splits_must_agree():
    with pytest.raises(InputError, match=r"labels of `test` must lie in 0\.\.2.*to 3"):
        from_arrays((X, Y), (X, Y + 1))
    with pytest.raises(InputError, match=r"images of `test`.*\(4, 4, 1\).*\(4, 4, 3\)"):
        from_arrays((X, Y), (np.zeros((6, 4, 4, 3), "uint8"), Y))
    with pytest.raises(InputError, match=r"labels of `train` must lie in 0\.\.1"):
        from_arrays((X, Y), (X, Y), class_names=["a", "b"])
    with pytest.raises(InputError, match=r"`class_names`.*: 3.*2 names"):
        from_arrays((X, np.eye(3)[Y]), (X, Y), class_names=["a", "b"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 2.0}, r"batch_size=2\.0"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": 2**32}, "at most 4294967295"),
        ({"validation_fraction": 1}, "below 1.*validation_fraction=1"),
        ({"validation_fraction": -0.1}, r"validation_fraction=-0\.1"),
        ({"labelled_fraction": 0}, "above 0.*labelled_fraction=0"),
        ({"labelled_fraction": 1.5}, r"between 0 and 1.*labelled_fraction=1\.5"),
        ({"labelled_fraction": float("nan")}, "labelled_fraction=nan"),
        ({"labelled_fraction": "all"}, "labelled_fraction='all'"),
        ({"image_shape": (8, 8)}, r"image_shape=\(8, 8\)"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        from_arrays((X, Y), (X, Y), **options)
