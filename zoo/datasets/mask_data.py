"""`MaskData`: images with a mask each."""

import numpy as np
import tensorflow as tf

from zoo.datasets.arrays import Arrays, check_images, resize
from zoo.datasets.options import Options, unstratified_rows
from zoo.datasets.pixels import check_image_shape, to_unit_range
from zoo.datasets.split_data import Array, Rows, SplitData
from zoo.errors import InputError


class MaskData(SplitData):
    """A data set for binary segmentation in three splits.

    Every data set of it yields batches of x, float32 images in [0, 1] of shape
    `(batch, h, w, c)`, and y, float32 masks of 0 and 1 of shape `(batch, h, w, 1)`. The last
    batch of an epoch may be smaller. In memory both are uint8 (images given as floats stay so);
    they become floats after batching.

    Made by `load` and `masks_from_arrays`.

    Attributes:
        name: name of the set.
        task: "segmentation".
        image_shape: (height, width, channels); `input_shape` is the same.
        num_labels: 1, the masks' channels.
        label_names: what the mask shows, one name.
        batch_size: rows in a full batch.
        seed: what the order of the rows and the cut follow from.
        rows: rows in the splits "train", "validation" and "test".
        labelled_rows: the training rows, all of them.
        in_memory: True.
    """

    task = "segmentation"

    def __init__(
        self,
        name: str,
        *,
        train: Rows,
        test: Rows,
        validation: Rows | None,
        image_shape: tuple[int, int, int],
        label_name: str,
        batch_size: int,
        seed: int,
    ):
        super().__init__(
            name,
            train=train,
            test=test,
            validation=validation,
            input_shape=image_shape,
            batch_size=batch_size,
            seed=seed,
            labelled_rows=train.count,
        )
        self.image_shape = image_shape
        self.num_labels = 1
        self.label_names = [label_name]

    def _inputs(self, x: Array) -> Array:
        return to_unit_range(x)

    def _targets(self, y: Array) -> Array:
        return y.astype("float32") if isinstance(y, np.ndarray) else tf.cast(y, tf.float32)


def masks_from_arrays(
    train: Arrays,
    test: Arrays,
    *,
    validation: Arrays | None = None,
    batch_size: int = 128,
    image_shape: tuple[int, int, int] | None = None,
    validation_fraction: float = 0.1,
    seed: int = 0,
    name: str = "arrays",
    label_name: str = "object",
) -> MaskData:
    """Segmentation data from (images, masks) pairs of NumPy arrays.

    Args:
        train: images, uint8 in 0..255 or floats in [0, 1], of shape `(n, h, w)` or
            `(n, h, w, c)`; masks, 0 or 1, of shape `(n, h, w)` or `(n, h, w, 1)`.
        test: the same for the test split.
        validation: the same for the validation split; None cuts it from the training rows.
        batch_size: rows in a batch.
        image_shape: (height, width, channels) to bring images and masks to, see `fit_masks`;
            None keeps theirs.
        validation_fraction: share of the training rows cut for validation, in [0, 1), drawn from
            all rows alike; not used where `validation` is given.
        seed: what the order and the cut follow from.
        name: name of the set.
        label_name: what the masks show.

    Raises:
        InputError: any of these is not as said; the message names it.

    Example:
        >>> x, y = np.zeros((20, 8, 8, 3), "uint8"), np.zeros((20, 8, 8), bool)
        >>> masks_from_arrays((x, y), (x, y)).input_shape
        (8, 8, 3)
    """
    options = Options(batch_size, validation_fraction, 1.0, seed)
    given = {"train": train, "test": test}
    if validation is not None:
        given["validation"] = validation
    if image_shape is not None:
        image_shape = check_image_shape(image_shape)
    pairs = {}
    for split, pair in given.items():
        x, y = _check_pair(split, pair)
        if image_shape is not None:
            x, y = resize(x, image_shape), fit_masks(tf.constant(y), image_shape).numpy()
        pairs[split] = x, y
        shape = check_image_shape(pairs["train"][0].shape[1:])
        if x.shape[1:] != shape:
            raise InputError(
                f"The images of `{split}` must have the shape of the training images, {shape}, "
                f"unless `image_shape` says which all are to have. Received: {x.shape[1:]}."
            )
    return mask_data(name, pairs, label_name, options)


def mask_data(name: str, pairs: dict[str, Arrays], label_name: str, options: Options) -> MaskData:
    """Segmentation data over checked (images, masks); `validation` is cut if not there."""
    return MaskData(
        name,
        **unstratified_rows(pairs, options),
        image_shape=tuple(pairs["train"][0].shape[1:]),
        label_name=label_name,
        batch_size=options.batch_size,
        seed=options.seed,
    )


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


def _check_pair(split: str, pair: object) -> Arrays:
    try:
        x, y = pair
    except (TypeError, ValueError):
        raise InputError(
            f"`{split}` must be a pair (images, masks). Received: {type(pair).__name__}."
        ) from None
    x, y = np.asarray(x), np.asarray(y)
    if x.size == 0:
        raise InputError(f"`{split}` must hold at least one image. Received: shape {x.shape}.")
    x = check_images(split, x)
    masks = y[..., np.newaxis] if y.ndim == 3 else y
    if masks.shape != (*x.shape[:3], 1):
        raise InputError(
            f"`{split}` must have one mask per image, of the image's height and width, with no "
            f"channel or one. Received: images of shape {x.shape}, masks of shape {y.shape}."
        )
    wrong = np.argwhere((masks != 0) & (masks != 1))
    if wrong.size or masks.dtype.kind not in "uibf":
        row = wrong[0, 0] if wrong.size else 0
        raise InputError(
            f"The masks of `{split}` must be 0 or 1. "
            f"Received in row {row}: {masks[tuple(wrong[0])] if wrong.size else masks.dtype}."
        )
    return x, masks.astype("uint8")
