"""Sets of labels for rows of features."""

from typing import Any

from keras import ops

from zoo.evaluation.label_sets import evaluate_label_sets
from zoo.kinds import Column, Metric, Task, register_task
from zoo.metrics.structured_scores import best_threshold
from zoo.report import side_by_side, structured_panels
from zoo.report.panels import Panel, resolution
from zoo.report.system_tables import VALUE_NETWORKS, SystemTable
from zoo.serving.answers import ANSWERS

_SYSTEMS = {
    "mlp": "MLP",
    "spen": "SPEN",
    "spen_e2e": "SPEN (end-to-end)",
    "infnet": "InfNet",
    "dvn": "DVN",
}


def _finish(model: Any, data: Any) -> None:
    """On held-out training rows: a threshold chosen on test rows would flatter."""
    if data.rows["validation"]:
        model.finish_training(*data.arrays("validation"))


def _answer(model: Any, prediction: Any) -> dict[str, Any]:
    # Hard ones are floats too, so that they can be sent on to `energy`.
    return {"soft_labels": prediction, "labels": ops.cast(prediction > model.threshold, "float32")}


_METRICS = (
    Metric(
        "example_f1",
        "F1 per example",
        "the mean over test rows of the F1 score of their label sets; an empty prediction of an "
        "empty set scores 0",
    ),
    Metric(
        "label_f1",
        "F1 per label",
        "the mean over labels of the F1 score of the test rows that are given the label; a label "
        "that no row has and none is given scores 0",
    ),
    Metric(
        "micro_f1",
        "Micro F1",
        "the F1 score of all labels of all test rows, counted as one set",
    ),
    Metric(
        "hamming_loss",
        "Hamming loss",
        "the share of all labels of all test rows that are wrong",
        higher_is_better=False,
    ),
    Metric(
        "threshold",
        "Threshold",
        "a label is predicted where its soft prediction lies above it; chosen on held-out "
        "training rows, or 0.5 where none were held out",
        digits=2,
        higher_is_better=None,
    ),
    *(
        Metric(
            f"label_gradient_over_{over}",
            f"Slope of the label energy over {over}",
            f"{what}, at predictions of 500 test rows; over rows far below over labels means that "
            "the energy beside the local one has learned little but biases",
            higher_is_better=None,
        )
        for over, what in (
            ("labels", "the standard deviation over labels of the mean slope of a label"),
            ("rows", "the mean over labels of the standard deviation over rows of the slope"),
        )
    ),
)
_ARRAYS = {
    "thresholds": "numbers (thresholds)",
    "threshold_f1": "numbers (thresholds)",
    "step_f1": "numbers (iterates)",
    "step_energies": "numbers (iterates)",
}
LABEL_SETS = register_task(
    Task(
        "label_sets",
        metrics=_METRICS,
        score=evaluate_label_sets,
        needs="rows with a set of labels each",
        finish=_finish,
        objectives=("example_f1",),
        # At the best threshold of the published grid, as `finish` chooses it.
        held_out=lambda true, soft: best_threshold(true, soft)[1],
        answer=_answer,
        names="labels",
        describe=ANSWERS["label_sets"],
        arrays=_ARRAYS,
        panels=(
            Panel(
                "label_sets",
                lambda run, folded: structured_panels.label_sets(
                    run.arrays, run.results["scores"].get("threshold"), resolution(folded)
                ),
                "label_sets.html",
            ),
        ),
        beside=(Panel("steps", side_by_side.steps, "lines_beside.html"),),
        columns=(Column("example_f1", ("example_f1",), ("label_f1", "micro_f1", "hamming_loss")),),
        tables=SystemTable(
            "example_f1",
            "F1 per example of label sets",
            "F1 scores of the test rows' label sets, means over the rows, by system and data set",
            ("blocks", "bibtex", "delicious", "bookmarks"),
            _SYSTEMS | VALUE_NETWORKS,
            _SYSTEMS,
        ).of,
    )
)
