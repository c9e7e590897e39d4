"""Metrics of label sets and masks that are gathered over batches, from probabilities.

Each is the function of `structured_scores` of the same name (here by name, too) on labels that are
 cut at a threshold: a label counts as predicted where its probability lies above the threshold,
and as true where it lies above one half. Sample weights, `(batch,)` or `(batch, 1)`, weigh rows.
"""

import math

import keras
from keras import ops

from zoo.errors import InputError, check_count, check_number
from zoo.losses.checks import label_pair


class _LabelSetMetric(keras.metrics.Metric):
    # Scores that are a fraction of sums over rows, `numerator / denominator`, or a mean of such.

    def __init__(self, threshold, empty, name, dtype, shape=(), high_is_good=True):
        super().__init__(name=name, dtype=dtype)
        check_number("threshold", threshold, 0.0, 1.0)
        check_number("empty", empty, 0.0, 1.0)
        self.threshold = threshold
        self.empty = empty
        # What callbacks with mode="auto" go by where the metric is given to `compile`.
        self._direction = "up" if high_is_good else "down"
        self.numerator = self.add_variable(shape, initializer="zeros", name="numerator")
        self.denominator = self.add_variable(shape, initializer="zeros", name="denominator")

    def fractions(self, y, y_hat):
        # Two tensors (batch, ...), the parts of a row, from hard labels (batch, labels).
        raise NotImplementedError

    def update_state(self, y_true, y_pred, sample_weight=None):
        y, y_hat = label_pair(y_true, y_pred)
        y = ops.cast(_flat(y) > 0.5, self.dtype)
        y_hat = ops.cast(_flat(y_hat) > self.threshold, self.dtype)
        above, below = self.fractions(y, y_hat)
        if sample_weight is not None:
            weights = _row_weights(ops.cast(sample_weight, self.dtype), y)
            weights = weights if len(above.shape) > 1 else weights[:, 0]
            above, below = above * weights, below * weights
        self.numerator.assign_add(ops.sum(above, axis=0))
        self.denominator.assign_add(ops.sum(below, axis=0))

    def of_nothing(self):
        # The score where the denominator is 0; of a mean over rows, that is of no rows.
        return 0.0

    def result(self):
        scores = _divided(self.numerator.value, self.denominator.value, self.of_nothing())
        return ops.mean(scores)

    def get_config(self):
        return {
            "threshold": self.threshold,
            "empty": self.empty,
            "name": self.name,
            "dtype": self.dtype,
        }


@keras.saving.register_keras_serializable(package="zoo")
class ExampleF1(_LabelSetMetric):
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

    def fractions(self, y, y_hat):
        both, sizes = _both_and_sizes(y, y_hat)
        return _divided(2.0 * both, sizes, self.empty), ops.ones_like(both)


@keras.saving.register_keras_serializable(package="zoo")
class LabelF1(_LabelSetMetric):
    """Label-averaged (macro) F1 over all rows since the last reset; high is good.

    Args:
        num_labels: Number of labels (of masks: pixels).
        threshold: In [0, 1]; a label is predicted where its probability lies above it.
        empty: What a label scores that no row has and that is predicted for none, in [0, 1].
        name: Name of the metric.
        dtype: Type of the running sums.

    Raises:
        InputError: fewer than one label, or a threshold or `empty` outside [0, 1].
    """

    def __init__(
        self,
        num_labels: int,
        threshold: float = 0.5,
        empty: float = 0.0,
        name: str = "label_f1",
        dtype=None,
    ):
        check_count("num_labels", num_labels)
        super().__init__(threshold, empty, name, dtype, shape=(num_labels,))
        self.num_labels = num_labels

    def fractions(self, y, y_hat):
        if y.shape[1] != self.num_labels:
            raise InputError(
                f"Expected {self.num_labels} labels per row (`num_labels`). Received: {y.shape[1]}."
            )
        return 2.0 * y * y_hat, y + y_hat

    def of_nothing(self):
        return self.empty

    def get_config(self):
        return {"num_labels": self.num_labels, **super().get_config()}


