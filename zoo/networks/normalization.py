"""Batch normalisation of images by TensorFlow's fused kernel."""

import keras
import tensorflow as tf

_FUSED_TYPES = ("float32", "bfloat16", "float16")


@keras.saving.register_keras_serializable(package="zoo")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, computed by the fused kernel where there is one for it.

        y = gamma · (x - mean) / sqrt(variance + epsilon) + beta

    The same numbers, weights and arguments as Keras's layer, which under TensorFlow composes them
    of single operations in float32, whatever the type of x. On a CPU with bfloat16 the fused
    kernel took a quarter of the processor time off a training step of double convolutions. Images
    of `(batch, height, width, channels)` go through it; it reads bfloat16 and float16 as they are
    and sums in float32. Anything else, and moments over several replicas, is left to Keras.
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
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance * (count - 1.0) / count)
        return y

    def _is_fusible(self, inputs, mask, learns):
        one_replica = tf.distribute.get_strategy().num_replicas_in_sync == 1
        return (
            mask is None
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and not self.renorm
            and keras.backend.standardize_dtype(inputs.dtype) in _FUSED_TYPES
            and (one_replica or not (learns and self.synchronized))
        )

    def _move(self, average, value):
        average.assign(average * self.momentum + value * (1.0 - self.momentum))
