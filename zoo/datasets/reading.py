"""From a prepared TFDS builder to image data, in memory or streamed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from zoo.datasets.array_rows import ArrayRows, fits_memory
from zoo.datasets.kinds import ImageData
from zoo.datasets.options import Options
from zoo.datasets.pixels import fit_images
from zoo.datasets.preparing import check_rows, read_rows, whole_split
from zoo.datasets.streamed_rows import StreamedRows, read_labels
from zoo.errors import InputError

_OWN_VALIDATION = ("validation", "val", "valid")


def find_keys(name: str, builder: Any) -> tuple[str, str]:
    """The features that hold the image and its class.

    Raises:
        InputError: the set has no such pair, so it is not for image classification.
    """
    features = dict(builder.info.features or {})

    def is_pair(image: Any, label: Any) -> bool:
        return (
            type(features.get(image)) is tfds.features.Image
            and np.issubdtype(features[image].np_dtype, np.integer)
            and type(features.get(label)) is tfds.features.ClassLabel
        )

    keys = builder.info.supervised_keys
    if keys and len(keys) == 2 and all(isinstance(key, str) for key in keys) and is_pair(*keys):
        return tuple(keys)
    pairs = [(image, label) for image in features for label in features if is_pair(image, label)]
    if len(pairs) != 1:
        kinds = ", ".join(f"{key}: {type(kind).__name__}" for key, kind in features.items())
        raise InputError(
            f"Data set {name!r} is not for classification: it must have one Image of integers and "
            f"one ClassLabel, or be a table with one. Received: {kinds or 'no features'}."
        )
    return pairs[0]


def read(
    name: str,
    builder: Any,
    keys: tuple[str, str],
    image_shape: tuple[int, int, int],
    in_memory: bool | None,
    options: Options,
) -> ImageData:
    """Image data from a prepared builder.

    The set's own validation split is used where there is one; where there is no test split, the
    validation split serves as test split.

    Args:
        name: name of the set.
        builder: prepared TFDS builder.
        keys: names of the image and of the class feature.
        image_shape: shape that the images get.
        in_memory: None reads up to 4 GiB of pixels into memory and streams larger sets.
        options: see `Options`.

    Raises:
        InputError: no train split, nothing to test on, or rows without a label.
        DamagedDataError: a prepared file cannot be read to its end.
    """
    names = splits_of(name, builder)
    class_names = list(builder.info.features[keys[1]].names)
    counts = {split: builder.info.splits[own].num_examples for split, own in names.items()}
    if in_memory is None:
        in_memory = fits_memory(sum(counts.values()), image_shape)

    def pair(row: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        image = fit_images(row[keys[0]], image_shape)
        return tf.ensure_shape(image, image_shape), row[keys[1]]

    def in_memory_rows(split: str) -> ArrayRows:
        with whole_split(name, builder, names[split], split) as (rows, count):
            return ArrayRows(*_read_all(name, split, _pairs(rows, pair), count))

    def streamed_rows(split: str) -> StreamedRows:
        stream = _pairs(read_rows(builder, names[split]), pair)
        return StreamedRows(stream, counts[split], lambda: labels_of(split))

    def labels_of(split: str) -> np.ndarray:
        decoders = {keys[0]: tfds.decode.SkipDecoding()}
        rows = read_rows(builder, names[split], decoders).map(lambda row: row[keys[1]])
        return _check_labels(name, split, read_labels(rows))

    rows_of = in_memory_rows if in_memory else streamed_rows
    return ImageData(name, {split: rows_of(split) for split in names}, options, class_names)


def splits_of(name: str, builder: Any) -> dict[str, str]:
    """The set's own names of the splits train, test and, where it has one, validation."""
    own = list(builder.info.splits)
    validation = next((split for split in _OWN_VALIDATION if split in own), None)
    if "train" not in own or not ("test" in own or validation):
        raise InputError(
            f"Data set {name!r} must have a train split, and a test or validation split. "
            f"Received: {', '.join(own) or 'no splits'}."
        )
    if "test" not in own:
        return {"train": "train", "test": validation}
    splits = {"train": "train", "test": "test"}
    return splits | ({"validation": validation} if validation else {})


def _pairs(rows: tf.data.Dataset, pair: Callable) -> tf.data.Dataset:
    return rows.map(pair, num_parallel_calls=tf.data.AUTOTUNE)


def _read_all(
    name: str, split: str, stream: tf.data.Dataset, count: int
) -> tuple[np.ndarray, np.ndarray]:
    image, _ = stream.element_spec
    images = np.empty((count, *image.shape), image.dtype.as_numpy_dtype)
    labels = np.empty(count, "int64")
    row = 0
    for x, y in stream.batch(1024).prefetch(2).as_numpy_iterator():
        images[row : row + len(x)], labels[row : row + len(x)] = x, y
        row += len(x)
    check_rows(row, count)
    return images, _check_labels(name, split, labels)


def _check_labels(name: str, split: str, labels: np.ndarray) -> np.ndarray:
    if labels.min(initial=0) < 0:
        raise InputError(
            f"Split {split!r} of data set {name!r} has rows without a label (class "
            f"{labels.min()}), so it cannot be used."
        )
    return labels
