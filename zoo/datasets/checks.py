"""The input gate of data sets: what arrays and streams of rows must be, fault by fault."""

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse

from zoo.datasets.pixels import MOST_PIXELS, resize
from zoo.errors import InputError, check_count

# Of float32, between the least and the largest number of a column that is not the same in all rows.
_FEWEST_STEPS = 16
Matrix = np.ndarray | scipy.sparse.spmatrix
Pair = tuple[Matrix, Matrix]


def check_image_shape(image_shape: object) -> tuple[int, int, int]:
    """The argument as three integers.

    Raises:
        InputError: it is not (height, width, channels) with 1, 3 or 4 channels.
    """
    try:
        height, width, channels = image_shape
    except (TypeError, ValueError):
        raise InputError(
            "`image_shape` must be (height, width, channels). "
            f"Received: image_shape={image_shape!r}."
        ) from None
    for size in (height, width, channels):
        check_count("image_shape", size)
    if height * width > MOST_PIXELS:
        raise InputError(
            f"`image_shape` must have at most {MOST_PIXELS} pixels. "
            f"Received: image_shape={image_shape!r}."
        )
    if channels not in (1, 3, 4):
        raise InputError(
            "`image_shape` must have 1 (gray), 3 (color) or 4 (with alpha) channels. "
            f"Received: image_shape={image_shape!r}."
        )
    return (height, width, channels)


def check_list(argument: str, names: object) -> None:
    """Raises `InputError` unless names are a sequence of them."""
    if isinstance(names, str) or not hasattr(names, "__len__") or getattr(names, "ndim", 1) != 1:
        raise InputError(f"`{argument}` must be a list of names. Received: {names!r:.60}.")


def check_names(argument: str, names: list[str] | None, count: int) -> list[str]:
    """The names as texts, numbers where there are none; `InputError` if not `count`, or equal."""
    if names is not None:
        check_list(argument, names)
    names = [str(name) for name in (range(count) if names is None else names)]
    if len(names) != count:
        raise InputError(f"`{argument}` must be {count} names. Received: {len(names)}.")
    for name in names:
        readable = any(letter.isprintable() and not letter.isspace() for letter in name)
        if not readable or any("\ud800" <= letter <= "\udfff" for letter in name):
            raise InputError(f"`{argument}` must be names that can be read. Received: {name!r}.")
    for name, times in collections.Counter(names).items():
        if times > 1:
            raise InputError(f"`{argument}` must differ. Received: {name!r} {times} times.")
    return names


def unpack(split: str, pair: object, kinds: str) -> Pair:
    """x and y of a pair, as arrays unless they are sparse; `InputError` if it is none."""
    try:
        x, y = pair
    except (TypeError, ValueError):
        raise InputError(
            f"`{split}` must be a pair ({kinds}). Received: {type(pair).__name__}."
        ) from None
    for part in (x, y):
        if any(map(np.ma.is_masked, part if isinstance(part, list | tuple) else [part])):
            raise InputError(
                f"`{split}` must hold values alone; fill masked ones. Received: a masked array."
            )
    try:
        parts = [part if scipy.sparse.issparse(part) else np.asarray(part) for part in (x, y)]
    except (TypeError, ValueError) as error:
        raise InputError(f"`{split}` must hold arrays. Received what is none: {error}") from error
    for part in parts:
        if part.dtype.names is not None:
            raise InputError(
                f"`{split}` must hold plain arrays; `from_table` takes columns by their names. "
                f"Received: an array of the fields {', '.join(part.dtype.names)[:60]}."
            )
    return parts[0], parts[1]


def check_images(split: str, x: np.ndarray) -> np.ndarray:
    """Images `(n, h, w, c)`, uint8 or float32 in [0, 1]; `InputError` if they are none."""
    if x.size == 0:
        raise InputError(f"`{split}` must hold at least one image. Received: shape {x.shape}.")
    if x.ndim not in (3, 4):
        raise InputError(
            f"The images of `{split}` must have shape (n, height, width) or "
            f"(n, height, width, channels). Received: shape {x.shape}."
        )
    x = x[..., np.newaxis] if x.ndim == 3 else x
    check_channels(f"The images of `{split}`", x.shape[-1])
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise InputError(
            f"The images of `{split}` must be uint8 in 0..255 or floats in [0, 1]. "
            f"Received: dtype {x.dtype}."
        )
    if x.dtype != np.uint8:
        check_unit_range(f"Float images of `{split}`", x)
        x = x.astype("float32")
    # Gray with alpha is no shape that a model takes.
    return resize(x, (*x.shape[1:3], 1)) if x.shape[-1] == 2 else x


def check_features(split: str, x: np.ndarray) -> np.ndarray:
    """Rows of features `(n, features)`, float32; `InputError`, with row and column, if not."""
    if 0 in x.shape:
        raise InputError(f"`{split}` must hold rows of features. Received: shape {x.shape}.")
    if x.dtype.kind not in "uibf":
        raise InputError(
            f"The features of `{split}` must be numbers; `from_table` takes columns of texts. "
            f"Received: dtype {x.dtype}."
        )
    _check_finite(split, x)
    if split == "train":
        check_apart(x)
    return x.astype("float32")


