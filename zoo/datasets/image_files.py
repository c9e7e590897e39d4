"""PNG and JPEG files: the one decoder of data sets, predictions and served models."""

import io
import os
import pathlib
from typing import IO

import numpy as np
import tensorflow as tf
from PIL import Image

from zoo.datasets.pixels import fit_images
from zoo.errors import InputError

# Pillow's modes of images without color.
_GRAY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B")


def decode(content: bytes | tf.Tensor, image_shape: tuple[int, int, int]) -> tf.Tensor:
    """The pixels of a file, in the graph or at once: uint8 of `image_shape`, see `fit_images`.

    Args:
        content: the bytes of a PNG or JPEG file, a scalar.
        image_shape: (height, width, channels) wanted.

    Raises:
        tf.errors.InvalidArgumentError: it cannot be decoded.
    """
    # Four channels or two (with alpha) would not be decoded as three or one.
    channels = 1 if image_shape[2] == 1 else 3
    image = tf.io.decode_image(content, channels, expand_animations=False)
    return fit_images(tf.ensure_shape(image, (None, None, channels)), image_shape)


def read_image(file: str | os.PathLike, image_shape: tuple[int, int, int]) -> np.ndarray:
    """The pixels of a file as `decode` gives them; `InputError` where it is no image."""
    try:
        return decode(pathlib.Path(file).read_bytes(), image_shape).numpy()
    except (OSError, tf.errors.InvalidArgumentError) as error:
        raise InputError(f"{file} must be a PNG or JPEG image: it cannot be decoded.") from error


def read_header(
    file: str | os.PathLike | bytes, formats: tuple[str, ...] = ("PNG", "JPEG")
) -> tuple[int, int, int]:
    """(height, width, channels) by the header alone, of a file or of its bytes.

    Gray images have one channel, all others three.

    Raises:
        OSError: it is none of the formats.
    """
    source: str | os.PathLike | IO = io.BytesIO(file) if isinstance(file, bytes) else file
    with Image.open(source, formats=formats) as image:
        return image.height, image.width, 1 if image.mode in _GRAY_MODES else 3


def is_whole(file: str | os.PathLike) -> bool:
    """Whether a file can be decoded to its end."""
    try:
        with Image.open(file) as image:
            image.load()
    except (OSError, SyntaxError):
        return False
    return True
