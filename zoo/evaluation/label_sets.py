"""Scores of predicted label sets."""

import keras
import numpy as np

from zoo.datasets import MultiLabelData
from zoo.errors import check_count
from zoo.evaluation.protocol import Evaluation, methods_of
from zoo.metrics.structured_scores import THRESHOLDS, example_f1
from zoo.models import ZooModel

SHOWN_ROWS = 500


def evaluate_label_sets(model: ZooModel, data: MultiLabelData, seed: int = 0) -> Evaluation:
    """Scores predicted label sets on all test rows.

    A label is predicted where its soft prediction lies above the model's `threshold`, which a run
    has chosen on held-out training rows (see `zoo.training.run`), never on test rows.

    * `example_f1`: the mean over the test rows of the F1 of their label sets; an empty prediction
      of an empty set scores 0.
    * `label_f1`, `micro_f1`: the mean over the labels of the F1 of their rows (macro F1), and the
      F1 of all labels of all rows as one set; 0 where nothing is true or predicted.
    * `hamming_loss`: the share of all labels that are wrong.
    * `threshold`.

    Pictures, as arrays:

    * `thresholds`, `threshold_f1`: the published grid, and the example-averaged F1 at each on the
      held-out rows, where the data set has any.
    * `step_f1`, `step_energies`, (steps + 1,): of a model with a `trajectory`, the
      example-averaged F1 and the mean of what its inner loop minimizes after each step, over
      500 test rows.

    Args:
        model: a model with `predict_labels` and a `threshold`.
        data: the data set.
        seed: draws the rows of pictures.
    """
    from sklearn import metrics

    check_count("seed", seed, 0)
    x, y = data.arrays("test")
    predicted = model.predict_labels(x)
    threshold = float(keras.ops.convert_to_numpy(model.threshold))
    # scikit-learn takes a single column for two classes: of these the second is the label.
    kept = {"labels": [1] if y.shape[1] == 1 else None, "zero_division": 0}
    scores = {
        "example_f1": example_f1(y, predicted),
        "label_f1": float(metrics.f1_score(y, predicted, average="macro", **kept)),
        "micro_f1": float(metrics.f1_score(y, predicted, average="micro", **kept)),
        "hamming_loss": float(metrics.hamming_loss(y, predicted)),
        "threshold": threshold,
    }
    figures: dict[str, np.ndarray] = {}
    if data.rows["validation"]:
        held_x, held_y = data.arrays("validation")
        soft = model.predict(held_x, verbose=0)
        figures["thresholds"] = np.asarray(THRESHOLDS)
        figures["threshold_f1"] = np.asarray([example_f1(held_y, soft > t) for t in THRESHOLDS])
    if methods_of(model, "trajectory"):
        x, y = data.sample("test", SHOWN_ROWS, seed=seed)
        found = model.trajectory(x)
        iterates = np.asarray(found.trajectory) > threshold
        figures["step_f1"] = np.asarray([example_f1(y, iterate) for iterate in iterates])
        figures["step_energies"] = np.asarray(found.energies, "float64").mean(axis=1)
    return Evaluation(scores, figures)
