"""zoo/datasets/checks.py, class_labels.py, options.py: what is refused, for each kind of rows."""

import numpy as np
import pytest
import scipy.sparse

from zoo.datasets import from_arrays, masks_from_arrays, multi_label_from_arrays
from zoo.errors import InputError

X, Y = np.zeros((6, 4, 4, 1), "uint8"), np.array([0, 1, 2, 0, 1, 2])
NAN = np.full((6, 4, 4, 1), np.nan)
PICTURES, MASKS = np.full((20, 4, 6, 3), 9, "uint8"), np.ones((20, 4, 6), bool)
ROWS = np.arange(60)
TABLE = np.stack([ROWS, ROWS % 7, np.zeros(60, int)], axis=1)
SETS = np.stack([ROWS % 2 == 0, ROWS % 3 == 0], axis=1)
HOLES = np.where(TABLE == 6, np.nan, TABLE)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ((X, Y[:5]), r"`train`.*as many labels as images.*\(6, 4, 4, 1\).*\(5,\)"),
        ((X[:0], Y[:0]), r"`train` must hold at least one image"),
        ((X[..., 0, 0], Y), r"rows of `test` must have the shape of the training rows, \(4,\)"),
        ((X[None], Y[:1]), r"images of `train`.*shape \(1, 6, 4, 4, 1\)"),
        ((X.astype(int), Y), r"uint8 in 0\.\.255 or floats.*int64"),
        ((X + 1.5, Y), r"lie in \[0, 1\].*from 1\.5 to 1\.5"),
        ((X - 0.5, Y), r"lie in \[0, 1\].*from -0\.5"),
        ((NAN, Y), r"without NaN.*nan"),
        ((X[:, 0, 0, 0], Y), r"`train` must hold rows of features, .* or images.*\(6,\)"),
        ((np.zeros(6, "f4, f4"), Y), "plain arrays.*the fields f0, f1"),
        ((X, Y * 5), "count up from 0, leaving none out.*up to 10, and none of 1"),
        ((X, Y + 1), "count up from 0.*up to 3, and none of 0"),
        ((X, Y + 2**40), "count up from 0"),
        ((X, np.eye(4)[Y]), "a training row.* no row of class 3"),
        ((X, Y - 1), r"labels of `train` must lie in 0\.\.1.*from -1 to 1"),
        ((X, Y + 0.5), r"labels of `train` must be integers.*0\.5"),
        ((X, Y.astype(str)), r"labels of `train` must be integers.*<U"),
        ((X, np.ones((6, 3))), r"One-hot labels of `train`.*row 0: \[1\.0, 1\.0, 1\.0\]"),
        ((X, np.eye(3)[Y][None]), r"as many labels as images"),
        ((X, np.zeros((6, 2, 2))), r"labels of `train` must have shape.*\(6, 2, 2\)"),
        (X, r"`train` must be a pair"),
        ((np.ma.masked_equal(X, X[0, 0, 0, 0]), Y), "a masked array"),
        ((X, list(np.ma.masked_equal(Y, 1))), "a masked array"),
        ((np.zeros((6, 4, 4, 5), "uint8"), Y), r"images of `train` must have 1 .* Received: 5"),
        ((np.concatenate([X[:4] / 2, X[4:] + 255.0]), Y), "row 4: .*from 255"),
    ],
)
def test_images_and_classes(train, message):
    with pytest.raises(InputError, match=message):
        from_arrays(train, (X, Y))


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (PICTURES, r"`train` must be a pair \(images, masks\)"),
        ((PICTURES, MASKS[:, :3]), r"one mask per image.*\(20, 4, 6, 3\).*\(20, 3, 6\)"),
        ((PICTURES, MASKS[:19]), r"one mask per image.*\(19, 4, 6\)"),
        ((PICTURES, np.stack([MASKS, MASKS], -1)), r"no channel or one.*\(20, 4, 6, 2\)"),
        ((PICTURES, MASKS * 255), r"must be 0 or 1; of other values give `masks > 0`.*row 0: 255"),
        ((PICTURES, MASKS * 0.5), r"masks of `train` must be 0 or 1.*row 0: 0\.5"),
        ((PICTURES + 0.5, MASKS), r"lie in \[0, 1\]"),
        ((PICTURES[:0], MASKS[:0]), r"`train` must hold at least one image"),
    ],
)
def test_images_and_masks(train, message):
    with pytest.raises(InputError, match=message):
        masks_from_arrays(train, (PICTURES, MASKS))


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (TABLE, r"`train` must be a pair \(features, labels\)"),
        ((TABLE[:, 0], SETS), r"features of `train` must have shape.*\(60,\)"),
        ((TABLE, SETS[:, 0]), r"labels of `train` must have shape.*\(60,\)"),
        ((TABLE, SETS[:, :0]), r"labels of `train` must have shape.*\(60, 0\)"),
        ((TABLE[:0], SETS[:0]), r"features of `train` must have shape.*\(0, 3\)"),
        ((TABLE, SETS[:59]), r"as many rows of labels as of features.*\(60, 3\).*\(59, 2\)"),
        ((HOLES, SETS), r"features of `train` must be finite.*row \d+, column \d: nan"),
        ((scipy.sparse.csr_matrix(HOLES), SETS), r"must be finite.*row \d+, column \d: nan"),
        ((TABLE * 1e38, SETS), r"features of `train` must be finite.*row \d+, column \d: .*e\+3"),
        ((TABLE.astype(str), SETS), r"features of `train` must be numbers.*<U"),
        ((TABLE, SETS * 2), r"labels of `train` must be 0 or 1.*row 0, column 0.*2"),
        ((TABLE, SETS - 0.5), r"labels of `train` must be 0 or 1.*row 0, column 0"),
        ((TABLE, SETS.astype(str)), r"labels of `train` must be 0 or 1"),
        ((TABLE, scipy.sparse.csr_matrix(SETS * 3)), r"labels of `train` must be 0 or 1.*3"),
        ((TABLE, SETS & False), r"`train` must have at least one row with a label.*60 rows of 2"),
    ],
)
def test_features_and_labels(train, message):
    with pytest.raises(InputError, match=message):
        multi_label_from_arrays(train, (TABLE, SETS))


