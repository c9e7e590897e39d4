"""zoo/networks/augmentation.py: mirrors, whole-pixel shifts, erasing, each image by itself."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks import augmentation


def marked(count=2000, size=(9, 11, 1), at=(4, 5)):
    """Images with one white pixel."""
    x = np.zeros((count, *size), "float32")
    x[:, at[0], at[1]] = 1.0
    return x


def test_shifts_are_whole_pixels_each_about_as_often():
    moved = np.asarray(augmentation((9, 11, 1), shift=2)(marked(), training=True))
    assert set(np.unique(moved)) <= {0.0, 1.0}
    _, rows, columns, _ = np.nonzero(moved)
    for positions, center in ((rows, 4), (columns, 5)):
        values, counts = np.unique(positions - center, return_counts=True)
        np.testing.assert_array_equal(values, [-2, -1, 0, 1, 2])
        assert counts.min() > 0.7 * counts.max()


def test_flips_mirror_half_of_the_images():
    x = marked(at=(4, 2))
    flipped = np.asarray(augmentation((9, 11, 1), flip=True)(x, training=True))
    mirrored = flipped[:, 4, 8, 0] == 1.0
    np.testing.assert_array_equal(flipped[~mirrored], x[~mirrored])
    np.testing.assert_array_equal(flipped[mirrored], x[mirrored][:, :, ::-1])
    assert 0.4 < mirrored.mean() < 0.6


def test_it_rests_outside_training_and_when_nothing_is_asked_for():
    x = marked(8)
    np.testing.assert_array_equal(augmentation((9, 11, 1), True, 2)(x, training=False), x)
    assert augmentation((9, 11, 1)) is None


def test_erasing_paints_one_rectangle_of_a_part_of_the_images_black():
    size, part = (12, 10, 2), 0.3
    x = np.random.default_rng(0).uniform(0.5, 1.0, (1000, *size)).astype("float32")
    erased = np.asarray(augmentation(size, erase=part)(x, training=True))
    black = np.any(erased != x, axis=-1)
    assert np.all(erased[black] == 0.0), "in all channels"
    hit = np.any(black, axis=(1, 2))
    assert 0.25 < hit.mean() < 0.35
    for mask in black[hit]:
        rows, columns = np.nonzero(mask)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert mask.sum() == height * width, "a full rectangle"
    shares = black[hit].mean(axis=(1, 2))
    # 2 to 20 %, in whole pixels: sides of up to 5.4 and 4.5 may show as 6 and 5, of 12 and 10.
    assert shares.max() <= 0.25 and 0.05 < shares.mean() < 0.15
    # Keras draws the corner between the first pixels and rounds up: they are never painted.
    places = black.mean(axis=0)[1:, 1:]
    assert places.min() > 0 and places[2:8, 2:6].min() > 0.015, "at every place"


def test_erasing_every_image_or_none():
    x = np.ones((50, 9, 11, 1), "float32")
    always = np.asarray(augmentation((9, 11, 1), erase=1.0)(x, training=True))
    assert np.all(np.any(always == 0.0, axis=(1, 2, 3)))
    assert augmentation((9, 11, 1), erase=0.0) is None
    resting = augmentation((9, 11, 1), erase=1.0)(x, training=False)
    np.testing.assert_array_equal(resting, x)


@pytest.mark.parametrize("erase", [-0.1, 1.1, float("nan"), "0.5", True])
def test_bad_parts_are_refused(erase):
    with pytest.raises(zoo.InputError, match="`erase`.*between 0 and 1. Received: erase="):
        augmentation((9, 11, 1), erase=erase)


@pytest.mark.parametrize("shift", [-1, 1.5])
def test_bad_shifts_are_refused(shift):
    with pytest.raises(zoo.InputError, match="`shift`"):
        augmentation((9, 11, 1), shift=shift)


@pytest.mark.parametrize("size", [(9, 11, 1), (11, 9, 1)])
def test_a_shift_leaves_something_of_an_image(size):
    assert augmentation(size, shift=8) is not None
    for shift in (9, 10**9):
        with pytest.raises(zoo.InputError, match=f"below the sides of the images.*={shift}"):
            augmentation(size, shift=shift)
    with pytest.raises(zoo.InputError, match="sides of the images, 8 and 8. Received: shift=8"):
        zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=3, shift=8)


def test_a_model_learns_to_rebuild_the_changed_images(images):
    """Unlike a corruption, an augmentation changes input and target alike."""
    x, _ = images

    class Negative(keras.layers.Layer):
        def call(self, x, training=False):
            return 1.0 - x if training else x

    models = [
        zoo.create_model("ae", input_shape=(8, 8, 1), size=(4,), code_size=4) for _ in range(2)
    ]
    changed = zoo.Autoencoder(models[1].encoder, models[1].decoder, augmentation=Negative())
    changed.set_weights(models[0].get_weights())
    for model, data in ((models[0], 1.0 - x), (changed, x)):
        model.compile(optimizer=keras.optimizers.SGD(0.1))
        model.fit(data, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(models[0].get_weights(), changed.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("se_co", {"flip": True, "shift": 1, "code_size": 4}), ("cnn", {"erase": 0.5})],
)
def test_its_random_state_is_saved_with_the_model(name, arguments, images, tmp_path):
    x, y = images
    model = zoo.create_model(name, input_shape=(8, 8, 1), num_classes=3, size=(4,), **arguments)
    model.compile(optimizer="adam")
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for each in (model, loaded):
        each.fit(x, y, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
