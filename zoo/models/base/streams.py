"""What `fit`, `evaluate` and `predict` are given: arrays looked at, streams that look themselves.

Streams (tf.data, `keras.utils.PyDataset`, generators and other iterators) are looked at batch by
batch in the input pipeline, beside the step: that holds on any number of replicas, with several
steps per execution, and where XLA drops the assertions of a step.
"""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError, sentence
from zoo.models.allowed import Taken, are_right, weights
from zoo.models.gate import (
    PIXEL,
    at_hand,
    check_rows,
    is_passed,
    is_symbolic,
    nothing,
    shape_of,
)

STREAMS = (tf.data.Dataset, keras.utils.PyDataset, Iterator)
# Whose loaders of batches Keras knows, and the gate does not.
_LOADERS = ("torch.", "grain.")
# What stands beside each row, for the sentence.
_BESIDE = ("labels", "weight")
_SPECS = (tf.TensorSpec, tf.SparseTensorSpec)


class Gate:
    """What one call of `fit`, `evaluate` or `predict` lets in.

    Args:
        model: a `GatedModel`.
        answers: whether labels and weights play no part, as in `predict`.
        of: the argument that the data are given as, for the sentence.
        weighs_classes: whether a `class_weight` is given beside them.
    """

    def __init__(
        self, model: Any, answers: bool = False, of: str = "", weighs_classes: bool = False
    ) -> None:
        self.model = model
        self.answers = answers
        self.weighs_classes = weighs_classes
        self.place = (f"of `{of}`",) if of else ()
        self.form = None

    def data(
        self, x: Any, y: Any = None, sample_weight: Any = None, needed: int = 0
    ) -> tuple[Any, Any, Any]:
        """x, y and weights as Keras is to have them: arrays looked at, or a stream that looks.

        `needed` are the batches that a generator must give.
        """
        if isinstance(x, STREAMS) and not (y is None and sample_weight is None):
            raise InputError(
                "The batches of a stream hold their labels and weights themselves: (x, y) or "
                "(x, y, weights). Received: labels or weights beside a stream."
            )
        if isinstance(x, tf.data.Dataset):
            return self._data_set(x), None, None
        if is_passed():
            return x, y, sample_weight
        if isinstance(x, keras.utils.PyDataset):
            if batches_of(x) == 0:
                raise self.nothing()
            return _Batches(x, self), None, None
        if isinstance(x, Iterator):
            self._check_generator()
            return self._generator(x, needed), None, None
        if isinstance(x, tf.distribute.DistributedDataset):
            return x, y, sample_weight
        if type(x).__module__.startswith(_LOADERS) and not hasattr(x, "__array__"):
            raise InputError(
                "Batches come from a tf.data.Dataset, a keras.utils.PyDataset or an iterator. "
                f"Received: a {type(x).__name__}; give iter(...) of it, or arrays."
            )
        return self.batch(x, y, sample_weight, *self.place)

    def nothing(self) -> InputError:
        """What is said where there are no rows."""
        return nothing(*self.place)

    def batch(self, x: Any, y: Any, sample_weight: Any, *place: Any) -> tuple[Any, Any, Any]:
        """Arrays, looked at."""
        if self.answers:
            y = sample_weight = None
        if x is None:
            raise self.model.takes.refused("None", *place)
        given = []
        for part, taken in zip((x, y, sample_weight), self._taken([(), (), ()]), strict=True):
            expected = taken.expected if taken else "Expected one array of numbers."
            given.append(None if part is None else at_hand(part, expected))
        for part, taken in zip(given, self._taken(map(_shape, given)), strict=True):
            if taken is not None and not is_symbolic(part):
                taken.check(np.asarray(part), *place)
        if isinstance(given[0], keras.KerasTensor):
            raise self.model.takes.refused("a symbolic KerasTensor, which holds no rows", *place)
        if shape_of(given[0])[0] == 0:
            raise nothing(*place)
        self._check_classes(*given[1:])
        if given[1] is None and given[2] is not None:
            raise InputError(
                "Keras drops weights that have no labels beside them; give some, which may be any "
                "where none are learned. Received: weights without labels."
            )
        for part, what in zip(given[1:], _BESIDE, strict=True):
            if part is not None:
                check_rows(given[0], part, what, *place)
        if given[2] is not None:
            # A step is traced for weights of one form, as metrics do not take those of any.
            given[2] = np.reshape(given[2], [-1])
        return tuple(given)

    def look(self, batch: Any, number: int) -> tuple[Any, ...]:
        """One batch of a stream as Keras is to have it, looked at.

        Keras casts all batches to the types of the first, which cuts fractions off behind whole
        numbers and takes bytes for floats: so all come as floats.
        """
        place = f"of batch {number}", *self.place
        given = self.batch(*unpacked(batch), *place)
        parts = [part for part in given if part is not None]
        # Sides between may differ, where a crop brings images to one size.
        form = [(np.ndim(part), *part.shape[1:][-1:]) for part in parts]
        self.form = self.form or form
        if form != self.form:
            said = "The batches of a stream have the same parts, of the same form. Received:"
            shapes = ", ".join(str(np.shape(part)) for part in parts)
            raise InputError(sentence(said, shapes, *place, "; those before have another."))
        kinds = self._taken(map(_shape, given))[: len(parts)]
        return tuple(map(_as_floats, parts, kinds))

    def _taken(self, shapes) -> list[Taken | None]:
        """What is taken of x, labels and weights of some shapes; None where anything is."""
        x, y, weight = shapes
        taken = [self.model.takes, None, None]
        if self.answers:
            return taken
        if y is not None:
            taken[1] = self.model.takes_labels(y)
        if weight is not None:
            taken[2] = weights(weight)
        if self.model.augments_labels:
            # Its crop brings them to the size of the networks.
            sides = [part and (None, None, *part.shape[2:]) for part in taken[:2]]
            taken[:2] = [
                part and dataclasses.replace(part, shape=side)
                for part, side in zip(taken[:2], sides, strict=True)
            ]
        return taken

    def _data_set(self, data: tf.data.Dataset) -> tf.data.Dataset:
        spec = unpacked(data.element_spec)
        for part in spec:
            if part is not None and not isinstance(part, _SPECS):
                kind = type(part).__name__.removesuffix("Spec")
                raise InputError(
                    "Expected a data set of one array for the inputs, one for the labels and one "
                    f"for weights. Received: a {kind}."
                )
        shapes = [_shape(part) for part in spec]
        wanted = self.model.takes
        if shapes[0] is not None and len(shapes[0]) == len(wanted.shape):
            raise wanted.refused("single rows of shape", shapes[0], "; call batch(32) on the data")
        self._check_classes(*spec[1:])
        kinds = self._taken(
            [part and (shape or ()) for part, shape in zip(spec, shapes, strict=True)]
        )
        for part, shape, taken in zip(spec, shapes, kinds, strict=True):
            if part is not None and taken is not None:
                taken.check_kind(shape, part.dtype.name, *self.place)
        for part, what in zip(spec[1:], _BESIDE, strict=True):
            if part is not None and shapes[0] is not None:
                check_rows(spec[0], part, what, *self.place)

        if data.cardinality() == 0:
            raise self.nothing()
        if is_passed():
            return data

        @tf.autograph.experimental.do_not_convert
        def look(number, element):
            several = isinstance(element, tuple | list)
            parts = [
                tf.sparse.to_dense(part) if isinstance(part, tf.SparseTensor) else part
                for part in (element if several else [element])
            ]
            if parts[1:] and parts[1].dtype == tf.bool:
                # Keras weighs no classes that are truth values.
                parts[1] = tf.cast(parts[1], "int32")
            looked_at = kinds[: len(parts)]
            pairs = [pair for pair in zip(looked_at, parts, strict=True) if pair[0]]
            # TensorFlow never forgets this function: it must not know the model.
            check = functools.partial(_check, looked_at, self.place)
            refused = functools.partial(tf.numpy_function, check, [number, *parts], [])
            # What nobody knows the shape of may be a single number, of 0 rows.
            rows, *others = [tf.concat([tf.shape(part), [0]], 0)[0] for part in parts]
            right = are_right(*pairs) & tf.reduce_all(
                [rows > 0, *(rows == each for each in others)]
            )
            with tf.control_dependencies([tf.cond(right, tf.no_op, refused)]):
                parts = [tf.identity(part) for part in parts]
            for taken, part in zip(looked_at, parts, strict=True):
                if taken:
                    part.set_shape((None, *taken.shape))
            if any(looked_at[2:]):
                parts[2] = tf.reshape(parts[2], [-1])
            return number + 1, tuple(parts) if several else parts[0]

        return data.scan(tf.constant(0, "int64"), look)

    def _check_classes(self, y: Any, sample_weight: Any) -> None:
        if self.weighs_classes and y is None:
            raise InputError("`class_weight` weighs rows by their labels. Received: no labels.")
        if self.weighs_classes and sample_weight is not None:
            raise InputError("Rows are weighed by `class_weight` or by `sample_weight`, not both.")

    def _check_generator(self) -> None:
        way_out = "give a tf.data.Dataset or a keras.utils.PyDataset"
        if self.weighs_classes:
            raise InputError(f"Keras weighs no classes of a generator; {way_out}.")
        replicas = self.model.distribute_strategy.num_replicas_in_sync
        if replicas > 1 and not self.answers:
            raise InputError(
                f"On several replicas Keras takes only the first batches of a generator; {way_out}."
                f" Received: a generator on {replicas} replicas."
            )

    def _generator(self, batches: Iterator[Any], needed: int) -> Iterator[Any]:
        count = 0
        for batch in batches:
            yield self.look(batch, count)
            count += 1
        if count == 0:
            raise self.nothing()
        if count < needed:
            # Keras would go on with the first two batches.
            raise InputError(f"The generator ended after {count} of {needed} batches.")


