"""`MultiLabelData`: rows of features with a set of labels each."""

import numpy as np
import scipy.sparse
import tensorflow as tf

from zoo.datasets.options import Options, unstratified_rows
from zoo.datasets.split_data import Array, Rows, SplitData
from zoo.errors import InputError

Matrix = np.ndarray | scipy.sparse.spmatrix
Pair = tuple[Matrix, Matrix]


class MultiLabelData(SplitData):
    """A multi-label data set in three splits.

    Every data set of it yields batches of x, float32 features of shape `(batch, features)`, and
    y, float32 of 0 and 1 of shape `(batch, num_labels)`. The last batch of an epoch may be
    smaller. A row may have no label at all. Features come as they are: a network that wants them
    standardised begins with a `zoo.networks.Standardization`. In memory, labels are uint8, and so
    are features where that loses nothing; they become floats after batching.

    Made by `load` and `multi_label_from_arrays`.

    Attributes:
        name: name of the set.
        task: "multi_label".
        input_shape: (features,).
        num_labels: number of labels.
        label_names: their names, in the order of y's columns.
        feature_names: names of the features, in the order of x's columns.
        batch_size: rows in a full batch.
        seed: what the order of the rows and the cut follow from.
        rows: rows in the splits "train", "validation" and "test".
        labelled_rows: the training rows, all of them.
        in_memory: True.
    """

    task = "multi_label"

    def __init__(
        self,
        name: str,
        *,
        train: Rows,
        test: Rows,
        validation: Rows | None,
        label_names: list[str],
        feature_names: list[str],
        batch_size: int,
        seed: int,
    ):
        super().__init__(
            name,
            train=train,
            test=test,
            validation=validation,
            input_shape=(len(feature_names),),
            batch_size=batch_size,
            seed=seed,
            labelled_rows=train.count,
        )
        self.num_labels = len(label_names)
        self.label_names = label_names
        self.feature_names = feature_names

    def _inputs(self, x: Array) -> Array:
        return _floats(x)

    def _targets(self, y: Array) -> Array:
        return _floats(y)


def _floats(values: Array) -> Array:
    if isinstance(values, np.ndarray):
        return values.astype("float32")
    return tf.cast(values, tf.float32)


def multi_label_from_arrays(
    train: Pair,
    test: Pair,
    *,
    validation: Pair | None = None,
    batch_size: int = 128,
    validation_fraction: float = 0.1,
    seed: int = 0,
    name: str = "arrays",
    label_names: list[str] | None = None,
    feature_names: list[str] | None = None,
) -> MultiLabelData:
    """Multi-label data from (features, labels) pairs.

    Args:
        train: features, finite numbers of shape `(n, features)`; labels, 0 or 1 of shape
            `(n, labels)`, one column per label. Each a NumPy array or a SciPy sparse matrix. A
            row may have no label; a split in which no row has one is refused.
        test: the same for the test split.
        validation: the same for the validation split; None cuts it from the training rows.
        batch_size: rows in a batch.
        validation_fraction: share of the training rows cut for validation, in [0, 1), drawn from
            all rows alike; not used where `validation` is given.
        seed: what the order and the cut follow from.
        name: name of the set.
        label_names: names in the order of the labels' columns; None numbers them.
        feature_names: names in the order of the features' columns; None numbers them.

    Raises:
        InputError: any of these is not as said; the message names it.

    Example:
        >>> x, y = np.zeros((20, 3)), np.eye(4)[np.arange(20) % 4]
        >>> multi_label_from_arrays((x, y), (x, y)).num_labels
        4
    """
    options = Options(batch_size, validation_fraction, 1.0, seed)
    given = {"train": train, "test": test}
    if validation is not None:
        given["validation"] = validation
    pairs = {}
    for split, pair in given.items():
        x, y = _unpack(split, pair)
        x = _check_features(split, x)
        pairs[split] = x, _check_labels(split, y)
        for what, value in (("features", x), ("labels", y)):
            first = pairs["train"][0 if what == "features" else 1]
            if value.shape[1] != first.shape[1]:
                raise InputError(
                    f"`{split}` must have the {first.shape[1]} columns of {what} that `train` has. "
                    f"Received: shape {value.shape}."
                )
    x, y = pairs["train"]
    return multi_label_data(
        name,
        pairs,
        _names("label_names", label_names, y.shape[1]),
        _names("feature_names", feature_names, x.shape[1]),
        options,
    )


def multi_label_data(
    name: str,
    pairs: dict[str, Pair],
    label_names: list[str],
    feature_names: list[str],
    options: Options,
) -> MultiLabelData:
    """Multi-label data over checked (features, labels); `validation` is cut if not there.

    Args:
        name: name of the set.
        pairs: "train", "test" and perhaps "validation": features, dense or sparse, and labels,
            uint8 of 0 and 1.
        label_names: names of the labels.
        feature_names: names of the features.
        options: see `Options`.
    """
    dense = {split: (_dense(x), y) for split, (x, y) in pairs.items()}
    return MultiLabelData(
        name,
        **unstratified_rows(dense, options),
        label_names=list(label_names),
        feature_names=list(feature_names),
        batch_size=options.batch_size,
        seed=options.seed,
    )


def _dense(features: Matrix) -> np.ndarray:
    """uint8 if all features are whole numbers in 0..255, a quarter of the memory; else float32."""
    sparse = scipy.sparse.issparse(features)
    values = features.data if sparse else features
    small = values.astype("uint8") if values.size and 0 <= values.min() <= values.max() < 256 else 0
    dtype = "uint8" if np.array_equal(small, values) else "float32"
    return features.astype(dtype).toarray() if sparse else features.astype(dtype)


def _unpack(split: str, pair: object) -> Pair:
    try:
        x, y = pair
    except (TypeError, ValueError):
        raise InputError(
            f"`{split}` must be a pair (features, labels). Received: {type(pair).__name__}."
        ) from None
    x, y = (part if scipy.sparse.issparse(part) else np.asarray(part) for part in (x, y))
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
    return x, y


def _check_features(split: str, x: Matrix) -> Matrix:
    values = x.data if scipy.sparse.issparse(x) else x
    # A NaN fails the comparison.
    largest = np.finfo("float32").max
    if values.dtype.kind not in "uibf" or not (np.abs(values) <= largest).all():
        raise InputError(
            f"The features of `{split}` must be numbers that are finite in float32. "
            f"Received: dtype {values.dtype}."
        )
    return x


def _check_labels(split: str, y: Matrix) -> np.ndarray:
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
    return y.astype("uint8")


def _names(argument: str, names: list[str] | None, count: int) -> list[str]:
    names = [str(number) for number in range(count)] if names is None else list(names)
    if len(names) != count:
        raise InputError(f"`{argument}` must be {count} names. Received: {len(names)}.")
    return names
