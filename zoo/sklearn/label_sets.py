"""Energy and value networks of label sets as scikit-learn's multi-label classifiers."""

import dataclasses
from typing import Self

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from zoo.errors import InputError, check_choice, first_line
from zoo.sklearn.base import ZooEstimator, settings

ENERGIES = ("spen", "spen_e2e", "infnet", "dvn", "mlp")


@settings
class MultiLabelEnergyClassifier(ClassifierMixin, ZooEstimator):
    """Label sets by inference: the set of the lowest energy, or of the highest value.

    `y` has a column of 0 and 1 for each label. Labels of one class each are taken as sets of one,
    of which the likeliest is predicted.

    Args:
        model: one of `ENERGIES`: SPEN, SPEN end-to-end, InfNet, DVN, or the MLP beside them.
        size: units of the hidden layers; None is (64, 32).
        arguments: further arguments of `zoo.create_model(model, ...)`. Features are standardized
            unless it says {"standardize": False}.
        others: `epochs`, `batch_size`, `learning_rate`, `weight_decay`, `early_stopping`,
            `validation_fraction`, `patience`, `random_state` and `verbose`, as for
            `SuperEncoderTransformer`.

    Attributes, after `fit`:
        classes_: the labels, numbered by their columns, or sorted where rows have one class each.

    Reference: Belanger and McCallum, ICML 2016; Tu and Gimpel, ICLR 2018; Gygli et al., ICML 2017.
    """

    model: str = "spen"
    _: dataclasses.KW_ONLY
    epochs: int = 50

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Trains it; the threshold of labels is chosen on the training rows.

        Raises:
            InputError: a setting out of its range, rows that are not finite, label sets of other
                values than 0 and 1, or labels of one class.
        """
        check_choice("model", self.model, ENERGIES)
        y = y.toarray() if scipy.sparse.issparse(y) else y
        X, y = self._rows(X, y, reset=True, multi_output=True)
        kind = type_of_target(y)
        if kind == "unknown":
            raise InputError(
                f"Unknown label type: rows of type {type(y[0]).__name__}. Label sets must be an "
                "array (rows, labels) of 0 and 1, as sklearn.preprocessing.MultiLabelBinarizer "
                "makes of sets."
            )
        check_classification_targets(y)
        self.one_each_ = kind != "multilabel-indicator"
        groups = None
        if self.one_each_:
            self.classes_, groups = np.unique(column_or_1d(y, warn=True), return_inverse=True)
            if len(self.classes_) < 2:
                raise InputError(
                    "MultiLabelEnergyClassifier needs rows of at least two classes. Received: "
                    f"one class, {self.classes_.tolist()[0]!r}."
                )
            y = np.eye(len(self.classes_))[groups]
        else:
            self.classes_ = np.arange(y.shape[1])
        y = np.asarray(y, "float32")
        # The published stages of a DVN have rates of their own, which are those of SGD.
        stages = {"stages": (("all", 1),)} if self.model == "dvn" else {}
        labels = {"num_labels": y.shape[1], "standardize": True}
        self._train(self.model, X, y, groups=groups, **labels, **stages)
        if not self.one_each_:
            self.model_.choose_threshold(X, y)
        return self

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Soft labels, (rows, labels), each in (0, 1); of one class a row they add up to 1."""
        # A descent that is clipped ends at 0 and 1, which scikit-learn holds for no probabilities.
        soft = np.clip(self._soft(X), 1e-12, 1 - 1e-12)
        return soft / soft.sum(axis=1, keepdims=True) if self.one_each_ else soft

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Label sets, (rows, labels) of 0 and 1; or the class of each row, where it has one."""
        soft = self._soft(X)
        if self.one_each_:
            return self.classes_[soft.argmax(axis=1)]
        return (soft > float(self.model_.threshold.numpy())).astype("int64")

    def _soft(self, X):
        model = self._fitted()
        return self._answers(lambda rows: model(rows), self._rows(X))

    def energy(self, X: ArrayLike, y: ArrayLike) -> np.ndarray:
        """The energy of label sets, (rows,), low is good; of the MLP and DVN there is none.

        Raises:
            InputError: a model without one, or label sets that are not those of the rows.
        """
        model = self._fitted()
        if not hasattr(model, "energy"):
            raise InputError(f"{self.model!r} has no energy. Allowed: spen, spen_e2e, infnet, dvn.")
        try:
            y = np.asarray(y.toarray() if scipy.sparse.issparse(y) else y, "float32")
        except (ValueError, TypeError) as error:
            raise InputError(
                "Label sets are rows of numbers from 0 to 1, a column for each label. "
                f"{first_line(error)}"
            ) from error
        return np.asarray(model.energy(self._rows(X), y), "float64")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
