"""Whose moments batch normalization takes, and whether the running ones follow them."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from zoo.models.base import random_state
from zoo.networks.replicas import sum_over_replicas

# Fewer rows say too little about the moments of all.
SMALLEST_GROUP = 10


@contextlib.contextmanager
def moments_at_rest(network: keras.Model) -> Iterator[None]:
    """Batch normalization by the moments of the batch, without moving the running ones.

    What was perturbed, or made by a generator, is thus normalized by itself while training, and a
    prediction is normalized by the moments of real rows alone.
    """
    with keras.StatelessScope() as scope:
        yield
    for state in random_state.states(network):
        # Noise goes on: the next pass is not to draw the same again.
        drawn = scope.get_current_value(state)
        if drawn is not None:
            state.assign(drawn)


def unlabeled_and_labeled(sample_weight: Any, rows: Any) -> Any:
    """The groups of rows for `zoo.networks.normalization.moments_of_groups`, (rows, 2), float32.

    The first group are the unlabeled rows, of weight 0, the second the labeled ones. Where
    either has fewer than `SMALLEST_GROUP` rows in all replicas, all rows are in the first.

    Args:
        sample_weight: (rows,) or (rows, 1); None where every row is labeled.
        rows: how many there are.
    """
    weights = tf.ones(rows) if sample_weight is None else tf.cast(sample_weight, "float32")
    labeled = tf.cast(tf.reshape(weights, [-1]) != 0, "float32")
    groups = tf.stack([1.0 - labeled, labeled], axis=1)
    counts = sum_over_replicas(tf.reduce_sum(groups, axis=0))
    together = tf.stack([tf.ones(rows), tf.zeros(rows)], axis=1)
    return tf.where(tf.reduce_min(counts) < SMALLEST_GROUP, together, groups)


def share_of_first(groups: Any) -> Any:
    """What makes the mean over all rows that over the first group, (rows,), float32.

    n / count for a row of the group and 0 for others, over the n rows of all replicas.
    """
    sums = sum_over_replicas(tf.reduce_sum(groups, axis=0))
    return groups[:, 0] * tf.reduce_sum(sums) / sums[0]
