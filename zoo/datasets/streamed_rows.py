"""Rows of a data set that is read anew in every epoch, for sets larger than memory."""

import copy
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

# Bytes of pixels in the buffer that shuffles the rows.
_BUFFER_BYTES = 256 * 2**20


class StreamedRows:
    """Rows of a stream of images, shuffled through a buffer.

    The stream must give the same rows in the same order every time it is read: rows are known by
    their place in it.

    Args:
        stream: (image, label) pairs, images uint8 or float32 `(h, w, c)`, labels int64 scalars.
        count: rows in the stream.
        labels: the labels alone, int64 `(count,)`, read when first needed.
        prepare: what makes such batches of batches of the stream, where it holds other pairs: a
            call for each row costs as much as copying a small image.
    """

    in_memory = False

    def __init__(
        self,
        stream: tf.data.Dataset,
        count: int,
        labels: Callable[[], np.ndarray],
        prepare: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]] | None = None,
    ):
        self._stream = stream.apply(tf.data.experimental.assert_cardinality(count))
        self.count = count
        self._read_labels = labels
        self._prepare = prepare
        self._weights = None

    def keep(self, rows: np.ndarray) -> "StreamedRows":
        """The rows of the given numbers, rising; the others are read and dropped."""
        stream = _keep(self._stream, rows, self.count)
        return StreamedRows(stream, len(rows), lambda: self.labels[rows], self._prepare)

    def weigh(self, weights: np.ndarray) -> "StreamedRows":
        """The same rows with a weight each, 1 or 0, float32 `(count,)`."""
        weighed = copy.copy(self)
        weighed._weights = weights
        return weighed

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an image."""
        return tuple(self._batches(self._stream, 1).element_spec[0].shape[1:])

    @functools.cached_property
    def labels(self) -> np.ndarray:
        """Class numbers of the rows, in order; reads the stream once."""
        return self._read_labels()

    @property
    def labelled(self) -> np.ndarray:
        """Numbers of the rows whose label counts, rising."""
        return np.arange(self.count) if self._weights is None else np.flatnonzero(self._weights)

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.count // batch_size)

    def ordered(self, batch_size: int) -> tf.data.Dataset:
        """Batches of (image, label) in the original order."""
        return self._batches(self._stream, batch_size)

    def shuffled(self, epochs: tf.data.Dataset, batch_size: int, seed: int) -> tf.data.Dataset:
        """Batches of (image, label[, weight]), each epoch in the order that (seed, epoch) gives."""
        stream = self._stream
        if self._weights is not None:
            weights = tf.data.Dataset.from_tensor_slices(self._weights)
            stream = tf.data.Dataset.zip(stream, weights).map(_flat)
        image = stream.element_spec[0]
        row_bytes = image.shape.num_elements() * image.dtype.size
        buffer = min(self.count, max(1024, _BUFFER_BYTES // row_bytes))

        def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
            # Of this function's graph only: tf.data would mix in TensorFlow's global seed (and
            # with a global seed of 0 it cannot take a tensor).
            tf.random.set_seed(1)
            order = stream.shuffle(buffer, seed=seed * 1_000_003 + epoch)
            return self._batches(order, batch_size)

        return epochs.flat_map(one_epoch)

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels of the given rows; reads the stream once."""
        kept = self._batches(_keep(self._stream, rows, self.count), 1024)
        batches = list(kept.as_numpy_iterator())
        return tuple(np.concatenate(part) for part in zip(*batches, strict=True))

    def _batches(self, stream: tf.data.Dataset, batch_size: int) -> tf.data.Dataset:
        batches = stream.batch(batch_size)
        if self._prepare is None:
            return batches
        return batches.map(
            lambda image, label, *weight: (*self._prepare(image, label), *weight),
            num_parallel_calls=tf.data.AUTOTUNE,
        )


def _flat(row: tuple[tf.Tensor, tf.Tensor], weight: tf.Tensor) -> tuple[tf.Tensor, ...]:
    return (*row, weight)


def read_labels(
    labels: tf.data.Dataset, numbers_of: Callable[[tf.Tensor], tf.Tensor] = tf.identity
) -> np.ndarray:
    """All labels of a stream, int64 `(count,)`; `numbers_of` makes them of batches of its own."""
    batches = labels.batch(4096).map(numbers_of).as_numpy_iterator()
    return np.concatenate([np.asarray(batch, "int64") for batch in batches])


def _keep(stream: tf.data.Dataset, rows: np.ndarray, total: int) -> tf.data.Dataset:
    kept = np.zeros(total, bool)
    kept[rows] = True
    with tf.device("CPU:0"):
        kept = tf.constant(kept)

    def is_kept(row: tf.Tensor, pair: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        return kept[row]

    def without_row(row: tf.Tensor, pair: tuple[tf.Tensor, tf.Tensor]) -> tuple:
        return pair

    chosen = stream.enumerate().filter(is_kept).map(without_row)
    return chosen.apply(tf.data.experimental.assert_cardinality(len(rows)))
