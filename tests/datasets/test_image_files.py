"""zoo/datasets/image_files.py: one decoder, at once and in the graph."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.datasets.image_files import decode, is_whole, read_header, read_image
from zoo.errors import InputError


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("shape", [(6, 5, 1), (6, 5, 3), (3, 4, 3)])
def test_a_file_is_decoded_alike_at_once_and_in_the_graph(mode, shape, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, len(mode)), "uint8")
    file = tmp_path / "a.png"
    Image.fromarray(pixels.squeeze(), mode).save(file)
    read = read_image(file, shape)
    in_graph = tf.function(lambda content: decode(content, shape))(tf.constant(file.read_bytes()))
    assert read.dtype == np.uint8 and read.shape == shape
    np.testing.assert_array_equal(read, in_graph)
    if shape[2] == len(mode) and shape[:2] == (6, 5):
        np.testing.assert_array_equal(read, pixels)
    assert read_header(file) == read_header(file.read_bytes()) == (6, 5, 1 if "L" in mode else 3)


def test_what_is_cut_short_is_not_whole_and_named(tmp_path):
    file = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 3), "uint8")).save(file)
    assert is_whole(file)
    file.write_bytes(file.read_bytes()[:-60])
    assert not is_whole(file) and read_header(file) == (9, 9, 3)
    with pytest.raises(InputError, match=r"a\.png must be a PNG or JPEG image"):
        read_image(file, (9, 9, 3))
