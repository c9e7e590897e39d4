"""What all estimators share: rows in, a seeded training of a model by its name, answers out."""

import contextlib
import dataclasses
import inspect
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from zoo.datasets.checks import check_apart
from zoo.errors import InputError, check_count, check_flag, check_number, first_line
from zoo.models import ZooModel
from zoo.models.allowed import MOST_WEIGHT
from zoo.models.base.divergence import StopOnNonFiniteLoss, WarnOfGrownLoss
from zoo.networks import standardize
from zoo.optimizers import FusedAdam
from zoo.registry import create_model, entry_point, void_arguments

# Of dense networks for tables, where no `size` is given; images have the networks' own.
TABLE_SIZE = (64, 32)
# Rows that are answered at once, always as many: a row's answer must not depend, to the last bit,
# on the rows beside it.
_ROWS_AT_ONCE = 256
# Steps in one call, at most: what a call costs is more than a step on a small table.
_STEPS_AT_ONCE = 50
# Of fewer in all, the loop over those in one call takes longer to trace than it saves.
_MANY_STEPS = 200
# As the label of a row without one.
UNLABELED = -1
# Of what an estimator passes on, `arguments` may say this otherwise.
_OPEN = ("standardize", "stages")
# What says the rest, where it has another name.
_SAID_BY = {
    "name": "the estimator",
    "input_shape": "`X`",
    "num_classes": "`y`",
    "num_labels": "`y`",
    "units": "the estimator's `size`",
}


# Settings are fields: each stands once for all estimators, and `__init__` is made of them.
settings = dataclasses.dataclass(eq=False, repr=False)


