"""Labels of one class a row, checked: numbers or one-hot, how many classes, which have rows."""

from typing import Any

import numpy as np

from zoo.datasets.checks import check_list
from zoo.errors import InputError


def check_classes(split: str, y: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Class numbers `(n,)` from class numbers or one-hot rows, one for each image."""
    if y.ndim == 0 or len(y) != len(images) or not y.size:
        what = "rows" if images.ndim == 2 else "images"
        raise InputError(
            f"`{split}` must have as many labels as {what}. "
            f"Received: {what} of shape {images.shape}, labels of shape {y.shape}."
        )
    if y.dtype.kind not in "uibf" or not np.isfinite(y).all() or (y != np.round(y)).any():
        raise InputError(
            f"The labels of `{split}` must be integers: class numbers or one-hot rows. "
            f"Received: dtype {y.dtype}, first label {y.flat[:1].tolist()[0]!r:.60}."
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
    if (y >= 2.0**63).any():
        raise InputError(f"The labels of `{split}` must be below 2^63. Received: {y.max()!r}.")
    return y.reshape(-1).astype("int64")


def count_classes(given: Any, labels: np.ndarray, class_names: list[str] | None) -> int:
    """Number of classes: of the names, else the width of one-hot rows, else of the labels."""
    if class_names is not None:
        check_list("class_names", class_names)
    shape = np.shape(given)
    width = shape[1] if len(shape) == 2 and shape[1] > 1 else None
    if class_names is None:
        there = np.unique(labels)
        if width is None and there[0] >= 0 and there[-1] >= len(there):
            missing = np.flatnonzero(there != np.arange(len(there)))[0]
            raise InputError(
                "Class numbers must count up from 0, leaving none out; number the classes of the "
                f"training rows anew. Received: labels up to {there[-1]}, and none of {missing}."
            )
        return width or int(there[-1]) + 1
    if width not in (None, len(class_names)):
        raise InputError(
            f"`class_names` must name every column of the one-hot labels: {width}. "
            f"Received: {len(class_names)} names."
        )
    return len(class_names)


def check_learnable(labels: np.ndarray, class_names: list[str]) -> None:
    """Raises `InputError` where no training row has a class: there is nothing to learn from."""
    rows = np.bincount(labels, minlength=len(class_names))
    empty = [name for name, count in zip(class_names, rows, strict=True) if not count]
    if empty:
        raise InputError(
            "Every class must have a training row. Received: no row of class "
            f"{', '.join(empty)[:200]}; leave it out."
        )


def check_class_range(split: str, labels: np.ndarray, num_classes: int) -> None:
    """Raises `InputError` unless all class numbers lie in 0..num_classes - 1."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= num_classes:
        raise InputError(
            f"The labels of `{split}` must lie in 0..{num_classes - 1}. "
            f"Received: labels from {low} to {high}."
        )
