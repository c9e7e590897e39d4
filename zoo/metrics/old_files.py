"""What stands for the metrics of label sets that saved files of version 0.1.0 may name.

Keras looks a name up in its register and calls `from_config` of what it finds. Here that makes a
metric of another class, which gives the same score for rows without weights. Of nothing at all
Keras's classes score 0, whatever `empty` was.
"""

from collections.abc import Callable

import keras
import numpy as np

from zoo.metrics.structured_metrics import ImageIoU

# Stands for a threshold of 0, which Keras does not take.
_TINY = float(np.finfo("float32").tiny)


def _register(old_name: str, make: Callable[..., keras.metrics.Metric]) -> None:
    from_config = staticmethod(lambda config: make(**config))
    old = type(old_name, (keras.metrics.Metric,), {"from_config": from_config})
    keras.saving.register_keras_serializable("zoo", old_name)(old)


def _f1(average):
    def make(threshold, name, dtype, empty=0.0, num_labels=None):
        return keras.metrics.F1Score(average, max(float(threshold), _TINY), name, dtype)

    return make


def _iou(threshold, name, dtype, empty=0.0):
    # Keras predicts at the threshold, too; the zoo above it.
    above = float(np.nextafter(np.float32(threshold), np.float32(2)))
    return keras.metrics.BinaryIoU([1], max(above, _TINY), name, dtype)


@keras.saving.register_keras_serializable(package="zoo")
class HammingLoss(keras.metrics.BinaryAccuracy):
    """1 - accuracy, which Keras has no class for."""

    def __init__(self, name="hamming_loss", dtype=None, threshold=0.5):
        super().__init__(name, dtype, threshold)
        self._direction = "down"

    def result(self):
        return keras.ops.where(self.count > 0, 1.0 - super().result(), 0.0)


_register("LabelF1", _f1("macro"))
_register("MicroF1", _f1("micro"))
_register("MeanIoU", ImageIoU)
_register("GlobalIoU", _iou)
