"""Labelings of a wanted oracle value, made from the true one."""

from typing import Any

import tensorflow as tf


def stratified_labels(y: Any, draws: Any, order: Any, oracle: str, temperature: float) -> Any:
    """True labels corrupted to values drawn from p(v*) ∝ exp(v*/τ) on [0, 1].

        v* = 1 + τ · log(1 - u · (1 - exp(-1/τ)))         u uniform: a truncated exponential
        k labels of the P given ones are exchanged for k of the others, at random, with
        F1:  1 - k/P = v*,      so k = P · (1 - v*)
        IoU: (P - k)/(P + k) = v*,  so k = P · (1 - v*)/(1 + v*)

    k is rounded up with the probability of its fraction, and is no more than the other labels
    are. The number of given labels stays.

    Args:
        y: labels in {0, 1}, (batch_size, ...).
        draws: uniform numbers in [0, 1), (batch_size, 2): u and the rounding.
        order: uniform numbers in [0, 1), of the shape of y: which labels are exchanged.
        oracle: `"f1"` or `"iou"`.
        temperature: τ, above 0.

    Reference: M. Gygli, M. Norouzi and A. Angelova, ICML 2017, section 4.1 (b); the exchange keeps
    the size of the set.
    """
    shape = tf.shape(y)
    given = tf.reshape(y, (shape[0], -1)) > 0.5
    order = tf.reshape(order, tf.shape(given))
    value = 1.0 + temperature * tf.math.log1p(
        -draws[:, 0] * -tf.math.expm1(tf.constant(-1.0 / temperature))
    )
    size = tf.reduce_sum(tf.cast(given, "float32"), axis=-1)
    others = tf.cast(tf.shape(given)[1], "float32") - size
    gap = 1.0 - value
    wanted = size * (gap if oracle == "f1" else gap / (1.0 + value))
    count = tf.minimum(tf.floor(wanted + draws[:, 1]), tf.minimum(size, others))[:, None]
    exchanged = (_rank(given, order) < count) | (_rank(~given, order) < count)
    return tf.reshape(tf.cast(given ^ exchanged, "float32"), shape)


def _rank(among, order):
    """Place of each label in the order among those marked, from 0; the others come after them."""
    sorting = tf.argsort(tf.where(among, order, order + 1.0), axis=-1)
    place = tf.argsort(sorting, axis=-1)
    return tf.where(among, tf.cast(place, "float32"), float("inf"))
