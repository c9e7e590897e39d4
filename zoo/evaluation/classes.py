"""Scores of a model that classifies: of its classes, its confidence and what it withstands."""

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sklearn.base import ClassifierMixin

from zoo.datasets import ClassData, TableData
from zoo.datasets.stratification import stratified
from zoo.errors import InputError, check_count
from zoo.evaluation.calibration import expected_calibration_error, reliability_bins
from zoo.evaluation.perturbations import PERTURBATIONS, check_perturbations
from zoo.evaluation.protocol import (
    PICTURES,
    SCATTER_ROWS,
    Evaluation,
    images_of_codes,
    methods_of,
)
from zoo.evaluation.robustness import ROWS_AT_ONCE, robust_accuracies
from zoo.evaluation.rows_of_features import (
    Units,
    figures_of_rows,
    robust_accuracies_of_rows,
    units_of,
)
from zoo.kinds import find_task
from zoo.metrics.images import reconstruction_error
from zoo.models import AutoClassifier, ZooModel


def evaluate_classes(model: Any, data: ClassData, seed: int = 0) -> Evaluation:
    """`evaluate_classifier` for a Keras model, and `evaluate_estimator` for any other."""
    if isinstance(model, keras.Model):
        return evaluate_classifier(model, data, seed)
    return evaluate_estimator(model, data)


def evaluate_classifier(
    model: ZooModel,
    data: ClassData,
    seed: int = 0,
    perturbations: Mapping[str, Sequence[float]] = PERTURBATIONS,
) -> Evaluation:
    """Scores a classifier, and the images that it can be read back from, on the test images.

    The predicted class is that of the largest probability (the lowest one, at a tie). Of class c,
    with tp test images rightly predicted c, fp wrongly, and fn that were missed:

        precision_c = tp / (tp + fp),  recall_c = tp / (tp + fn),  f1_c = 2tp / (2tp + fp + fn)

    each 0 where it would divide by 0.

    * `accuracy`: the part of the test images whose predicted class is their label.
    * `macro_f1`, `macro_precision`, `macro_recall`: the means of these over all classes, also over
      those that the test images lack.
    * `expected_calibration_error`: `expected_calibration_error` with 15 bins.
    * `reconstruction_error`: the mean over the test images of the squared error per pixel of
      generate(classify(x)), on [0, 1]; where the model generates.
    * `generator_ratio`: that of an auto-classifier by its own image loss, mse or mae, over that of
      the class means of the training images; 1 is a generator that knows the class and no more,
      and above 1.1 it has not learned. In AC (nc) v1 of generate(y), since that game drives the
      images of made label vectors away.
    * `accuracy_KIND_LEVEL`: `zoo.evaluation.robustness.robust_accuracies`.

    Of rows of features the errors are those of standardized features, the perturbations those of
    `zoo.evaluation.rows_of_features`, and so are the pictures of what is rebuilt.

    Pictures, as arrays:

    * `confusion`, int64 `(classes, classes)`: rows of the true class predicted as the column.
    * `class_names`.
    * `calibration`, float64 `(15, 3)`: `zoo.evaluation.calibration.reliability_bins`.
    * `codes`, `labels`: the label vectors (probabilities) and class numbers of 2,000 test images,
      those of `data.sample("test", 2_000, seed)`; `code_images`, uint8, images of every fourth.
    * `originals`, `reconstructions`: 20 test images and generate(classify(x)) of them; where the
      model generates, like
    * `generated`, `(classes, height, width, channels)`: generate(y) for the one-hot vector of each
      class.

    Args:
        model: a model with `classify`, and with `classifier` for the perturbation `fgsm`; it is
            taken to generate where it has `generate`.
        data: the data set; of its training images the class means alone are taken.
        seed: draws the noise and places of the perturbations, and the rows of pictures.
        perturbations: levels by kind, as for `robust_accuracies`; may be empty.

    Raises:
        InputError: a model of another number of classes than the data set, probabilities that are
            none, a negative seed, or bad perturbations.
    """
    check_perturbations(perturbations)
    check_count("seed", seed, 0)
    if model.num_classes != data.num_classes:
        raise InputError(
            "`model` and `data` must have the same number of classes. Received: a model of "
            f"{model.num_classes} and data of {data.num_classes}."
        )
    step = _step(model, data.input_shape)
    units = units_of(data)
    tested = _scan(step, data.test, units)
    predictions = tested.probabilities.argmax(axis=-1)
    confusion, scores = _class_scores(tested.labels, predictions, data.num_classes)
    scores["expected_calibration_error"] = expected_calibration_error(
        tested.probabilities, tested.labels
    )
    if tested.errors is not None:
        # In float64: in float32 the order of the sum would show in the seventh digit.
        scores["reconstruction_error"] = float(np.mean(tested.errors, dtype="float64"))
    if isinstance(model, AutoClassifier):
        scores["generator_ratio"] = _generator_ratio(model, data, units)
    if isinstance(data, TableData):
        scores |= robust_accuracies_of_rows(model, data, seed)
    else:
        scores |= robust_accuracies(model, data.test, seed, perturbations)
    rows = stratified(tested.labels, min(SCATTER_ROWS, len(tested.labels)), seed, "sample")
    figures = {
        "confusion": confusion,
        "class_names": np.asarray(data.class_names, dtype=str),
        "calibration": reliability_bins(tested.probabilities, tested.labels),
        "codes": tested.probabilities[rows],
        "labels": tested.labels[rows],
        **images_of_codes(data, seed),
    }
    if tested.errors is not None:
        figures |= _pictures(model, step, data, seed)
    if isinstance(data, TableData):
        figures = figures_of_rows(figures, data, tested.feature_errors)
    return Evaluation(scores, figures)


