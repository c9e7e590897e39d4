"""zoo/networks/crops.py: random crops of pairs, and masks put together from a grid of crops."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.networks.crops import (
    OFFSETS,
    RandomPairCrop,
    average_crops,
    extract_crops,
    predict_by_crops,
)


def numbered(rows=3, side=8, channels=2):
    """Images in which every pixel has a number of its own."""
    return np.arange(rows * side * side * channels, dtype="float32").reshape(
        rows, side, side, channels
    )


class Seen(keras.Model):
    """Predicts the first channel of what it is given, and remembers the shapes."""

    input_shape = (None, 24, 24, 3)

    def call(self, x):
        return x[..., :1]


def test_an_identity_averaged_over_its_crops_gives_the_image_back():
    x = np.random.default_rng(0).uniform(size=(3, 32, 32, 3)).astype("float32")
    assert len(extract_crops(x, (24, 24))) == 3 * 36
    np.testing.assert_allclose(predict_by_crops(Seen(), x), x[..., :1], rtol=1e-6)


def test_crops_come_row_by_row_image_by_image():
    x = numbered()
    crops = extract_crops(x, (5, 6), offsets=(0, 2))
    assert crops.shape == (12, 5, 6, 2)
    np.testing.assert_array_equal(crops[0], x[0, :5, :6])
    np.testing.assert_array_equal(crops[1], x[0, :5, 2:8])
    np.testing.assert_array_equal(crops[2], x[0, 2:7, :6])
    np.testing.assert_array_equal(crops[4], x[1, :5, :6])


def test_a_pixel_is_the_mean_of_the_crops_that_show_it():
    # One row of two crops of width 3 at 0 and 1 in width 4; the pixels in the middle lie in both,
    # along both axes.
    crops = np.zeros((4, 3, 3, 1))
    for index, value in enumerate((1.0, 3.0, 5.0, 7.0)):
        crops[index] = value
    (mean,) = average_crops(crops, (4, 4), offsets=(0, 1))
    np.testing.assert_allclose(mean[0, :, 0], [1, 2, 2, 3])
    np.testing.assert_allclose(mean[1, :, 0], [3, 4, 4, 5])
    np.testing.assert_allclose(mean[3, :, 0], [5, 6, 6, 7])


def test_images_of_the_models_own_size_are_predicted_whole():
    x = np.random.default_rng(0).uniform(size=(2, 24, 24, 3)).astype("float32")
    np.testing.assert_array_equal(predict_by_crops(Seen(), x), x[..., :1])


def test_random_crops_show_the_same_place_of_image_and_mask():
    x = numbered(rows=64)
    crop = RandomPairCrop(5, 6, seed=1)
    image, mask = crop([x, x[..., :1]], training=True)
    assert image.shape == (64, 5, 6, 2) and mask.shape == (64, 5, 6, 1)
    np.testing.assert_array_equal(image[..., :1], mask)
    places = set()
    for whole, part in zip(x, np.asarray(image), strict=True):
        found = [
            (top, left, turned)
            for top in range(4)
            for left in range(3)
            for turned in (False, True)
            if np.array_equal(
                whole[top : top + 5, left : left + 6][:, :: -1 if turned else 1], part
            )
        ]
        assert len(found) == 1
        places.add(found[0])
    tops, lefts, turns = (set(kind) for kind in zip(*places, strict=True))
    assert (tops, lefts, turns) == ({0, 1, 2, 3}, {0, 1, 2}, {False, True})


def test_without_mirrors_left_stays_left():
    image, _ = RandomPairCrop(5, mirror=False)([numbered(64), numbered(64)], training=True)
    assert np.all(np.diff(np.asarray(image)[..., 0], axis=2) == 2)


def test_what_is_not_trained_on_is_cropped_in_the_middle():
    x = numbered()
    image, mask = RandomPairCrop(4)([x, x], training=False)
    np.testing.assert_array_equal(image, x[:, 2:6, 2:6])
    np.testing.assert_array_equal(mask, x[:, 2:6, 2:6])


def test_crops_are_drawn_anew_in_a_graph_and_alike_from_one_seed():
    first = RandomPairCrop(4, 5, mirror=False, seed=3)
    second = RandomPairCrop.from_config(first.get_config())
    assert second.get_config() == first.get_config()
    x = numbered(16)
    drawn = tf.function(lambda: first([x, x], training=True)[0])
    one, two = drawn(), drawn()
    assert np.any(one.numpy() != two.numpy())
    np.testing.assert_array_equal(one, second([x, x], training=True)[0])
    jitted = tf.function(lambda: first([x, x], training=True), jit_compile=True)
    np.testing.assert_array_equal(*jitted())


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_sizes_that_are_none_are_refused(size):
    with pytest.raises(zoo.InputError, match=f"`height`.*height={size}"):
        RandomPairCrop(size)
    with pytest.raises(zoo.InputError, match=f"`width`.*width={size}"):
        RandomPairCrop(4, size)


@pytest.mark.parametrize("training", [True, False])
def test_pairs_that_do_not_fit_are_refused(training):
    x = numbered()
    with pytest.raises(zoo.InputError, match="height and width of its image.*8, 8.*7, 8"):
        RandomPairCrop(4)([x, x[:, :7]], training=training)
    with pytest.raises(zoo.InputError, match="at least as large as the crops of 9x4.*8, 8"):
        RandomPairCrop(9, 4)([x, x], training=training)
    with pytest.raises(zoo.InputError, match="a mask for each image. Received: no masks"):
        RandomPairCrop(4)([x, None], training=training)


def test_grids_that_do_not_fit_are_refused():
    x = numbered()
    with pytest.raises(zoo.InputError, match="must lie inside the image. Received: images of 8x8"):
        extract_crops(x, (4, 4), (0, 5))
    with pytest.raises(
        zoo.InputError, match="must lie inside the image. Received: images of 20x20"
    ):
        predict_by_crops(Seen(), np.zeros((2, 20, 20, 3), "float32"))
    with pytest.raises(zoo.InputError, match="`offset`.*offset=-1"):
        extract_crops(x, (4, 4), (-1, 0))
    with pytest.raises(zoo.InputError, match="at least one number"):
        extract_crops(x, (4, 4), ())
    with pytest.raises(zoo.InputError, match="arrays \\(rows, height, width, channels\\)"):
        extract_crops(x[0], (4, 4), (0,))
    with pytest.raises(zoo.InputError, match="miss pixel \\(0, 3\\)"):
        average_crops(np.zeros((4, 3, 3, 1)), (8, 8), (0, 5))
    with pytest.raises(zoo.InputError, match="36 crops. Received: 37 crops"):
        average_crops(np.zeros((37, 24, 24, 1)), (32, 32), OFFSETS)
