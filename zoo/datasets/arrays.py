"""Data sets from NumPy arrays, checked: images with classes, label sets, images with masks."""

import math
from typing import Any

import numpy as np
import scipy.sparse
import tensorflow as tf

from zoo.datasets import checks, class_labels
from zoo.datasets.array_rows import ArrayRows, SparseRows
from zoo.datasets.kinds import ImageData, MaskData, MultiLabelData, TableData
from zoo.datasets.options import Options
from zoo.datasets.pixels import fit_masks, resize
from zoo.datasets.table_columns import Column
from zoo.errors import InputError

Arrays = tuple[np.ndarray, np.ndarray]
# Numbers of a split, zeros too, above which features that come sparse stay so.
_DENSE_VALUES = 2**29


def from_arrays(
    train: Arrays,
    test: Arrays,
    *,
    validation: Arrays | None = None,
    image_shape: tuple[int, int, int] | None = None,
    name: str = "arrays",
    class_names: list[str] | None = None,
    feature_names: list[str] | None = None,
    **options: Any,
) -> ImageData | TableData:
    """Image data, or rows of features, from (rows, labels) pairs of NumPy arrays.

    Args:
        train: images, uint8 in 0..255 or floats in [0, 1], of shape `(n, h, w)` or
            `(n, h, w, c)`, or finite features in any unit, of shape `(n, features)`; labels, class
            numbers of shape `(n,)` or one-hot of shape `(n, k)`, each class with a training row.
        test: the same for the test split.
        validation: the same for the validation split; None cuts it from the training rows.
        image_shape: (height, width, channels) to bring the images to; None keeps theirs.
        name: name of the set.
        class_names: names in order of class number; None numbers them.
        feature_names: names of the features, in the order of their columns; None numbers them.
            Categories of texts are for `zoo.datasets.from_table`.
        **options: `batch_size`, `validation_fraction`, `labelled_fraction`,
            `labelled_batch_size`, `labelled_draw` and `seed`, see `zoo.datasets.options.Options`.

    Raises:
        InputError: any of these is not as said; the message names it.

    Example:
        >>> x, y = np.zeros((20, 8, 8), "uint8"), np.arange(20) % 2
        >>> from_arrays((x, y), (x, y)).rows
        {'train': 18, 'validation': 2, 'test': 20}
    """
    options = Options(**options)
    pairs = {
        split: check_class_rows(split, pair)
        for split, pair in _given(train, test, validation).items()
    }
    num_classes = class_labels.count_classes(train[1], pairs["train"][1], class_names)
    for split, (_, y) in pairs.items():
        class_labels.check_class_range(split, y, num_classes)
    class_names = checks.check_names("class_names", class_names, num_classes)
    class_labels.check_learnable(pairs["train"][1], class_names)
    rows = in_memory(_of_one_shape(pairs, image_shape))
    if pairs["train"][0].ndim != 2:
        if feature_names is not None:
            raise InputError(
                "`feature_names` are of the columns of a table; images have none, so leave it out. "
                f"Received: feature_names={feature_names!r:.60} with images of shape "
                f"{pairs['train'][0].shape[1:]}."
            )
        return ImageData(name, rows, options, class_names)
    names = checks.check_names("feature_names", feature_names, rows["train"].shape[0])
    return TableData(name, rows, options, class_names, [Column(each) for each in names])


def check_class_rows(split: str, pair: Any) -> Arrays:
    """A pair of `from_arrays` checked: its rows, and their class numbers."""
    x, y = checks.unpack(split, pair, "images, labels")
    if np.ndim(x) < 2:
        raise InputError(
            f"`{split}` must hold rows of features, of shape (n, features), or images, (n, "
            f"height, width) or (n, height, width, channels). Received: shape {x.shape}."
        )
    check = checks.check_features if np.ndim(x) == 2 else checks.check_images
    x = check(split, x.toarray() if scipy.sparse.issparse(x) else x)
    return x, class_labels.check_classes(split, y, x)


def masks_from_arrays(
    train: Arrays,
    test: Arrays,
    *,
    validation: Arrays | None = None,
    image_shape: tuple[int, int, int] | None = None,
    name: str = "arrays",
    label_name: str = "object",
    **options: Any,
) -> MaskData:
    """Segmentation data from (images, masks) pairs of NumPy arrays.

    Args:
        train: images, uint8 in 0..255 or floats in [0, 1], of shape `(n, h, w)` or
            `(n, h, w, c)`; masks, 0 or 1, of shape `(n, h, w)` or `(n, h, w, 1)`.
        test: the same for the test split.
        validation: the same for the validation split; None cuts it from the training rows.
        image_shape: (height, width, channels) to bring images and masks to, see
            `zoo.datasets.pixels.fit_masks`; None keeps theirs.
        name: name of the set.
        label_name: what the masks show.
        **options: `batch_size`, `validation_fraction` and `seed`, see
            `zoo.datasets.options.Options`.

    Raises:
        InputError: any of these is not as said; the message names it.

    Example:
        >>> x, y = np.zeros((20, 8, 8, 3), "uint8"), np.zeros((20, 8, 8), bool)
        >>> masks_from_arrays((x, y), (x, y)).input_shape
        (8, 8, 3)
    """
    options = Options(**options)
    options.check_all_labelled(name)
    pairs = {}
    for split, pair in _given(train, test, validation).items():
        x, y = checks.unpack(split, pair, "images, masks")
        x = checks.check_images(split, x)
        pairs[split] = x, checks.check_masks(split, y, x)
    return MaskData(name, in_memory(_of_one_shape(pairs, image_shape)), options, label_name)