def check_apart(x: Any, names: Sequence[Any] | None = None) -> None:
    """Raises `InputError` where float32 hardly tells the numbers of a column of rows apart.

    Rows of other than numbers, of fewer bits than that, and sparse ones pass.

    Args:
        x: rows to learn from, `(n, features)`.
        names: of the columns, which are numbered otherwise.
    """
    x = np.empty(0) if scipy.sparse.issparse(x) else np.asarray(x)
    if x.ndim != 2 or x.dtype.kind not in "iuf" or x.dtype.itemsize < 4 or x.dtype == "float32":
        return
    # What is missing is passed over.
    low, high = (ends.reduce(x).astype("float64") for ends in (np.fmin, np.fmax))
    with np.errstate(invalid="ignore", over="ignore"):
        step = np.spacing(np.maximum(-low, high).astype("float32"))
        near = (low < high) & (high - low < _FEWEST_STEPS * step)
    for column in np.flatnonzero(near)[:1]:
        name = column if names is None else repr(names[column])
        raise InputError(
            f"Column {name} goes from {float(low[column])!r} to {float(high[column])!r}, which "
            "float32 hardly tells apart; subtract its least number."
        )


def _check_finite(split: str, x: Matrix) -> None:
    sparse = x.tocoo() if scipy.sparse.issparse(x) else None
    numbers = x if sparse is None else sparse.data
    # A NaN fails the comparison.
    wrong = np.argwhere(~(np.abs(numbers) <= np.finfo("float32").max))
    if wrong.size:
        first = wrong[0]
        row, column = first if sparse is None else (sparse.row[first[0]], sparse.col[first[0]])
        raise InputError(
            f"The features of `{split}` must be finite in float32. Received in row {row}, column "
            f"{column}: {numbers[tuple(first)]}."
        )


def check_channels(images: str, channels: int) -> None:
    """Raises `InputError` unless images have 1, 2, 3 or 4 channels."""
    if channels not in (1, 2, 3, 4):
        raise InputError(
            f"{images} must have 1 (gray), 2 (gray with alpha), 3 (color) or 4 (color with alpha) "
            f"channels, the last axis. Received: {channels}."
        )


def check_unit_range(images: str, x: np.ndarray) -> None:
    """Raises `InputError`, with the row, unless all floats of images `(n, ...)` lie in [0, 1]."""
    # A NaN fails both comparisons.
    wrong = np.flatnonzero(~((x >= 0) & (x <= 1)).reshape(len(x), -1).all(axis=1))
    if wrong.size:
        row = x[wrong[0]]
        raise InputError(
            f"{images} must lie in [0, 1], without NaN: divide 0 to 255 by 255, or give uint8. "
            f"Received in row {wrong[0]}: values from {row.min():g} to {row.max():g}."
        )


def find_shape(
    name: str, own: tuple[int | None, ...], image_shape: tuple[int, int, int] | None
) -> tuple[int, int, int]:
    """The shape that the images of a set are to have: as asked, else their own.

    Raises:
        InputError: the images vary in size and `image_shape` is not given, or have channels that
            no image has.
    """
    check_channels(f"The images of data set {name!r}", own[2])
    if image_shape is not None:
        return check_image_shape(image_shape)
    if None in own:
        raise InputError(
            f"The images of data set {name!r} vary in size, {tuple(own)}: give "
            "`image_shape`=(height, width, channels) to resize them, at a shell "
            f"`--set image_shape=64,64,{1 if own[2] == 2 else own[2]}`."
        )
    return *own[:2], 1 if own[2] == 2 else own[2]


def check_masks(split: str, y: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Masks `(n, h, w, 1)` of 0 and 1, uint8, one for each image; `InputError` if they are none."""
    masks = y[..., np.newaxis] if y.ndim == 3 else y
    if masks.shape != (*images.shape[:3], 1):
        raise InputError(
            f"`{split}` must have one mask per image, of the image's height and width, with no "
            f"channel or one. Received: images of shape {images.shape}, masks of shape {y.shape}."
        )
    wrong = np.argwhere((masks != 0) & (masks != 1))
    if wrong.size or masks.dtype.kind not in "uibf":
        row = wrong[0, 0] if wrong.size else 0
        raise InputError(
            f"The masks of `{split}` must be 0 or 1; of other values give `masks > 0`. "
            f"Received in row {row}: {masks[tuple(wrong[0])] if wrong.size else masks.dtype}."
        )
    return masks.astype("uint8")


def check_tables(split: str, x: Matrix, y: Matrix) -> tuple[Matrix, np.ndarray]:
    """Features and label sets, `(n, features)` finite and `(n, labels)` uint8 of 0 and 1.

    Raises:
        InputError: they are none, or no row has a label.
    """
    for what, part in (("features", x), ("labels", y)):
        if part.ndim != 2 or 0 in part.shape:
            raise InputError(
                f"The {what} of `{split}` must have shape (rows, {what}), at least one of each. "
                f"Received: shape {part.shape}."
            )
    if x.shape[0] != y.shape[0]:
        raise InputError(
            f"`{split}` must have as many rows of labels as of features. "
            f"Received: features of shape {x.shape}, labels of shape {y.shape}."
        )
    if x.dtype.kind not in "uibf":
        raise InputError(f"The features of `{split}` must be numbers. Received: dtype {x.dtype}.")
    _check_finite(split, x)
    if split == "train":
        check_apart(x)
    y = y.toarray() if scipy.sparse.issparse(y) else y
    wrong = np.argwhere((y != 0) & (y != 1))
    if wrong.size or y.dtype.kind not in "uibf":
        row, label = wrong[0] if wrong.size else (0, 0)
        raise InputError(
            f"The labels of `{split}` must be 0 or 1. "
            f"Received in row {row}, column {label}: {y[row, label]!r}."
        )
    if not y.any():
        raise InputError(
            f"`{split}` must have at least one row with a label. Received: {len(y)} rows of "
            f"{y.shape[1]} labels, all 0."
        )
    return x, y.astype("uint8")
