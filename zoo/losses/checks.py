"""Checks of what losses of labels are given: floats of one shape, in their range."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from zoo.errors import InputError

# Soft labels that were averaged or resized may leave [0, 1] by their rounding.
ROUNDING = 1e-5


def as_floats(values: Any) -> Any:
    """A float32 tensor; float64 stays float64, since long sums need its digits."""
    values = ops.convert_to_tensor(values)
    double = keras.backend.standardize_dtype(values.dtype) == "float64"
    return ops.cast(values, "float64" if double else "float32")


def check_same_shape(name: str, first: Any, other_name: str, other: Any) -> None:
    """Raises `InputError` unless two tensors have one shape, sizes not yet known aside.

    Without this check, (batch_size,) would broadcast against (batch_size, 1) in silence.
    """
    if not same_shape(first, other):
        raise InputError(
            f"`{name}` and `{other_name}` must have the same shape. "
            f"Received: {name} of shape {tuple(first.shape)}, {other_name} of {tuple(other.shape)}."
        )


def same_shape(first: Any, other: Any) -> bool:
    """Whether two tensors have one shape; a size that is not yet known fits any."""
    return tf.TensorShape(first.shape).is_compatible_with(other.shape)


def check_labels(name: str, labels: Any, soft: bool = False) -> None:
    """Raises `InputError` unless all labels lie in [0, 1]. A tensor of a graph is not checked.

    Args:
        name: of the argument, for the message.
        labels: a tensor.
        soft: whether a network computed the labels. Rounding errors then pass, and so does NaN:
            the loss turns NaN too, which training looks for.
    """
    if tf.is_symbolic_tensor(labels):
        return
    values = np.asarray(labels)
    slack = ROUNDING if soft else 0.0
    outside = (values < -slack) | (values > 1.0 + slack)
    if not soft:
        outside |= np.isnan(values)
    if outside.any():
        raise InputError(
            f"`{name}` must lie between 0 and 1 everywhere. "
            f"Received: {float(values[outside][0]):g} among them."
        )


def label_pair(y: Any, other: Any, name: str = "y_hat") -> tuple[Any, Any]:
    """Labels and predictions of them, as float tensors of one shape, at least 2-D.

    Args:
        y: labels in [0, 1], of shape (batch_size, ...).
        other: soft labels ("y_hat", in [0, 1] as well) or logits ("logits") of the same shape.
        name: "y_hat" or "logits".

    Raises:
        InputError: shapes that differ or are (batch_size,) alone; eagerly, labels outside [0, 1].
    """
    other = as_floats(other)
    y = ops.cast(y, other.dtype)
    check_same_shape("y", y, name, other)
    if len(y.shape) < 2:
        raise InputError(
            "Labels must have the shape (batch_size, num_labels), or that of masks. "
            f"Received: shape {tuple(y.shape)}."
        )
    check_labels("y", y)
    if name == "y_hat":
        check_labels(name, other, soft=True)
    return y, other


def row_weights(weights: Any, rows: Any) -> Any:
    """Weights `(batch,)` or `(batch, 1)` of the rows of a tensor as `(batch,)`.

    Raises:
        InputError: another shape.
    """
    shape, count = tuple(weights.shape), rows.shape[0]
    rows_differ = shape[:1] != (count,) and None not in (*shape[:1], count)
    if len(shape) not in (1, 2) or shape[1:] not in ((), (1,)) or rows_differ:
        raise InputError(
            "`sample_weight` must have the shape (batch_size,): a weight per row. "
            f"Received: shape {shape} for {count} rows."
        )
    return ops.reshape(weights, (-1,))


def sum_over_labels(values: Any) -> Any:
    """The sum over all axes but the first: (batch_size,)."""
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


def require(condition: Any, sentence: str, tensor: Any) -> Any:
    """Returns `tensor` if `condition` holds.

    Otherwise it raises `InputError` eagerly and fails an assertion in a graph; XLA leaves
    assertions out.
    """
    if not tf.is_symbolic_tensor(condition):
        if not bool(condition):
            raise InputError(sentence)
        return tensor
    with tf.control_dependencies([tf.debugging.Assert(condition, [sentence])]):
        return tf.identity(tensor)
