"""Scores of predicted masks."""

from typing import Any

import numpy as np

from zoo.datasets import MaskData
from zoo.errors import check_count
from zoo.evaluation.protocol import Evaluation, methods_of
from zoo.kinds import MASK_THRESHOLD
from zoo.metrics.structured_scores import image_iou
from zoo.models import ZooModel
from zoo.networks.crops import predict_by_crops

SHOWN_MASKS = 12
# Iterates of an inner loop that are drawn.
SHOWN_STEPS = 6


def evaluate_masks(model: ZooModel, data: MaskData, seed: int = 0) -> Evaluation:
    """Scores predicted masks on all test images.

    A model of smaller images than those of the data set predicts the mean over its crops
    (`predict_by_crops`). A pixel is predicted where the soft mask lies above 0.5.

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
    from sklearn.metrics import jaccard_score

    check_count("seed", seed, 0)
    x, y = data.arrays("test")
    hard = predict_by_crops(model, x) > MASK_THRESHOLD
    whole = jaccard_score(y.ravel() == 1, hard.ravel(), zero_division=0)
    scores = {"mean_iou": image_iou(y, hard), "global_iou": float(whole)}
    x, y = data.sample("test", SHOWN_MASKS, seed=seed)
    figures = {
        "originals": x,
        "true_masks": y,
        "predicted_masks": np.asarray(predict_by_crops(model, x), "float32"),
    }
    if methods_of(model, "trajectory"):
        middles = _middles(x, model.input_shape[1:3])
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
