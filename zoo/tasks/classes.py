"""Classes of images, one each."""

from typing import Any

from zoo.evaluation.classes import evaluate_classes
from zoo.kinds import Column, Metric, Task, register_task
from zoo.models import SupportVectorMachine
from zoo.report import feature_profiles, panels, side_by_side
from zoo.report.class_tables import class_tables
from zoo.report.panels import Panel
from zoo.serving.answers import ANSWERS
from zoo.tasks.codes import (
    FEATURE_ERRORS,
    GENERATION,
    GRIDS,
    RECONSTRUCTION_ERROR,
    ROWS_OF_FEATURES,
    SCATTER,
    SHEETS,
)


def _answer(model: Any, prediction: Any) -> dict[str, Any]:
    name = "scores" if isinstance(model, SupportVectorMachine) else "label"
    return {name: prediction}


def _confusion_and_calibration(run: Any, folded: bool) -> dict[str, Any] | None:
    resolution = panels.resolution(folded)
    shown = {
        "confusion": panels.confusion(run.arrays, resolution),
        "reliability": panels.reliability(run.arrays, resolution),
    }
    return shown if any(shown.values()) else None


_METRICS = (
    Metric("accuracy", "Accuracy", "the share of test images given their right class"),
    Metric(
        "macro_f1",
        "Macro F1",
        "the mean over classes of the F1 score, the harmonic mean of precision and recall",
    ),
    Metric(
        "macro_precision",
        "Macro precision",
        "the mean over classes of the precision: of the images given a class, the share that is "
        "of it",
    ),
    Metric(
        "macro_recall",
        "Macro recall",
        "the mean over classes of the recall: of the images of a class, the share that is given it",
    ),
    Metric(
        "expected_calibration_error",
        "Calibration error",
        "the gap between confidence, the largest probability, and accuracy, over 15 bins of "
        "confidence weighted by their shares of the test images",
        higher_is_better=False,
    ),
    Metric(
        "generator_ratio",
        "Generator / class means",
        "the error of an auto-classifier's generator over that of the class means of the training "
        "images; above 1.1 the generator has not learned",
        digits=3,
        higher_is_better=False,
    ),
)
_ARRAYS = {
    "confusion": "whole numbers (classes, classes)",
    "calibration": "numbers (bins, 3)",
    **ROWS_OF_FEATURES,
    "generated": "numbers (generated, height, width, channels)",
}
CLASSES = register_task(
    Task(
        "classes",
        metrics=_METRICS,
        image_metrics=(RECONSTRUCTION_ERROR, *GENERATION),
        score=evaluate_classes,
        needs="rows with one class each",
        rows="images",
        objectives=("accuracy",),
        answer=_answer,
        describe=ANSWERS["classes"],
        arrays=_ARRAYS,
        panels=(
            Panel("classification", _confusion_and_calibration, "classification.html"),
            Panel("generated", lambda run, folded: panels.generated(run.arrays), "generated.html"),
            SCATTER,
            GRIDS,
            FEATURE_ERRORS,
            Panel("profiles", lambda run, folded: feature_profiles.class_profiles(run.arrays)),
        ),
        beside=(SHEETS, Panel("generated", side_by_side.generated, "generated_beside.html")),
        columns=(
            Column("accuracy", ("accuracy",), ("macro_f1", "macro_precision", "macro_recall")),
            Column(
                "error",
                ("reconstruction_error",),
                ("generator_ratio", "expected_calibration_error"),
            ),
        ),
        tables=class_tables,
    )
)
