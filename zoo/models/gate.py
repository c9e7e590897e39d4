"""The gate of every model: what comes in is right, or refused by a sentence that names the row.

Values at hand (arrays, tensors, lists, pandas, sparse matrices) are looked at before a model works;
a model that is called inside of a graph, as a served one is, asserts there. What `fit`, `evaluate`
and `predict` are given goes by `zoo.models.base.gated_model`.
"""

import contextlib
import dataclasses
import functools
import threading
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import MARK, InputError, sentence

# What roundings may add to 1: eight units in the last place of float32. Resizing, whose weights
# should add up to 1, adds four.
_ROUNDING = 2.0**-20
_FLOATS = ("float16", "bfloat16", "float32", "float64")
# What roundings may add to the sum of a vector in half precision.
_SLACK = 0.01
# Of vectors, after which a network's sums and the square of an error stay within float32.
MOST = 1e19
# Float32 still holds the sum of so many of them, times losses, as there are rows.
MOST_WEIGHT = 1e30
# As `zoo.datasets.pixels.to_unit_range` makes floats of bytes.
PIXEL = np.float32(1 / 255)
_threads = threading.local()


@dataclasses.dataclass(frozen=True)
class Taken:
    """What is taken in one place: of each row an array of a shape, of numbers in a range.

    expected: how the sentence begins that refuses all else.
    shape: of a row; None for a side of any length.
    low, high: the range, both included. NaN is in no range.
    whole: whether only whole numbers are taken.
    floats: whether integers and truth values are refused.
    pixels: whether bytes are taken too, as byte / 255.
    one: whether the numbers of a row add up to 1, give or take 0.01.
    remedy: what to do about integers, and about numbers above the range.
    """

    expected: str
    shape: tuple[int | None, ...]
    low: float = -MOST
    high: float = MOST
    whole: bool = False
    floats: bool = True
    pixels: bool = False
    one: bool = False
    remedy: str = ""

    def check_kind(self, shape: Any, dtype: str, *place: Any) -> None:
        """Raises `InputError` unless arrays (batch_size, ...) of a shape and type are taken.

        `place` says where they stand: words, and numbers of batches.
        """
        if shape is None:
            spec = f"tf.TensorSpec({(None, *self.shape)})"
            raise self.refused("unknown shapes", *place, f"; name them, here {spec}")
        shape = tuple(shape)
        if len(shape) != len(self.shape) + 1 or any(
            given is not None and wanted is not None and given != wanted
            for given, wanted in zip(shape[1:], self.shape, strict=True)
        ):
            raise self.refused("shape", shape, *place)
        whole_numbers = "int" in dtype or dtype == "bool"
        if dtype in _FLOATS or dtype == "uint8" and self.pixels or whole_numbers > self.floats:
            return
        # Of a tensor of texts NumPy makes objects.
        dtype = "string" if dtype == "object" else dtype
        way_out = self.remedy if "int" in dtype else _way_out(dtype)
        if dtype == "uint16" and self.pixels:
            way_out = "divide by the largest that its depth allows, 65535 of 16 bits"
        raise self.refused(dtype, *place, *([f"; {way_out}"] if way_out else []))

    def check(self, values: Any, *place: Any) -> None:
        """Raises `InputError` unless an array is taken; names the first row that is not."""
        self.check_kind(values.shape, np.dtype(values.dtype).name, *place)
        if not values.size or self._takes_all(values.dtype) or self._holds(values):
            return
        row = next(row for row, each in enumerate(values) if not self._holds(each))
        each = np.asarray(values[row], "float64").ravel()
        wrong = (each < self.low) | (each > self.high) | np.isnan(each)
        if self.one and not wrong.any() and abs(each.sum() - 1) > _SLACK:
            raise self.refused(f"what adds up to {each.sum():.7g} in row {row}", *place)
        value = each[wrong if wrong.any() else each != np.floor(each)][0]
        end = self._too_large if value > self.high else ""
        raise self.refused(f"{value:.7g} in row {row}", *place, end)

    def tests(self, values: Any) -> list[tf.Tensor]:
        """Which all hold of a tensor, of a kind that is taken, that is right."""
        tests = self._sides(values)
        if not self._takes_all(values.dtype):
            numbers = tf.reshape(values, [-1])
            limits = tf.reduce_min(numbers), tf.reduce_max(numbers)
            if values.dtype != "float32":
                limits = [tf.cast(limit, "float64") for limit in limits]
            tests += [limits[0] >= self.low, limits[1] <= self.high]
            if self.whole and values.dtype.is_floating:
                tests.append(tf.reduce_all(values == tf.floor(values)))
            if self.one:
                tests.append(tf.reduce_all(_add_up(values)))
        return tests

    def stop(self, values: Any) -> tf.Operation:
        """Stops a graph by the sentence that refuses a tensor which is not right."""
        sides = self._sides(values)

        def at_row():
            numbers = tf.cast(tf.reshape(values, [-1]), "float64")
            wrong = ~((numbers >= self.low) & (numbers <= self.high))
            if self.whole:
                wrong |= numbers != tf.floor(numbers)
            if self.one:
                wrong |= tf.repeat(~_add_up(values), tf.shape(values)[-1])
            first = tf.argmax(wrong)
            row = first * tf.shape(values, "int64")[0] // tf.size(numbers, "int64")
            said = tf.cast(numbers[first], "float32"), "in row", row
            if not self._too_large:
                return self._stop(*said)
            # XLA knows texts in assertions, which it drops, but does not choose between any.
            return tf.cond(
                numbers[first] > self.high,
                functools.partial(self._stop, *said, self._too_large),
                functools.partial(self._stop, *said),
            )

        def wrong_shape():
            return self._stop("shape", tf.shape(values))

        if self._takes_all(values.dtype):
            return wrong_shape()
        return tf.cond(_all(sides), at_row, wrong_shape) if sides else at_row()

    @property
    def _too_large(self):
        return f"; {self.remedy}" if self.remedy else ""

    def _sides(self, values):
        """Whether what only the running graph knows of the shape is as wanted."""
        if values.shape.rank is None:
            # An end of its own: shapes of another length are then unequal, and none is stretched.
            end = [-2, -3]
            wanted = [-1, *(-1 if side is None else side for side in self.shape), *end]
            given = tf.concat([tf.shape(values), end], 0)
            same = tf.raw_ops.Equal(x=given, y=wanted, incompatible_shape_error=False)
            free = [side == -1 for side in wanted]
            return [tf.reduce_all(same | free), tf.size(values) > 0]
        sides = zip(values.shape[1:], self.shape, strict=True)
        return [
            tf.shape(values)[number] == wanted
            for number, (given, wanted) in enumerate(sides, 1)
            if given is None and wanted is not None
        ]

    def _takes_all(self, dtype):
        return dtype in (bool, tf.bool) or dtype in ("uint8", tf.uint8) and self.pixels

    def _holds(self, values):
        right = float(np.min(values)) >= self.low and float(np.max(values)) <= self.high
        if self.one:
            right = right and bool(np.all(np.abs(np.sum(values, -1, "float64") - 1) <= _SLACK))
        return right and not (self.whole and np.any(values != np.floor(values)))

    def refused(self, *pieces):
        return InputError(sentence(f"{self.expected} Received:", *pieces, "."))

    def _stop(self, *pieces):
        # The guard of tf.debugging.Assert would be a second one.
        data = [f"{MARK}{self.expected} Received:", *pieces, "."]
        data = [tf.convert_to_tensor(each) for each in data]
        return tf.raw_ops.Assert(condition=False, data=data, summarize=len(self.shape) + 3)


