"""What the replicas of a strategy share in a step: sums over all of them, and parts of a sum."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


def asides(networks: Sequence[keras.Model]) -> Any:
    """This replica's share of what the networks' regularizers and `add_loss` ask for."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    losses = [tf.cast(aside, "float32") for network in networks for aside in network.losses]
    return tf.add_n(losses) / replicas if losses else 0.0


def sum_over_replicas(values):
    """The sum of what each replica has; with one replica the values themselves."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)
