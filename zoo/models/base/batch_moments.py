"""Whose moments batch normalisation takes, and whether the running ones follow them."""

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from zoo.models.base import random_state
from zoo.models.base.replicas import sum_over_replicas

# Fewer rows say too little about the moments of all.
SMALLEST_GROUP = 10
# Each replica runs in a thread of its own, and all share the layers.
_this_replica = threading.local()


@contextlib.contextmanager
def moments_at_rest(network: keras.Model) -> Iterator[None]:
    """Batch normalisation by the moments of the batch, without moving the running ones.

    What was perturbed, or made by a generator, is thus normalised by itself while training, and a
    prediction is normalised by the moments of real rows alone.
    """
    with keras.StatelessScope() as scope:
        yield
    for state in random_state.states(network):
        # Noise goes on: the next pass is not to draw the same again.
        drawn = scope.get_current_value(state)
        if drawn is not None:
            state.assign(drawn)


@contextlib.contextmanager
def moments_of_some(network: keras.Model, chosen: Any) -> Iterator[None]:
    """Batch normalisation of all rows by the moments of some, which the running ones follow.

        mean = Σ_i c_i x_i / Σ_i c_i,    variance = Σ_i c_i (x_i - mean)² / Σ_i c_i

    over the rows of all replicas, and the places of an image; while training.

    Args:
        network: its layers must keep the rows apart, features last: (batch_size, ..., features).
        chosen: c, (batch_size,), true for the rows that count; where none of any replica is, all
            rows count.
    """
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization) and "_moments" not in vars(layer):
            # Keras takes the rows that count as a mask, which all layers before would have to
            # hand on.
            layer._moments = functools.partial(_moments, layer)
    _this_replica.chosen = chosen
    try:
        yield
    finally:
        del _this_replica.chosen


def labelled_and_others(sample_weight: Any) -> tuple[Any, Any]:
    """The labelled rows and the others, each (batch_size,) of 1 for its rows and 0, float32.

    Where either has fewer than `SMALLEST_GROUP` rows in all replicas, all rows are in both.
    """
    labelled = tf.cast(tf.reshape(sample_weight, [-1]) != 0, "float32")
    counts = sum_over_replicas(tf.stack([tf.reduce_sum(labelled), tf.reduce_sum(1.0 - labelled)]))
    apart = tf.reduce_min(counts) >= SMALLEST_GROUP
    return tf.where(apart, labelled, 1.0), tf.where(apart, 1.0 - labelled, 1.0)


def moments(x: Any, chosen: Any) -> tuple[Any, Any]:
    """Mean and variance of each feature, (features,), float32, as in `moments_of_some`."""
    x, chosen = tf.cast(x, "float32"), _or_all(chosen)
    c = tf.reshape(chosen, [-1] + [1] * (x.shape.rank - 1))
    axes = list(range(x.shape.rank - 1))
    count = sum_over_replicas(tf.reduce_sum(c * tf.ones_like(x[..., :1])))
    mean = sum_over_replicas(tf.reduce_sum(c * x, axes)) / count
    squares = c * tf.math.squared_difference(x, mean)
    return mean, sum_over_replicas(tf.reduce_sum(squares, axes)) / count


def share(chosen: Any) -> Any:
    """What makes the mean over all rows that over the chosen ones, (batch_size,), float32.

    n / count for a chosen row and 0 for another, over the n rows of all replicas; where there is no
    chosen one, 1 for each.
    """
    chosen = _or_all(chosen)
    sums = sum_over_replicas(tf.stack([tf.reduce_sum(chosen), tf.reduce_sum(tf.ones_like(chosen))]))
    return chosen * sums[1] / sums[0]


def _or_all(chosen):
    chosen = tf.cast(chosen, "float32")
    return tf.where(sum_over_replicas(tf.reduce_sum(chosen)) > 0, chosen, 1.0)


def _moments(layer, inputs, mask):
    chosen = getattr(_this_replica, "chosen", None)
    if chosen is None:
        return type(layer)._moments(layer, inputs, mask)
    mean, variance = moments(inputs, chosen)
    return tf.cast(mean, inputs.dtype), tf.cast(variance, inputs.dtype)
