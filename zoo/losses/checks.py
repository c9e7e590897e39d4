"""How the losses of labels take their arguments: as floats, of one shape, in their range."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from zoo.errors import InputError

# Soft labels that were averaged or resized may leave [0, 1] by their rounding.
ROUNDING = 1e-5


def as_floats(values: Any) -> Any:
    """A float32 tensor, or a float64 one where that is given: long sums need the digits."""
    values = ops.convert_to_tensor(values)
    double = keras.backend.standardize_dtype(values.dtype) == "float64"
    return ops.cast(values, "float64" if double else "float32")


def check_same_shape(name: str, first: Any, other_name: str, other: Any) -> None:
    """Raises `InputError` unless two tensors have one shape, sizes not yet known aside.

    Without it (batch_size,) would broadcast against (batch_size, 1) in silence.
    """
    shape, other_shape = tuple(first.shape), tuple(other.shape)
    same_rank = len(shape) == len(other_shape)
    pairs = zip(shape, other_shape, strict=True) if same_rank else ()
    if not same_rank or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise InputError(
            f"`{name}` and `{other_name}` must have the same shape. "
            f"Received: {name} of shape {shape}, {other_name} of {other_shape}."
        )


def check_labels(name: str, labels: Any, soft: bool = False) -> None:
    """Raises `InputError` unless all labels lie in [0, 1]; in a graph nothing is known yet.

    Args:
        name: of the argument.
        labels: a tensor.
        soft: these were computed: rounding passes, and NaN too, for who looks for it to find.
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
    """Labels and what stands against them, as float tensors of one shape, at least 2-D.

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


def sum_over_labels(values: Any) -> Any:
    """The sum over all axes but the first: (batch_size,)."""
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


def require(condition: Any, sentence: str, tensor: Any) -> Any:
    """`tensor`, where `condition` holds; eagerly `InputError`, in a graph an assertion.

    XLA leaves assertions out.
    """
    if not tf.is_symbolic_tensor(condition):
        if not bool(condition):
            raise InputError(sentence)
        return tensor
    with tf.control_dependencies([tf.debugging.Assert(condition, [sentence])]):
        return tf.identity(tensor)
