"""The plot of a search: the score of every trial against each value that was searched."""

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zoo.report.figures import PALETTE, ink, style_axes
from zoo.tuning.search_space import Dimension
from zoo.tuning.trial_records import TrialRecord

# Panels side by side, and the inches of one.
_COLUMNS, _WIDTH, _HEIGHT = 4, 3.2, 2.8
_COMPLETED, _FAILED, _BEST = PALETTE[0], PALETTE[2], PALETTE[6]


def plot_search(
    dimensions: Sequence[Dimension],
    records: Sequence[TrialRecord],
    objective: str,
    best: TrialRecord | None = None,
    resolution: int = 120,
) -> bytes:
    """Draws a panel for each searched value: a point for each completed trial, the best ringed.

    Failed trials, which have no score, are crosses at the lower edge.

    Args:
        dimensions: what was searched.
        records: the trials.
        objective: the name of the score.
        best: the trial to ring.
        resolution: dots per inch.

    Returns:
        A PNG on white.
    """
    columns = min(len(dimensions), _COLUMNS)
    rows = -(-len(dimensions) // columns)
    size = (_WIDTH * columns, _HEIGHT * rows)
    figure = Figure(figsize=size, dpi=resolution, layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).flatten()
    for axes, dimension in zip(panels, dimensions, strict=False):
        style_axes(axes, dark=False)
        _panel(axes, dimension, records, best)
    for axes in panels[len(dimensions) :]:
        axes.set_visible(False)
    for axes in panels[::columns]:
        axes.set_ylabel(objective)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _panel(
    axes: Axes,
    dimension: Dimension,
    records: Sequence[TrialRecord],
    best: TrialRecord | None,
) -> None:
    def places(chosen):
        values = [record.values[dimension.key] for record in chosen]
        return values if dimension.is_range else [dimension.values.index(v) for v in values]

    completed = [record for record in records if record.score is not None]
    failed = [record for record in records if record.state == "failed"]
    scores = [record.score for record in completed]
    axes.scatter(places(completed), scores, s=28, color=_COMPLETED, alpha=0.8, lw=0)
    edge = axes.get_xaxis_transform()
    crosses = [0.03] * len(failed)
    axes.scatter(places(failed), crosses, s=28, color=_FAILED, marker="x", transform=edge)
    if best is not None:
        axes.scatter(places([best]), [best.score], s=90, facecolors="none", edgecolors=_BEST, lw=2)
    if dimension.is_range:
        axes.set_xscale("log" if dimension.logarithmic else "linear")
        # The whole range, with room for points at its very ends.
        axes.update_datalim([(end, 0) for end in dimension.values], updatey=False)
        axes.autoscale_view(scaley=False)
    else:
        texts = [str(value).replace(" ", "") for value in dimension.values]
        axes.set_xticks(range(len(texts)), texts)
        axes.set_xlim(-0.5, len(texts) - 0.5)
    axes.set_xlabel(dimension.key)
    axes.grid(axis="y", color=ink(dark=False), alpha=0.15, lw=0.8)