FAR = 1.7e9 + np.arange(60.0)[:, None] * [1e6, 1]


@pytest.mark.parametrize("features", [FAR, FAR.astype("int64"), np.where(FAR > 1.7e9, FAR, np.inf)])
def test_numbers_that_float32_hardly_tells_apart_are_refused(features):
    message = (
        r"must be finite" if np.isinf(features).any() else r"Column 1 goes.*subtract its least"
    )
    classes = np.arange(60) % 2
    with pytest.raises(InputError, match=message):
        from_arrays((features, classes), (TABLE[:, :2], classes))
    with pytest.raises(InputError, match=message):
        multi_label_from_arrays((features, SETS), (TABLE[:, :2], SETS))
    # What comes as float32 is what there is, and test rows may be alike.
    near = FAR.astype("float32"), SETS
    assert multi_label_from_arrays(near, (FAR[:2], SETS[:2])).rows["test"] == 2


OTHERS, NAMES = np.zeros((6, 4, 4, 3), "uint8"), {"class_names": ["a", "b"]}


@pytest.mark.parametrize(
    ("train", "test", "options", "message"),
    [
        ((X, Y), (X, Y + 1), {}, r"labels of `test` must lie in 0\.\.2.*to 3"),
        ((X, Y), (OTHERS, Y), {}, r"images of `test`.*\(4, 4, 1\).*\(4, 4, 3\)"),
        ((X, Y), (X, Y), NAMES, r"labels of `train` must lie in 0\.\.1"),
        ((X, np.eye(3)[Y]), (X, Y), NAMES, r"`class_names`.*: 3.*2 names"),
        ((X, Y), (X, Y), {"class_names": ["1", "a", 1]}, "`class_names` must differ.*'1' 2 times"),
        ((X, Y), (X, Y), {"class_names": ["1", " ", "a"]}, "names that can be read.*' '"),
        ((X, Y), (X, Y), {"class_names": ["1", "a\ud800", "a"]}, "names that can be read"),
        ((X, Y), (X, Y), {"class_names": list("abcd")}, "Every class .* no row of class d"),
        ((X, Y), (X, Y), {"feature_names": ["a"]}, "images have none.*feature_names=.'a'"),
    ],
)
def test_splits_must_agree(train, test, options, message):
    with pytest.raises(InputError, match=message):
        from_arrays(train, test, **options)


def test_masks_must_agree():
    with pytest.raises(InputError, match=r"images of `test`.*\(4, 6, 3\).*\(3, 6, 3\)"):
        masks_from_arrays((PICTURES, MASKS), (PICTURES[:, :3], MASKS[:, :3]))


@pytest.mark.parametrize(
    ("test", "options", "message"),
    [
        ((TABLE[:, :2], SETS), {}, r"`test` must have the 3 columns of features.*\(60, 2\)"),
        ((TABLE, SETS[:, [0, 1, 0, 1]]), {}, r"`test` .* the 2 columns of labels.*\(60, 4\)"),
        ((TABLE, SETS), {"label_names": ["one"]}, "`label_names` must be 2 names. Received: 1"),
        ((TABLE, SETS), {"feature_names": ["one", "two"]}, "`feature_names` must be 3.*: 2"),
        ((TABLE, SETS), {"validation_fraction": 0.001}, "validation_fraction=0.001"),
    ],
)
def test_tables_must_agree(test, options, message):
    with pytest.raises(InputError, match=message):
        multi_label_from_arrays((TABLE, SETS), test, **options)


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
        ({"labelled_draw": "even"}, "labelled_draw"),
        ({"image_shape": (8, 8)}, r"image_shape=\(8, 8\)"),
        ({"image_shape": (8, 8, 2)}, r"image_shape=\(8, 8, 2\)"),
        ({"image_shape": (8, 8, True)}, "`image_shape` must be an integer.*True"),
        ({"image_shape": (8, 8, 1.0)}, r"`image_shape` must be an integer.*1\.0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        from_arrays((X, Y), (X, Y), **options)


@pytest.mark.parametrize(
    ("make", "pair"),
    [(masks_from_arrays, (PICTURES, MASKS)), (multi_label_from_arrays, (TABLE, SETS))],
)
def test_rows_of_several_labels_keep_them_all(make, pair):
    with pytest.raises(InputError, match="several labels.*must be 1.*labelled_fraction=0.5"):
        make(pair, pair, labelled_fraction=0.5)
