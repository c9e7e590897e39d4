import numpy as np
import pytest
import tensorflow as tf

from zoo.datasets.mask_data import fit_masks, masks_from_arrays
from zoo.errors import InputError

# Every pixel is the row's number; the mask's left half is true, on odd rows its right half.
X = np.broadcast_to(np.arange(20, dtype="uint8")[:, None, None, None], (20, 4, 6, 3)).copy()
Y = np.zeros((20, 4, 6), bool)
Y[::2, :, :3] = Y[1::2, :, 3:] = True


def test_batches_are_unit_floats_and_float_masks_that_stay_together():
    data = masks_from_arrays((X, Y), (X[:3], Y[:3]), batch_size=8, validation_fraction=0.2)
    assert (data.task, data.input_shape, data.num_labels) == ("segmentation", (4, 6, 3), 1)
    assert data.image_shape == (4, 6, 3) and data.label_names == ["object"]
    assert data.rows == {"train": 16, "validation": 4, "test": 3} and data.labelled_rows == 16
    seen = []
    for x, y in [*data.stream(0, 1), *data.validation]:
        assert x.dtype == y.dtype == tf.float32 and y.shape[1:] == (4, 6, 1)
        rows = np.rint(x[:, 0, 0, 0] * 255).astype(int)
        np.testing.assert_array_equal(y[..., 0], Y[rows])
        seen.extend(rows)
    assert sorted(seen) == list(range(20))
    x, y = data.sample("test", 2)
    assert x.shape == (2, 4, 6, 3) and y.shape == (2, 4, 6, 1) and y.dtype == np.float32
    x, y = data.arrays("test")
    np.testing.assert_allclose(x, X[:3] / 255, rtol=1e-6)
    np.testing.assert_array_equal(y[..., 0], Y[:3])


def test_masks_are_resized_by_the_larger_part():
    # Halved, each new pixel averages mostly its own 2x2 pixels.
    mask = np.zeros((8, 8, 1), "uint8")
    mask[:4, 2:] = 1
    expected = np.zeros((4, 4))
    expected[:2, 1:] = 1
    np.testing.assert_array_equal(fit_masks(tf.constant(mask), (4, 4, 3))[..., 0], expected)
    same = fit_masks(tf.constant(mask), (8, 8, 3))
    assert same.dtype == tf.uint8
    np.testing.assert_array_equal(same, mask)
    full = fit_masks(tf.ones((2, 7, 5, 1)), (32, 32, 3))
    assert full.shape == (2, 32, 32, 1) and full.numpy().all()
    # A mask and its complement, each shape symmetric: no pixel is lost to rounding.
    half = np.zeros((130, 100, 1), "uint8")
    half[:, 50:] = 1
    fitted = fit_masks(tf.constant(half), (32, 32, 3)).numpy()
    other = fit_masks(tf.constant(1 - half), (32, 32, 3)).numpy()
    np.testing.assert_array_equal(fitted + other, 1)


def test_image_shape_brings_images_and_masks_to_one_size():
    small = X[:5, :3, :3], Y[:5, :3, :3]
    data = masks_from_arrays((X, Y), small, image_shape=(8, 8, 1))
    for split in ("train", "test"):
        x, y = data.arrays(split)
        assert x.shape[1:] == y.shape[1:] == (8, 8, 1)
    np.testing.assert_array_equal(data.arrays("test")[1][0], np.ones((8, 8, 1)))


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (X, r"`train` must be a pair \(images, masks\)"),
        ((X, Y[:, :3]), r"one mask per image.*\(20, 4, 6, 3\).*\(20, 3, 6\)"),
        ((X, Y[:19]), r"one mask per image.*\(19, 4, 6\)"),
        ((X, np.stack([Y, Y], -1)), r"no channel or one.*\(20, 4, 6, 2\)"),
        ((X, Y * 255), r"masks of `train` must be 0 or 1.*row 0: 255"),
        ((X, Y * 0.5), r"masks of `train` must be 0 or 1.*row 0: 0\.5"),
        ((X + 0.5, Y), r"lie in \[0, 1\]"),
        ((X[:0], Y[:0]), r"`train` must hold at least one image"),
    ],
)
def test_bad_arrays(pair, message):
    with pytest.raises(InputError, match=message):
        masks_from_arrays(pair, (X, Y))


def test_splits_must_agree():
    with pytest.raises(InputError, match=r"images of `test`.*\(4, 6, 3\).*\(3, 6, 3\)"):
        masks_from_arrays((X, Y), (X[:, :3], Y[:, :3]))
