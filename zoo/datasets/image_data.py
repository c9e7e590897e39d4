"""`ImageData`: the splits of an image data set as `tf.data`, and what a builder must know of it."""

import functools
from typing import Protocol

import numpy as np
import tensorflow as tf

from zoo.datasets.pixels import to_unit_range
from zoo.datasets.stratification import stratified
from zoo.errors import InputError, check_choice, check_count


class Rows(Protocol):
    """The rows of one split, in memory or streamed."""

    in_memory: bool
    count: int
    labels: np.ndarray

    def ordered(self, batch_size: int) -> tf.data.Dataset: ...

    def shuffled(self, epochs: tf.data.Dataset, batch_size: int, seed: int) -> tf.data.Dataset: ...

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


class ImageData:
    """An image-classification data set in three splits.

    Every data set below yields batches of x, float32 in [0, 1] of shape `(batch, h, w, c)`, and
    y, int64 class numbers of shape `(batch,)`. The last batch of an epoch may be smaller. With
    hidden labels, training batches carry a third part: weights, float32 `(batch,)`, 1 on labelled
    and 0 on unlabelled rows. Pixels stay uint8 in memory and become floats after batching.

    Made by `load`, `from_arrays` and `from_tf_data`.

    Attributes:
        name: name of the set.
        task: "classification".
        image_shape: (height, width, channels).
        num_classes: number of classes.
        class_names: their names, in order of class number.
        batch_size: rows in a full batch.
        seed: what the order of the rows, the cut and the hidden labels follow from.
        rows: rows in the splits "train", "validation" and "test".
        labelled_rows: training rows whose label counts.
        in_memory: False when the images are streamed.
    """

    task = "classification"

    def __init__(
        self,
        name: str,
        *,
        train: Rows,
        test: Rows,
        validation: Rows | None,
        image_shape: tuple[int, int, int],
        class_names: list[str],
        batch_size: int,
        seed: int,
        labelled_rows: int,
    ):
        self.name = name
        self.image_shape = image_shape
        self.num_classes = len(class_names)
        self.class_names = class_names
        self.batch_size = batch_size
        self.seed = seed
        self.labelled_rows = labelled_rows
        self.in_memory = train.in_memory
        self._splits = {"train": train, "validation": validation, "test": test}
        self.rows = {split: rows.count if rows else 0 for split, rows in self._splits.items()}

    @property
    def steps_per_epoch(self) -> int:
        """Training batches in an epoch: rows / batch_size, rounded up."""
        return self._steps("train")

    @functools.cached_property
    def train(self) -> tf.data.Dataset:
        """One epoch of training batches, in another order each time it is read."""
        # The "epoch number" is random here: each reading draws the next one.
        epochs = tf.data.Dataset.random(seed=self.seed, rerandomize_each_iteration=True).take(1)
        return self._training_batches(epochs, 1)

    @property
    def validation(self) -> tf.data.Dataset | None:
        """The validation batches in original order; None if the set has no validation rows."""
        return self.clean("validation") if self._splits["validation"] else None

    @property
    def test(self) -> tf.data.Dataset:
        """The test batches in original order."""
        return self.clean("test")

    def stream(self, first_epoch: int, epochs: int) -> tf.data.Dataset:
        """The training batches of the epochs first_epoch .. epochs - 1, as one data set.

        The order within an epoch follows from (seed, epoch) alone, so a run resumed at
        `first_epoch` sees what one never stopped would see there.

        Raises:
            InputError: unless 0 <= first_epoch < epochs.
        """
        check_count("first_epoch", first_epoch, 0)
        check_count("epochs", epochs, first_epoch + 1)
        numbers = tf.data.Dataset.range(first_epoch, epochs)
        return self._training_batches(numbers, epochs - first_epoch)

    def clean(self, split: str) -> tf.data.Dataset:
        """All rows of a split as batches of (x, y) in original order, without weights.

        Raises:
            InputError: the set has no such split.
        """
        batches = self._split(split).ordered(self.batch_size)
        return self._finish(batches, self._steps(split))

    def sample(self, split: str, rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """At most `rows` rows of a split, stratified by class, in original order.

        Returns:
            x, float32 in [0, 1] of shape `(rows, h, w, c)`, and y, int64 of shape `(rows,)`.

        Raises:
            InputError: the set has no such split, or `rows` is below 1.
        """
        source = self._split(split)
        check_count("rows", rows)
        check_count("seed", seed, 0)
        chosen = stratified(source.labels, min(rows, source.count), seed, "sample")
        images, labels = source.take(chosen)
        return to_unit_range(images), labels

    def __repr__(self) -> str:
        rows = ", ".join(f"{split} {count}" for split, count in self.rows.items())
        place = "in memory" if self.in_memory else "streamed"
        return f"<ImageData {self.name!r} {self.image_shape} {rows}, {place}>"

    def _split(self, split: str) -> Rows:
        check_choice("split", split, self._splits)
        if self._splits[split] is None:
            present = ", ".join(name for name, rows in self._splits.items() if rows)
            raise InputError(
                f"Data set {self.name!r} has no {split} rows. Received: split={split!r}. "
                f"Allowed: {present}."
            )
        return self._splits[split]

    def _steps(self, split: str) -> int:
        return -(-self.rows[split] // self.batch_size)

    def _training_batches(self, epochs: tf.data.Dataset, count: int) -> tf.data.Dataset:
        batches = self._splits["train"].shuffled(epochs, self.batch_size, self.seed)
        return self._finish(batches, count * self.steps_per_epoch)

    def _finish(self, batches: tf.data.Dataset, steps: int) -> tf.data.Dataset:
        batches = batches.map(
            lambda x, *rest: (to_unit_range(tf.ensure_shape(x, (None, *self.image_shape))), *rest),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        options = tf.data.Options()
        # Sources without files cannot be sharded by file; several workers share out the batches.
        options.experimental_distribute.auto_shard_policy = (
            tf.data.experimental.AutoShardPolicy.DATA
        )
        batches = batches.apply(tf.data.experimental.assert_cardinality(steps))
        return batches.prefetch(tf.data.AUTOTUNE).with_options(options)