def images(shape: tuple[int | None, ...]) -> Taken:
    """Images, or rows of pixels: floats in [0, 1], give or take 1e-6 for roundings, or bytes."""
    what, remedy = "images", "divide by 255, or give uint8"
    if len(shape) == 1:
        what, remedy = "rows", "give the model scaling=zoo.networks.FeatureScaling()"
    return Taken(
        f"Expected {what} of shape {_rows(shape)}, floats in [0, 1] or uint8.",
        shape,
        low=-_ROUNDING,
        high=1 + _ROUNDING,
        pixels=True,
        remedy=remedy,
    )


def numbers(what: str, shape: tuple[int | None, ...]) -> Taken:
    """Finite floats (batch_size, *shape), up to `MOST` of either sign."""
    expected = f"Expected {what} of shape {_rows(shape)}, finite floats up to {MOST:g}."
    return Taken(expected, shape, remedy="give them as float32, scaled where they are larger")


def label_sets(shape: tuple[int | None, ...]) -> Taken:
    """Label sets or masks (batch_size, *shape), every label from 0 to 1."""
    what, remedy = ("masks", "give masks > 0") if len(shape) > 1 else ("label sets", "")
    return Taken(
        f"Expected {what} of shape {_rows(shape)}, every label from 0 to 1.",
        shape,
        low=-_ROUNDING,
        high=1 + _ROUNDING,
        floats=False,
        remedy=remedy,
    )


def classes(num_classes: int, shape: tuple[int | None, ...] | None) -> Taken:
    """Class numbers (batch_size,) or (batch_size, 1), or vectors (batch_size, num_classes).

    Args:
        num_classes: how many there are.
        shape: of the labels given, which tells the two apart.
    """
    expected = (
        f"Expected labels: class numbers from 0 to {num_classes - 1}, or one-hot vectors of "
        f"length {num_classes}."
    )
    width = shape[1:] if shape else ()
    if width == (num_classes,) and num_classes > 1:
        return Taken(expected, width, low=-_ROUNDING, high=1 + _ROUNDING, floats=False, one=True)
    width = width if width == (1,) else ()
    return Taken(expected, width, low=0, high=num_classes - 1, whole=True, floats=False)


def weights(shape: tuple[int | None, ...] | None) -> Taken:
    """A weight for each row, (batch_size,) or (batch_size, 1)."""
    width = (1,) if shape and shape[1:] == (1,) else ()
    expected = f"Expected a weight for each row, from 0 to {MOST_WEIGHT:g}."
    return Taken(expected, width, 0, MOST_WEIGHT, floats=False)


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


def are_right(*parts: tuple[Taken, Any]) -> tf.Tensor:
    """Whether all tensors, of kinds that are taken, have the numbers and the sides that are."""
    return _all([test for taken, values in parts for test in taken.tests(values)])


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
        given += f"; {_way_out('str' if are_words else array.dtype.name)}"
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


def _all(tests):
    return functools.reduce(tf.logical_and, tests, tf.constant(True))


def _add_up(values):
    return tf.abs(tf.reduce_sum(tf.cast(values, "float32"), -1) - 1.0) <= _SLACK


def _way_out(dtype):
    """What to do about values of a type that is taken nowhere."""
    if dtype.startswith("complex"):
        return "give real numbers"
    if dtype.startswith(("datetime", "timedelta")):
        return "give numbers, such as days"
    if "float" in dtype or dtype in ("bool", "object"):
        return "give them as float32"
    return "give numbers"


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


def _rows(shape):
    return f"({', '.join(map(str, ('batch_size', *shape)))})"
