import matplotlib.colors
import numpy as np
import pytest
from report_pages import holds, make_run, page_of, pictures, pixels, where

from zoo.report import figures, panels
from zoo.report.classification_figures import (
    calibration_error,
    confusion_matrix,
    reliability_diagram,
    shares_of_rows,
)


def classified(classes=2, bins=5):
    """What a classifier with a generator adds to `pictures`."""
    random = np.random.default_rng(3)
    calibration = np.full((bins, 3), np.nan)
    calibration[:, 2] = 0.0
    calibration[-1] = (0.9, 0.8, 1.0)
    return {
        "confusion": random.integers(1, 50, (classes, classes)),
        "calibration": calibration,
        "generated": random.random((classes, 8, 8, 1)),
    }


def test_shares_are_of_the_rows_and_an_empty_row_has_none():
    shares = shares_of_rows(np.array([[3, 1, 0], [0, 0, 0], [1, 1, 2]]))
    np.testing.assert_allclose(shares, [[0.75, 0.25, 0], [0, 0, 0], [0.25, 0.25, 0.5]])


def cells(png, classes):
    """The share of the full color that lies in the middle of each cell's lower edge."""
    rgba = pixels(png)
    # The ground of the cells is the only large area, so its bounds are those of the image.
    full = matplotlib.colors.to_rgb("#1b6ca8")
    near = (np.abs(rgba[..., :3] - full).max(-1) < 0.02) & (rgba[..., 3] > 0.05)
    rows, columns = np.nonzero(near)
    top, left = rows.min(), columns.min()
    height, width = (rows.max() - top + 1) / classes, (columns.max() - left + 1) / classes
    places = np.arange(classes)
    down, along = top + (places + 0.93) * height, left + (places + 0.5) * width
    return rgba[np.ix_(down.astype(int), along.astype(int))][..., 3]


def test_a_cell_has_the_colour_of_its_share_and_rows_are_true_classes():
    # The corners are full, so that the picture's bounds are seen.
    png = confusion_matrix(np.array([[40, 0, 0], [30, 10, 0], [0, 0, 7]]), ["a", "b", "c"])
    np.testing.assert_allclose(cells(png, 3), [[1, 0, 0], [0.75, 0.25, 0], [0, 0, 1]], atol=0.02)


@pytest.mark.parametrize(("classes", "written"), [(12, True), (13, False)])
def test_counts_are_written_in_up_to_twelve_classes(classes, written):
    one = np.eye(classes, dtype=int)
    # The same shares with other counts differ in what is written alone.
    once, twice = (confusion_matrix(counts, ["x"] * classes) for counts in (one, 2 * one))
    assert (once != twice) == written


@pytest.mark.parametrize(("dark", "on_cell"), [(False, "#ffffff"), (True, "#14161a")])
def test_counts_on_a_full_cell_have_the_ink_of_the_ground(dark, on_cell):
    full, halves = np.diag([888, 888]), np.full((2, 2), 888)
    # Half a row and below it lies on the ground.
    for counts, inked in ((full, True), (halves, False)):
        assert holds(confusion_matrix(counts, ["a", "b"], dark), on_cell) == inked


@pytest.mark.parametrize("classes", [1, 2, 41, 100])
def test_any_number_of_classes_makes_a_picture(classes):
    confusion = np.zeros((classes, classes), int)
    confusion[0, 0] = 5
    for dark, colour in ((False, "#1b6ca8"), (True, "#5aa9e6")):
        assert holds(confusion_matrix(confusion, [r"$\bad{$"] * classes, dark=dark), colour)


def test_calibration_error_by_hand():
    # 0.25 · |0.5 - 0.7| + 0.75 · |1 - 0.9| = 0.05 + 0.075; the empty bin counts nothing.
    bins = np.array([[np.nan, np.nan, 0.0], [0.7, 0.5, 0.25], [0.9, 1.0, 0.75]])
    assert calibration_error(bins) == pytest.approx(0.125)


def blue(*bins):
    return where(reliability_diagram(np.array(bins)), figures.PALETTE[0], 0.9)


def test_reliability_diagram_draws_a_point_at_confidence_and_accuracy():
    (low, x_low), (high, x_high) = (
        np.nonzero(blue([np.nan, np.nan, 0.0], [0.75, accuracy, 0.0])) for accuracy in (0.25, 0.75)
    )
    assert low.min() > high.max()
    assert abs(x_low.mean() - x_high.mean()) < 1


@pytest.mark.parametrize(("share", "ratio"), [(0.25, 1 / 3), (0.5, 1.0)])
def test_reliability_diagram_draws_the_shares_below(share, ratio):
    height = blue([np.nan, np.nan, 1.0 - share], [np.nan, np.nan, share]).sum(axis=0)
    left, right = np.array_split(height[height > 0], 2)
    assert right.max() / left.max() == pytest.approx(ratio, rel=0.05)


def test_panels_name_the_classes_that_are_numbers_on_the_picture():
    arrays = classified(3) | {"class_names": np.array(["a", "a name that is long", "c"])}
    panel = panels.confusion(arrays)
    assert panel["numbered"] == [("1", "a name that is long")]
    assert panel["count"] == arrays["confusion"].sum()
    assert panels.reliability(arrays)["error"] == "0.1000"
    assert panels.generated(arrays)["names"] == ["a", "a name that is long", "c"]
    # Without names, numbers.
    del arrays["class_names"]
    assert panels.generated(arrays)["names"] == ["0", "1", "2"]
    assert panels.confusion(arrays)["numbered"] == []


def test_more_than_twenty_classes_are_cut_off():
    panel = panels.generated({"generated": np.zeros((25, 4, 4, 3))})
    assert panel["names"] == [str(number) for number in range(20)] and panel["classes"] == 25


@pytest.mark.parametrize("arrays", [{}, {"confusion": np.zeros((0, 0), int)}])
def test_nothing_to_draw_is_no_panel(arrays):
    assert panels.confusion(arrays) is None
    assert panels.reliability(arrays | {"calibration": np.zeros((0, 3))}) is None
    assert panels.generated(arrays | {"generated": np.zeros((0, 4, 4, 1))}) is None


@pytest.mark.parametrize(
    ("missing", "headings"),
    [
        ((), ["Confusion and calibration", "An image for each class"]),
        (("generated",), ["Confusion and calibration"]),
        (("confusion",), ["Calibration", "An image for each class"]),
        (("calibration", "generated"), ["Confusion"]),
        (("confusion", "calibration", "generated"), []),
    ],
)
def test_a_run_shows_what_it_has(tmp_path, missing, headings):
    arrays = {k: v for k, v in (pictures(2) | classified()).items() if k not in missing}
    page = page_of(tmp_path, arrays=arrays)
    assert page.text["h3"][1:] == [*headings, "The latent space", "Reconstructions"]
    assert all(attributes["alt"] for attributes in page.find("img"))


def test_hostile_class_names_stay_text(tmp_path):
    hostile = "<script>alert(1)</script>$\\frac{$"
    arrays = classified() | {"class_names": np.array([hostile, "b"])}
    page = page_of(tmp_path, *(make_run(tmp_path / name, name, arrays=arrays) for name in "ab"))
    assert page.runs_no_script_but_its_own()
    # Side by side, and in the section of each run.
    assert page.text["span"].count(hostile) == 3
