import numpy as np
import pytest
import tensorflow as tf

from zoo.datasets.checks import check_image_shape
from zoo.datasets.pixels import fit_images, fit_masks, to_unit_range
from zoo.errors import InputError


def fitted(pixels, shape, dtype=tf.uint8):
    return fit_images(tf.constant(pixels, dtype), shape).numpy()


def test_every_pixel_value_becomes_its_255th_in_graph_and_numpy_alike():
    pixels = np.arange(256, dtype="uint8")
    unit = to_unit_range(pixels)
    assert unit.dtype == np.float32 and unit[0] == 0 and unit[255] == 1 and unit.max() == 1
    np.testing.assert_allclose(unit, np.arange(256) / 255, rtol=1e-6)
    graph = tf.data.Dataset.from_tensors(pixels).map(to_unit_range).get_single_element()
    np.testing.assert_array_equal(unit, graph)


def test_floats_are_taken_as_they_are():
    assert to_unit_range(np.array([0.25, 1.0], "float64")).tolist() == [0.25, 1.0]
    assert to_unit_range(tf.constant([0.25, 1.0])).numpy().tolist() == [0.25, 1.0]


def test_images_that_fit_stay_as_they_are():
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), "uint8")
    np.testing.assert_array_equal(fitted(images, (4, 4, 3)), images)


def test_color_becomes_its_luma_and_gray_is_repeated():
    # 0.2989 * 200 = 59.78
    assert abs(int(fitted([[[200, 0, 0]]], (1, 1, 1))[0, 0, 0]) - 59.78) <= 1
    assert fitted([[[7]]], (1, 1, 3)).tolist() == [[[7, 7, 7]]]
    assert fitted([[[7]]], (1, 1, 4)).tolist() == [[[7, 7, 7, 255]]]


def test_transparent_images_are_laid_over_white():
    # (100 * 51 + 255 * 204) / 255 = 224.
    assert fitted([[[100, 51]]], (1, 1, 1)).tolist() == [[[224]]]
    assert fitted([[[100, 51]]], (1, 1, 3)).tolist() == [[[224, 224, 224]]]
    assert fitted([[[100, 0, 255, 51]]], (1, 1, 3)).tolist() == [[[224, 204, 255]]]
    assert fitted([[[9, 9, 9, 0]]], (1, 1, 1)).tolist() == [[[255]]]
    assert fitted([[[9, 8, 7, 255]]], (1, 1, 3)).tolist() == [[[9, 8, 7]]]
    # What has four channels keeps them.
    assert fitted([[[9, 8, 7, 6]]], (1, 1, 4)).tolist() == [[[9, 8, 7, 6]]]
    assert fitted([[[9, 6]]], (1, 1, 4)).tolist() == [[[9, 9, 9, 6]]]
    floats = fit_images(tf.constant([[[0.5, 0.25]]]), (1, 1, 1))
    np.testing.assert_allclose(floats, [[[0.875]]], atol=1e-6)


def test_resizing_keeps_type_and_mean():
    halves = np.zeros((8, 8, 1), "uint8")
    halves[:, 4:] = 100
    small = fitted(halves, (4, 4, 1))
    assert small.shape == (4, 4, 1) and small.dtype == np.uint8
    assert abs(small.mean() - 50) < 2 and small[0, 0, 0] == 0 and small[0, 3, 0] == 100
    floats = fit_images(tf.constant(halves / 100), (4, 4, 1))
    assert floats.dtype == tf.float32 and abs(float(tf.reduce_mean(floats)) - 0.5) < 0.02


def test_sixteen_bit_images_use_their_whole_range():
    assert fitted([[[65535]], [[0]]], (2, 1, 1), tf.uint16).ravel().tolist() == [255, 0]


@pytest.mark.parametrize("shape", [(8, 8), 8, (0, 8, 1), (8, 8.0, 1), (8, 8, 2)])
def test_wrong_shapes_are_named(shape):
    with pytest.raises(InputError, match="image_shape"):
        check_image_shape(shape)


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
