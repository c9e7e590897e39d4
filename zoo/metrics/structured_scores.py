"""What scikit-learn lacks for label sets and masks: F1 per row, IoU per image, a threshold.

Labels are of shape `(batch, labels)`, or masks of shape `(batch, height, width, 1)`, whose pixels
are the labels. The functions take whole sets of hard labels as arrays. `structured_metrics` has
classes that gather the same scores over batches.

The other averages are those of scikit-learn: `f1_score` with `average="macro"` or `"micro"`,
`jaccard_score` and `hamming_loss`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoo.errors import InputError, check_number

# The published grid of thresholds: that of the released code of SPEN, which InfNet took over.
THRESHOLDS = (0.0, 0.01, 0.02, 0.03, 0.04, *(round(0.05 * i, 2) for i in range(1, 16)))


def example_f1(y: Any, y_hat: Any, empty: float = 0.0) -> float:
    """Example-averaged F1: how well the label set of a row is found, on average over rows.

    Formula: `mean_rows(2|y ∩ y_hat| / (|y| + |y_hat|))`.

    Args:
        y: True labels, 0 or 1 (or Booleans).
        y_hat: Predicted labels, 0 or 1, of the same shape.
        empty: What an empty prediction of an empty set scores, in [0, 1]: 0 as in the code of DVN,
            1 as in that of SPEN. An empty prediction of any other set scores 0.

    Raises:
        InputError: labels other than 0 and 1, shapes that differ, no rows, or `empty` outside
            [0, 1].

    Example:
        One of two labels found, and none too many: 2/3. Both found, and one too many: 4/5.

        >>> round(example_f1([[1, 1, 0], [1, 1, 0]], [[1, 0, 0], [1, 1, 1]]), 4)
        0.7333
    """
    both, sizes = _counts(y, y_hat)
    return float(np.mean(_ratio(2 * both, sizes, empty)))


def image_iou(y: Any, y_hat: Any, empty: float = 0.0) -> float:
    """Intersection over union of the foreground of an image, on average over images.

    Formula: `mean_images(|y ∩ y_hat| / |y ∪ y_hat|)`. The background is not scored. Large and
    small objects count alike, unlike in the IoU of all images as one.

    Args:
        y: True masks, 0 or 1 (or Booleans).
        y_hat: Predicted masks, 0 or 1, of the same shape.
        empty: What an empty prediction of an empty mask scores, in [0, 1].

    Raises:
        InputError: as for `example_f1`.

    Example:
        1/2 and 1:

        >>> image_iou([[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1]])
        0.75
    """
    both, sizes = _counts(y, y_hat)
    return float(np.mean(_ratio(both, sizes - both, empty)))


def best_threshold(
    y: Any,
    probabilities: Any,
    metric: Callable[[Any, Any], float] = example_f1,
    thresholds: Sequence[float] = THRESHOLDS,
) -> tuple[float, float]:
    """The threshold that scores best, a label being predicted where its probability is above it.

    Of equally good thresholds it is the first in the order given: of the grid, the lowest. Rows
    for it are held out of the training rows; chosen on test rows it would flatter the test score.

    Args:
        y: True labels, 0 or 1, of shape `(batch, labels)`.
        probabilities: Predicted ones in [0, 1], of the same shape.
        metric: Function of two Boolean arrays `(rows, labels)` to a score; high is good. Where it
            is NaN, as a ratio of none to none, the threshold is passed over.
        thresholds: To choose from, each in [0, 1].

    Returns:
        The threshold and its score.

    Raises:
        InputError: no thresholds or one outside [0, 1], probabilities outside it, a metric of
            which low is good (by scikit-learn's names, `..._loss` or `..._error`), or that
            is NaN at every threshold, and what `metric` refuses.

    Example:
        >>> best_threshold([[1, 1, 0]], [[0.9, 0.3, 0.2]], thresholds=(0.1, 0.2, 0.25, 0.5))
        (0.2, 1.0)
    """
    if not np.ndim(thresholds) or not len(thresholds):
        raise InputError(
            f"`thresholds` must hold at least one number. Received: {thresholds!r:.60}."
        )
    for threshold in thresholds:
        check_number("threshold", threshold, 0.0, 1.0)
    name = getattr(metric, "__name__", "")
    if name.endswith(("_loss", "_error")):
        raise InputError(f"`metric` must be one of which high is good. Received: {name}.")
    probabilities = np.asarray(probabilities)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise InputError("`probabilities` must lie between 0 and 1 everywhere.")
    # Checked and made Boolean once: that leaves the metric little to do.
    y, _ = _hard_pair(y, probabilities > 0.5)
    probabilities = probabilities.reshape(y.shape)
    scores = [float(metric(y, probabilities > threshold)) for threshold in thresholds]
    if np.isnan(scores).all():
        raise InputError("`metric` must be a number at some threshold. Received: nan at each.")
    best = int(np.nanargmax(scores))
    return float(thresholds[best]), scores[best]


def _counts(y, y_hat):
    # |y ∩ y_hat| and |y| + |y_hat| of each row.
    y, y_hat = _hard_pair(y, y_hat)
    return np.count_nonzero(y & y_hat, axis=1), np.count_nonzero(y, 1) + np.count_nonzero(y_hat, 1)


def _ratio(above, below, empty):
    check_number("empty", empty, 0.0, 1.0)
    return np.where(below > 0, above / np.maximum(below, 1), empty)


def _hard_pair(y, y_hat):
    # Boolean arrays (rows, labels).
    y, y_hat = _hard("y", y), _hard("y_hat", y_hat)
    if y.shape != y_hat.shape:
        raise InputError(
            "`y` and `y_hat` must have the same shape. "
            f"Received: y of shape {y.shape}, y_hat of {y_hat.shape}."
        )
    if y.ndim < 2 or not y.size:
        raise InputError(
            "Labels must have the shape (batch_size, num_labels), or that of masks, and at least "
            f"one row. Received: shape {y.shape}."
        )
    return y.reshape(len(y), -1), y_hat.reshape(len(y), -1)


def _hard(name, labels):
    labels = np.asarray(labels)
    if labels.dtype.kind == "b":
        return labels
    hard = labels == 1
    other = ~(hard | (labels == 0))
    if other.any():
        raise InputError(
            f"`{name}` must hold hard labels, 0 or 1; cut probabilities at a threshold first. "
            f"Received: {labels[other][0]} among them."
        )
    return hard
