"""Pixels: their range, their shape, and what is done to images that have another one."""

import numpy as np
import tensorflow as tf

# What shows through where an image is transparent: white, as on a page.
BACKGROUND = 255
# What an image may have, against sizes that would fill the memory: from there on Pillow warns.
MOST_PIXELS = 89_478_485
# One product instead of a division, so that graph and NumPy round alike.
_UNIT = np.float32(1 / 255)


def to_unit_range(images: tf.Tensor | np.ndarray) -> tf.Tensor | np.ndarray:
    """float32 in [0, 1]: pixel · (1/255) for uint8; floats are taken as they are."""
    if isinstance(images, np.ndarray):
        scale = _UNIT if images.dtype == np.uint8 else np.float32(1)
        return images.astype("float32") * scale
    scale = _UNIT if images.dtype == tf.uint8 else np.float32(1)
    return tf.cast(images, tf.float32) * scale


def fit_images(images: tf.Tensor, image_shape: tuple[int, int, int]) -> tf.Tensor:
    """Images of `image_shape`: resized, and turned from gray to color or back, where they differ.

    Gray from color is the luma 0.2989 R + 0.5870 G + 0.1140 B; color from gray repeats it. An
    alpha channel a is kept where four channels are wanted, and added opaque where there was none;
    else the image is laid over the background, a · color + (1 - a) · `BACKGROUND`. Resizing is
    bilinear with antialiasing, the sides not kept in proportion.

    Args:
        images: `(h, w, c)` or `(batch, h, w, c)`; uint8, another integer type (its whole range
            is taken as [0, 1]) or floats in [0, 1].
        image_shape: (height, width, channels) wanted.

    Returns:
        uint8 for integer images, float32 for floats.
    """
    height, width, channels = image_shape
    if images.dtype.is_integer and images.dtype != tf.uint8:
        images = tf.image.convert_image_dtype(images, tf.uint8, saturate=True)
    images = _fit_channels(images, channels)
    if tuple(images.shape[-3:-1]) != (height, width):
        resized = tf.image.resize(images, (height, width), antialias=True)
        images = tf.cast(tf.round(resized), tf.uint8) if images.dtype == tf.uint8 else resized
    return images if images.dtype == tf.uint8 else tf.cast(images, tf.float32)


def _fit_channels(images: tf.Tensor, channels: int) -> tf.Tensor:
    own = images.shape[-1]
    if own == channels:
        return images
    if channels == 4:
        opaque = tf.ones_like(images[..., :1]) * (255 if images.dtype == tf.uint8 else 1)
        color, alpha = (images[..., :1], images[..., 1:]) if own == 2 else (images, opaque)
        return tf.concat([_fit_channels(color, 3), alpha], axis=-1)
    if own in (2, 4):
        return _fit_channels(flatten(images), channels)
    return tf.image.rgb_to_grayscale(images) if channels == 1 else tf.image.grayscale_to_rgb(images)


def flatten(images: tf.Tensor) -> tf.Tensor:
    """Images without their last channel, alpha, laid over the background; uint8 or floats."""
    color, alpha = images[..., :-1], images[..., -1:]
    if images.dtype.is_floating:
        return color * alpha + (1 - alpha) * (BACKGROUND / 255)
    color, alpha = tf.cast(color, tf.int32), tf.cast(alpha, tf.int32)
    # To the nearest: with half of the divisor added.
    return tf.cast((color * alpha + BACKGROUND * (255 - alpha) + 127) // 255, tf.uint8)


def resize(images: np.ndarray, image_shape: tuple[int, int, int]) -> np.ndarray:
    """What `fit_images` does, on arrays of any length."""
    if images.shape[1:] == image_shape:
        return images
    # In pieces: resizing goes through float32, four times the memory of the pixels.
    pieces = (images[start : start + 1024] for start in range(0, len(images), 1024))
    return np.concatenate([fit_images(tf.constant(piece), image_shape) for piece in pieces])


def fit_masks(masks: tf.Tensor, image_shape: tuple[int, int, int]) -> tf.Tensor:
    """Masks of the height and width of `image_shape`, uint8 of 0 and 1.

    Resized as images are, bilinear with antialiasing, then 1 where the result is at least 1/2:
    where the object covers at least half of what the new pixel averages.

    Args:
        masks: `(h, w, 1)` or `(batch, h, w, 1)`, 0 or 1 of any number type.
        image_shape: (height, width, channels) of the images they belong to.
    """
    size = image_shape[:2]
    masks = tf.cast(masks, tf.float32)
    if tuple(masks.shape[-3:-1]) != size:
        masks = tf.image.resize(masks, size, antialias=True)
    # A little below a half: sums of weights round to either side of it.
    return tf.cast(masks >= 0.5 - 1e-5, tf.uint8)
