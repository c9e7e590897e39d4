"""Batches that hold labeled rows and rows of all, for sets with few labels."""

from typing import Any

import tensorflow as tf

from zoo.datasets.array_rows import ArrayRows
from zoo.datasets.streamed_rows import StreamedRows


class MixedRows:
    """Training rows whose batches begin with a fixed number of labeled ones.

    With 100 labels among 60,000 rows a batch of all rows alike would hold none of them most of the
    time. Here each batch has `labelled_batch_size` rows drawn from the labeled ones, with weight
    1, and the rest drawn from all rows, with weight 0, so that every row comes once an epoch in the
    terms that need no labels. The labeled rows are gone through over and over, in another order
    each time, which follows from (seed, epoch) like that of the others.

    Args:
        rows: all rows of the split, in memory or streamed, with weights.
        labelled_batch_size: labeled rows in a batch, at least 1.
    """

    def __init__(self, rows: ArrayRows | StreamedRows, labelled_batch_size: int):
        self._rows = rows
        # Few: they are held in memory even where the others are streamed.
        self._labelled = ArrayRows(*rows.take(rows.labelled))
        self.labelled_batch_size = labelled_batch_size

    def __getattr__(self, name: str) -> Any:
        # What does not depend on how batches are made is as all rows have it.
        return getattr(self._rows, name)

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return self._rows.steps(batch_size - self.labelled_batch_size)

    def shuffled(self, epochs: tf.data.Dataset, batch_size: int, seed: int) -> tf.data.Dataset:
        """Batches of (image, label, weight), each epoch in the order that (seed, epoch) gives."""
        steps, size = self.steps(batch_size), self.labelled_batch_size
        passes = -(-steps * size // self._labelled.count)

        def labelled(epoch: tf.Tensor) -> tf.data.Dataset:
            numbers = tf.data.Dataset.range(epoch * passes, (epoch + 1) * passes)
            rows = self._labelled.shuffled(numbers, self._labelled.count, seed)
            return rows.unbatch().batch(size, drop_remainder=True).take(steps)

        others = self._rows.shuffled(epochs, batch_size - size, seed)
        return tf.data.Dataset.zip(epochs.flat_map(labelled), others).map(
            _joined, num_parallel_calls=tf.data.AUTOTUNE
        )


def _joined(labelled, others):
    weights = tf.concat([tf.ones_like(labelled[1]), tf.zeros_like(others[1])], axis=0)
    x, y = (tf.concat([a, b], axis=0) for a, b in zip(labelled, others[:2], strict=True))
    return x, y, tf.cast(weights, "float32")
