"""What the replicas of a strategy share in a step: parts of a sum, and gradients."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError
from zoo.networks.replicas import sum_over_replicas


def regularization_losses(networks: Sequence[keras.Model]) -> Any:
    """This replica's share of what the networks' regularizers and `add_loss` ask for."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    losses = [tf.cast(loss, "float32") for network in networks for loss in network.losses]
    return tf.add_n(losses) / replicas if losses else 0.0


def as_if_summed(gradients: Sequence[Any], optimizer: keras.optimizers.Optimizer) -> Sequence[Any]:
    """This replica's gradients, of which an optimizer makes what it would make of their sum.

    Keras adds the replicas' gradients up at the very end of its `apply`, and judges what one of
    them has before.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return gradients
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return _clipped(gradients, optimizer, 1.0)
    gradients = _clipped(gradients, optimizer.inner_optimizer, optimizer.dynamic_scale)
    return _skipped_where_not_finite(gradients, optimizer)


def check_shared(optimizer: keras.optimizers.Optimizer) -> None:
    """Raises `InputError` where the replicas of the strategy cannot move weights by an optimizer.

    Keras does so within a condition, where the replicas cannot meet (T62).
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    steps, often = optimizer.gradient_accumulation_steps, optimizer.ema_overwrite_frequency
    if replicas > 1 and steps:
        raise InputError(
            f"Keras gathers no gradients over steps that {replicas} replicas share; a larger "
            f"batch is the same there. Received: gradient_accumulation_steps={steps}."
        )
    if replicas > 1 and optimizer.use_ema and often:
        raise InputError(
            f"Keras puts averages in the place of weights that {replicas} replicas share after the "
            f"last epoch alone. Received: ema_overwrite_frequency={often}."
        )


def _clipped(gradients, optimizer, scale):
    """An equal part of the sum of the replicas' gradients, clipped; as they are without clipping.

    The gradients are those of a loss that was multiplied by `scale`, and stay so.
    A part of what has been clipped is no more than what it is clipped to, so Keras leaves it (T61).
    """
    if not (optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue):
        return gradients
    scale = scale * (optimizer.loss_scale_factor or 1.0)
    sums = [None if each is None else sum_over_replicas(each) / scale for each in gradients]
    share = scale / tf.distribute.get_strategy().num_replicas_in_sync
    clipped = optimizer._clip_gradients(sums)
    return [None if each is None else each * share for each in clipped]


def _skipped_where_not_finite(gradients, optimizer):
    """Gradients that turn NaN on all replicas where they are not finite on one.

    An optimizer that scales the loss skips a step whose gradients are not finite. It asks the
    first replica alone, as if the gradients had been summed before, and would add what
    overflowed on another one to the weights of all (T36).
    """
    overflows = 1.0 - tf.cast(optimizer.check_finite(gradients), "float32")
    nothing = tf.where(sum_over_replicas(overflows) > 0.0, float("nan"), 0.0)
    return [None if each is None else each + tf.cast(nothing, each.dtype) for each in gradients]
