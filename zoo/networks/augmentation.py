"""Random changes of training images that leave their class alone, as Keras layers."""

from collections.abc import Sequence

import keras

from zoo.errors import check_count


def augmentation(
    input_shape: Sequence[int], flip: bool = False, shift: int = 0
) -> keras.layers.Layer | None:
    """Mirrors and shifts images at random, each image by itself; None where nothing is asked for.

    Args:
        input_shape: (height, width, channels) of the images.
        flip: left and right change places in half of the images. Not for digits or letters.
        shift: images move by up to this many whole pixels along each axis; what comes in at the
            border is black.

    Returns:
        A layer that acts when called with `training=True`, in float32 on images in [0, 1].

    Raises:
        InputError: a negative or fractional shift.
    """
    check_count("shift", shift, minimum=0)
    height, width, _ = input_shape
    layers = []
    if flip:
        layers.append(keras.layers.RandomFlip("horizontal", dtype="float32"))
    if shift:
        # Half a pixel more, so that rounding to whole pixels reaches the last one as often.
        layers.append(
            keras.layers.RandomTranslation(
                (shift + 0.499) / height,
                (shift + 0.499) / width,
                fill_mode="constant",
                interpolation="nearest",
                dtype="float32",
            )
        )
    return keras.Sequential(layers, name="augmentation") if layers else None
