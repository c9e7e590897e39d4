"""Scores of finished runs beside the published numbers, metric by metric."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from zoo.training.run_folder import Run


class Metric(NamedTuple):
    """How the report names, rounds and judges one metric."""

    title: str
    meaning: str
    digits: int = 4
    higher_is_better: bool | None = True


METRICS = {
    "separability_accuracy": Metric(
        "Separability accuracy",
        "the share of test images whose class the model's own separator reads from the code",
    ),
    "probe_accuracy": Metric(
        "Probe accuracy",
        "the share of test images classified by one common probe for every model: an SVC with an "
        "RBF kernel, fitted on clean training codes",
    ),
    "logistic_accuracy": Metric(
        "Logistic accuracy",
        "as the probe accuracy, by logistic regression on standardized codes",
    ),
    "neighbours_accuracy": Metric(
        "Neighbours accuracy",
        "as the probe accuracy, by the vote of the five nearest training codes",
    ),
    "accuracy": Metric("Accuracy", "the share of test images given their right class"),
    "macro_f1": Metric(
        "Macro F1",
        "the mean over classes of the F1 score, the harmonic mean of precision and recall",
    ),
    "macro_precision": Metric(
        "Macro precision",
        "the mean over classes of the precision: of the images given a class, the share that is "
        "of it",
    ),
    "macro_recall": Metric(
        "Macro recall",
        "the mean over classes of the recall: of the images of a class, the share that is given it",
    ),
    "expected_calibration_error": Metric(
        "Calibration error",
        "the gap between confidence, the largest probability, and accuracy, over 15 bins of "
        "confidence weighted by their shares of the test images",
        higher_is_better=False,
    ),
    "example_f1": Metric(
        "F1 per example",
        "the mean over test rows of the F1 score of their label sets; an empty prediction of an "
        "empty set scores 0",
    ),
    "label_f1": Metric(
        "F1 per label",
        "the mean over labels of the F1 score of the test rows that are given the label; a label "
        "that no row has and none is given scores 0",
    ),
    "micro_f1": Metric(
        "Micro F1", "the F1 score of all labels of all test rows, counted as one set"
    ),
    "hamming_loss": Metric(
        "Hamming loss",
        "the share of all labels of all test rows that are wrong",
        higher_is_better=False,
    ),
    "threshold": Metric(
        "Threshold",
        "a label is predicted where its soft prediction lies above it; chosen on held-out "
        "training rows, or 0.5 where none were held out",
        digits=2,
        higher_is_better=None,
    ),
    "mean_iou": Metric("Mean IoU", "the mean over test images of intersection over union"),
    "global_iou": Metric(
        "Global IoU",
        "the intersections of all test images together over their unions together",
    ),
    "reconstruction_error": Metric(
        "Reconstruction error",
        "the mean squared error per pixel on [0, 1], over clean test images",
        higher_is_better=False,
    ),
    "corrupted_reconstruction_error": Metric(
        "Error from corrupted images",
        "the mean squared error per pixel against the clean test image of what is rebuilt from "
        "the image with Gaussian noise of standard deviation 0.5, the same for every model",
        higher_is_better=False,
    ),
    "psnr": Metric(
        "PSNR", "the peak signal-to-noise ratio of the reconstructions, in decibels (dB)", digits=2
    ),
}

# The scores on corrupted test images, `accuracy_KIND_LEVEL`: the kind, and what its level says.
CORRUPTIONS = {
    "gaussian_noise": ("Gaussian noise", "standard deviation"),
    "blur": ("Gaussian blur", "standard deviation (pixels)"),
    "occlusion": ("Occlusion", "side of the square"),
    "fgsm": ("Fast gradient sign", "change of a pixel"),
}
_CORRUPTED = re.compile(rf"accuracy_({'|'.join(CORRUPTIONS)})_(\d+(?:\.\d+)?)")


def compare(runs: "Sequence[Run]") -> dict[str, list[dict[str, Any]]]:
    """Sets the scores of runs beside their published numbers.

    difference = ours - published, both rounded to the metric's digits first, so that a number
    that prints like the published one is neither better nor worse. Ours is the mean over seeds,
    followed by the sample standard deviation (n - 1) where there are several.

    Args:
        runs: Finished runs, as `zoo.training.run_folder.read_run` gives them.

    Returns:
        Data set -> rows, metric by metric. A row has the texts `metric`, `title`, `label`, `ours`,
        `published`, `difference` ("–" where there is none) and `verdict` ("better", "worse",
        "same" or ""), `run`, the run's place in `runs` from 1, `best`: whether ours prints as the
        best of several runs of that data set, and `seeds`: "2 of 3 seeds" where a metric was not
        measured with all, else "".
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, run in enumerate(runs, 1):
        scores = run.results["scores"]
        target = comparable_target(run.recipe.target, scores)
        rows = groups.setdefault(run.results["dataset"], [])
        for name in scores.keys() | target.keys():
            row = _row(metric_of(name), scores.get(name), target.get(name))
            row |= {"metric": name, "run": number, "label": run.label}
            taken, given = len(scores.get(name, [])), len(run.results.get("seeds", []))
            row["seeds"] = f"{taken} of {given} seeds" if 0 < taken < given else ""
            rows.append(row)
    known = list(METRICS)
    for rows in groups.values():
        mark_best(rows, runs)
        rows.sort(
            key=lambda row: (
                known.index(row["metric"]) if row["metric"] in METRICS else len(known),
                row["metric"],
                row["run"],
            )
        )
    return groups


