"""What a model takes in one place: of each row an array of a shape, of numbers in a range."""

import dataclasses
import functools
from typing import Any

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
        remedy = self.remedy if "int" in dtype else way_out(dtype)
        if dtype == "uint16" and self.pixels:
            remedy = "divide by the largest that its depth allows, 65535 of 16 bits"
        raise self.refused(dtype, *place, *([f"; {remedy}"] if remedy else []))

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


def are_right(*parts: tuple[Taken, Any]) -> tf.Tensor:
    """Whether all tensors, of kinds that are taken, have the numbers and the sides that are."""
    return _all([test for taken, values in parts for test in taken.tests(values)])


def way_out(dtype):
    """What to do about values of a type that is taken nowhere."""
    if dtype.startswith("complex"):
        return "give real numbers"
    if dtype.startswith(("datetime", "timedelta")):
        return "give numbers, such as days"
    if "float" in dtype or dtype in ("bool", "object"):
        return "give them as float32"
    return "give numbers"


def _all(tests):
    return functools.reduce(tf.logical_and, tests, tf.constant(True))


def _add_up(values):
    return tf.abs(tf.reduce_sum(tf.cast(values, "float32"), -1) - 1.0) <= _SLACK


def _rows(shape):
    return f"({', '.join(map(str, ('batch_size', *shape)))})"
