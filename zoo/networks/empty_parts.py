"""Convolutions of an empty part of a batch, as a replica has it of a batch of few rows.

Of such a part oneDNN makes one of the shape of its inputs, on a CPU (TensorFlow 2.21), also in the
gradient of a transposed convolution: the operation behind it ends the step, or takes it for
channels that there are not.
"""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras.src.backend.tensorflow import nn


def _of_a_row_at_least(convolve: Callable) -> Callable:
    @functools.wraps(convolve)
    def convolved(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        strategy = tf.distribute.get_strategy()
        if strategy.num_replicas_in_sync == 1 or not _on_cpus(strategy):
            return convolve(inputs, *args, **kwargs)
        rows = tf.shape(inputs)[0]
        more = [[0, tf.cast(rows == 0, "int32")], *[[0, 0]] * (len(inputs.shape) - 1)]
        some = tf.ensure_shape(tf.pad(inputs, more), (None, *inputs.shape[1:]))
        return convolve(some, *args, **kwargs)[:rows]

    return convolved


def _on_cpus(strategy: tf.distribute.Strategy) -> bool:
    return any("CPU" in device for device in strategy.extended.worker_devices)


# What all layers and `keras.ops` call.
for _name in ("conv", "depthwise_conv", "separable_conv", "conv_transpose"):
    setattr(nn, _name, _of_a_row_at_least(getattr(nn, _name)))
