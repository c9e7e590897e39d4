"""Random changes of training images that leave their class alone, as Keras layers."""

from collections.abc import Sequence

import keras

from zoo.errors import InputError, check_count, check_number


def augmentation(
    input_shape: Sequence[int], flip: bool = False, shift: int = 0, erase: float = 0.0
) -> keras.layers.Layer | None:
    """Mirrors, shifts and erases at random, each image by itself; None where nothing is asked for.

    It is for images alone: rows of features have no neighbors.

    Args:
        input_shape: (height, width, channels) of the images.
        flip: left and right change places in half of the images. Not for digits or letters.
        shift: images move by up to this many whole pixels along each axis, less than their sides;
            what comes in at the border is black.
        erase: in this part of the images, from 0 to 1, a rectangle of 2 to 20 % of the pixels is
            painted black (Zhong et al., Random erasing data augmentation, AAAI 2020).

    Returns:
        A layer that acts when called with `training=True`, in float32 on images in [0, 1].

    Raises:
        InputError: a negative or fractional shift, or one that leaves nothing of an image, a part
            that is not from 0 to 1, or rows of features to change.
    """
    check_count("shift", shift, minimum=0)
    check_number("erase", erase, 0.0, 1.0)
    if not (flip or shift or erase):
        return None
    if len(input_shape) != 3:
        raise InputError(
            "`flip`, `shift` and `erase` change images, and rows of features have no places. "
            f"Received: input_shape={tuple(input_shape)}."
        )
    height, width, _ = input_shape
    if shift >= min(height, width):
        raise InputError(
            f"`shift` must be below the sides of the images, {height} and {width}. "
            f"Received: shift={shift}."
        )
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
    if erase:
        # A pair, since of a single number Keras draws each image's chance between 0 and it.
        layers.append(
            keras.layers.RandomErasing(
                factor=(erase, erase),
                scale=(0.02, 0.2),
                fill_value=0.0,
                value_range=(0, 1),
                dtype="float32",
            )
        )
    return keras.Sequential(layers, name="augmentation")
