"""Batch normalization of the zoo: by the moments of groups of rows, or by a fused kernel."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError
from zoo.networks.replicas import sum_over_replicas

_FUSED_TYPES = ("float32", "bfloat16", "float16")
# Each replica runs in a thread of its own, and all share the layers.
_this_replica = threading.local()


@keras.saving.register_keras_serializable(package="zoo")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, which can take each group of rows by its own moments.

        y = gamma · (x - mean) / sqrt(variance + epsilon) + beta

    Arguments, weights and their places in files are those of Keras's layer, and so are the
    numbers, but for a training pass within `moments_of_groups`.
    """

    def call(self, inputs, training=None, mask=None):
        groups = _groups()
        if groups is None or not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        y, _ = self.normalized(inputs, groups)
        y = y * self.gamma.value if self.scale else y
        y = y + self.beta.value if self.center else y
        return tf.cast(y, self.compute_dtype)

    def normalized(self, x: Any, groups: Any, moves_averages: bool = True) -> tuple[Any, Any]:
        """Each row brought to mean 0 and variance 1 by the moments of its own group.

            mean_g = Σ_i g_i x_i / Σ_i g_i,    variance_g = Σ_i g_i (x_i - mean_g)² / Σ_i g_i

        over the rows of all replicas, and the places of an image. The running moments follow the
        first group.

        Args:
            x: (batch_size, ..., features).
            groups: (batch_size, groups), 1 for the group of a row and 0 elsewhere, float32.
            moves_averages: whether the running moments follow; those of a frozen layer do not.

        Returns:
            (x - mean) / sqrt(variance + epsilon), of the shape of x; and variance + epsilon of
            each row, (batch_size, 1, ..., features). Both float32.

        Raises:
            InputError: features that are not last, or `renorm`.
        """
        if self.renorm or self.axis not in (-1, len(x.shape) - 1):
            raise InputError(
                "Moments of groups of rows need a batch normalization over the last axis, without "
                f"renorm. Received: axis={self.axis}, renorm={self.renorm} in {self.name!r}."
            )
        x = tf.cast(x, "float32")
        mean = _means(x, groups)
        x = x - _of_rows(mean, groups, x)
        variance = _means(tf.square(x), groups)
        if moves_averages and self.trainable:
            self._move(mean[0], variance[0])
        variances = _of_rows(variance + self.epsilon, groups, x)
        return x * tf.math.rsqrt(variances), variances

    def _move(self, mean, variance):
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            value = tf.cast(value, average.dtype)
            average.assign(average * self.momentum + value * (1.0 - self.momentum))


@keras.saving.register_keras_serializable(package="zoo")
class FusedBatchNormalization(BatchNormalization):
    """`BatchNormalization`, computed by TensorFlow's fused kernel where there is one for it.

    The same numbers, weights and arguments. Under TensorFlow Keras composes the layer of single
    operations in float32, whatever the type of x. On a CPU with bfloat16 the fused kernel took a
    quarter of the processor time off a training step of double convolutions. Images of
    `(batch, height, width, channels)` go through it; it reads bfloat16 and float16 as they are
    and sums in float32. Anything else, moments of groups, and moments over several replicas are
    left to the base class.
    """

    def call(self, inputs, training=None, mask=None):
        learns = bool(training and self.trainable)
        if not self._is_fusible(inputs, mask, learns):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        # The kernel wants population moments for inference, and none of them for training.
        moments = (
            {}
            if learns
            else {"mean": self.moving_mean.value, "variance": self.moving_variance.value}
        )
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            self.gamma.value if self.scale else tf.ones(channels),
            self.beta.value if self.center else tf.zeros(channels),
            epsilon=self.epsilon,
            is_training=learns,
            **moments,
        )
        if learns:
            # The kernel returns the unbiased variance; Keras keeps the biased one.
            count = tf.cast(tf.size(inputs) // channels, "float32")
            self._move(mean, variance * (count - 1.0) / count)
        return y

    def _is_fusible(self, inputs, mask, learns):
        one_replica = tf.distribute.get_strategy().num_replicas_in_sync == 1
        whole = _groups() is None and (one_replica or not self.synchronized)
        return (
            mask is None
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and not self.renorm
            and keras.backend.standardize_dtype(inputs.dtype) in _FUSED_TYPES
            and (whole or not learns)
        )


def use_own_normalization(network: keras.Model) -> None:
    """Turns Keras's batch normalizations in a network into those of the zoo, weights and all.

    Raises:
        InputError: a batch normalization of another class, whose moments nobody can choose.
    """
    for layer in network._flatten_layers():
        if type(layer) is keras.layers.BatchNormalization:
            # It stays the object that others hold, and keeps its place in files.
            layer.__class__ = BatchNormalization
        foreign = not isinstance(layer, BatchNormalization)
        if foreign and isinstance(layer, keras.layers.BatchNormalization):
            raise InputError(
                "Labeled and unlabeled rows need a batch normalization of Keras or of the zoo. "
                f"Received: {layer.name!r}, a {type(layer).__name__}."
            )


@contextlib.contextmanager
def moments_of_groups(groups: Any) -> Iterator[None]:
    """Within it a training pass normalizes each row by the moments of its own group.

    See `BatchNormalization.normalized`; networks made elsewhere need
    `use_own_normalization` first.

    Args:
        groups: (batch_size, groups), 1 for the group of a row and 0 elsewhere, float32.
    """
    _this_replica.groups = groups
    try:
        yield
    finally:
        del _this_replica.groups


def _groups():
    return getattr(_this_replica, "groups", None)


def _means(values, groups):
    """Each group's mean of each feature over its rows in all replicas, (groups, features)."""
    values = tf.reduce_mean(values, axis=list(range(1, values.shape.rank - 1)))
    sums = sum_over_replicas(tf.matmul(groups, values, transpose_a=True))
    counts = sum_over_replicas(tf.reduce_sum(groups, axis=0))
    return tf.math.divide_no_nan(sums, counts[:, None])


def _of_rows(moments, groups, values):
    """The moments of each row's group, to broadcast with (batch_size, ..., features)."""
    ones = [1] * (values.shape.rank - 2)
    return tf.reshape(tf.matmul(groups, moments), [-1, *ones, values.shape[-1]])