@settings
class ZooEstimator(BaseEstimator):
    """A model of the zoo by name, trained in `fit`.

    Keras's own wrappers (`keras.wrappers.SKLearnClassifier`) take a compiled model or a function.
    They do not carry this: a search must know settings by name, their clone forgets `fit_kwargs`,
    and they know no unlabeled rows, weights, seeds, images, codes or label sets.

    Attributes, after `fit`:
        model_: the trained model, a `zoo.models.ZooModel`.
        history_: what `fit` of the model recorded, by name a number for each epoch.
        n_features_in_: features of a row; of images their height.
    """

    _: dataclasses.KW_ONLY
    size: int | str | Sequence[int] | None = None
    arguments: Mapping[str, Any] | None = None
    epochs: int = 100
    batch_size: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    early_stopping: bool = False
    validation_fraction: float = 0.1
    patience: int = 10
    random_state: Any = None
    verbose: int = 0

    def _rows(self, X: ArrayLike, *y: ArrayLike, reset: bool = False, **settings: Any) -> Any:
        """Rows as the model takes them, float32, checked as scikit-learn does; and labels."""
        if any(map(np.ma.is_masked, (X, *y))):
            # scikit-learn would read what is masked.
            raise InputError("Rows hold values alone; fill masked ones. Received: a masked array.")
        is_image = getattr(X, "ndim", None) == 4
        scale = np.float32(255 if is_image and np.asarray(X).dtype == np.uint8 else 1)
        settings = {"dtype": "float32", "allow_nd": is_image, "reset": reset, **settings}
        checked = validate_data(self, X, *y, **settings)
        if reset:
            check_apart(X)
        X = checked[0] if y else checked
        if not reset and X.shape[1:] != self.model_.input_shape[1:]:
            raise InputError(
                f"{type(self).__name__} was fitted on rows of shape "
                f"{self.model_.input_shape[1:]}. Received: {X.shape[1:]}."
            )
        return (X / scale, checked[1]) if y else X / scale

    def _train(
        self,
        name: str,
        X: np.ndarray,
        y: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        **arguments: Any,
    ) -> ZooModel:
        """Builds and trains the model of a name; keeps it and its history.

        Args:
            name: of the entry point.
            X: rows.
            y: what is learned of them, if anything.
            sample_weight: of the labels, 0 where there is none.
            groups: classes by which held-out rows are stratified.
            **arguments: of the entry point; those that it does not have are left out.
        """
        check_count("epochs", self.epochs)
        check_count("batch_size", self.batch_size)
        check_number("learning_rate", self.learning_rate)
        check_number("weight_decay", self.weight_decay)
        known = inspect.signature(entry_point(name)).parameters
        further = self._further()
        void = void_arguments(entry_point(name), further)
        arguments = self._sizes(X, known, void) | arguments
        arguments = {key: value for key, value in arguments.items() if key in known}
        arguments = {"input_shape": X.shape[1:], **arguments}
        _check_unsaid(further, ("name", *arguments))
        arguments |= further
        with _seeded(self.random_state):
            model = create_model(name, **arguments)
            rows, held = self._split(X, groups)
            parts = [part[rows] for part in (X, y, sample_weight) if part is not None]
            standardize(model, parts[0])
            steps = -(-len(rows) // self.batch_size)
            alone = tf.distribute.get_strategy().num_replicas_in_sync == 1
            most = min(steps, _STEPS_AT_ONCE) if steps * self.epochs >= _MANY_STEPS and alone else 1
            at_once = next(n for n in range(most, 0, -1) if steps % n == 0)
            adam = FusedAdam(
                float(self.learning_rate), weight_decay=float(self.weight_decay) or None
            )
            model.compile(adam, steps_per_execution=at_once)
            settings: dict[str, Any] = {"epochs": self.epochs, "steps_per_epoch": steps}
            settings["callbacks"] = [StopOnNonFiniteLoss(), WarnOfGrownLoss()]
            if held is not None:
                given = [part[held] for part in (X, y, sample_weight) if part is not None]
                # As x, y and weights; x alone is no tuple to Keras.
                settings["validation_data"] = tuple(given) if len(given) > 1 else given[0]
                settings["callbacks"] += [
                    keras.callbacks.EarlyStopping(
                        "val_loss", mode="min", patience=self.patience, restore_best_weights=True
                    )
                ]
            # One stream of all epochs: Keras makes another of arrays in each, which takes longer
            # than the steps on a small table.
            batches = tf.data.Dataset.from_tensor_slices(tuple(parts) if parts[1:] else parts[0])
            batches = batches.shuffle(len(rows)).batch(self.batch_size).repeat()
            fitted = model.fit(batches, verbose=self.verbose, **settings)
        self.model_, self.history_ = model, fitted.history
        return model

    def _further(self) -> Mapping[str, Any]:
        """`arguments`, checked."""
        given = {} if self.arguments is None else self.arguments
        if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
            raise InputError(
                "`arguments` must be a dict of arguments by their names. Received: "
                f"arguments={given!r:.60}."
            )
        return given

    def _sizes(
        self, X: np.ndarray, known: Mapping[str, inspect.Parameter], void: Mapping[str, str]
    ) -> dict[str, Any]:
        """`size` under the names that an entry point has for its layers, `void` ones aside.

        Networks that are dense unless asked otherwise have `units`, of M1 + M2 those behind the
        codes; `units` of the others would stand on top of their `size`.
        """
        is_table = X.ndim == 2
        defaults = {key: each.default for key, each in known.items()}
        units = defaults.get("units") and "units" not in void
        units = units and (is_table or defaults.get("kind") != "convolutional")
        names = ["units"] if units else ["size"]
        if units and defaults.get("size", "") is None:
            names.append("size")
        if self.size is None and not is_table:
            # Those of images are their own, and convolutions small.
            return {} if units else {"size": "small"}
        return dict.fromkeys(names, TABLE_SIZE if self.size is None else self.size)

    def _split(self, X, groups):
        """The numbers of the rows to train on, and of those held out for early stopping."""
        rows = np.arange(len(X))
        check_flag("early_stopping", self.early_stopping)
        if not self.early_stopping:
            return rows, None
        check_count("patience", self.patience)
        # Classes with one row cannot be stratified.
        if groups is not None and np.unique(groups, return_counts=True)[1].min() < 2:
            groups = None
        check_number("validation_fraction", self.validation_fraction, 0, 1)
        classes = 1 if groups is None else len(np.unique(groups))
        share = self.validation_fraction * len(rows)
        count = math.ceil(share)
        if share < 0.5 or not classes <= count <= len(rows) - classes:
            least = "one" if groups is None else f"{classes}, one of each class,"
            raise InputError(
                f"`validation_fraction` must hold out and leave at least {least} of the "
                f"{len(rows)} rows. Received: validation_fraction={self.validation_fraction!r}."
            )
        seed = _state(self.random_state).randint(2**31 - 1)
        return train_test_split(rows, test_size=count, random_state=seed, stratify=groups)

    def _answers(self, method: Callable, X: np.ndarray) -> np.ndarray:
        """What a method of the model says of rows, float64."""
        answers = []
        for start in range(0, len(X), _ROWS_AT_ONCE):
            rows = X[start : start + _ROWS_AT_ONCE]
            missing = _ROWS_AT_ONCE - len(rows)
            padded = np.concatenate([rows, np.repeat(rows[:1], missing, axis=0)])
            answers.append(np.asarray(method(padded), "float64")[: len(rows)])
        return np.concatenate(answers)

    def _fitted(self) -> ZooModel:
        check_is_fitted(self, "model_")
        return self.model_


def train_classes(
    estimator: ZooEstimator,
    name: str,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    partly: bool = False,
    **arguments: Any,
) -> None:
    """Trains a model of classes, and sets `classes_`.

    Args:
        estimator: which keeps them.
        name: of the entry point.
        X: rows.
        y: a label for each row.
        sample_weight: of the labels; None counts all alike.
        partly: whether -1 marks rows without a label, in objects beside texts too.
        **arguments: of the entry point.

    Raises:
        InputError: labels that are no classes, one class alone, or no label that counts.
    """
    X, y = estimator._rows(X, y, reset=True)
    labeled = np.ones(len(y), bool)
    if partly and y.dtype.kind in "OU" and (y == str(UNLABELED)).any():
        raise InputError(
            "Of rows without a label the number -1 says so; beside texts, in an array of "
            "dtype=object. Received: the text '-1'."
        )
    if partly and y.dtype.kind != "U":
        labeled = y != UNLABELED
    known = y[labeled]
    if known.dtype == object and (plain := np.array(known.tolist())).dtype.kind in "biuf":
        known = plain
    check_classification_targets(known)
    estimator.classes_, places = np.unique(known, return_inverse=True)
    if len(estimator.classes_) < 2:
        there = f"one class, {estimator.classes_.tolist()[0]!r}" if labeled.any() else "no label"
        raise InputError(
            f"{type(estimator).__name__} needs labeled rows of at least two classes. Received: "
            f"{there}."
        )
    numbers = np.zeros(len(y), "int64")
    numbers[labeled] = places
    weights = None
    if sample_weight is not None or estimator.class_weight is not None or not labeled.all():
        given = _weights_of_rows(sample_weight, X)
        _check_class_weight(estimator.class_weight, estimator.classes_.tolist())
        of_class = compute_sample_weight(estimator.class_weight, known)
        weights = np.zeros(len(y), "float32")
        weights[labeled] = given[labeled] * of_class
        if not weights.any():
            raise InputError("At least one label must have a weight above 0. Received: none.")
    groups = np.where(labeled, numbers, UNLABELED)
    arguments |= {"num_classes": len(estimator.classes_)}
    estimator._train(name, X, numbers, weights, groups=groups, **arguments)


def _weights_of_rows(sample_weight, X):
    try:
        return _check_sample_weight(sample_weight, X, dtype="float32", ensure_non_negative=True)
    except (TypeError, ValueError) as error:
        raise InputError(
            "`sample_weight` must be a number of at least 0 for each row: "
            f"{first_line(error).rstrip('.')}."
        ) from error


def _check_unsaid(given, said):
    """Raises `InputError` for further arguments that the estimator itself says."""
    for key in given:
        if key in said and key not in _OPEN:
            by = _SAID_BY.get(key, f"the estimator's `{key}`")
            raise InputError(
                f"`arguments` must leave out {key!r}, which {by} says. Received: "
                f"arguments={given!r:.60}."
            )


def _check_class_weight(class_weight, classes):
    if class_weight is None or isinstance(class_weight, str) and class_weight == "balanced":
        return
    if not isinstance(class_weight, Mapping) or set(class_weight) != set(classes):
        raise InputError(
            '`class_weight` must be None, "balanced", or a dict that gives each class a weight, '
            f"and no other: {', '.join(map(repr, classes))[:200]}. Received: "
            f"class_weight={class_weight!r:.60}."
        )
    for name, weight in class_weight.items():
        check_number(f"class_weight[{name!r}]", weight, 0, MOST_WEIGHT)


def probabilities(estimator: ZooEstimator, X: ArrayLike) -> np.ndarray:
    """Probabilities of the classes, which add up to 1 in float64 too."""
    model = estimator._fitted()
    p = estimator._answers(model.classify, estimator._rows(X))
    return p / p.sum(axis=1, keepdims=True)


def _state(random_state: Any) -> np.random.RandomState:
    try:
        return check_random_state(random_state)
    except (TypeError, ValueError):
        raise InputError(
            "`random_state` must be None, an integer from 0 to 2**32 - 1, or a "
            f"numpy.random.RandomState. Received: random_state={random_state!r:.60}."
        ) from None


@contextlib.contextmanager
def _seeded(random_state: Any) -> Iterator[None]:
    """Draws of Keras and TensorFlow follow from the state; Python's and NumPy's go on as before."""
    held = random.getstate(), np.random.get_state()
    keras.utils.set_random_seed(_state(random_state).randint(2**31 - 1))
    try:
        yield
    finally:
        random.setstate(held[0])
        np.random.set_state(held[1])