def matrix(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Turns one data set's rows of `compare` into a table with a line per run.

    Args:
        rows: As `compare` gives them.

    Returns:
        `metrics`: a `(name, Metric)` per column; `runs`: a `(number, label, cells)` per line,
        by number, with a cell for each column: the row of `compare`, or `None`.
    """
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    cells = {(row["run"], row["metric"]): row for row in rows}
    labels = {row["run"]: row["label"] for row in rows}
    return {
        "metrics": [(name, metric_of(name)) for name in metrics],
        "runs": [
            (run, labels[run], [cells.get((run, name)) for name in metrics])
            for run in sorted(labels)
        ],
    }


def metric_of(name: str) -> Metric:
    """Returns how to show a metric; one that is not in `METRICS` is shown and not judged."""
    if corruption := corruption_of(name):
        kind, level = corruption
        return Metric(f"Accuracy, {CORRUPTIONS[kind][0]} {level}", "")
    title = name.replace("_", " ").capitalize()
    return METRICS.get(name) or Metric(title, "", higher_is_better=None)


def corruption_of(name: str) -> tuple[str, str] | None:
    """Returns kind and level of a score on corrupted images, `None` for any other score.

    `accuracy_blur_0.5` is ("blur", "0.5"); the kinds are those of `CORRUPTIONS`.
    """
    found = _CORRUPTED.fullmatch(name)
    return (found[1], found[2]) if found else None


def rows_as(scores: Mapping[str, Any]) -> str:
    """Returns what to call the rows of a run with these scores: "images", or plainly "rows".

    Label sets belong to rows of features, which need not be images.
    """
    return "rows" if "example_f1" in scores else "images"


def comparable_target(target: Mapping[str, float], scores: Mapping[str, Any]) -> dict[str, float]:
    """Returns published numbers by the metric each compares with.

    A model without a separator was published with the accuracy of a classifier fitted on its
    codes afterwards, which is what the probe measures here.
    """
    target = dict(target)
    if "separability_accuracy" in target.keys() - scores.keys():
        if "probe_accuracy" in scores.keys() - target.keys():
            target["probe_accuracy"] = target.pop("separability_accuracy")
    return target


def mark_best(rows: Sequence[dict[str, Any]], runs: "Sequence[Run]") -> None:
    """Adds `best` to rows of one data set, which name a `metric` and a `run`, by its number.

    It says that ours, as it prints, is not beaten by another of these rows on the same metric.
    """
    printed = {}
    for row in rows:
        row["best"] = False
        values = runs[row["run"] - 1].results["scores"].get(row["metric"])
        metric = metric_of(row["metric"])
        if values is not None and metric.higher_is_better is not None:
            with np.errstate(invalid="ignore"):
                ours = round(float(np.mean(values)), metric.digits)
            if not math.isnan(ours):
                sign = 1 if metric.higher_is_better else -1
                printed.setdefault(row["metric"], []).append((sign * ours, row))
    for ranked in printed.values():
        top = max(value for value, _ in ranked)
        for value, row in ranked:
            row["best"] = value == top and len(ranked) > 1


def _row(metric: Metric, values: list[float] | None, published: float | None) -> dict[str, str]:
    row = {"title": metric.title, "ours": "–", "published": "–", "difference": "–", "verdict": ""}
    if published is not None:
        row["published"] = f"{published:.{metric.digits}f}"
    if values is None:
        return row
    with np.errstate(invalid="ignore"):
        ours = float(np.mean(values))
        row["ours"] = f"{ours:.{metric.digits}f}"
        if len(values) > 1:
            row["ours"] += f" ± {np.std(values, ddof=1):.{metric.digits}f}"
    if published is not None:
        gap = round(round(ours, metric.digits) - round(published, metric.digits), metric.digits)
        sign = "+" if gap > 0 else "−" if gap < 0 else ""
        row["difference"] = f"{sign}{abs(gap):.{metric.digits}f}"
        if metric.higher_is_better is not None and not math.isnan(gap):
            better = (gap > 0) == metric.higher_is_better
            row["verdict"] = "same" if gap == 0 else "better" if better else "worse"
    return row
