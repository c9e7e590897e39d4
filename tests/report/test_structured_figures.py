import io

import matplotlib.axes
import matplotlib.colors
import matplotlib.image
import numpy as np
import pytest

from zoo.report import figures
from zoo.report.structured_figures import Line, step_chart, threshold_chart


def holds(png, colour):
    """Whether any pixel of the picture is drawn in that color."""
    rgba = matplotlib.image.imread(io.BytesIO(png), format="png")
    near = np.abs(rgba[..., :3] - matplotlib.colors.to_rgb(colour)).max(-1) < 0.03
    return bool((near & (rgba[..., 3] > 0.5)).any())


@pytest.fixture
def heights_of_axes(monkeypatch):
    """The last limits that a chart gave its axis of heights."""
    limits = []
    set_ylim = matplotlib.axes.Axes.set_ylim

    def watched(axes, *arguments, **options):
        found = set_ylim(axes, *arguments, **options)
        limits.append(found)
        return found

    monkeypatch.setattr(matplotlib.axes.Axes, "set_ylim", watched)
    return limits


def test_each_line_has_its_colour():
    colours = figures.PALETTE[:3]
    lengths = {1: 0.2, 3: 0.4, 90: 0.6}
    lines = [
        Line(np.arange(length), np.full(length, height), colour)
        for (length, height), colour in zip(lengths.items(), colours, strict=True)
    ]
    for dark in (False, True):
        png = step_chart(lines, "F1", wide=True, dark=dark)
        assert all(holds(png, colour) for colour in colours)
        assert not holds(png, figures.PALETTE[3])


def test_tiny_changes_look_flat(heights_of_axes):
    line = Line(np.arange(2), np.array([0.5, 0.502]))
    step_chart([line], "F1", span=0.25)
    low, high = heights_of_axes[-1]
    # As much above as below the middle of the two.
    assert high - low == pytest.approx(0.25) and (low + high) / 2 == pytest.approx(0.501)
    step_chart([line], "energy")
    low, high = heights_of_axes[-1]
    assert 0.002 < high - low < 0.003


def test_large_changes_fill_the_axis(heights_of_axes):
    step_chart([Line(np.arange(2), np.array([0.0, 1.0]))], "F1", span=0.25)
    low, high = heights_of_axes[-1]
    assert 1.0 < high - low < 1.2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_leaves_a_gap(bad):
    heights = np.array([1.0, bad, 2.0, 3.0])
    assert holds(step_chart([Line(np.arange(4), heights)], "energy"), figures.PALETTE[0])
    step_chart([Line(np.arange(4), np.full(4, bad))], "energy", span=0.05)


@pytest.mark.parametrize(
    ("chosen", "ring"),
    # As float32 keeps 0.35; off the grid there is no point to ring.
    [(None, False), (float(np.float32(0.35)), True), (0.2, False)],
)
def test_the_chosen_threshold_is_marked(chosen, ring):
    grid, scores = np.array([0.0, 0.35, 0.5]), np.array([0.1, 0.6, 0.2])
    assert holds(threshold_chart(grid, scores, chosen), figures.PALETTE[6]) == ring
    unmarked = threshold_chart(grid, scores)
    assert (threshold_chart(grid, scores, chosen) == unmarked) == (chosen is None)
