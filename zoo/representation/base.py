"""`RepresentationClassifier`: all that the three share, which is all but codes and residuals."""

import abc
import math
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from zoo.errors import InputError, check_count

# Codes that are held at a time, 32 MB, however many rows there are to classify.
_CODES_AT_A_TIME = 2**22


class RepresentationClassifier(ClassifierMixin, BaseEstimator, abc.ABC):
    """A row goes to the class whose training rows, as they share in its code, explain it best.

    A scikit-learn estimator. It takes rows of numbers, (rows, features), or images as the zoo's
    data sets have them, (rows, height, width, channels), which it flattens. Each row is scaled to
    length 1, so pixels in [0, 1] and in [0, 255] are the same to it.

    `fit` keeps the training rows and computes what does not depend on the row to classify; codes
    are found when rows are classified, many at a time. There are no probabilities, since residuals
    are none: `decision_function` is minus the residuals.

    Attributes, after `fit`:
        classes_: the labels, sorted.
        atoms_: (n, features), the training rows, scaled.
        labels_: (n,), the place of each training row's label in `classes_`.
        n_features_in_: features, of an image height · width · channels.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Keeps the training rows.

        Args:
            X: (rows, features) or (rows, height, width, channels), finite.
            y: (rows,) labels.

        Raises:
            InputError: a setting out of its range; rows that are no table or images, not finite,
                or not as many as labels; labels of one class; with `num_classes`, labels that are
                no class numbers below it or a class without a row.
        """
        self.check_settings()
        X, y = self._checked(X, y)
        self.classes_, self.labels_ = np.unique(y, return_inverse=True)
        self._check_classes()
        self._learn(X)
        return self

    def codes(self, X: ArrayLike) -> np.ndarray:
        """The code of each row, (rows, n): the share of each training row, in their order."""
        return np.concatenate([codes for codes, _ in self._represented(X)])

    def residuals(self, X: ArrayLike) -> np.ndarray:
        """What each class leaves unexplained of each row, (rows, classes), at least 0."""
        return np.concatenate([residuals for _, residuals in self._represented(X)])

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Minus the residuals, (rows, classes).

        With two classes, as scikit-learn has it, (rows,): positive where the second is nearer.
        """
        residuals = self.residuals(X)
        return residuals[:, 0] - residuals[:, 1] if residuals.shape[1] == 2 else -residuals

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The class of the smallest residual, (rows,); of equal ones the first."""
        nearest = self.residuals(X).argmin(axis=1)
        return self.classes_[nearest]

    @abc.abstractmethod
    def check_settings(self) -> None:
        """Raises `InputError` where an argument of the constructor is out of its range."""

    @abc.abstractmethod
    def _learn(self, rows: np.ndarray) -> None:
        """Sets `atoms_`, and what else `_represent` needs, from the training rows."""

    @abc.abstractmethod
    def _represent(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The codes (rows, n) and the residuals (rows, classes) of some rows (rows, features)."""

    def _represented(self, X: ArrayLike) -> list[tuple[np.ndarray, np.ndarray]]:
        check_is_fitted(self)
        rows = self._checked(X)
        step = max(1, _CODES_AT_A_TIME // len(self.labels_))
        return [self._represent(rows[i : i + step]) for i in range(0, len(rows), step)]

    def _checked(self, X: ArrayLike, *y: ArrayLike) -> tuple[np.ndarray, np.ndarray] | np.ndarray:
        if any(map(np.ma.is_masked, (X, *y))):
            # scikit-learn would read what is masked.
            raise InputError("Rows hold values alone; fill masked ones. Received: a masked array.")
        if getattr(X, "ndim", None) == 4:
            X = np.asarray(X)
            X = X.reshape(len(X), math.prod(X.shape[1:]))
        try:
            if y:
                check_classification_targets(y[0])
            # float64: the distance of two nearly equal residuals is what decides.
            checked = validate_data(self, X, *y, dtype="float64", reset=bool(y))
        except ValueError as error:
            raise InputError(str(error)) from error
        return (_in_range(checked[0]), checked[1]) if y else _in_range(checked)

    def _check_classes(self) -> None:
        if len(self.classes_) < 2:
            raise InputError(
                f"{type(self).__name__} needs rows of at least two classes. Received: one class, "
                f"{self.classes_.tolist()[0]!r}."
            )
        if self.num_classes is None:
            return
        check_count("num_classes", self.num_classes, 2)
        numbers = range(self.num_classes)
        there = self.classes_.tolist()
        unknown = [label for label in there if label not in numbers]
        missing = [number for number in numbers if number not in there]
        if unknown or missing:
            what = f"no row of class {missing[0]}" if missing else f"a label {unknown[0]!r}"
            raise InputError(
                f"With num_classes={self.num_classes}, labels must be 0 to {numbers[-1]}, and each "
                f"class must have a training row. Received: {what}."
            )


def _in_range(rows: np.ndarray) -> np.ndarray:
    """Rows whose squares float64 holds; what a row is multiplied by does not matter."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    extreme = (largest > 1e150) | (largest < 1e-150) & (largest > 0)
    return np.where(extreme, rows / np.where(extreme, largest, 1), rows) if extreme.any() else rows