def multi_label_from_arrays(
    train: checks.Pair,
    test: checks.Pair,
    *,
    validation: checks.Pair | None = None,
    name: str = "arrays",
    label_names: list[str] | None = None,
    feature_names: list[str] | None = None,
    **options: Any,
) -> MultiLabelData:
    """Multi-label data from (features, labels) pairs.

    Args:
        train: features, finite numbers of shape `(n, features)`; labels, 0 or 1 of shape
            `(n, labels)`, one column per label. Each a NumPy array or a SciPy sparse matrix. Sparse
            features of more than 2^29 places, zeros too, stay sparse, and batches are made dense. A
            row may have no label; a split in which no row has one is refused.
        test: the same for the test split.
        validation: the same for the validation split; None cuts it from the training rows.
        name: name of the set.
        label_names: names in the order of the labels' columns; None numbers them.
        feature_names: names in the order of the features' columns; None numbers them.
        **options: `batch_size`, `validation_fraction` and `seed`, see
            `zoo.datasets.options.Options`.

    Raises:
        InputError: any of these is not as said; the message names it.

    Example:
        >>> x, y = np.zeros((20, 3)), np.eye(4)[np.arange(20) % 4]
        >>> multi_label_from_arrays((x, y), (x, y)).num_labels
        4
    """
    options = Options(**options)
    options.check_all_labelled(name)
    pairs = {}
    for split, pair in _given(train, test, validation).items():
        pairs[split] = checks.check_tables(split, *checks.unpack(split, pair, "features, labels"))
        for what, ours, first in zip(
            ("features", "labels"), pairs[split], pairs["train"], strict=True
        ):
            if ours.shape[1] != first.shape[1]:
                raise InputError(
                    f"`{split}` must have the {first.shape[1]} columns of {what} that `train` has. "
                    f"Received: shape {ours.shape}."
                )
    x, y = pairs["train"]
    label_names = checks.check_names("label_names", label_names, y.shape[1])
    feature_names = checks.check_names("feature_names", feature_names, x.shape[1])
    return MultiLabelData(name, in_memory(pairs), options, label_names, feature_names)


def in_memory(pairs: dict[str, checks.Pair]) -> dict[str, ArrayRows]:
    """Rows in memory of checked x and y by split; features may be sparse.

    They become dense where that takes little memory: batches of dense rows are made faster.
    """

    def rows(x: checks.Matrix, y: np.ndarray) -> ArrayRows:
        if x.ndim > 2:
            return ArrayRows(x, y)
        x = _small(x)
        if not scipy.sparse.issparse(x):
            return ArrayRows(x, y)
        return SparseRows(x, y) if math.prod(x.shape) > _DENSE_VALUES else ArrayRows(x.toarray(), y)

    return {split: rows(*pair) for split, pair in pairs.items()}


def _small(features: checks.Matrix) -> checks.Matrix:
    """uint8 if all features are whole numbers in 0..255, a quarter of the memory; else float32."""
    if scipy.sparse.issparse(features):
        features = scipy.sparse.csr_array(features)
        if not features.has_canonical_format:
            # Bytes of one place could add up to more; the matrix of the caller stays as it is.
            features = features.copy()
            features.sum_duplicates()
        values = features.data
    else:
        values = features
    small = values.astype("uint8") if values.size and 0 <= values.min() <= values.max() < 256 else 0
    dtype = "uint8" if np.array_equal(small, values) else "float32"
    return features.astype(dtype)


def _given(train: Any, test: Any, validation: Any) -> dict[str, Any]:
    given = {"train": train, "test": test}
    return given if validation is None else {**given, "validation": validation}


def _of_one_shape(
    pairs: dict[str, Arrays], image_shape: tuple[int, int, int] | None
) -> dict[str, Arrays]:
    """Images of the shape asked for, and masks with them; else all of the training images'."""
    own = pairs["train"][0].shape[1:]
    if len(own) == 1 and image_shape is not None:
        raise InputError(
            "Rows of features are no images, so `image_shape` must be None. Received: "
            f"image_shape={image_shape!r}."
        )
    if image_shape is not None:
        shape = checks.check_image_shape(image_shape)
        masks = {split: y for split, (_, y) in pairs.items() if y.ndim == 4}
        masks = {split: fit_masks(tf.constant(y), shape).numpy() for split, y in masks.items()}
        return {split: (resize(x, shape), masks.get(split, y)) for split, (x, y) in pairs.items()}
    for split, (x, _) in pairs.items():
        if x.shape[1:] != own:
            if len(own) == 1 or x.ndim == 2:
                raise InputError(
                    f"The rows of `{split}` must have the shape of the training rows, {own}. "
                    f"Received: {x.shape[1:]}."
                )
            raise InputError(
                f"The images of `{split}` must have the shape of the training images, {own}, "
                f"unless `image_shape` says which all are to have. Received: {x.shape[1:]}."
            )
    return pairs
