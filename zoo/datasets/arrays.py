"""Image data from NumPy arrays, checked."""

import numpy as np
import tensorflow as tf

from zoo.datasets.image_data import ImageData
from zoo.datasets.options import Options, in_memory_data
from zoo.datasets.pixels import check_image_shape, fit_images
from zoo.errors import InputError

Arrays = tuple[np.ndarray, np.ndarray]


def from_arrays(
    train: Arrays,
    test: Arrays,
    *,
    validation: Arrays | None = None,
    batch_size: int = 128,
    image_shape: tuple[int, int, int] | None = None,
    validation_fraction: float = 0.1,
    labelled_fraction: float = 1.0,
    labelled_batch_size: int | None = None,
    seed: int = 0,
    name: str = "arrays",
    class_names: list[str] | None = None,
) -> ImageData:
    """Image data from (images, labels) pairs of NumPy arrays.

    Args:
        train: images, uint8 in 0..255 or floats in [0, 1], of shape `(n, h, w)` or
            `(n, h, w, c)`; labels, class numbers of shape `(n,)` or one-hot of shape `(n, k)`.
        test: the same for the test split.
        validation: the same for the validation split; None cuts it from the training rows.
        batch_size: rows in a batch.
        image_shape: (height, width, channels) to bring the images to; None keeps theirs.
        validation_fraction: share of the training rows cut for validation, stratified by class,
            in [0, 1); not used where `validation` is given.
        labelled_fraction: share of the training rows that keep their label, stratified, in (0, 1].
        labelled_batch_size: of the rows in a batch, how many are drawn from the labelled ones, and
            the rest from all; None draws all rows alike.
        seed: what the order, the cut and the hidden labels follow from.
        name: name of the set.
        class_names: names in order of class number; None numbers them.

    Raises:
        InputError: any of these is not as said; the message names it.

    Example:
        >>> x, y = np.zeros((20, 8, 8), "uint8"), np.arange(20) % 2
        >>> from_arrays((x, y), (x, y)).rows
        {'train': 18, 'validation': 2, 'test': 20}
    """
    options = Options(batch_size, validation_fraction, labelled_fraction, seed, labelled_batch_size)
    given = {"train": train, "test": test}
    if validation is not None:
        given["validation"] = validation
    images, labels = {}, {}
    for split, pair in given.items():
        x, y = _check_pair(split, pair)
        images[split], labels[split] = check_images(split, x), _check_labels(split, y)
    num_classes = _count_classes(train[1], labels["train"], class_names)
    names = [str(number) for number in range(num_classes)] if class_names is None else class_names
    shape = images["train"].shape[1:]
    if image_shape is not None:
        image_shape = check_image_shape(image_shape)
    check_image_shape(shape)
    pairs = {}
    for split, x in images.items():
        if image_shape is not None:
            x = resize(x, image_shape)
        elif x.shape[1:] != shape:
            raise InputError(
                f"The images of `{split}` must have the shape of the training images, {shape}, "
                f"unless `image_shape` says which all are to have. Received: {x.shape[1:]}."
            )
        _check_range(split, labels[split], num_classes)
        pairs[split] = x, labels[split]
    return in_memory_data(name, pairs, list(names), options)


def _check_pair(split: str, pair: object) -> Arrays:
    try:
        x, y = pair
    except (TypeError, ValueError):
        raise InputError(
            f"`{split}` must be a pair (images, labels). Received: {type(pair).__name__}."
        ) from None
    x, y = np.asarray(x), np.asarray(y)
    if len(np.atleast_1d(x)) != len(np.atleast_1d(y)) or x.ndim == 0 or y.ndim == 0:
        raise InputError(
            f"`{split}` must have as many labels as images. "
            f"Received: images of shape {x.shape}, labels of shape {y.shape}."
        )
    if x.size == 0:
        raise InputError(f"`{split}` must hold at least one image. Received: shape {x.shape}.")
    return x, y


def check_images(split: str, x: np.ndarray) -> np.ndarray:
    """Images `(n, h, w, c)`, uint8 or float32 in [0, 1]; `InputError` if they are none."""
    if x.ndim not in (3, 4):
        raise InputError(
            f"The images of `{split}` must have shape (n, height, width) or "
            f"(n, height, width, channels). Received: shape {x.shape}."
        )
    x = x[..., np.newaxis] if x.ndim == 3 else x
    if x.dtype == np.uint8:
        return x
    if x.dtype.kind != "f":
        raise InputError(
            f"The images of `{split}` must be uint8 in 0..255 or floats in [0, 1]. "
            f"Received: dtype {x.dtype}."
        )
    low, high = float(x.min()), float(x.max())
    # A NaN anywhere makes both NaN, and fails the comparison.
    if not (low >= 0 and high <= 1):
        raise InputError(
            f"Float images of `{split}` must lie in [0, 1], without NaN. "
            f"Received: values from {low:g} to {high:g}."
        )
    return x.astype("float32")


def _check_labels(split: str, y: np.ndarray) -> np.ndarray:
    """Class numbers `(n,)` from class numbers or one-hot rows."""
    if y.dtype.kind not in "uibf" or not np.isfinite(y).all() or (y != np.round(y)).any():
        raise InputError(
            f"The labels of `{split}` must be integers: class numbers or one-hot rows. "
            f"Received: dtype {y.dtype}, first label {y.flat[0]!r}."
        )
    if y.ndim == 2 and y.shape[1] > 1:
        ones = (y == 1).sum(axis=1)
        wrong = np.flatnonzero((ones != 1) | ((y != 0).sum(axis=1) != 1))
        if wrong.size:
            raise InputError(
                f"One-hot labels of `{split}` must have one 1 and otherwise 0 in every row. "
                f"Received in row {wrong[0]}: {y[wrong[0]].tolist()}."
            )
        return y.argmax(axis=1)
    if y.ndim not in (1, 2):
        raise InputError(
            f"The labels of `{split}` must have shape (n,) or, one-hot, (n, classes). "
            f"Received: shape {y.shape}."
        )
    return y.reshape(-1).astype("int64")


def _count_classes(given: object, labels: np.ndarray, class_names: list[str] | None) -> int:
    """Number of classes: of the names, else the width of one-hot rows, else largest label + 1."""
    shape = np.shape(given)
    width = shape[1] if len(shape) == 2 and shape[1] > 1 else None
    if class_names is None:
        return width or int(labels.max()) + 1
    if width not in (None, len(class_names)):
        raise InputError(
            f"`class_names` must name every column of the one-hot labels: {width}. "
            f"Received: {len(class_names)} names."
        )
    return len(class_names)


def _check_range(split: str, labels: np.ndarray, num_classes: int) -> None:
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= num_classes:
        raise InputError(
            f"The labels of `{split}` must lie in 0..{num_classes - 1}. "
            f"Received: labels from {low} to {high}."
        )


def resize(images: np.ndarray, image_shape: tuple[int, int, int]) -> np.ndarray:
    """What `fit_images` does, on arrays of any length."""
    if images.shape[1:] == image_shape:
        return images
    # In pieces: resizing goes through float32, four times the memory of the pixels.
    pieces = [fit_images(tf.constant(part), image_shape) for part in _pieces(images, 1024)]
    return np.concatenate([piece.numpy() for piece in pieces])


def _pieces(images: np.ndarray, rows: int) -> list[np.ndarray]:
    return [images[start : start + rows] for start in range(0, len(images), rows)]
