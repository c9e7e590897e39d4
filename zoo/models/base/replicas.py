"""What the replicas of a strategy share in a step: parts of a sum, and gradients to skip."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.networks.replicas import sum_over_replicas


def regularization_losses(networks: Sequence[keras.Model]) -> Any:
    """This replica's share of what the networks' regularizers and `add_loss` ask for."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    losses = [tf.cast(loss, "float32") for network in networks for loss in network.losses]
    return tf.add_n(losses) / replicas if losses else 0.0


def skip_non_finite(
    gradients: Sequence[Any], optimizer: keras.optimizers.Optimizer
) -> Sequence[Any]:
    """This replica's gradients, which turn NaN on all replicas where they are not finite on one.

    An optimizer that scales the loss skips a step whose gradients are not finite. It asks the
    first replica alone, as if the gradients had been summed before, and would add what
    overflowed on another one to the weights of all (T36).
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1 or not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return gradients
    overflows = 1.0 - tf.cast(optimizer.check_finite(gradients), "float32")
    nothing = tf.where(sum_over_replicas(overflows) > 0.0, float("nan"), 0.0)
    return [None if each is None else each + tf.cast(nothing, each.dtype) for each in gradients]
