"""zoo/serving/image_inputs.py: floats, bytes and files lead to the same pixels."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.errors import InputError
from zoo.serving.image_inputs import model_input


def file_of(pixels, kind="PNG", **settings):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **settings)
    return file.getvalue()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (4, 8, 6, 3), "uint8")


@pytest.mark.parametrize(
    ("kind", "name", "spec", "send"),
    [
        ("float", "images", tf.TensorSpec((None, 8, 6, 3), "float32"), lambda x: x / 255),
        ("uint8", "images", tf.TensorSpec((None, 8, 6, 3), "uint8"), lambda x: x),
        (
            *("encoded", "image_bytes", tf.TensorSpec((None,), "string")),
            lambda x: [file_of(image) for image in x],
        ),
    ],
)
def test_each_kind_becomes_floats_up_to_one(pixels, kind, name, spec, send):
    given = model_input((8, 6, 3), kind)
    assert given.specs == {name: spec}
    sent = tf.constant(send(pixels), spec.dtype)
    np.testing.assert_allclose(given.to_floats(sent), pixels / 255, atol=1e-7)
    # Floats are taken as they are.
    assert kind != "float" or np.array_equal(given.to_floats(sent), sent)


def test_jpeg_files_are_decoded_too():
    smooth = np.full((8, 6, 3), 200, "uint8")
    files = tf.constant([file_of(smooth, "JPEG", quality=95)])
    x = model_input((8, 6, 3), "encoded").to_floats(files)
    np.testing.assert_allclose(x, np.full((1, 8, 6, 3), 200 / 255), atol=0.02)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_files_of_another_size_and_colour_are_brought_to_the_shape(channels):
    shape = (8, 6, channels)
    colour = np.full((16, 12, 3), 51, "uint8")
    alpha = np.concatenate([colour, np.full((16, 12, 1), 9, "uint8")], axis=-1)
    files = tf.constant([file_of(image) for image in (colour, colour[:4, :4, 0], alpha)])
    x = model_input(shape, "encoded").to_floats(files)
    assert x.shape == (3, *shape)
    np.testing.assert_allclose(x[:2, ..., :3], 0.2, atol=0.005)
    if channels == 4:
        np.testing.assert_array_equal(x[:2, ..., 3], 1.0)
        np.testing.assert_allclose(x[2, ..., 3], 9 / 255, atol=1e-6)
    else:
        # Over white.
        np.testing.assert_allclose(x[2], 1 - 0.8 * 9 / 255, atol=0.005)


def test_a_batch_with_a_file_that_is_none_fails_whole_and_names_the_row(pixels):
    for wrong, words in ((b"GIF89a", "PNG or JPEG"), (file_of(pixels[0])[:60], "")):
        files = tf.constant([file_of(pixels[0]), wrong])
        with pytest.raises(tf.errors.InvalidArgumentError) as told:
            tf.function(model_input((8, 6, 3), "encoded").to_floats)(files)
        assert words in str(told.value)
        assert not words or "[1]" in str(told.value)


def test_vectors_are_features():
    given = model_input((5,))
    assert given.specs == {"features": tf.TensorSpec((None, 5), "float32")}


@pytest.mark.parametrize(
    ("shape", "images", "message"),
    [
        ((8, 8, 1), "png", "Unknown kind of images 'png'.*Allowed: encoded, float, uint8"),
        ((5,), "uint8", "feature vectors of length 5.*images='uint8'"),
    ],
)
def test_kinds_that_do_not_fit_are_refused(shape, images, message):
    with pytest.raises(InputError, match=message):
        model_input(shape, images)
