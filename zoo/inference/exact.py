"""Exact minima over hard labels, where they can be had: in closed form, or by enumeration."""

from typing import Any

import tensorflow as tf

from zoo.errors import InputError
from zoo.inference.descent import Objective, value_and_gradient


def linear_minimum(objective: Objective, like: Any) -> Any:
    """The exact minimum over {0, 1} of an objective that is linear in each row's labels.

        ŷ_j = 1 where ∂objective/∂y_j < 0, else 0

    so for a score s linear in y and the Hamming cost ŷ_j = 1[s_j + (1 - 2·y_j) > 0]. NaN where the
    slope is NaN.

    Args:
        objective: linear in the labels; for any other the result means nothing.
        like: labels whose shape is taken.
    """
    _, gradient = value_and_gradient(objective, tf.zeros_like(like))
    return tf.where(tf.math.is_nan(gradient), gradient, tf.cast(gradient < 0, gradient.dtype))


def enumerated_minimum(objective: Objective, like: Any, most: int = 12) -> Any:
    """The exact minimum over {0, 1} of any objective, by trying all 2^num_labels labelings.

    Rows of which the objective is NaN for some labeling get NaN.

    Args:
        objective: labels (batch_size, num_labels) to values (batch_size,).
        like: labels whose shape is taken.
        most: how many labels are enumerated at most.

    Raises:
        InputError: more labels than that.
    """
    num_labels = like.shape[-1]
    if len(like.shape) != 2 or num_labels > most:
        raise InputError(
            f"Enumerating takes label vectors of up to {most} labels. Received: labels of shape "
            f"{tuple(like.shape)}."
        )
    batch = tf.shape(like)[0]
    places = tf.range(num_labels)

    def consider(number, best, lowest):
        bits = tf.bitwise.bitwise_and(tf.bitwise.right_shift(number, places), 1)
        y = tf.repeat(tf.cast(bits, "float32")[None], batch, axis=0)
        value = objective(y)
        better = (value < lowest) | tf.math.is_nan(value)
        return number + 1, tf.where(better[:, None], y, best), tf.where(better, value, lowest)

    start = tf.constant(0), tf.zeros_like(like), tf.fill([batch], float("inf"))
    _, best, lowest = tf.while_loop(
        lambda number, *_: number < 2**num_labels,
        consider,
        start,
        maximum_iterations=2**num_labels,
    )
    return tf.where(tf.math.is_nan(lowest)[:, None], float("nan"), best)
