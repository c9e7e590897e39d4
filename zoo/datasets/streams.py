"""Image data from streams: any `tf.data.Dataset`, and TFDS sets larger than memory."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from zoo.datasets.checks import check_channels, check_image_shape, check_names, check_unit_range
from zoo.datasets.kinds import ImageData
from zoo.datasets.options import Options
from zoo.datasets.pixels import fit_images
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
    name: str = "tf.data",
    class_names: list[str] | None = None,
    **options: Any,
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
        name: name of the set.
        class_names: names in order of class number; None numbers them.
        **options: `batch_size`, `validation_fraction` (here 0 unless given; above 0, training and
            validation both read all rows and drop those of the other), `labelled_fraction`
            (below 1, the labels are read once beforehand), `labelled_batch_size`, `labelled_draw`
            and `seed`, see `zoo.datasets.options.Options`.

    Raises:
        InputError: any of these is not as said, as far as the first rows show.
    """
    options = Options(**{"validation_fraction": 0.0, **options})
    image_shape = check_image_shape(image_shape)
    check_count("num_classes", num_classes, 2)
    class_names = check_names("class_names", class_names, num_classes)
    given = {"train": train, "test": test}
    if validation is not None:
        given["validation"] = validation
    for split in rows or {}:
        check_choice("split in `rows`", split, given)

    def rows_of(split: str, stream: tf.data.Dataset) -> StreamedRows:
        _check_pairs(split, stream, num_classes)
        numbers_of = functools.partial(_class_numbers, split, num_classes)
        labels = stream.map(lambda image, label: label)

        def prepare(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return _of_shape(images, image_shape), numbers_of(labels)

        def prepare_one(image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, ...]:
            batch = prepare(image[tf.newaxis], label[tf.newaxis])
            return tuple(part[0] for part in batch)

        count = _count(split, stream, (rows or {}).get(split))
        own = stream.element_spec[0].shape
        if own.rank is None or tuple(own[:2]) != image_shape[:2] or None in own:
            # Images of several sizes make no batch, and large ones fill the buffer.
            prepare, stream = None, stream.map(prepare_one, num_parallel_calls=tf.data.AUTOTUNE)
        return StreamedRows(stream, count, lambda: read_labels(labels, numbers_of), prepare)

    splits = {split: rows_of(split, stream) for split, stream in given.items()}
    return ImageData(name, splits, options, class_names)


def _check_pairs(split: str, stream: tf.data.Dataset, num_classes: int) -> None:
    """Raises `InputError` for what is no stream of images and classes, as its first rows show."""
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
    if image.shape.rank == 3 and image.shape[2] is not None:
        check_channels(f"The images of `{split}`", image.shape[2])
    if not label.dtype.is_integer and not label.dtype.is_floating:
        raise InputError(f"The labels of `{split}` must be numbers. Received: {label}.")
    if label.shape.rank is None:
        raise InputError(
            f"The labels of `{split}` must have a known shape, () or ({num_classes},). Received: "
            f"{label}; tf.ensure_shape gives them one."
        )
    if label.shape.rank == 1 and label.shape[0] not in (None, num_classes):
        raise InputError(
            f"One-hot labels of `{split}` must have {num_classes} places. Received: {label}."
        )
    _check_first_rows(split, stream, num_classes)


def _of_shape(images: tf.Tensor, image_shape: tuple[int, int, int]) -> tf.Tensor:
    """A batch of images of `image_shape`, whatever was known of theirs."""
    if images.shape.rank == 3:
        images = images[..., tf.newaxis]
    if images.shape.rank is None:
        images = tf.ensure_shape(images, (None, *image_shape))
    if images.shape[3] is None:
        images = tf.ensure_shape(images, (None, None, None, image_shape[2]))
    return tf.ensure_shape(fit_images(images, image_shape), (None, *image_shape))


def _class_numbers(split: str, num_classes: int, labels: tf.Tensor) -> tf.Tensor:
    """int64 `(batch,)` of numbers of any type, or of one-hot rows; the graph stops at others."""
    if labels.shape.rank == 2:
        labels = tf.ensure_shape(labels, (None, num_classes))
        numbers = tf.argmax(labels, axis=1)
        right = tf.reduce_all(tf.one_hot(numbers, num_classes, dtype=labels.dtype) == labels, 1)
        expected = "be one-hot, one 1 and otherwise 0"
    else:
        labels = tf.ensure_shape(labels, (None,))
        numbers = tf.cast(labels, tf.int64)
        whole = tf.cast(numbers, labels.dtype) == labels
        right = (numbers >= 0) & (numbers < num_classes) & whole
        expected = f"lie in 0..{num_classes - 1}"
    # By this name `fit` knows what a person may be told of what stopped a graph.
    message = f"InputError: The labels of `{split}` must {expected}. Received:"
    wrong = tf.boolean_mask(labels, ~right)[:1]
    with tf.control_dependencies(
        [tf.debugging.Assert(tf.reduce_all(right), [message, tf.squeeze(wrong), "."])]
    ):
        return tf.identity(numbers)


def _check_first_rows(split: str, stream: tf.data.Dataset, num_classes: int) -> None:
    empty, one_hot = True, np.eye(num_classes).tolist()
    for image, label in stream.take(_FIRST_ROWS).as_numpy_iterator():
        empty = False
        if image.dtype != np.uint8:
            check_unit_range(f"Float images of `{split}`", image[np.newaxis])
        if label.ndim and label.tolist() not in one_hot:
            raise InputError(
                f"One-hot labels of `{split}` must have one 1 and otherwise 0, in {num_classes} "
                f"places. Received: {label.tolist()!r:.60}."
            )
        if not label.ndim and label not in range(num_classes):
            raise InputError(
                f"The labels of `{split}` must be integers in 0..{num_classes - 1}. "
                f"Received: {label.tolist()!r}."
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