def evaluate_estimator(estimator: ClassifierMixin, data: ClassData) -> Evaluation:
    """Scores a fitted scikit-learn classifier on the test images.

    Of what `evaluate_classifier` has: `accuracy`, `macro_f1`, `macro_precision`, `macro_recall`,
    and the pictures `confusion` and `class_names`. There are no probabilities, and so neither
    their calibration nor a gradient to perturb images along.

    Args:
        estimator: it predicts class numbers from images.
        data: the data set; only its test images are read.

    Raises:
        InputError: what is no such estimator, or data whose rows have not one class each.
    """
    find_task("classes").check_data(data, f"To score {type(estimator).__name__}")
    if not methods_of(estimator, "predict"):
        raise InputError(
            "What is scored on rows with one class each must be a model of the zoo, or a "
            f"classifier of scikit-learn's. Received: {type(estimator).__name__}."
        )
    images, labels = data.arrays("test")
    confusion, scores = _class_scores(labels, estimator.predict(images), data.num_classes)
    names = np.asarray(data.class_names, dtype=str)
    return Evaluation(scores, {"confusion": confusion, "class_names": names})


@dataclasses.dataclass(frozen=True)
class _Scan:
    probabilities: np.ndarray
    labels: np.ndarray
    errors: np.ndarray | None
    feature_errors: np.ndarray | None = None


def _step(model: ZooModel, input_shape: tuple[int, ...]) -> Any:
    """One batch: classified and, where the model can, generated anew from its label vectors."""
    generates = methods_of(model, "generate")

    @tf.function(input_signature=[tf.TensorSpec((None, *input_shape))], autograph=False)
    def step(x):
        outputs = {"probabilities": model.classify(x)}
        if generates:
            outputs["reconstructions"] = model.generate(outputs["probabilities"])
        return outputs

    return step


def _scan(step: Any, images: tf.data.Dataset, units: Units) -> _Scan:
    """One pass over the images."""
    kept = collections.defaultdict(list)
    for x, y in images.rebatch(ROWS_AT_ONCE):
        outputs = step(x)
        kept["labels"].append(y)
        kept["probabilities"].append(outputs["probabilities"])
        if "reconstructions" in outputs:
            x, made = units.scaled(x), units.scaled(outputs["reconstructions"])
            kept["errors"].append(reconstruction_error(x, made))
            if len(x.shape) == 2:
                kept["feature_errors"].append(tf.math.squared_difference(x, made))
    rows = {name: np.concatenate(batches) for name, batches in kept.items()}
    of_features = rows.get("feature_errors")
    if of_features is not None:
        of_features = of_features.mean(axis=0, dtype="float64")
    return _Scan(rows["probabilities"], rows["labels"], rows.get("errors"), of_features)


def _generator_ratio(model: AutoClassifier, data: ClassData, units: Units) -> float:
    """How far off the generator's test images are, over how far the training images' means are."""
    sums, rows = 0.0, np.zeros(data.num_classes)
    for x, y in data.clean("train").as_numpy_iterator():
        one_hot = np.eye(data.num_classes)[y]
        sums += np.tensordot(one_hot, units.scaled(x), (0, 0))
        rows += one_hot.sum(axis=0)
    means = sums / np.maximum(rows, 1).reshape(-1, *[1] * len(data.input_shape))
    distance = np.abs if model.reconstruction_loss == "mae" else np.square
    errors = np.zeros(2)
    for x, y in data.test.rebatch(ROWS_AT_ONCE).as_numpy_iterator():
        made = model.generate(y) if model.generates_from_labels else model.reconstruct(x)
        x, made = units.scaled(x), units.scaled(made)
        errors += [np.sum(distance(x - made)), np.sum(distance(x - means[y]))]
    return float(errors[0] / errors[1])


def _class_scores(
    labels: np.ndarray, predictions: np.ndarray, num_classes: int
) -> tuple[np.ndarray, dict[str, float]]:
    """The confusion matrix, and the scores that follow from it."""
    from sklearn import metrics

    classes = np.arange(num_classes)
    confusion = metrics.confusion_matrix(labels, predictions, labels=classes)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predictions, labels=classes, average="macro", zero_division=0
    )
    scores = {
        "accuracy": metrics.accuracy_score(labels, predictions),
        "macro_f1": f1,
        "macro_precision": precision,
        "macro_recall": recall,
    }
    return confusion.astype("int64"), {name: float(score) for name, score in scores.items()}


def _pictures(model: ZooModel, step: Any, data: ClassData, seed: int) -> dict[str, np.ndarray]:
    originals, _ = data.sample("test", PICTURES, seed=seed)
    one_hot = tf.eye(model.num_classes)
    return {
        "originals": originals,
        "reconstructions": step(tf.constant(originals))["reconstructions"].numpy(),
        "generated": np.asarray(model.generate(one_hot), dtype="float32"),
    }
