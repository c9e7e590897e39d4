"""Curves of label sets: how inference goes, step by step, and what a threshold is worth."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from zoo.report import figures

# F1 scores that differ by less look alike in a chart.
F1_SPAN = 0.05

# Losses that differ by this factor share an axis of powers.
_WIDE = 30

# A line of more points has a marker on some of them only.
_MARKED_POINTS = 24


class Line(NamedTuple):
    """One line of a chart: as many heights as places; what is not finite leaves a gap."""

    places: np.ndarray
    heights: np.ndarray
    colour: str = figures.PALETTE[0]
    marker: str = "o"


def step_chart(
    lines: Sequence[Line],
    height: str,
    span: float = 0.0,
    wide: bool = False,
    epochs: bool = False,
    dark: bool = False,
    resolution: int = 160,
) -> bytes:
    """Draws what there is after each step of inference, or epoch, a line for each model.

    Args:
        lines: The lines; places are steps, whole numbers from 0, the start, or epochs from 1.
        height: What the heights are, beside the axis.
        span: The axis of heights covers at least as much, so that a line of tiny changes looks
            as flat as it is.
        wide: 4.8 inches wide, to stand alone, and not 3.6.
        epochs: Whether places are epochs.
        dark: Light ink, for a dark page.
        resolution: Dots per inch.

    Returns:
        A PNG with a transparent ground.
    """
    figure, axes = figures.new_axes(4.8 if wide else 3.6, 3.0 if wide else 2.5, dark, resolution)
    for line in lines:
        axes.plot(
            line.places,
            line.heights,
            color=line.colour,
            marker=line.marker,
            markevery=-(-len(line.places) // _MARKED_POINTS),
            lw=1.8,
            ms=4,
            path_effects=figures.outline(dark),
        )
    heights = np.concatenate([line.heights for line in lines])
    heights = heights[np.isfinite(heights)]
    powers = epochs and heights.size and 0 < _WIDE * heights.min() < heights.max()
    low, high = axes.get_ylim()
    missing = max(0.0, span - (high - low)) / 2
    axes.set_ylim(low - missing, high + missing)
    if epochs:
        figures.mark_epochs(axes, max(int(line.places[-1]) for line in lines))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    figures.finish_axes(axes, dark, "epoch" if epochs else "step", height)
    if powers:
        axes.set_yscale("log")
        axes.set_ylim(heights.min() / 1.2, heights.max() * 1.2)
    return figures.png(figure)


def threshold_chart(
    thresholds: np.ndarray,
    scores: np.ndarray,
    chosen: float | None = None,
    dark: bool = False,
    resolution: int = 160,
) -> bytes:
    """Draws F1 over the threshold, with a dashed line and a ring where it was chosen.

    Args:
        thresholds: The grid.
        scores: F1 at each.
        chosen: The threshold that was chosen; None marks nothing.
        dark: Light ink, for a dark page.
        resolution: Dots per inch; the picture is 3.6 inches wide.

    Returns:
        A PNG with a transparent ground.
    """
    figure, axes = figures.new_axes(3.6, 2.5, dark, resolution)
    axes.plot(thresholds, scores, "-o", color=figures.PALETTE[0], lw=1.8, ms=4)
    if chosen is not None:
        axes.axvline(chosen, ls="--", lw=1.4, color=figures.ink(dark), zorder=1)
        # A model keeps its threshold in float32, the grid is in float64.
        at = np.isclose(thresholds, chosen)
        ring = {"mfc": "none", "mec": figures.PALETTE[6], "mew": 2, "ms": 11}
        axes.plot(thresholds[at], scores[at], "o", zorder=4, **ring)
    figures.finish_axes(axes, dark, "threshold", "F1")
    return figures.png(figure)
