"""Scores of a model that predicts sets of labels or masks, one protocol for all of slides B."""

from typing import Any

import keras
import numpy as np

from zoo.crops import predict_by_crops
from zoo.datasets import MaskData, MultiLabelData
from zoo.errors import check_count
from zoo.evaluation import Evaluation
from zoo.models import ZooModel
from zoo.structured_scores import (
    THRESHOLDS,
    example_f1,
    global_iou,
    hamming_loss,
    label_f1,
    mean_iou,
    micro_f1,
)

SHOWN_ROWS = 500
SHOWN_MASKS = 12
# Iterates of an inner loop that are drawn.
SHOWN_STEPS = 6
# The published cut of a soft mask.
MASK_THRESHOLD = 0.5


def evaluate_label_sets(model: ZooModel, data: MultiLabelData, seed: int = 0) -> Evaluation:
    """Scores predicted label sets on all test rows.

    A label is predicted where its soft prediction lies above the model's `threshold`, which a run
    has chosen on held-out training rows (see `zoo.training.run`), never on test rows.

    * `example_f1`: the mean over the test rows of the F1 of their label sets; an empty prediction
      of an empty set scores 0.
    * `label_f1`, `micro_f1`: as `zoo.structured_scores` has them.
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
    check_count("seed", seed, 0)
    x, y = data.arrays("test")
    predicted = model.predict_labels(x)
    threshold = float(keras.ops.convert_to_numpy(model.threshold))
    scores = {
        "example_f1": example_f1(y, predicted),
        "label_f1": label_f1(y, predicted),
        "micro_f1": micro_f1(y, predicted),
        "hamming_loss": hamming_loss(y, predicted),
        "threshold": threshold,
    }
    figures: dict[str, np.ndarray] = {}
    if data.rows["validation"]:
        held_x, held_y = data.arrays("validation")
        soft = model.predict(held_x, verbose=0)
        figures["thresholds"] = np.asarray(THRESHOLDS)
        figures["threshold_f1"] = np.asarray([example_f1(held_y, soft > t) for t in THRESHOLDS])
    if hasattr(model, "trajectory"):
        x, y = data.sample("test", SHOWN_ROWS, seed=seed)
        found = model.trajectory(x)
        iterates = np.asarray(found.trajectory) > threshold
        figures["step_f1"] = np.asarray([example_f1(y, iterate) for iterate in iterates])
        figures["step_energies"] = np.asarray(found.energies, "float64").mean(axis=1)
    return Evaluation(scores, figures)


def evaluate_masks(model: ZooModel, data: MaskData, seed: int = 0) -> Evaluation:
    """Scores predicted masks on all test images.

    A model of smaller images than those of the data set predicts the mean over its crops
    (`zoo.crops.predict_by_crops`). A pixel is predicted where the soft mask lies above 0.5.

    * `mean_iou`: the mean over the test images of intersection over union.
    * `global_iou`: the sum of their intersections over the sum of their unions.

    Pictures, as arrays, of 12 test images:

    * `originals`, `true_masks`, `predicted_masks` (soft).
    * `mask_steps`, (steps shown, images, height, width, 1), and `mask_step_numbers`: of a model
      with a `trajectory`, the soft masks on the way, on the middle of each image where the
      model's images are smaller; then `mask_originals` are these middles.

    Args:
        model: a model whose `predict` gives soft masks.
        data: the data set.
        seed: draws the images of pictures.
    """
    check_count("seed", seed, 0)
    x, y = data.arrays("test")
    hard = predict_by_crops(model, x) > MASK_THRESHOLD
    scores = {"mean_iou": mean_iou(y, hard), "global_iou": global_iou(y, hard)}
    x, y = data.sample("test", SHOWN_MASKS, seed=seed)
    figures = {
        "originals": x,
        "true_masks": y,
        "predicted_masks": np.asarray(predict_by_crops(model, x), "float32"),
    }
    if hasattr(model, "trajectory"):
        middles = _middles(x, model.image_shape[:2])
        iterates = np.asarray(model.trajectory(middles).trajectory, "float32")
        shown = np.unique(np.linspace(0, len(iterates) - 1, SHOWN_STEPS).round().astype(int))
        figures |= {
            "mask_originals": middles,
            "mask_steps": iterates[shown],
            "mask_step_numbers": shown,
        }
    return Evaluation(scores, figures)


def _middles(images: np.ndarray, size: Any) -> np.ndarray:
    top, left = ((side - part) // 2 for side, part in zip(images.shape[1:3], size, strict=True))
    return images[:, top : top + size[0], left : left + size[1]]
