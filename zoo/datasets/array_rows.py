"""Rows of a data set, gathered by number: held in memory, or read whenever a batch needs them."""

import copy
import os
from collections.abc import Callable

import numpy as np
import scipy.sparse
import tensorflow as tf

# Bytes of pixels up to which a set is read into memory.
_IN_MEMORY_BYTES = 4 * 2**30
# Rows of files that are read in one call where many are wanted.
_TAKEN_TOGETHER = 64


def fits_memory(rows: int, image_shape: tuple[int, int, int]) -> bool:
    """Whether so many images of bytes are read into memory where nobody says."""
    return rows * int(np.prod(image_shape)) <= _IN_MEMORY_BYTES


class ArrayRows:
    """Rows in memory. What is kept of them shares their arrays: only the row numbers differ.

    Args:
        x: uint8 or float32, images `(n, h, w, c)` or features `(n, f)`.
        y: class numbers `(n,)`, or uint8 of 0 and 1: label sets `(n, l)`, masks `(n, h, w, 1)`.
    """

    in_memory = True
    # Batches made at a time.
    _parallel = tf.data.AUTOTUNE

    def __init__(self, x: np.ndarray, y: np.ndarray):
        # On the host: a whole data set has no place in the memory of an accelerator.
        with tf.device("CPU:0"):
            self._x = tf.constant(x)
            self._y = tf.constant(y, tf.int64 if y.ndim == 1 else tf.uint8)
            self._rows = tf.range(len(y), dtype=tf.int64)
        self._weights = None

    def keep(self, rows: np.ndarray) -> "ArrayRows":
        """The rows of the given numbers."""
        kept = copy.copy(self)
        with tf.device("CPU:0"):
            kept._rows = tf.gather(self._rows, rows)
        return kept

    def weigh(self, weights: np.ndarray) -> "ArrayRows":
        """The same rows with a weight each, 1 or 0, float32 `(count,)`."""
        weighed = copy.copy(self)
        by_row = np.zeros(len(self._y), "float32")
        by_row[self._rows.numpy()] = weights
        with tf.device("CPU:0"):
            weighed._weights = tf.constant(by_row)
        return weighed

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of x in one row."""
        return tuple(self._x.shape[1:])

    @property
    def labels(self) -> np.ndarray:
        """y of the rows, in order."""
        return self._y.numpy()[self._rows.numpy()]

    @property
    def labelled(self) -> np.ndarray:
        """Numbers of the rows whose label counts, rising."""
        if self._weights is None:
            return np.arange(self.count)
        return np.flatnonzero(self._weights.numpy()[self._rows.numpy()])

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.count // batch_size)

    def ordered(self, batch_size: int) -> tf.data.Dataset:
        """Batches of (x, y) in the original order."""
        return self._batches(self._rows, batch_size).map(
            lambda rows: self._gather(rows)[:2], num_parallel_calls=self._parallel
        )

    def shuffled(self, epochs: tf.data.Dataset, batch_size: int, seed: int) -> tf.data.Dataset:
        """Batches of (x, y[, weight]), each epoch in the order that (seed, epoch) gives."""

        def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
            # Stateless: tf.data's own shuffle would also depend on TensorFlow's global seed.
            order = tf.random.experimental.stateless_shuffle(self._rows, seed=[seed, epoch])
            return self._batches(order, batch_size)

        return epochs.flat_map(one_epoch).map(self._gather, num_parallel_calls=self._parallel)

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the given rows."""
        with tf.device("CPU:0"):
            x, y = self._gather(tf.gather(self._rows, rows))[:2]
        return x.numpy(), y.numpy()

    def _batches(self, order: tf.Tensor, batch_size: int) -> tf.data.Dataset:
        return tf.data.Dataset.range(self.steps(batch_size)).map(
            lambda step: order[step * batch_size : (step + 1) * batch_size]
        )

    def _gather(self, rows: tf.Tensor) -> tuple[tf.Tensor, ...]:
        batch = self._features_of(rows), tf.gather(self._y, rows)
        return batch if self._weights is None else (*batch, tf.gather(self._weights, rows))

    def _features_of(self, rows: tf.Tensor) -> tf.Tensor:
        return tf.gather(self._x, rows)


class SparseRows(ArrayRows):
    """Features of which most are 0, of which only the others are held: a batch is made dense.

    Args:
        x: uint8 or float32, features `(n, f)`, no place of them twice.
        y: as of `ArrayRows`.
    """

    def __init__(self, x: scipy.sparse.csr_array, y: np.ndarray):
        super().__init__(x.data, y)
        with tf.device("CPU:0"):
            ends = tf.constant(x.indptr, tf.int64)
            columns = tf.constant(x.indices, tf.int64)
        self._x, self._columns = (
            tf.RaggedTensor.from_row_splits(part, ends, validate=False)
            for part in (self._x, columns)
        )
        self._features = x.shape[1]

    @property
    def shape(self) -> tuple[int, ...]:
        return (self._features,)

    def _features_of(self, rows: tf.Tensor) -> tf.Tensor:
        values, columns = tf.gather(self._x, rows), tf.gather(self._columns, rows)
        places = tf.stack([columns.value_rowids(), columns.flat_values], axis=1)
        shape = tf.stack([tf.size(rows, tf.int64), self._features])
        x = tf.scatter_nd(places, values.flat_values, shape)
        return tf.ensure_shape(x, (None, self._features))


class FileRows(ArrayRows):
    """Rows whose x is read anew whenever a batch needs it, for sets larger than memory.

    What is held is y alone. Rows come in the order that they have in memory.

    Args:
        read: from row numbers, int64 `(batch,)`, to x, uint8 or float32 `(batch, ...)`, in a graph.
        shape: of x in one row.
        y: as of `ArrayRows`.
    """

    in_memory = False
    # What tunes itself begins with one, and a short epoch is over before it is tuned.
    _parallel = os.cpu_count()

    def __init__(
        self, read: Callable[[tf.Tensor], tf.Tensor], shape: tuple[int, ...], y: np.ndarray
    ):
        super().__init__(np.arange(len(y)), y)
        self._read, self._shape = read, shape

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # In parts, on all cores.
        batches = list(self.keep(rows).ordered(_TAKEN_TOGETHER).as_numpy_iterator())
        return tuple(np.concatenate(part) for part in zip(*batches, strict=True))

    def _features_of(self, rows: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(self._read(rows), (None, *self._shape))
