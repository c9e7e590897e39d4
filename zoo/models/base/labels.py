"""Labels: class numbers or one-hot vectors, checked once and used as one-hot vectors."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError


def one_hot(y: Any, num_classes: int) -> tf.Tensor:
    """Labels as one-hot (or soft) vectors of shape (batch_size, num_classes), float32.

    Args:
        y: class numbers of shape (batch_size,) or (batch_size, 1), each in
            [0, num_classes), or label vectors of shape (batch_size, num_classes).
        num_classes: the number of classes.

    Raises:
        InputError: no labels, or labels of another shape.
        tf.errors.InvalidArgumentError: a class number out of range, found while the step runs
            (XLA drops this check; arrays given to `fit` are checked before it).
    """
    _check_given(y, num_classes)
    y = tf.convert_to_tensor(y)
    if y.shape.rank == 2 and y.shape[1] == num_classes and num_classes > 1:
        return tf.cast(y, "float32")
    if y.shape.rank not in (1, 2) or (y.shape.rank == 2 and y.shape[1] != 1):
        raise InputError(_expected(num_classes) + f" Received: labels of shape {y.shape}.")
    y = tf.reshape(y, [-1])
    numbers = tf.cast(y, "int64")
    # A fraction would be cut off in silence.
    whole = tf.cast(numbers, y.dtype) == y
    good = tf.reduce_all(whole & (numbers >= 0) & (numbers < num_classes))
    message = _expected(num_classes) + " Received: labels"
    with tf.control_dependencies([tf.debugging.Assert(good, [message, y])]):
        return tf.one_hot(numbers, num_classes, dtype="float32")


def check_labels(y: Any, num_classes: int) -> None:
    """Raises `InputError` unless the array `y` holds labels of `num_classes` classes.

    Anything that is not an array (a tf.data.Dataset carries its labels itself) passes.
    """
    if not isinstance(y, np.ndarray | list | tuple) and not keras.ops.is_tensor(y):
        return
    y = np.asarray(y)
    if y.dtype.kind not in "biuf":
        raise InputError(_expected(num_classes) + f" Received: labels of type {y.dtype.name}.")
    if y.ndim == 2 and y.shape[1] == num_classes and num_classes > 1:
        if y.size and not (0 <= y.min() and y.max() <= 1):
            raise InputError(
                _expected(num_classes) + f" Received: vectors from {y.min()} to {y.max()}."
            )
        return
    if y.ndim not in (1, 2) or (y.ndim == 2 and y.shape[1] != 1):
        raise InputError(_expected(num_classes) + f" Received: labels of shape {y.shape}.")
    if y.size and (y.min() < 0 or y.max() >= num_classes or np.any(y != np.floor(y))):
        wrong = y[(y < 0) | (y >= num_classes) | (y != np.floor(y))]
        raise InputError(_expected(num_classes) + f" Received: a label {wrong.flat[0]}.")


def _check_given(y: Any, num_classes: int) -> None:
    if y is None:
        raise InputError(_expected(num_classes) + " Received: no labels; call fit(x, y).")


def _expected(num_classes: int) -> str:
    return (
        f"Expected labels: class numbers from 0 to {num_classes - 1}, or one-hot vectors of "
        f"length {num_classes}."
    )