@keras.saving.register_keras_serializable(package="zoo")
class MicroF1(_LabelSetMetric):
    """Micro-averaged F1 of all labels of all rows since the last reset; high is good.

    Args:
        threshold: In [0, 1]; a label is predicted where its probability lies above it.
        empty: What is scored where no label is true or predicted at all, in [0, 1].
        name: Name of the metric.
        dtype: Type of the running sums.

    Raises:
        InputError: a threshold or `empty` outside [0, 1].
    """

    def __init__(
        self, threshold: float = 0.5, empty: float = 0.0, name: str = "micro_f1", dtype=None
    ):
        super().__init__(threshold, empty, name, dtype)

    def fractions(self, y, y_hat):
        both, sizes = _both_and_sizes(y, y_hat)
        return 2.0 * both, sizes

    def of_nothing(self):
        return self.empty


@keras.saving.register_keras_serializable(package="zoo")
class HammingLoss(_LabelSetMetric):
    """Hamming loss, the share of all labels that are wrong; low is good.

    Args:
        threshold: In [0, 1]; a label is predicted where its probability lies above it.
        name: Name of the metric.
        dtype: Type of the running sums.

    Raises:
        InputError: a threshold outside [0, 1].
    """

    def __init__(self, threshold: float = 0.5, name: str = "hamming_loss", dtype=None):
        super().__init__(threshold, 0.0, name, dtype, high_is_good=False)

    def fractions(self, y, y_hat):
        wrong = ops.mean(ops.abs(y - y_hat), axis=1)
        return wrong, ops.ones_like(wrong)

    def get_config(self):
        config = super().get_config()
        del config["empty"]
        return config


@keras.saving.register_keras_serializable(package="zoo")
class MeanIoU(_LabelSetMetric):
    """Mean over images of the IoU of their foreground; high is good.

    Args:
        threshold: In [0, 1]; a pixel is predicted where its probability lies above it.
        empty: What an empty prediction of an empty mask scores, in [0, 1].
        name: Name of the metric.
        dtype: Type of the running sums.

    Raises:
        InputError: a threshold or `empty` outside [0, 1].
    """

    def __init__(
        self, threshold: float = 0.5, empty: float = 0.0, name: str = "mean_iou", dtype=None
    ):
        super().__init__(threshold, empty, name, dtype)

    def fractions(self, y, y_hat):
        both, sizes = _both_and_sizes(y, y_hat)
        return _divided(both, sizes - both, self.empty), ops.ones_like(both)


@keras.saving.register_keras_serializable(package="zoo")
class GlobalIoU(_LabelSetMetric):
    """IoU of the foreground of all images since the last reset as one; high is good.

    Args:
        threshold: In [0, 1]; a pixel is predicted where its probability lies above it.
        empty: What is scored where no pixel is foreground or predicted so at all, in [0, 1].
        name: Name of the metric.
        dtype: Type of the running sums.

    Raises:
        InputError: a threshold or `empty` outside [0, 1].
    """

    def __init__(
        self, threshold: float = 0.5, empty: float = 0.0, name: str = "global_iou", dtype=None
    ):
        super().__init__(threshold, empty, name, dtype)

    def fractions(self, y, y_hat):
        both, sizes = _both_and_sizes(y, y_hat)
        return both, sizes - both

    def of_nothing(self):
        return self.empty


def _flat(labels):
    # (batch, labels). A network's masks may be of a size that only the batch tells.
    sizes = labels.shape[1:]
    if None in sizes:
        return ops.reshape(labels, (ops.shape(labels)[0], -1))
    return ops.reshape(labels, (-1, math.prod(sizes)))


def _both_and_sizes(y, y_hat):
    return ops.sum(y * y_hat, axis=1), ops.sum(y + y_hat, axis=1)


def _divided(above, below, empty):
    some = below > 0
    return ops.where(some, above / ops.where(some, below, ops.ones_like(below)), empty)


def _row_weights(weights, y):
    # (batch, 1).
    shape = tuple(weights.shape)
    rows_differ = shape[:1] != (y.shape[0],) and None not in (*shape[:1], y.shape[0])
    if len(shape) not in (1, 2) or shape[1:] not in ((), (1,)) or rows_differ:
        raise InputError(
            "`sample_weight` must have the shape (batch_size,): a weight per row. "
            f"Received: shape {shape} for {y.shape[0]} rows."
        )
    return ops.reshape(weights, (-1, 1))
