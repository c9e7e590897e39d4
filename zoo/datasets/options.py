"""The options that every kind of data set shares, checked, and the in-memory splits they make."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from zoo.datasets.array_rows import ArrayRows
from zoo.datasets.image_data import ImageData
from zoo.datasets.mixed_rows import MixedRows
from zoo.datasets.stratification import (
    label_weights,
    random_numbers,
    stratified,
    validation_rows,
)
from zoo.errors import InputError, check_count, check_number

# What NumPy's frozen generator takes.
_LARGEST_SEED = 2**32 - 1


@dataclasses.dataclass(frozen=True)
class Options:
    """Batch size, cut, hidden labels and seed of a data set.

    Args:
        batch_size: rows in a batch, at least 1.
        validation_fraction: share of the training rows cut for validation, in [0, 1).
        labelled_fraction: share of the training rows that keep their label, in (0, 1].
        seed: 0 to 2³² - 1.
        labelled_batch_size: of the rows in a batch, how many are drawn from the labelled ones, see
            `zoo.datasets.mixed_rows.MixedRows`; None draws all rows alike.

    Raises:
        InputError: one of them is out of its range.
    """

    batch_size: int
    validation_fraction: float
    labelled_fraction: float
    seed: int
    labelled_batch_size: int | None = None

    def __post_init__(self):
        check_count("batch_size", self.batch_size)
        check_count("seed", self.seed, 0)
        if self.seed > _LARGEST_SEED:
            raise InputError(
                f"`seed` must be at most {_LARGEST_SEED}. Received: seed={self.seed!r}."
            )
        check_number("validation_fraction", self.validation_fraction, 0, 1)
        if self.validation_fraction == 1:
            raise InputError(
                "`validation_fraction` must be below 1, or no training row is left. "
                f"Received: validation_fraction={self.validation_fraction!r}."
            )
        check_number("labelled_fraction", self.labelled_fraction, 0, 1)
        if self.labelled_fraction == 0:
            raise InputError(
                "`labelled_fraction` must be above 0, or no label is left. "
                f"Received: labelled_fraction={self.labelled_fraction!r}."
            )
        if self.labelled_batch_size is None:
            return
        check_count("labelled_batch_size", self.labelled_batch_size)
        if self.labelled_batch_size >= self.batch_size or self.labelled_fraction == 1:
            raise InputError(
                "`labelled_batch_size` must be below `batch_size`, and there must be rows without "
                f"labels. Received: labelled_batch_size={self.labelled_batch_size} with "
                f"batch_size={self.batch_size} and labelled_fraction={self.labelled_fraction:g}."
            )

    def training_rows(self, rows: Any, weights: np.ndarray | None) -> Any:
        """The training rows as their batches are made.

        Args:
            rows: `ArrayRows` or `StreamedRows`.
            weights: 1 on labelled and 0 on unlabelled rows, or None.
        """
        if self.labelled_batch_size is None:
            return rows
        return MixedRows(rows, np.flatnonzero(weights), self.labelled_batch_size)


def in_memory_data(
    name: str,
    pairs: dict[str, tuple[np.ndarray | tf.Tensor, np.ndarray]],
    class_names: list[str],
    options: Options,
) -> ImageData:
    """Image data over (images, labels) in memory; `validation` is cut from `train` if not there.

    Args:
        name: name of the set.
        pairs: "train", "test" and perhaps "validation": images, uint8 or float32 of shape
            `(n, h, w, c)`, and class numbers below `len(class_names)`, `(n,)`.
        class_names: names in order of class number.
        options: see `Options`.
    """
    images, labels = pairs["train"]
    train_rows = np.arange(len(labels))
    if "validation" in pairs:
        validation = ArrayRows(*pairs["validation"])
    else:
        count = validation_rows(len(labels), options.validation_fraction)
        cut = stratified(labels, count, options.seed, "validation")
        train_rows = np.setdiff1d(train_rows, cut)
        validation = None
    weights = None
    if options.labelled_fraction < 1:
        weights = label_weights(
            labels[train_rows], options.labelled_fraction, options.seed, class_names
        )
    train = ArrayRows(images, labels, train_rows, weights)
    if validation is None and count:
        # One array of images for both splits.
        validation = ArrayRows(train.images, labels, cut)
    return ImageData(
        name,
        train=options.training_rows(train, weights),
        test=ArrayRows(*pairs["test"]),
        validation=validation,
        image_shape=tuple(train.images.shape[1:]),
        class_names=class_names,
        batch_size=options.batch_size,
        seed=options.seed,
        labelled_rows=len(train_rows) if weights is None else int(weights.sum()),
    )


def unstratified_rows(
    pairs: dict[str, tuple[np.ndarray, np.ndarray]], options: Options
) -> dict[str, ArrayRows | None]:
    """The three splits of rows that have no class to stratify by, in memory.

    Args:
        pairs: "train", "test" and perhaps "validation": x and y as `ArrayRows` takes them. A
            validation split that is not there is drawn from all training rows alike.
        options: see `Options`; every row keeps its labels.
    """
    splits = {split: ArrayRows(*pair) for split, pair in pairs.items() if split != "train"}
    x, y = pairs["train"]
    if "validation" in splits:
        return {"train": ArrayRows(x, y), **splits}
    count = validation_rows(len(y), options.validation_fraction)
    order = random_numbers(options.seed, "validation").permutation(len(y))
    train = ArrayRows(x, y, np.sort(order[count:]))
    # One array for both splits.
    cut = ArrayRows(train.images, y, np.sort(order[:count])) if count else None
    return {"train": train, "validation": cut, **splits}
