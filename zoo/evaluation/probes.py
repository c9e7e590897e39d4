"""Probes: common classifiers fitted on codes afterwards, which tell how well classes separate."""

from collections.abc import Callable

import numpy as np
from sklearn.base import ClassifierMixin
from threadpoolctl import threadpool_limits

from zoo.errors import InputError, check_choice

# Votes of the neighbors probe.
NEIGHBOURS = 5


def _svc(rows: int) -> ClassifierMixin:
    from sklearn.svm import SVC

    return SVC()


def _logistic(rows: int) -> ClassifierMixin:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))


def _neighbours(rows: int) -> ClassifierMixin:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(min(NEIGHBOURS, rows))


# What makes an unfitted probe for so many training rows, by the probe's name.
PROBES: dict[str, Callable[[int], ClassifierMixin]] = {
    "svc": _svc,
    "logistic": _logistic,
    "neighbours": _neighbours,
}


def fit_probe(name: str, codes: np.ndarray, labels: np.ndarray) -> ClassifierMixin:
    """A scikit-learn classifier fitted on codes.

    * `svc`: `SVC()`, an RBF kernel with C = 1 and gamma = 1 / (code_size · variance), where the
      variance is taken over all numbers of all codes. The published baselines used the same
      classifier with the older default gamma = 1 / code_size, which depends on the scale of the
      codes; today's does not, so it compares models fairly.
    * `logistic`: softmax regression, `LogisticRegression` with C = 1, on codes standardized
      dimension by dimension: what a plane between two classes can tell.
    * `neighbours`: the vote of the 5 nearest training codes (all of them where there are fewer),
      by Euclidean distance. The codes are not standardized: what is asked is who lies near whom
      in the code itself, and a dimension that a model leaves unused would count as much as any
      other once it is blown up to variance 1.

    With training rows of one class alone, every probe is the `DummyClassifier` that answers it.

    Args:
        name: one of `PROBES`.
        codes: (rows, code_size), finite; the numbers are taken as float64.
        labels: (rows,) class numbers.

    Raises:
        InputError: an unknown name, codes that are no table or hold NaN or infinite numbers, or
            another number of labels than of codes.
    """
    check_choice("probe", name, PROBES)
    codes, labels = _checked(codes, labels)
    if np.all(labels == labels[0]):
        from sklearn.dummy import DummyClassifier

        # SVC refuses it; whatever is told apart, there is one answer to give.
        return DummyClassifier(strategy="most_frequent").fit(codes, labels)
    # The products of logistic regression are too small to share out: the threads would wait for
    # each other most of the time, and on busy cores take minutes in place of a second.
    with threadpool_limits(1):
        return PROBES[name](len(codes)).fit(codes, labels)


def probe_accuracy(
    name: str,
    train_codes: np.ndarray,
    train_labels: np.ndarray,
    test_codes: np.ndarray,
    test_labels: np.ndarray,
) -> float:
    """The part of the test codes whose class a probe tells, fitted on the training codes.

    Args:
        name: one of `PROBES`, as `fit_probe` describes them.
        train_codes: (rows, code_size).
        train_labels: (rows,) class numbers.
        test_codes: (test_rows, code_size).
        test_labels: (test_rows,) class numbers.

    Raises:
        InputError: as for `fit_probe`, on either side, or codes of two sizes.
    """
    probe = fit_probe(name, train_codes, train_labels)
    test_codes, test_labels = _checked(test_codes, test_labels)
    if test_codes.shape[1] != np.shape(train_codes)[1]:
        raise InputError(
            "Training and test codes must have the same number of dimensions. Received: "
            f"{np.shape(train_codes)[1]} and {test_codes.shape[1]}."
        )
    return float(np.mean(probe.predict(test_codes) == test_labels))


def _checked(codes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, labels = np.asarray(codes, "float64"), np.asarray(labels)
    if codes.ndim != 2 or not codes.size or labels.shape != codes.shape[:1]:
        raise InputError(
            "A probe takes codes of shape (rows, code_size), none of them empty, with labels of "
            f"shape (rows,). Received: codes of shape {codes.shape}, labels of shape "
            f"{labels.shape}."
        )
    wrong = np.flatnonzero(~np.isfinite(codes).all(axis=1))
    if wrong.size:
        raise InputError(
            f"A probe takes finite codes. Received: NaN or infinite numbers in {wrong.size} of "
            f"{len(codes)} codes, the first in row {wrong[0]}."
        )
    return codes, labels
