"""Scores of predicted label sets."""

import keras
import numpy as np
import tensorflow as tf

from zoo.datasets import MultiLabelData
from zoo.errors import check_count
from zoo.evaluation.protocol import Evaluation, methods_of
from zoo.metrics.structured_scores import THRESHOLDS, example_f1
from zoo.models import ZooModel
from zoo.networks import EnergyNetwork, LocalEnergy

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
    * `label_gradient_over_labels`, `label_gradient_over_rows`: of a model whose energy has terms
      beside the local one, how the gradient g_ij of these by label j of row i varies, at the soft
      predictions of 500 test rows: std_j mean_i g_ij and mean_j std_i g_ij. Where the second is
      far below the first, these terms have learned little but a bias for each label.

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
    found = [(model.predict_labels(x), y) for x, y in data.parts("test")]
    predicted, y = map(np.concatenate, zip(*found, strict=True))
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
    shown_x, shown_y = data.sample("test", SHOWN_ROWS, seed=seed)
    scores |= _label_gradients(model, shown_x)
    figures: dict[str, np.ndarray] = {}
    if data.rows["validation"]:
        held = [(model.predict(x, verbose=0), y) for x, y in data.parts("validation")]
        soft, held_y = map(np.concatenate, zip(*held, strict=True))
        figures["thresholds"] = np.asarray(THRESHOLDS)
        figures["threshold_f1"] = np.asarray([example_f1(held_y, soft > t) for t in THRESHOLDS])
    if methods_of(model, "trajectory"):
        found = model.trajectory(shown_x)
        iterates = np.asarray(found.trajectory) > threshold
        figures["step_f1"] = np.asarray([example_f1(shown_y, iterate) for iterate in iterates])
        figures["step_energies"] = np.asarray(found.energies, "float64").mean(axis=1)
    return Evaluation(scores, figures)


def _label_gradients(model: ZooModel, x: np.ndarray) -> dict[str, float]:
    """How the slope of the energy but for its local term differs among labels, and among rows."""
    for network in getattr(model, "networks", {}).values():
        if isinstance(network, EnergyNetwork) and not network.is_local:
            y = tf.convert_to_tensor(model.predict(x, verbose=0))
            with tf.GradientTape() as tape:
                tape.watch(y)
                parts = zip(network.terms, network.prepare(x), strict=True)
                rest = [(t, part) for t, part in parts if not isinstance(t, LocalEnergy)]
                energy = tf.add_n([term.energy(part, y) for term, part in rest])
            slopes = np.asarray(tape.gradient(energy, y), "float64")
            return {
                "label_gradient_over_labels": float(slopes.mean(axis=0).std()),
                "label_gradient_over_rows": float(slopes.std(axis=0).mean()),
            }
    return {}
