"""Auto-classifiers and classifiers of few labels as scikit-learn's."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin

from zoo.errors import check_choice
from zoo.sklearn.base import ZooEstimator, probabilities, settings, train_classes

# The first is the default.
AUTO_CLASSIFIERS = ("ac_co_v2", "ac_co_v1", "ac_nc_v1", "ac_nc_v2")
OF_FEW_LABELS = ("m2", "m1m2", "vat", "ladder", "catgan")


@settings
class ClassEstimator(ClassifierMixin, ZooEstimator):
    """A classifier by the name of an entry point, of which a leaf says those that it takes."""

    names: ClassVar[tuple[str, ...]] = ()
    # Whether -1 marks rows without a label.
    partly: ClassVar[bool] = False

    model: str | None = None
    _: dataclasses.KW_ONLY
    class_weight: Mapping | str | None = None

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains it on rows and their labels.

        Raises:
            InputError: a setting out of its range, rows that are not finite, labels of one class.
        """
        model = self.names[0] if self.model is None else self.model
        check_choice("model", model, self.names)
        train_classes(self, model, X, y, sample_weight, self.partly)
        return self

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probabilities of the classes, (rows, classes)."""
        return probabilities(self, X)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The most probable class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


class AutoClassifierClassifier(ClassEstimator):
    """An auto-classifier: a generator must rebuild a row from the classifier's label vector.

    Args:
        model: one of `AUTO_CLASSIFIERS`; None is "ac_co_v2".
        size: of the networks, as for `SuperEncoderTransformer`.
        arguments: further arguments of `zoo.create_model(model, ...)`, such as
            {"classification_weight": 2.0}.
        others: `epochs`, `batch_size`, `learning_rate`, `weight_decay`, `early_stopping`,
            `validation_fraction`, `patience`, `class_weight`, `random_state` and `verbose`, as for
            `SuperEncoderTransformer`.

    Reference: I. M. Kamal and H. Bae, "Cooperative and Non-cooperative Autonets".
    """

    names = AUTO_CLASSIFIERS

    def prototypes(self) -> np.ndarray:
        """What the generator makes of each class, (classes, features), in the features' units."""
        return np.asarray(self._fitted().generate(np.eye(len(self.classes_), dtype="float32")))


class SemiSupervisedClassifier(ClassEstimator):
    """A classifier of few labels: rows with the label -1 have none, as scikit-learn has it.

    Args:
        model: one of `OF_FEW_LABELS`; None is "m2".
        others: `size`, `arguments`, `epochs`, `batch_size`, `learning_rate`, `weight_decay`,
            `early_stopping`, `validation_fraction`, `patience`, `class_weight`, `random_state` and
            `verbose`, as for `SuperEncoderTransformer`.
    """

    names = OF_FEW_LABELS
    partly = True
