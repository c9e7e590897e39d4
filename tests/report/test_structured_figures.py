import matplotlib.axes
import numpy as np
import pytest
from report_pages import holds

from zoo.report.figures import PALETTE
from zoo.report.structured_figures import Line, step_chart, threshold_chart


@pytest.fixture
def limits(monkeypatch):
    """The limits that charts gave their axis of heights, the last one at the end."""
    found = []
    set_ylim = matplotlib.axes.Axes.set_ylim

    def watched(axes, *arguments, **options):
        found.append(set_ylim(axes, *arguments, **options))
        return found[-1]

    monkeypatch.setattr(matplotlib.axes.Axes, "set_ylim", watched)
    return found


@pytest.mark.parametrize("dark", [False, True])
def test_each_line_has_its_colour(dark):
    lengths = {1: 0.2, 3: 0.4, 90: 0.6}
    lines = [
        Line(np.arange(length), np.full(length, height), colour)
        for (length, height), colour in zip(lengths.items(), PALETTE[:3], strict=True)
    ]
    png = step_chart(lines, "F1", wide=True, dark=dark)
    assert holds(png, *PALETTE[:3]) and not holds(png, PALETTE[3])


def test_tiny_changes_look_flat_and_large_ones_fill_the_axis(limits):
    line = Line(np.arange(2), np.array([0.5, 0.502]))
    step_chart([line], "F1", span=0.25)
    low, high = limits[-1]
    # As much above as below the middle of the two.
    assert high - low == pytest.approx(0.25) and (low + high) / 2 == pytest.approx(0.501)
    step_chart([line], "energy")
    low, high = limits[-1]
    assert 0.002 < high - low < 0.003
    step_chart([Line(np.arange(2), np.array([0.0, 1.0]))], "F1", span=0.25)
    low, high = limits[-1]
    assert 1.0 < high - low < 1.2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_leaves_a_gap(bad):
    heights = np.array([1.0, bad, 2.0, 3.0])
    assert holds(step_chart([Line(np.arange(4), heights)], "energy"), PALETTE[0])
    step_chart([Line(np.arange(4), np.full(4, bad))], "energy", span=0.05)


@pytest.mark.parametrize(
    ("chosen", "ring"),
    # As float32 keeps 0.35; off the grid there is no point to ring.
    [(None, False), (float(np.float32(0.35)), True), (0.2, False)],
)
def test_the_chosen_threshold_is_marked(chosen, ring):
    grid, scores = np.array([0.0, 0.35, 0.5]), np.array([0.1, 0.6, 0.2])
    assert holds(threshold_chart(grid, scores, chosen), PALETTE[6]) == ring
    unmarked = threshold_chart(grid, scores)
    assert (threshold_chart(grid, scores, chosen) == unmarked) == (chosen is None)
