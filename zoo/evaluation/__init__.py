"""Scores of a trained model, one protocol for every row of a table."""

import inspect
from collections.abc import Sequence

import keras
from sklearn.base import BaseEstimator, ClassifierMixin

from zoo.datasets import SplitData
from zoo.errors import check_choice, check_count
from zoo.evaluation.classes import evaluate_classes, evaluate_classifier, evaluate_estimator
from zoo.evaluation.codes import evaluate_codes
from zoo.evaluation.disentanglement import dci, mutual_information_gap
from zoo.evaluation.generation import (
    evaluate_generation,
    frechet_distance,
    image_features,
    kernel_distance,
)
from zoo.evaluation.label_sets import evaluate_label_sets
from zoo.evaluation.masks import evaluate_masks
from zoo.evaluation.probes import PROBES
from zoo.evaluation.protocol import Evaluation
from zoo.kinds import find_task, task_of
from zoo.models import ZooModel
from zoo.models.base.checks import check_layer


def evaluate(
    model: ZooModel | ClassifierMixin,
    data: SplitData,
    seed: int = 0,
    probes: Sequence[str] = ("svc", "logistic", "neighbours"),
    corruption: keras.layers.Layer | None = None,
) -> Evaluation:
    """Scores a model on the test rows of a data set, by the protocol of its task.

    `evaluate_codes` for a model that encodes and decodes, `evaluate_classifier` for one whose
    label vector is its only code, `evaluate_label_sets`, `evaluate_masks`, and
    `evaluate_estimator` for a classifier of scikit-learn's; see `zoo.kinds.Task`.

    Args:
        model: the model or estimator. The task is the one that it declares, that of classes for an
            estimator of scikit-learn's, and that of the data for any other.
        data: the data set.
        seed: draws whatever the protocol draws.
        probes, corruption: of `evaluate_codes`; the other protocols have neither.

    Raises:
        InputError: as the protocol; data of another task; an unknown probe, a corruption that is
            no Keras layer, or a negative seed.
    """
    for name in probes:
        check_choice("probe", name, PROBES)
    check_layer("corruption", corruption)
    check_count("seed", seed, 0)
    task = find_task("classes") if isinstance(model, BaseEstimator) else task_of(model, data)
    task.check_data(data, f"To score {type(model).__name__}")
    settings = {"probes": probes, "corruption": corruption}
    known = inspect.signature(task.score).parameters
    return task.score(model, data, seed, **{key: settings[key] for key in settings if key in known})
