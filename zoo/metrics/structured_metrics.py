"""`structured_scores` gathered over batches, from probabilities.

A label counts as predicted where its probability lies above the threshold, and as true where it
lies above one half. Sample weights, `(batch,)` or `(batch, 1)`, weigh rows. The other averages are
Keras's: `F1Score` (macro, micro), `BinaryIoU` of class 1, and 1 - `BinaryAccuracy`.
"""

import math

import keras
from keras import ops

from zoo.errors import check_number
from zoo.losses.checks import label_pair, row_weights


class _MeanOverRows(keras.metrics.Mean):
    # The mean over rows of a score of |y ∩ y_hat| and |y| + |y_hat|.

    def __init__(self, threshold, empty, name, dtype):
        super().__init__(name=name, dtype=dtype)
        check_number("threshold", threshold, 0.0, 1.0)
        check_number("empty", empty, 0.0, 1.0)
        self.threshold = threshold
        self.empty = empty
        # What callbacks with mode="auto" go by where the metric is given to `compile`.
        self._direction = "up"

    def fraction(self, both, sizes):
        # Numerator and denominator of the score, (batch,) each.
        raise NotImplementedError

    def update_state(self, y_true, y_pred, sample_weight=None):
        y, probabilities = map(_flat, label_pair(y_true, y_pred))
        y = ops.cast(y > 0.5, self.dtype)
        y_hat = ops.cast(probabilities > self.threshold, self.dtype)
        above, below = self.fraction(ops.sum(y * y_hat, axis=1), ops.sum(y + y_hat, axis=1))
        some = below > 0
        scores = ops.where(some, above / ops.where(some, below, 1.0), self.empty)
        # Predictions that are not numbers lie above no threshold, and have no score.
        scores = ops.where(ops.any(ops.isnan(probabilities), axis=1), math.nan, scores)
        if sample_weight is not None:
            sample_weight = row_weights(ops.cast(sample_weight, self.dtype), y)
        super().update_state(scores, sample_weight)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold, "empty": self.empty}


@keras.saving.register_keras_serializable(package="zoo")
class ExampleF1(_MeanOverRows):
    """Example-averaged F1, `Σ_i w_i F1_i / Σ_i w_i` over rows i; high is good.

    Args:
        threshold: In [0, 1]; a label is predicted where its probability lies above it.
        empty: What an empty prediction of an empty set scores, in [0, 1].
        name: Name of the metric.
        dtype: Type of the running sums.

    Raises:
        InputError: a threshold or `empty` outside [0, 1].

    Example:
        >>> metric = ExampleF1(threshold=0.3)
        >>> metric.update_state([[1.0, 1.0, 0.0]], [[0.4, 0.2, 0.1]])
        >>> round(float(metric.result()), 4)
        0.6667
    """

    def __init__(
        self, threshold: float = 0.5, empty: float = 0.0, name: str = "example_f1", dtype=None
    ):
        super().__init__(threshold, empty, name, dtype)

    def fraction(self, both, sizes):
        return 2.0 * both, sizes


@keras.saving.register_keras_serializable(package="zoo")
class ImageIoU(_MeanOverRows):
    """IoU of the foreground of an image, `Σ_i w_i IoU_i / Σ_i w_i` over images i; high is good.

    Keras's `MeanIoU` is another score: the mean over classes, of all images as one.

    Args:
        threshold: In [0, 1]; a pixel is predicted where its probability lies above it.
        empty: What an empty prediction of an empty mask scores, in [0, 1].
        name: Name of the metric.
        dtype: Type of the running sums.

    Raises:
        InputError: a threshold or `empty` outside [0, 1].
    """

    def __init__(
        self, threshold: float = 0.5, empty: float = 0.0, name: str = "image_iou", dtype=None
    ):
        super().__init__(threshold, empty, name, dtype)

    def fraction(self, both, sizes):
        return both, sizes - both


def _flat(labels):
    # (batch, labels). A network's masks may be of a size that only the batch tells.
    sizes = labels.shape[1:]
    if None in sizes:
        return ops.reshape(labels, (ops.shape(labels)[0], -1))
    return ops.reshape(labels, (-1, math.prod(sizes)))
