"""Scores of finished runs beside the published numbers, metric by metric."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoo.kinds import Metric, known_metrics, task_of_scores
from zoo.training.finished_runs import Run
from zoo.training.row_signatures import scored_alike

# The scores on corrupted test images, `accuracy_KIND_LEVEL`: the kind, and what its level says.
CORRUPTIONS = {
    "gaussian_noise": ("Gaussian noise", "standard deviation"),
    "blur": ("Gaussian blur", "standard deviation (pixels)"),
    "occlusion": ("Occlusion", "side of the square"),
    "fgsm": ("Fast gradient sign", "change of a pixel"),
    "feature_noise": ("Noise on features", "standard deviations"),
    "missing_features": ("Missing features", "share of the features"),
}
_CORRUPTED = re.compile(rf"accuracy_({'|'.join(CORRUPTIONS)})_(\d+(?:\.\d+)?)")


def compare(runs: Sequence[Run]) -> dict[str, list[dict[str, Any]]]:
    """Sets the scores of runs beside their published numbers.

    difference = ours - published, both rounded to the metric's digits first, so that a number
    that prints like the published one is neither better nor worse. Ours is the mean over seeds,
    followed by the sample standard deviation (n - 1) where there are several.

    Args:
        runs: Finished runs, as `zoo.training.finished_runs.read_run` gives them.

    Returns:
        Data set -> rows, metric by metric. A row has the texts `metric`, `title`, `label`, `ours`,
        `published`, `difference` ("–" where there is none) and `verdict` ("better", "worse",
        "same" or ""), `run`, the run's place in `runs` from 1, `best`: whether ours prints as the
        best of several runs of that data set, `near`: whether it lies within the spread of that
        best, and `seeds`: "2 of 3 seeds" where a metric was not measured with all, else "".
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, run in enumerate(runs, 1):
        scores = run.results["scores"]
        target = run.recipe.target
        rows = groups.setdefault(run.results["dataset"], [])
        for name in scores.keys() | target.keys():
            row = _row(metric_of(name), scores.get(name), target.get(name))
            row |= {"metric": name, "run": number, "label": run.label}
            taken, given = len(scores.get(name, [])), len(run.results.get("seeds", []))
            row["seeds"] = f"{taken} of {given} seeds" if 0 < taken < given else ""
            rows.append(row)
    known = list(known_metrics())
    for rows in groups.values():
        mark_best(rows, runs)
        rows.sort(
            key=lambda row: (
                known.index(row["metric"]) if row["metric"] in known else len(known),
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
    """Returns how to show a metric; one of no task is shown and not judged."""
    if corruption := corruption_of(name):
        kind, level = corruption
        return Metric(name, f"Accuracy, {CORRUPTIONS[kind][0]} {level}")
    title = name.replace("_", " ").capitalize()
    return known_metrics().get(name) or Metric(name, title, higher_is_better=None)


def corruption_of(name: str) -> tuple[str, str] | None:
    """Returns kind and level of a score on corrupted images, `None` for any other score.

    `accuracy_blur_0.5` is ("blur", "0.5"); the kinds are those of `CORRUPTIONS`.
    """
    found = _CORRUPTED.fullmatch(name)
    return (found[1], found[2]) if found else None


def rows_as(scores: Mapping[str, Any]) -> str:
    """Returns what to call the rows of a run with these scores: "images", or plainly "rows"."""
    return task_of_scores(scores).rows


def overridden_as_text(results: Mapping[str, Any]) -> str:
    """Returns what a run has other than its recipe, as `--set` has it: `epochs=1, size=[4, 8]`."""
    changed = results.get("overridden", {})
    return ", ".join(f"{key}={value}" for key, value in changed.items())


def notes_on(runs: Sequence[Run]) -> list[str]:
    """Returns what a table of these runs should say below it, a sentence each.

    That a run had settings other than its recipe's, and that the models of one data set did not
    learn from as many rows, or were scored on other ones.
    """
    rows: dict[str, dict[int, list[str]]] = {}
    first: dict[str, Run] = {}
    apart: dict[str, list[str]] = {}
    notes = []
    for run in runs:
        dataset, count = run.results["dataset"], run.results["train_rows"]
        rows.setdefault(dataset, {}).setdefault(count, []).append(run.label)
        if not scored_alike(run.results, first.setdefault(dataset, run).results):
            apart.setdefault(dataset, []).append(run.label)
        if changed := overridden_as_text(run.results):
            notes.append(f"{run.label} on {dataset} was run with {changed}, other than its recipe.")
    notes += [
        f"On {dataset} {', '.join(labels)} had other test rows than {first[dataset].label}: these "
        "numbers do not compare."
        for dataset, labels in apart.items()
    ]
    return notes + [
        f"On {dataset} not all learned from as many rows: "
        + "; ".join(f"{', '.join(names)} from {count:,}" for count, names in counts.items())
        + "."
        for dataset, counts in rows.items()
        if len(counts) > 1
    ]


def mark_best(rows: Sequence[dict[str, Any]], runs: Sequence[Run]) -> None:
    """Adds `best` and `near` to rows of one data set, which name a `metric` and a `run`.

    `best` says that ours, as it prints, is not beaten by another of these rows on the same metric,
    and `near` that it is, but by no more than the sample standard deviation of the best's seeds.
    """
    printed = {}
    for row in rows:
        row["best"] = row["near"] = False
        values = runs[row["run"] - 1].results["scores"].get(row["metric"])
        metric = metric_of(row["metric"])
        if values is not None and metric.higher_is_better is not None:
            with np.errstate(invalid="ignore"):
                ours = round(float(np.mean(values)), metric.digits)
            if not math.isnan(ours):
                sign = 1 if metric.higher_is_better else -1
                spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
                printed.setdefault(row["metric"], []).append((sign * ours, spread, row))
    for ranked in printed.values():
        top, spread = max((value, spread) for value, spread, _ in ranked)
        for value, _, row in ranked:
            row["best"] = value == top and len(ranked) > 1
            row["near"] = value < top and top - value <= spread


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
