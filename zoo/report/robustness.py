"""Accuracy on corrupted test images: a table and a panel of curves for each kind of corruption."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from zoo.report import figures, panels
from zoo.report.scores import CORRUPTIONS, corruption_of, mark_best
from zoo.training.finished_runs import Run

# The classifier that every other is held against: the same network trained on its own.
REFERENCE_MODEL = "cnn"

_NAMED_LEVELS = 5


class Curve(NamedTuple):
    """Accuracy over the level of one corruption; `colour` is `None` for the reference."""

    levels: list[float]
    accuracies: list[float]
    colour: str | None
    marker: str


def robustness(rows: Sequence[Mapping[str, Any]], runs: Sequence[Run]) -> dict[str, Any] | None:
    """Sets the accuracies of one data set's runs on corrupted images beside each other.

    Args:
        rows: The rows of the data set, as `zoo.report.scores.compare` gives them for `runs`.
        runs: All runs of the page.

    Returns:
        `None` where no run was tested on corrupted images, else
        `kinds`: (title, what its level says, levels) for each kind that was met;
        `clean`: whether there is a column of the accuracy on the images as they are;
        `runs`: a `(number, label, cells)` per line, with the clean accuracy first, then a cell for
        each level of each kind: a row of `compare`, or `None`;
        `panels`: a picture of each kind; `legend`: what its lines are.
    """
    tested = sorted({row["run"] for row in rows if corruption_of(row["metric"])})
    if not tested:
        return None
    kinds = _levels(rows)
    names = [f"accuracy_{kind}_{level}" for kind, levels in kinds.items() for level in levels]
    shown = [
        dict(row) for row in rows if row["run"] in tested and row["metric"] in ["accuracy", *names]
    ]
    clean = any(row["metric"] == "accuracy" and row["ours"] != "–" for row in shown)
    names = ["accuracy"] * clean + names
    # The best of those in this table, which may leave out a run that has an accuracy alone.
    mark_best(shown, runs)
    cells = {(row["run"], row["metric"]): row for row in shown}
    styles = _styles({number: runs[number - 1] for number in tested})
    return {
        "kinds": [(*CORRUPTIONS[kind], levels) for kind, levels in kinds.items()],
        "clean": clean,
        "runs": [
            (number, runs[number - 1].label, [cells.get((number, name)) for name in names])
            for number in tested
        ],
        "panels": _panels(kinds, runs, styles),
        "legend": [
            {
                "name": runs[number - 1].label,
                "mark": runs[number - 1].label,
                "colour": colour or "var(--soft)",
                "shape": shape if colour else f"– {shape} –",
            }
            for number, (colour, _, shape) in styles.items()
        ],
    }


def accuracy_curves(
    curves: Sequence[Curve],
    limits: tuple[float, float],
    level: str,
    dark: bool = False,
    resolution: int = 160,
) -> bytes:
    """Draws accuracy over the level of a corruption, a line for each run.

    Args:
        curves: The lines, each with as many levels as accuracies; the reference is dashed, in ink.
        limits: Lowest and highest accuracy of the picture, so that several compare.
        level: What the level says, below the picture.
        dark: Light ink, for a dark page.
        resolution: Dots per inch; the picture is 3.6 inches wide.

    Returns:
        A PNG with a transparent ground.
    """
    figure, axes = figures.new_axes(3.6, 3.0, dark, resolution)
    for curve in curves:
        colour, dashes = (curve.colour, "-") if curve.colour else (figures.ink(dark), "--")
        axes.plot(
            curve.levels,
            curve.accuracies,
            dashes,
            color=colour,
            marker=curve.marker,
            lw=1.6,
            ms=5,
            # The reference lies on top: lines that meet it would hide its dashes.
            zorder=2 if curve.colour else 3,
            path_effects=figures.outline(dark) if curve.colour else None,
        )
    axes.set_ylim(*limits)
    levels = sorted({each for curve in curves for each in curve.levels})
    if len(levels) <= _NAMED_LEVELS:
        axes.set_xticks(levels, [f"{each:g}" for each in levels])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    figures.finish_axes(axes, dark, level, heights=6, sizes=(9, 10))
    return figures.png(figure)


def _levels(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The levels met of each kind, from weak to strong, in the order of `CORRUPTIONS`."""
    met = {corruption for row in rows if (corruption := corruption_of(row["metric"]))}
    return {
        kind: sorted((level for other, level in met if other == kind), key=float)
        for kind in CORRUPTIONS
        if any(kind == other for other, _ in met)
    }


def _styles(runs: Mapping[int, Run]) -> dict[int, tuple[str | None, str, str]]:
    """Color, matplotlib's marker and the page's character of each run's line."""
    references, others = (
        itertools.cycle(figures.SHAPES),
        map(figures.class_style, itertools.count()),
    )
    return {
        number: (None, *next(references)) if run.recipe.model == REFERENCE_MODEL else next(others)
        for number, run in runs.items()
    }


def _panels(
    kinds: Mapping[str, Sequence[str]],
    runs: Sequence[Run],
    styles: Mapping[int, tuple[str | None, str, str]],
) -> list[dict[str, Any]]:
    drawn = {
        kind: [
            _curve(runs[number - 1], kind, levels, *style[:2]) for number, style in styles.items()
        ]
        for kind, levels in kinds.items()
    }
    values = [y for curves in drawn.values() for curve in curves for y in curve.accuracies]
    values = [y for y in values if np.isfinite(y)] or [0.0, 1.0]
    margin = 0.05 * max(max(values) - min(values), 0.02)
    limits = min(values) - margin, max(values) + margin
    return [
        {
            "title": CORRUPTIONS[kind][0],
            "images": panels.both(accuracy_curves, curves, limits, CORRUPTIONS[kind][1]),
        }
        for kind, curves in drawn.items()
    ]


def _curve(run: Run, kind: str, levels: Sequence[str], colour: str | None, marker: str) -> Curve:
    """The mean over seeds at each level that was measured; level 0 is the clean accuracy."""
    names = {0.0: "accuracy"} | {float(level): f"accuracy_{kind}_{level}" for level in levels}
    scores = run.results["scores"]
    points = {
        level: float(np.mean(scores[name])) for level, name in names.items() if name in scores
    }
    return Curve(list(points), list(points.values()), colour, marker)