def batches_of(data: keras.utils.PyDataset) -> int | None:
    """How many batches there are; None for a data set without end."""
    try:
        return data.num_batches
    except (TypeError, NotImplementedError) as error:
        raise InputError(
            "A PyDataset must say by `num_batches` how many batches it has, or None for no end. "
            f"Received: a {type(data).__name__} of which that fails."
        ) from error


class _Batches(keras.utils.PyDataset):
    """A `PyDataset` whose batches are looked at."""

    def __init__(self, data, gate):
        super().__init__(data.workers, data.use_multiprocessing, data.max_queue_size)
        self.data, self.gate = data, gate

    def __getitem__(self, index):
        return self.gate.look(self.data[index], index)

    @property
    def num_batches(self):
        return self.data.num_batches

    def on_epoch_begin(self):
        self.data.on_epoch_begin()

    def on_epoch_end(self):
        self.data.on_epoch_end()


def _check(kinds, place, number, *parts):
    for taken, part in zip(kinds, parts, strict=True):
        if taken:
            taken.check(part, f"of batch {number}", *place)
    if len(parts[0]) == 0:
        raise nothing(f"of batch {number}", *place)
    for part, what in zip(parts[1:], _BESIDE, strict=False):
        check_rows(parts[0], part, what, f"of batch {number}", *place)


def unpacked(batch: Any, what: str = "A batch") -> tuple[Any, Any, Any]:
    """x, y and weights of what Keras takes as one argument; None for what is not there."""
    if isinstance(batch, tuple | list) and len(batch) not in (1, 2, 3):
        raise InputError(
            f"{what} is x, (x, y) or (x, y, weights). Received: "
            f"a {type(batch).__name__} of {len(batch)}."
        )
    return keras.utils.unpack_x_y_sample_weight(batch)


def _as_floats(part, taken):
    part = np.asarray(part)
    is_bytes = part.dtype == "uint8" and taken and taken.pixels
    return part * PIXEL if is_bytes else part.astype("float32", copy=False)


def _shape(part):
    return None if part is None else shape_of(part)
