"""True values of labelings, F1 and intersection over union, and what a value network pays.

Labels are of shape `(batch, labels)`, or masks of shape `(batch, height, width, 1)`; sums are over
all axes but the first. Values are high where a labeling is good.
"""

from keras import ops

from zoo.errors import check_number
from zoo.losses.checks import as_floats, check_labels, check_same_shape, label_pair, sum_over_labels


def value_crossentropy(oracle, value_logits):
    """What a value network pays: cross-entropy between its value and the oracle's, in nats.

    Formula, with `v = sigmoid(value_logits)`: `-oracle * log(v) - (1 - oracle) * log(1 - v)`. Its
    least value, at v = oracle, is the entropy of the oracle, which is above 0 inside (0, 1).

    Args:
        oracle: True values in [0, 1], of shape `(batch,)`.
        value_logits: Of the same shape.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ and, eagerly, for true values outside [0, 1].

    Example:
        >>> float(value_crossentropy([0.25], [0.0])[0])
        0.6931471824645996

    Reference: M. Gygli, M. Norouzi and A. Angelova, "Deep value networks learn to evaluate and
    iteratively refine structured outputs", ICML 2017.
    """
    value_logits = as_floats(value_logits)
    oracle = ops.cast(oracle, value_logits.dtype)
    check_same_shape("oracle", oracle, "value_logits", value_logits)
    check_labels("oracle", oracle, soft=True)
    return ops.binary_crossentropy(oracle, value_logits, from_logits=True)


def f1_oracle(y, y_hat, empty: float = 0.0):
    """True value of a labeling by F1, relaxed to soft labels.

    Formula: `2I / (I + U)` with `I = sum(min(y, y_hat))` and `U = sum(max(y, y_hat))`, so that
    I + U is the sum of both.

    Args:
        y: Labels in [0, 1].
        y_hat: Predicted labels in [0, 1], of the same shape.
        empty: What a wholly empty prediction of an empty set scores, in [0, 1]. The authors' own
            code gives 0; others give 1.

    Returns:
        One value per sample, in [0, 1], of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ, `empty` outside [0, 1] and, eagerly, labels outside it.

    Example:
        One of two labels found, and one too many by half: 2 * 1 / (1 + 2.5).

        >>> round(float(f1_oracle([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.5]])[0]), 4)
        0.5714

    Reference: M. Gygli, M. Norouzi and A. Angelova, "Deep value networks learn to evaluate and
    iteratively refine structured outputs", ICML 2017.
    """
    intersection, union = _intersection_and_union(y, y_hat)
    return _ratio(2.0 * intersection, intersection + union, empty)


def iou_oracle(y, y_hat, empty: float = 0.0):
    """True value of a labeling by intersection over union, relaxed to soft labels.

    Formula: `I / U` with `I = sum(min(y, y_hat))` and `U = sum(max(y, y_hat))`.

    Args:
        y: Labels or masks in [0, 1].
        y_hat: Predicted ones in [0, 1], of the same shape.
        empty: What a wholly empty prediction of an empty set scores, in [0, 1]. The authors' own
            code gives 0; others give 1.

    Returns:
        One value per sample, in [0, 1], of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ, `empty` outside [0, 1] and, eagerly, labels outside it.

    Example:
        One of two labels found, and one too many by half: 1 / 2.5.

        >>> round(float(iou_oracle([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.5]])[0]), 4)
        0.4

    Reference: M. Gygli, M. Norouzi and A. Angelova, "Deep value networks learn to evaluate and
    iteratively refine structured outputs", ICML 2017.
    """
    intersection, union = _intersection_and_union(y, y_hat)
    return _ratio(intersection, union, empty)


def _intersection_and_union(y, y_hat):
    # Inference starts at labels 0 or 1, where y_hat equals y and both derivatives would be those of
    # y alone. The one that leads into [0, 1] is taken: downwards at 1, upwards at 0.
    y, y_hat = label_pair(y, y_hat)
    equal_ones = ops.logical_and(y_hat == y, y > 0.5)
    below = ops.logical_or(y_hat < y, equal_ones)
    intersection = sum_over_labels(ops.where(below, y_hat, y))
    return intersection, sum_over_labels(ops.where(below, y, y_hat))


def _ratio(above, below, empty):
    check_number("empty", empty, 0.0, 1.0)
    none = below == 0
    # Both branches are differentiated: the one not taken must be finite, too. NaN stays NaN.
    return ops.where(none, empty, above / ops.where(none, ops.ones_like(below), below))
