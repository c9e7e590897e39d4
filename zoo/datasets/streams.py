"""Image data from streams: any `tf.data.Dataset`, and TFDS sets larger than memory."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from zoo.datasets.image_data import ImageData
from zoo.datasets.options import Options
from zoo.datasets.pixels import check_image_shape, fit_images
from zoo.datasets.stratification import label_weights, random_numbers, validation_rows
from zoo.datasets.streamed_rows import StreamedRows, read_labels
from zoo.errors import InputError, check_choice, check_count

# Rows of each split that are looked at before training.
_FIRST_ROWS = 64


def from_tf_data(
    train: tf.data.Dataset,
    test: tf.data.Dataset,
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    rows: dict[str, int] | None = None,
    validation: tf.data.Dataset | None = None,
    batch_size: int = 128,
    validation_fraction: float = 0.0,
    labelled_fraction: float = 1.0,
    labelled_batch_size: int | None = None,
    seed: int = 0,
    name: str = "tf.data",
    class_names: list[str] | None = None,
) -> ImageData:
    """Image data from `tf.data`, streamed: read anew in every epoch, nothing cached.

    Each data set must give the same rows in the same order every time it is read (do not shuffle
    it: the zoo does), or rows would wander between training and validation.

    Args:
        train: unbatched (image, label) pairs; images uint8 in 0..255 or floats in [0, 1], of shape
            `(h, w)` or `(h, w, c)`; labels class numbers or one-hot vectors.
        test: the same for the test split.
        image_shape: (height, width, channels); images of another size are resized to it.
        num_classes: number of classes.
        rows: number of rows by split, where known; otherwise they are counted, which reads a
            split once unless it knows its own length.
        validation: the same for the validation split.
        batch_size: rows in a batch.
        validation_fraction: share of the training rows cut for validation where `validation` is
            not given, in [0, 1); drawn from all rows alike, not stratified. Both splits then read
            all rows and drop those of the other.
        labelled_fraction: share of the training rows that keep their label, stratified by class,
            in (0, 1]; below 1 the labels are read once beforehand.
        labelled_batch_size: of the rows in a batch, how many are drawn from the labelled ones, and
            the rest from all; None draws all rows alike.
        seed: what the order, the cut and the hidden labels follow from.
        name: name of the set.
        class_names: names in order of class number; None numbers them.

    Raises:
        InputError: any of these is not as said, as far as the first rows show.
    """
    options = Options(batch_size, validation_fraction, labelled_fraction, seed, labelled_batch_size)
    image_shape = check_image_shape(image_shape)
    check_count("num_classes", num_classes, 2)
    if class_names is None:
        class_names = [str(number) for number in range(num_classes)]
    if len(class_names) != num_classes:
        raise InputError(
            f"`class_names` must name all {num_classes} classes. "
            f"Received: {len(class_names)} names."
        )
    given = {"train": train, "test": test}
    if validation is not None:
        given["validation"] = validation
    for split in rows or {}:
        check_choice("split in `rows`", split, given)
    pairs, counts = {}, {}
    for split, stream in given.items():
        pairs[split] = _checked(split, stream, image_shape, num_classes)
        counts[split] = _count(split, stream, (rows or {}).get(split))

    def labels_of(split: str) -> np.ndarray:
        return read_labels(pairs[split].map(lambda image, label: label))

    return streamed_data(name, pairs, counts, labels_of, image_shape, class_names, options)


def streamed_data(
    name: str,
    pairs: dict[str, tf.data.Dataset],
    counts: dict[str, int],
    labels_of: Callable[[str], np.ndarray],
    image_shape: tuple[int, int, int],
    class_names: list[str],
    options: Options,
) -> ImageData:
    """Image data over streams; `validation` is cut from `train` if it is not there.

    Args:
        name: name of the set.
        pairs: "train", "test" and perhaps "validation": streams as `StreamedRows` takes them.
        counts: their numbers of rows.
        labels_of: reads all labels of a split.
        image_shape: shape of the images.
        class_names: names in order of class number.
        options: see `Options`.
    """
    splits = {}
    for split, stream in pairs.items():
        splits[split] = stream, counts[split], lambda split=split: labels_of(split)
    stream, total, labels = splits["train"]
    train_rows = validation = None
    if "validation" in splits:
        validation = StreamedRows(*splits["validation"])
    elif count := validation_rows(total, options.validation_fraction):
        order = random_numbers(options.seed, "validation").permutation(total)
        validation = StreamedRows(stream, total, labels, np.sort(order[:count]))
        train_rows = np.sort(order[count:])
    train = StreamedRows(stream, total, labels, train_rows)
    labelled_rows, weights = train.count, None
    if options.labelled_fraction < 1:
        weights = label_weights(train.labels, options.labelled_fraction, options.seed, class_names)
        train = StreamedRows(stream, total, labels, train_rows, weights)
        labelled_rows = int(weights.sum())
    return ImageData(
        name,
        train=options.training_rows(train, weights),
        test=StreamedRows(*splits["test"]),
        validation=validation,
        image_shape=image_shape,
        class_names=list(class_names),
        batch_size=options.batch_size,
        seed=options.seed,
        labelled_rows=labelled_rows,
    )


def _checked(
    split: str, stream: tf.data.Dataset, image_shape: tuple[int, int, int], num_classes: int
) -> tf.data.Dataset:
    """(image, label) pairs of the wanted shape and type, after a look at the first rows."""
    spec = getattr(stream, "element_spec", None)
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise InputError(
            f"`{split}` must be a tf.data.Dataset of (image, label) pairs. "
            f"Received: {type(stream).__name__} of {spec}."
        )
    image, label = spec
    pixels = image.dtype == tf.uint8 or image.dtype.is_floating
    if not pixels or image.shape.rank not in (None, 2, 3):
        raise InputError(
            f"The images of `{split}` must be unbatched, (h, w) or (h, w, c), and uint8 or floats "
            f"in [0, 1]. Received: {image}."
        )
    if not label.dtype.is_integer and not label.dtype.is_floating:
        raise InputError(f"The labels of `{split}` must be numbers. Received: {label}.")
    if label.shape.rank == 1 and label.shape[0] not in (None, num_classes):
        raise InputError(
            f"One-hot labels of `{split}` must have {num_classes} places. Received: {label}."
        )
    _check_first_rows(split, stream, num_classes)

    def shape_pair(image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = image[..., tf.newaxis] if image.shape.rank == 2 else image
        if image.shape.rank is None:
            image = tf.ensure_shape(image, image_shape)
        label = tf.argmax(label) if label.shape.rank == 1 else tf.cast(label, tf.int64)
        message = f"a label of `{split}` is not in 0..{num_classes - 1}"
        in_range = tf.logical_and(label >= 0, label < num_classes)
        with tf.control_dependencies([tf.debugging.Assert(in_range, [message, label])]):
            return tf.ensure_shape(fit_images(image, image_shape), image_shape), label

    return stream.map(shape_pair, num_parallel_calls=tf.data.AUTOTUNE)


def _check_first_rows(split: str, stream: tf.data.Dataset, num_classes: int) -> None:
    empty = True
    for image, label in stream.take(_FIRST_ROWS).as_numpy_iterator():
        empty = False
        # A NaN fails the comparison.
        if image.dtype != np.uint8 and not (image.min() >= 0 and image.max() <= 1):
            raise InputError(
                f"Float images of `{split}` must lie in [0, 1], without NaN. "
                f"Received: values from {image.min():g} to {image.max():g}."
            )
        number = label.argmax() if label.ndim else label
        if number != int(number) or not 0 <= number < num_classes:
            raise InputError(
                f"The labels of `{split}` must be integers in 0..{num_classes - 1}. "
                f"Received: {number!r}."
            )
    if empty:
        raise InputError(f"`{split}` must hold at least one image. Received: an empty data set.")


def _count(split: str, stream: tf.data.Dataset, said: int | None) -> int:
    known = int(stream.cardinality())
    if known == tf.data.INFINITE_CARDINALITY:
        raise InputError(f"`{split}` must be finite. Received: an endless data set.")
    if said is not None:
        check_count(f"rows[{split!r}]", said)
        if known not in (said, tf.data.UNKNOWN_CARDINALITY):
            raise InputError(
                f"`rows` must give the length of `{split}`: {known}. Received: {said}."
            )
        return said
    if known == tf.data.UNKNOWN_CARDINALITY:
        return int(stream.reduce(np.int64(0), lambda count, pair: count + 1))
    return known
