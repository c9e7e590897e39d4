"""Masks of images: for each pixel, whether it is part of the thing."""

from typing import Any

from keras import ops

from zoo.evaluation.masks import evaluate_masks
from zoo.kinds import MASK_THRESHOLD, Column, Metric, Task, register_task
from zoo.metrics.structured_scores import image_iou
from zoo.report import side_by_side, structured_panels
from zoo.report.panels import Panel
from zoo.report.system_tables import VALUE_NETWORKS, SystemTable
from zoo.serving.answers import ANSWERS

_SYSTEMS = {"fcn": "FCN", "adversarial_segmenter": "FCN + discriminator", "dvn_masks": "DVN"}


def _answer(model: Any, prediction: Any) -> dict[str, Any]:
    hard = ops.cast(prediction > MASK_THRESHOLD, "float32")
    return {"soft_masks": prediction, "masks": hard}


_METRICS = (
    Metric("mean_iou", "Mean IoU", "the mean over test images of intersection over union"),
    Metric(
        "global_iou",
        "Global IoU",
        "the intersections of all test images together over their unions together",
    ),
)
_ARRAYS = {
    "true_masks": "numbers (images, height, width, 1)",
    "predicted_masks": "numbers (images, height, width, 1)",
    "mask_originals": "numbers (middles, middle_height, middle_width, channels)",
    "mask_steps": "numbers (mask_steps, middles, middle_height, middle_width, 1)",
    "mask_step_numbers": "whole numbers (mask_steps)",
}
MASKS = register_task(
    Task(
        "masks",
        metrics=_METRICS,
        score=evaluate_masks,
        needs="images with a mask each",
        rows="images",
        objectives=("mean_iou",),
        held_out=lambda true, soft: image_iou(true, soft > MASK_THRESHOLD),
        answer=_answer,
        labels="masks",
        names="labels",
        describe=ANSWERS["masks"],
        arrays=_ARRAYS,
        panels=(
            Panel(
                "masks",
                lambda run, folded: None if folded else structured_panels.masks(run.arrays),
                "masks.html",
            ),
            Panel(
                "refined",
                lambda run, folded: structured_panels.refined_masks(run.arrays),
                "refined_masks.html",
            ),
        ),
        beside=(Panel("masks", side_by_side.masks, "masks_beside.html"),),
        columns=(Column("mean_iou", ("mean_iou",), ("global_iou",)),),
        tables=SystemTable(
            "mean_iou",
            "Mean IoU of masks",
            "Intersection over union of mask and true mask, means over the test images, by system "
            "and data set",
            ("weizmann_horse",),
            _SYSTEMS | {"dvn": "DVN"} | VALUE_NETWORKS,
            _SYSTEMS,
        ).of,
    )
)
