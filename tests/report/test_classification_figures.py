import matplotlib.colors
import numpy as np
import pytest
from report_pages import Page, make_run, pictures
from test_figures import holds, pixels

from zoo.report import classification_figures, figures, panels, write_report


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
    shares = classification_figures.shares_of_rows(np.array([[3, 1, 0], [0, 0, 0], [1, 1, 2]]))
    np.testing.assert_allclose(shares, [[0.75, 0.25, 0], [0, 0, 0], [0.25, 0.25, 0.5]])


def cells(png, classes):
    """The share of the full color that lies in the middle of each cell's lower edge."""
    rgba = pixels(png)
    # The ground of the cells is the only large area, so its bounds are those of the image.
    full = matplotlib.colors.to_rgb("#1b6ca8")
    near = (np.abs(rgba[..., :3] - full).max(-1) < 0.02) & (rgba[..., 3] > 0.05)
    rows, columns = np.nonzero(near)
    top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
    height, width = (bottom - top + 1) / classes, (right - left + 1) / classes
    return [
        [
            float(rgba[int(top + (y + 0.93) * height), int(left + (x + 0.5) * width), 3])
            for x in range(classes)
        ]
        for y in range(classes)
    ]


def test_a_cell_has_the_colour_of_its_share_and_rows_are_true_classes():
    # The corners are full, so that the picture's bounds are seen.
    confusion = np.array([[40, 0, 0], [30, 10, 0], [0, 0, 7]])
    png = classification_figures.confusion_matrix(confusion, ["a", "b", "c"])
    np.testing.assert_allclose(cells(png, 3), [[1, 0, 0], [0.75, 0.25, 0], [0, 0, 1]], atol=0.02)


@pytest.mark.parametrize(("classes", "written"), [(12, True), (13, False)])
def test_counts_are_written_in_up_to_twelve_classes(classes, written):
    marks = ["x"] * classes
    one = np.eye(classes, dtype=int)
    # The same shares with other counts differ in what is written alone.
    same = classification_figures.confusion_matrix(one, marks) == (
        classification_figures.confusion_matrix(2 * one, marks)
    )
    assert same != written


@pytest.mark.parametrize(("dark", "on_cell"), [(False, "#ffffff"), (True, "#14161a")])
def test_counts_on_a_full_cell_have_the_ink_of_the_ground(dark, on_cell):
    confusion = np.array([[888, 0], [0, 888]])
    assert holds(classification_figures.confusion_matrix(confusion, ["a", "b"], dark), on_cell)
    # Half a row and below it lies on the ground.
    halves = np.full((2, 2), 888)
    png = classification_figures.confusion_matrix(halves, ["a", "b"], dark)
    assert not holds(png, on_cell)


@pytest.mark.parametrize("classes", [1, 2, 41, 100])
def test_any_number_of_classes_makes_a_picture(classes):
    confusion = np.zeros((classes, classes), int)
    confusion[0, 0] = 5
    for dark, colour in ((False, "#1b6ca8"), (True, "#5aa9e6")):
        marks = [r"$\bad{$"] * classes
        assert holds(classification_figures.confusion_matrix(confusion, marks, dark=dark), colour)


def test_calibration_error_by_hand():
    # 0.25 · |0.5 - 0.7| + 0.75 · |1 - 0.9| = 0.05 + 0.075; the empty bin counts nothing.
    bins = np.array([[np.nan, np.nan, 0.0], [0.7, 0.5, 0.25], [0.9, 1.0, 0.75]])
    assert classification_figures.calibration_error(bins) == pytest.approx(0.125)


def test_reliability_diagram_draws_a_point_at_confidence_and_accuracy():
    def blue(accuracy):
        bins = np.array([[np.nan, np.nan, 0.0], [0.75, accuracy, 0.0]])
        rgba = pixels(classification_figures.reliability_diagram(bins))
        near = np.abs(rgba[..., :3] - matplotlib.colors.to_rgb(figures.PALETTE[0])).max(-1) < 0.03
        return np.nonzero(near & (rgba[..., 3] > 0.9))

    (low, x_low), (high, x_high) = blue(0.25), blue(0.75)
    assert low.min() > high.max()
    assert abs(x_low.mean() - x_high.mean()) < 1


def test_reliability_diagram_draws_the_shares_below():
    def bar(share):
        bins = np.array([[np.nan, np.nan, 1.0 - share], [np.nan, np.nan, share]])
        rgba = pixels(classification_figures.reliability_diagram(bins))
        near = np.abs(rgba[..., :3] - matplotlib.colors.to_rgb(figures.PALETTE[0])).max(-1) < 0.03
        height = (near & (rgba[..., 3] > 0.9)).sum(axis=0)
        left, right = np.array_split(height[height > 0], 2)
        return right.max() / left.max()

    assert bar(0.25) == pytest.approx(1 / 3, rel=0.05)
    assert bar(0.5) == pytest.approx(1.0, rel=0.05)


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
    page = Page(write_report([make_run(tmp_path / "run", arrays=arrays)], tmp_path / "out"))
    assert page.text["h3"][1:] == [*headings, "The latent space", "Reconstructions"]
    assert all(attributes["alt"] for attributes in page.find("img"))


def test_hostile_class_names_stay_text(tmp_path):
    hostile = "<script>alert(1)</script>$\\frac{$"
    arrays = classified() | {"class_names": np.array([hostile, "b"])}
    runs = [make_run(tmp_path / name, name, arrays=arrays) for name in ("a", "b")]
    page = Page(write_report(runs, tmp_path / "out"))
    assert "script" not in page.text
    # Side by side, and in the section of each run.
    assert page.text["span"].count(hostile) == 3
