"""Crops of images and masks: random ones to learn from, a grid of them to predict with."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError, check_count
from zoo.networks.configs import ConfiguredLayer

# A 6x6 grid of crops of 24x24 in 32x32: the offsets of the authors' code are not known; these
# are symmetrical and reach every pixel.
OFFSETS = (0, 2, 3, 4, 5, 8)


@keras.saving.register_keras_serializable(package="zoo")
class RandomPairCrop(ConfiguredLayer):
    """A random crop of each image with the same crop of its mask, mirrored in half of the cases.

    An augmentation for models whose networks take smaller images than they are given. Called with
    `training=False` it takes the crop in the middle, not mirrored.

    Args:
        height: of the crops, at least 1.
        width: of the crops, at least 1; None for the height.
        mirror: whether left and right change places in half of the crops.
        seed: of the draws.

    Call arguments:
        inputs: the pair [x, y] of images (batch_size, h, w, channels) and masks (batch_size, h, w,
            channels of the masks).

    Returns:
        The pair of crops, of the types of images and masks.

    Raises:
        InputError: a size that is no whole number, no masks, masks of another size than their
            images, or images smaller than the crops.
    """

    # What the models ask: whether images and labels change together.
    augments_labels = True

    def __init__(
        self,
        height: int,
        width: int | None = None,
        mirror: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        width = height if width is None else width
        check_count("height", height)
        check_count("width", width)
        self.height, self.width = height, width
        self.mirror = mirror
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs, training=False):
        x, y = inputs
        _check_pair(x, y, (self.height, self.width))
        rows = tf.shape(x)[0]
        spare = x.shape[1] - self.height, x.shape[2] - self.width
        if training:
            top, left = (self._whole(rows, most) for most in spare)
        else:
            top, left = (tf.fill([rows], most // 2) for most in spare)
        down = top[:, None] + tf.range(self.height)
        across = tf.range(self.width)
        if training and self.mirror:
            turned = keras.random.uniform((rows, 1), seed=self.seeds) < 0.5
            across = tf.where(turned, self.width - 1 - across, across)
        across = left[:, None] + across
        return tuple(
            tf.gather(tf.gather(part, down, axis=1, batch_dims=1), across, axis=2, batch_dims=1)
            for part in (x, y)
        )

    def _whole(self, rows, most):
        # Floats below 1, so that all of 0..most come with one chance.
        drawn = keras.random.uniform((rows,), seed=self.seeds)
        return tf.minimum(tf.cast(drawn * (most + 1), "int32"), most)


def extract_crops(
    x: np.ndarray, size: Sequence[int], offsets: Sequence[int] = OFFSETS
) -> np.ndarray:
    """All crops of a grid of offsets, (rows * crops, height, width, channels).

    The crops of an image follow one another: for each offset from the top those of each from the
    left.

    Args:
        x: images or masks (rows, h, w, channels).
        size: (height, width) of the crops.
        offsets: along either axis, whole numbers from 0 on.

    Raises:
        InputError: an array of another rank, no offsets or negative ones, or a crop that leaves
            the image.
    """
    x = np.asarray(x)
    if x.ndim != 4:
        raise InputError(
            f"Crops are taken from arrays (rows, height, width, channels). Received: {x.shape}."
        )
    places = _places(x.shape[1:3], size, offsets)
    crops = [x[:, top : top + size[0], left : left + size[1]] for top, left in places]
    return np.stack(crops, axis=1).reshape(-1, *size, x.shape[3])


def average_crops(
    crops: np.ndarray, shape: Sequence[int], offsets: Sequence[int] = OFFSETS
) -> np.ndarray:
    """Crops of `extract_crops` put back: each pixel the mean of all crops that show it, float32.

    Args:
        crops: (rows * crops, height, width, channels), in the order of `extract_crops`.
        shape: (h, w) of what they were cropped from.
        offsets: as for `extract_crops`.

    Returns:
        (rows, h, w, channels).

    Raises:
        InputError: as for `extract_crops`, a number of crops that no whole number of images has,
            or a pixel that no crop shows.
    """
    crops = np.asarray(crops, "float32")
    size, places = crops.shape[1:3], _places(shape, crops.shape[1:3], offsets)
    if len(crops) % len(places):
        raise InputError(
            f"Each image has {len(places)} crops. Received: {len(crops)} crops, which is no "
            "multiple of it."
        )
    crops = crops.reshape(-1, len(places), *crops.shape[1:])
    total = np.zeros((len(crops), *shape, crops.shape[-1]), "float64")
    count = np.zeros((*shape, 1))
    for index, (top, left) in enumerate(places):
        window = slice(top, top + size[0]), slice(left, left + size[1])
        total[:, *window] += crops[:, index]
        count[window] += 1
    if not count.all():
        row, column = np.argwhere(count[..., 0] == 0)[0]
        raise InputError(
            f"Every pixel must lie in at least one crop. Received: offsets={tuple(offsets)}, with "
            f"which crops of {size[0]}x{size[1]} miss pixel ({row}, {column})."
        )
    return (total / count).astype("float32")


def predict_by_crops(
    model: keras.Model, x: np.ndarray, offsets: Sequence[int] = OFFSETS, **settings: Any
) -> np.ndarray:
    """Soft masks (rows, h, w, 1) of images by a model of smaller ones: the mean over its crops.

    Where the model takes images of their size, it is `model.predict`.

    Args:
        model: from images of its `input_shape` to masks of their size.
        x: images (rows, h, w, channels), float in [0, 1].
        offsets: of the crops along either axis.
        **settings: of `predict`.

    Raises:
        InputError: images smaller than those of the model, or as for `average_crops`.

    Reference: M. Gygli, M. Norouzi and A. Angelova, ICML 2017, section 5.2: 36 crops, whose mean
    is cut at one half.
    """
    if hasattr(model, "takes"):
        # Here, so that the row is named of the image and not of a crop.
        whole = (None, None, *model.takes.shape[2:])
        dataclasses.replace(model.takes, shape=whole).check(np.asarray(x))
    size = tuple(model.input_shape[1:3])
    settings = {"verbose": 0, **settings}
    if tuple(np.shape(x)[1:3]) == size:
        return model.predict(x, **settings)
    masks = model.predict(extract_crops(x, size, offsets), **settings)
    return average_crops(masks, np.shape(x)[1:3], offsets)


def _places(shape, size, offsets):
    if not len(offsets):
        raise InputError("`offsets` must hold at least one number. Received: none.")
    for offset in offsets:
        check_count("offset", offset, minimum=0)
        if offset + size[0] > shape[0] or offset + size[1] > shape[1]:
            raise InputError(
                f"Crops of {size[0]}x{size[1]} at the offsets {tuple(offsets)} must lie inside "
                f"the image. Received: images of {shape[0]}x{shape[1]}."
            )
    return [(top, left) for top in offsets for left in offsets]


def _check_pair(x, y, size):
    if y is None:
        raise InputError("Crops of pairs need a mask for each image. Received: no masks.")
    image, mask = tuple(x.shape), tuple(y.shape)
    if len(image) != 4 or len(mask) != 4 or image[1:3] != mask[1:3]:
        raise InputError(
            "A mask must have the height and width of its image, (batch_size, height, width, 1). "
            f"Received: images of shape {image} and masks of shape {mask}."
        )
    if None in image[1:3] or image[1] < size[0] or image[2] < size[1]:
        raise InputError(
            f"Images must be at least as large as the crops of {size[0]}x{size[1]}. Received: "
            f"images of shape {image}."
        )
