"""Whose moments batch normalisation takes, and whether the running ones follow them."""

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from zoo.models import random_state
from zoo.models.replicas import sum_over_replicas

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
    chosen = tf.cast(chosen, "float32")
    _this_replica.chosen = tf.where(sum_over_replicas(tf.reduce_sum(chosen)) > 0, chosen, 1.0)
    try:
        yield
    finally:
        del _this_replica.chosen


def _moments(layer, inputs, mask):
    chosen = getattr(_this_replica, "chosen", None)
    if chosen is None:
        return type(layer)._moments(layer, inputs, mask)
    x = tf.cast(inputs, "float32")
    c = tf.reshape(chosen, [-1] + [1] * (x.shape.rank - 1))
    axes = list(range(x.shape.rank - 1))
    count = sum_over_replicas(tf.reduce_sum(c * tf.ones_like(x[..., :1])))
    mean = sum_over_replicas(tf.reduce_sum(c * x, axes)) / count
    squares = c * tf.math.squared_difference(x, mean)
    variance = sum_over_replicas(tf.reduce_sum(squares, axes)) / count
    return tf.cast(mean, inputs.dtype), tf.cast(variance, inputs.dtype)
