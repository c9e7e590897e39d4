"""The gate of every model: what comes in is right, or refused by a sentence that names the row.

Values at hand (arrays, tensors, lists, pandas, sparse matrices) are looked at before a model works;
a model that is called inside of a graph, as a served one is, asserts there. What `fit`, `evaluate`
and `predict` are given goes by `zoo.models.base.gated_model`.
"""

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import MARK, InputError, sentence
from zoo.models.allowed import Taken, are_right, way_out

# As `zoo.datasets.pixels.to_unit_range` makes floats of bytes.
PIXEL = np.float32(1 / 255)
_threads = threading.local()


def take(taken: Taken, values: Any) -> Any:
    """What a method was given, looked at; bytes as floats.

    Values at hand are looked at here; a tensor of a graph carries an assertion.
    """
    values = at_hand(values, taken.expected)
    if is_passed() or isinstance(values, keras.KerasTensor):
        taken.check_kind(shape_of(values), keras.backend.standardize_dtype(values.dtype))
    elif is_symbolic(values):
        taken.check_kind(shape_of(values), values.dtype.name)
        # A served graph may be sent other shapes than it was traced for, and trusts what it knows.
        values = tf.raw_ops.PlaceholderWithDefault(input=values, shape=tf.TensorShape(None))
        right = are_right((taken, values))
        stopped = tf.cond(right, tf.no_op, functools.partial(taken.stop, values))
        with tf.control_dependencies([stopped]):
            values = tf.ensure_shape(values, (None, *taken.shape))
    else:
        taken.check(np.asarray(values))
        # Labels stand beside inputs.
        if taken.floats and shape_of(values)[0] == 0:
            raise nothing()
    return as_floats(values) if taken.pixels else values


def check_rows(x: Any, other: Any, what: str, *place: Any) -> None:
    """Raises `InputError` where there are not as many labels or weights as rows."""
    rows, others = map(_row_count, (x, other))
    if None not in (rows, others) and rows != others:
        said = f"Every row needs its {what}. Received: {rows} rows and {others}"
        raise InputError(sentence(said, *place, "."))


def _row_count(values):
    """None where it is not known, 0 of a single number."""
    shape = shape_of(values)
    return None if shape is None else next(iter(shape), 0)


def one_each(x: Any, other: Any, what: str) -> Any:
    """`other`, with one for every row of x; where only a running graph knows, it asserts that.

    TensorFlow would stretch a single one over all rows.
    """
    check_rows(x, other, what)
    counts = shape_of(x)[0], shape_of(other)[0]
    if None not in counts or any(isinstance(each, keras.KerasTensor) for each in (x, other)):
        return other
    rows, others = tf.shape(x)[0], tf.shape(other)[0]
    said = [f"{MARK}Every row needs its {what}. Received:", rows, "rows and", others, "."]
    with tf.control_dependencies([tf.debugging.Assert(rows == others, said)]):
        return tf.identity(other)


def nothing(*place: Any) -> InputError:
    """What is said where there are no rows."""
    return InputError(sentence("Expected at least one row. Received: none", *place, "."))


def as_floats(images: Any) -> Any:
    """float32 in [0, 1] of bytes; floats as they are."""
    if keras.backend.standardize_dtype(images.dtype) != "uint8":
        return images
    return keras.ops.cast(images, "float32") * PIXEL


def at_hand(values: Any, expected: str) -> Any:
    """An array or tensor of whatever NumPy can make one of, sparse matrices among it.

    Raises:
        InputError: what is no array: rows of different lengths, words, a dict, no numbers.
    """
    if isinstance(values, keras.KerasTensor) or isinstance(values, tf.Tensor | tf.Variable):
        return values
    if isinstance(values, tf.SparseTensor):
        try:
            return tf.sparse.to_dense(tf.sparse.reorder(values))
        except tf.errors.InvalidArgumentError:
            said = f"{expected} Received: a SparseTensor that has a place twice, or one outside."
            raise InputError(said) from None
    if hasattr(values, "toarray"):
        return values.toarray()
    if isinstance(values, list | tuple) and any(map(np.ma.isMaskedArray, values)):
        values = np.ma.array(values)
    if np.ma.is_masked(values):
        # What was never measured is no number.
        values = values.astype("float64").filled(np.nan)
    given = type(values).__name__
    try:
        array = None if isinstance(values, dict | tf.RaggedTensor) else np.asarray(values)
    except (TypeError, ValueError):
        array = None
        given += " of rows that differ in length"
    except RuntimeError as error:
        # As PyTorch's tensors say of a gradient that would be lost.
        raise InputError(f"{expected} Received: {given}, of which {error}") from None
    if array is not None and _are_numbers(array):
        return array
    if array is not None and array.ndim == 0 and array.dtype.kind == "O":
        given += ", which is no array"
    elif array is not None:
        given += f" of {array.dtype.type.__name__.rstrip('_')}"
    if hasattr(values, "columns"):
        wrong = [name for name in values.columns if not _are_numbers(np.asarray(values[name]))]
        given += f", in column {wrong[0]!r}" if wrong else ""
    if array is not None and array.ndim:
        are_words = array.size and isinstance(array.flat[0], str)
        given += f"; {way_out('str' if are_words else array.dtype.name)}"
    raise InputError(f"{expected} Received: {given}.")


@contextlib.contextmanager
def passed() -> Iterator[None]:
    """Inside, values are not looked at: the gate let them in, or a network made them."""
    before = is_passed()
    _threads.passed = True
    try:
        yield
    finally:
        _threads.passed = before


def _are_numbers(array):
    # bfloat16 has no letter of its own.
    return array.dtype.kind in "biuf" or array.dtype.name == "bfloat16"


def is_passed() -> bool:
    """Whether this thread is inside of `passed`."""
    return getattr(_threads, "passed", False)


def is_symbolic(values):
    return isinstance(values, tf.Tensor) and not hasattr(values, "numpy")


def shape_of(values):
    shape = values.shape
    if isinstance(shape, tf.TensorShape):
        return None if shape.rank is None else tuple(shape.as_list())
    return tuple(shape)
