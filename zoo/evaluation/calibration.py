"""Calibration: whether a classifier is right as often as its probabilities say."""

import numpy as np

from zoo.errors import InputError, check_count

# Rows of a float32 softmax sum to 1 within this; other rows are no distributions.
_SUM_TOLERANCE = 1e-3


def reliability_bins(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> np.ndarray:
    """What a reliability diagram draws: confidence and accuracy, bin by bin.

    A row's confidence is its largest probability, and it is right where the class of that
    probability (the lowest one, at a tie) is its label. Bin b = 1 .. bins holds the rows whose
    confidence lies in ((b - 1) / bins, b / bins]; the edges are rounded to the type of the
    probabilities.

    Args:
        probabilities: class probabilities, `(n, classes)`, whose rows sum to 1.
        labels: class numbers, integers of shape `(n,)`.
        bins: how many bins of equal width.

    Returns:
        float64 `(bins, 3)`: mean confidence, accuracy, and the share of all rows. The first two
        are NaN in a bin without rows, where the share is 0.

    Raises:
        InputError: no rows, other shapes or types, labels that are no class, rows that are no
            distribution, or fewer than one bin.

    Reference: C. Guo, G. Pleiss, Y. Sun and K. Weinberger, On calibration of modern neural
    networks, ICML 2017, section 2.
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    check_count("bins", bins)
    _check_shapes(probabilities, labels)
    _check_values(probabilities, labels)
    confidences = probabilities.max(axis=-1)
    right = probabilities.argmax(axis=-1) == labels
    # In the type of the probabilities: 0.2 in float32 lies above 3/15 in float64, but is the edge.
    edges = (np.arange(1, bins) / bins).astype(confidences.dtype)
    places = np.digitize(confidences, edges, right=True)
    counts = np.bincount(places, minlength=bins)
    sums = [np.bincount(places, weights, minlength=bins) for weights in (confidences, right)]
    with np.errstate(invalid="ignore"):
        means = [total / counts for total in sums]
    return np.stack([*means, counts / len(labels)], axis=-1)


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15
) -> float:
    """The mean gap between confidence and accuracy, each bin weighted by its rows.

        ECE = Σ_b (n_b / n) · |accuracy_b - confidence_b|

    over the bins of `reliability_bins`, the empty ones counting 0. It lies in [0, 1]; low is good,
    but 0 says nothing of the accuracy: always answering the classes' frequencies reaches it too.

    Args:
        probabilities: class probabilities, `(n, classes)`, whose rows sum to 1.
        labels: class numbers, integers of shape `(n,)`.
        bins: how many bins of equal width; the error grows with their number.

    Raises:
        InputError: as `reliability_bins`.

    Reference: C. Guo, G. Pleiss, Y. Sun and K. Weinberger, On calibration of modern neural
    networks, ICML 2017, equation 3, where the number of bins is 15.

    Example:
        >>> expected_calibration_error([[0.75, 0.25]] * 4, [0, 0, 0, 1])
        0.0
        >>> expected_calibration_error([[0.75, 0.25]] * 4, [1, 1, 1, 0])
        0.5
    """
    confidences, accuracies, shares = reliability_bins(probabilities, labels, bins).T
    # NaN where no row lies; those bins have no share.
    return float(np.nansum(shares * np.abs(accuracies - confidences)))


def _check_shapes(probabilities: np.ndarray, labels: np.ndarray) -> None:
    floats = np.issubdtype(probabilities.dtype, np.floating)
    if probabilities.ndim != 2 or not probabilities.size or not floats:
        raise InputError(
            "`probabilities` must be a floating-point array of shape (rows, classes) with at "
            f"least one row. Received: {probabilities.dtype} of shape {probabilities.shape}."
        )
    if labels.shape != probabilities.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            "`labels` must be integers, one for each row of `probabilities`, here of shape "
            f"{probabilities.shape[:1]}. Received: {labels.dtype} of shape {labels.shape}."
        )


def _check_values(probabilities: np.ndarray, labels: np.ndarray) -> None:
    classes = probabilities.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        raise InputError(
            f"`labels` must be class numbers from 0 to {classes - 1}, one for each column of "
            f"`probabilities`. Received: numbers from {labels.min()} to {labels.max()}."
        )
    if not probabilities.min() >= 0:
        raise InputError(
            "`probabilities` must be at least 0. Received: a smallest one of "
            f"{probabilities.min():g}."
        )
    sums = probabilities.sum(axis=-1, dtype="float64")
    gaps = np.abs(sums - 1)
    if not gaps.max() <= _SUM_TOLERANCE:
        row = int(np.argmax(gaps))
        raise InputError(
            "`probabilities` must sum to 1 in each row; logits need a softmax first. Received: "
            f"row {row}, which sums to {sums[row]:g}."
        )
