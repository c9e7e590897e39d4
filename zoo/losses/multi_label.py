"""Losses of label sets against logits, each a sum over the labels of a sample."""

import keras
from keras import ops

from zoo.losses.base import SampleLoss
from zoo.losses.checks import label_pair, sum_over_labels


def multi_label_crossentropy(y, logits):
    """Binary cross-entropy of all labels of a sample, in nats.

    Formula, with `q = sigmoid(logits)`:

        sum(-y * log(q) - (1 - y) * log(1 - q))

    over the labels: a sum, where `keras.losses.binary_crossentropy` has a mean.

    Args:
        y: Labels in [0, 1], of shape `(batch, labels)`, or masks `(batch, height, width, 1)`.
        logits: Of the same shape.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ and, eagerly, for labels outside [0, 1].

    Example:
        Two labels at the logit 0: 2 log(2) = 1.3863.

        >>> float(multi_label_crossentropy([[1.0, 0.0]], [[0.0, 0.0]])[0])
        1.3862943649291992
    """
    y, logits = label_pair(y, logits, "logits")
    return sum_over_labels(ops.binary_crossentropy(y, logits, from_logits=True))


def multi_label_squared(y, logits):
    """Squared error of all labels of a sample.

    Formula: `sum((y - sigmoid(logits))**2)` over the labels.

    Args:
        y: Labels in [0, 1], of shape `(batch, labels)`, or masks `(batch, height, width, 1)`.
        logits: Of the same shape.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ and, eagerly, for labels outside [0, 1].

    Example:
        Two labels at the logit 0, each off by one half: 1/4 + 1/4.

        >>> float(multi_label_squared([[1.0, 0.0]], [[0.0, 0.0]])[0])
        0.5

    Reference: J. Lanchantin, "Loss Functions for Deep Structured Models", equation 3.
    """
    y, logits = label_pair(y, logits, "logits")
    return sum_over_labels(ops.square(y - ops.sigmoid(logits)))


def multi_label_kl(y, logits):
    """Kullback-Leibler loss over the labels of a sample, in nats.

    Formula, with `q = sigmoid(logits)`: `sum(y * log(y / q))` over the labels, where `y * log(y)`
    is 0 at 0. The labels are no distribution over outcomes. For labels 0 or 1 it is the half of
    `multi_label_crossentropy` that stands at the ones, so that a label too many costs nothing; for
    soft labels it is negative where q is larger. log(q) comes from the logits and needs no
    clipping: it is finite, and has a gradient, for every finite logit.

    Args:
        y: Labels in [0, 1], of shape `(batch, labels)`, or masks `(batch, height, width, 1)`.
        logits: Of the same shape.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ and, eagerly, for labels outside [0, 1].

    Example:
        The label that is there at the logit 0: log(2). The other one pays nothing.

        >>> float(multi_label_kl([[1.0, 0.0]], [[0.0, 5.0]])[0])
        0.6931471824645996
    """
    y, logits = label_pair(y, logits, "logits")
    # log(1) = 0 stands in where 0 * log(0) would make the value and its gradient NaN.
    log_y = ops.log(ops.where(y > 0, y, ops.ones_like(y)))
    return sum_over_labels(y * (log_y + ops.softplus(-logits)))


@keras.saving.register_keras_serializable(package="zoo")
class MultiLabelCrossentropy(SampleLoss):
    """`multi_label_crossentropy` with a reduction over samples.

    Args:
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(multi_label_crossentropy)


@keras.saving.register_keras_serializable(package="zoo")
class MultiLabelSquared(SampleLoss):
    """`multi_label_squared` with a reduction over samples.

    Args:
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(multi_label_squared)


@keras.saving.register_keras_serializable(package="zoo")
class MultiLabelKL(SampleLoss):
    """`multi_label_kl` with a reduction over samples.

    Args:
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(multi_label_kl)
