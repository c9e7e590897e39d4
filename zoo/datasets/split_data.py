"""`SplitData`: the splits of a data set as `tf.data`, whatever its rows are made of."""

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from zoo.datasets.options import Options
from zoo.datasets.stratification import random_numbers, validation_rows
from zoo.errors import InputError, check_choice, check_count
from zoo.kinds import Task

Array = np.ndarray | tf.Tensor
_VALUES_OF_A_PART = 2**28


class Rows(Protocol):
    """The rows of one split, in memory or streamed."""

    in_memory: bool
    count: int
    # Of x in one row.
    shape: tuple[int, ...]
    labels: np.ndarray
    # The numbers of the rows whose label counts, rising.
    labelled: np.ndarray

    def keep(self, rows: np.ndarray) -> "Rows": ...

    def weigh(self, weights: np.ndarray) -> "Rows": ...

    def steps(self, batch_size: int) -> int: ...

    def ordered(self, batch_size: int) -> tf.data.Dataset: ...

    def shuffled(self, epochs: tf.data.Dataset, batch_size: int, seed: int) -> tf.data.Dataset: ...

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


class SplitData:
    """A data set in three splits. The kinds of rows are its subclasses, see `zoo.datasets.kinds`.

    Every data set below yields batches of x, float32 of shape `(batch, *input_shape)`, and y; the
    last batch of an epoch may be smaller. With hidden labels, training batches carry a third part:
    weights, float32 `(batch,)`, 1 on labeled and 0 on unlabeled rows.

    Args:
        name: name of the set.
        splits: "train", "test" and perhaps "validation", which is cut from "train" if not there.
        options: batch size, cut and seed.

    Attributes:
        name: name of the set.
        task: what the rows are for, a `zoo.kinds.Task`.
        names: of the classes or labels, in their order, where there are such.
        input_shape: shape of one row of x.
        batch_size: rows in a full batch.
        seed: what the order of the rows, the cut and the hidden labels follow from.
        rows: rows in the splits "train", "validation" and "test".
        has_own_validation: whether the validation rows are a split of the set's own.
        validation_fraction: the share of the rows for training that was cut for validation.
        in_memory: False when the rows are streamed.
        loaded_as: the name that `load` knows the set by; None of one's own arrays.
        license: of the rows, where what prepared them says one; None where nobody has said.
    """

    loaded_as: str | None = None
    license: str | None = None

    task: Task
    names: Sequence[str] = ()
    # How many columns each category of a table has, behind its numbers.
    categories: tuple[int, ...] = ()

    def __init__(self, name: str, splits: Mapping[str, Rows], options: Options):
        self.name = name
        self.batch_size = options.batch_size
        self.seed = options.seed
        train, validation = splits["train"], splits.get("validation")
        self.input_shape, self.in_memory = train.shape, train.in_memory
        self.has_own_validation = validation is not None
        self.validation_fraction = 0.0 if self.has_own_validation else options.validation_fraction
        if validation is None:
            count = validation_rows(train.count, options.validation_fraction)
            if count:
                cut = self._choose(train, count, options.seed, "validation")
                validation = train.keep(cut)
                train = train.keep(np.setdiff1d(np.arange(train.count), cut))
        self._splits = {"train": train, "validation": validation, "test": splits["test"]}
        self.rows = {split: rows.count if rows else 0 for split, rows in self._splits.items()}

    @property
    def labelled_rows(self) -> int:
        """How many training rows have a label that counts."""
        return len(self._splits["train"].labelled)

    @property
    def steps_per_epoch(self) -> int:
        """Training batches in an epoch: rows / batch_size, rounded up.

        With `labelled_batch_size`, rows / (batch_size - labelled_batch_size), rounded up.
        """
        return self._splits["train"].steps(self.batch_size)

    @property
    def labelled_batch_size(self) -> int | None:
        """Of the rows in a batch, how many are drawn from the labeled ones; None: from all."""
        return getattr(self._splits["train"], "labelled_batch_size", None)

    @property
    def last_batch_size(self) -> int:
        """Rows in the last training batch of an epoch."""
        labelled = self.labelled_batch_size or 0
        drawn = self.batch_size - labelled
        return labelled + (self.rows["train"] % drawn or drawn)

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

    def arrays(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """All rows of a split in original order: (x, y) as the batches have them.

        Raises:
            InputError: the set has no such split.
        """
        source = self._split(split)
        return self._take(source, np.arange(source.count))

    def parts(self, split: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """`arrays` one part after the other, each of as many rows as memory surely has place for.

        Raises:
            InputError: the set has no such split.
        """
        source = self._split(split)
        # Whole batches of Keras's `predict`, as all rows at once would have.
        most = 32 * max(1, _VALUES_OF_A_PART // (32 * math.prod(source.shape)))
        for start in range(0, source.count, most):
            yield self._take(source, np.arange(start, min(start + most, source.count)))

    def labelled_arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """The training rows whose label counts, as `arrays` has them."""
        source = self._split("train")
        return self._take(source, source.labelled)

    def sample(self, split: str, rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """At most `rows` rows of a split in original order: (x, y) as the batches have them.

        Single-label rows are drawn stratified by class, others from all alike.

        Raises:
            InputError: the set has no such split, or `rows` is below 1.
        """
        source = self._split(split)
        check_count("rows", rows)
        check_count("seed", seed, 0)
        return self._take(source, self._choose(source, min(rows, source.count), seed, "sample"))

    def __repr__(self) -> str:
        rows = ", ".join(f"{split} {count}" for split, count in self.rows.items())
        place = "in memory" if self.in_memory else "streamed"
        return f"<{type(self).__name__} {self.name!r} {self.input_shape} {rows}, {place}>"

    def _inputs(self, x: Array) -> Array:
        """What a model gets of stored rows, arrays and tensors alike."""
        return _floats(x)

    def _targets(self, y: Array) -> Array:
        """What a model gets of stored labels, arrays and tensors alike."""
        return _floats(y)

    def _choose(self, source: Rows, rows: int, seed: int, purpose: str) -> np.ndarray:
        """The row numbers of a sample or of the validation split, rising."""
        return np.sort(random_numbers(seed, purpose).permutation(source.count)[:rows])

    def _take(self, source: Rows, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = source.take(rows)
        return self._inputs(x), self._targets(y)

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
        def finish(x: tf.Tensor, y: tf.Tensor, *weights: tf.Tensor) -> tuple[Any, ...]:
            x = tf.ensure_shape(x, (None, *self.input_shape))
            return self._inputs(x), self._targets(y), *weights

        batches = batches.map(finish, num_parallel_calls=tf.data.AUTOTUNE)
        options = tf.data.Options()
        # Sources without files cannot be sharded by file; several workers share out the batches.
        options.experimental_distribute.auto_shard_policy = (
            tf.data.experimental.AutoShardPolicy.DATA
        )
        batches = batches.apply(tf.data.experimental.assert_cardinality(steps))
        return batches.prefetch(tf.data.AUTOTUNE).with_options(options)


def _floats(values: Array) -> Array:
    if isinstance(values, np.ndarray):
        return values.astype("float32")
    return tf.cast(values, tf.float32)
