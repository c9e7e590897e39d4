"""What the replicas of a strategy share: sums over all of them."""

import tensorflow as tf


def sum_over_replicas(values):
    """The sum of what each replica has; with one replica the values themselves."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)
