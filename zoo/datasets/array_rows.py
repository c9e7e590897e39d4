"""Rows of a data set held in memory, gathered by index."""

import functools

import numpy as np
import tensorflow as tf

_PARALLEL = tf.data.AUTOTUNE


class ArrayRows:
    """Some rows in memory.

    Several splits may share one array of images: only the row numbers differ.

    Args:
        images: uint8 or float32, images `(n, h, w, c)` or features `(n, f)`.
        labels: class numbers `(n,)`, or uint8 of 0 and 1: label sets `(n, l)`, masks
            `(n, h, w, 1)`.
        rows: the row numbers of this split, `(m,)`; None for all.
        weights: float32, one per row of this split, `(m,)`; None for no weights.
    """

    in_memory = True

    def __init__(
        self,
        images: np.ndarray | tf.Tensor,
        labels: np.ndarray,
        rows: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ):
        rows = np.arange(len(labels)) if rows is None else rows
        self.count = len(rows)
        self.labelled = np.arange(len(rows)) if weights is None else np.flatnonzero(weights)
        # On the host: a whole data set has no place in the memory of an accelerator.
        with tf.device("CPU:0"):
            self.images = tf.convert_to_tensor(images)
            self._rows = tf.constant(rows, tf.int64)
            self._labels = tf.constant(labels, tf.int64 if labels.ndim == 1 else tf.uint8)
            self._weights = None
            if weights is not None:
                by_row = np.zeros(len(labels), "float32")
                by_row[rows] = weights
                self._weights = tf.constant(by_row)

    @functools.cached_property
    def labels(self) -> np.ndarray:
        """Labels of the split's rows, in order."""
        return self._labels.numpy()[self._rows.numpy()]

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.count // batch_size)

    def ordered(self, batch_size: int) -> tf.data.Dataset:
        """Batches of (image, label) in the original order."""
        return self._batches(self._rows, batch_size).map(
            lambda rows: self._gather(rows)[:2], num_parallel_calls=_PARALLEL
        )

    def shuffled(self, epochs: tf.data.Dataset, batch_size: int, seed: int) -> tf.data.Dataset:
        """Batches of (image, label[, weight]), each epoch in the order that (seed, epoch) gives."""

        def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
            # Stateless: tf.data's own shuffle would also depend on TensorFlow's global seed.
            order = tf.random.experimental.stateless_shuffle(self._rows, seed=[seed, epoch])
            return self._batches(order, batch_size)

        return epochs.flat_map(one_epoch).map(self._gather, num_parallel_calls=_PARALLEL)

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels of the given rows of the split."""
        source = self._rows.numpy()[rows]
        return self.images.numpy()[source], self._labels.numpy()[source]

    def _batches(self, order: tf.Tensor, batch_size: int) -> tf.data.Dataset:
        return tf.data.Dataset.range(self.steps(batch_size)).map(
            lambda step: order[step * batch_size : (step + 1) * batch_size]
        )

    def _gather(self, rows: tf.Tensor) -> tuple[tf.Tensor, ...]:
        batch = tf.gather(self.images, rows), tf.gather(self._labels, rows)
        return batch if self._weights is None else (*batch, tf.gather(self._weights, rows))
