import numpy as np
import pytest
from report_pages import holds, make_run, measured, page_of, where

from zoo.report import figures
from zoo.report.robustness import Curve, accuracy_curves, robustness
from zoo.report.scores import compare, corruption_of


def table_of(*runs):
    return robustness(compare(runs)["mnist"], runs)


def shown(table):
    return {
        label: [cell and (cell["ours"], cell["best"]) for cell in cells]
        for _, label, cells in table["runs"]
    }


@pytest.mark.parametrize(
    ("name", "corruption"),
    [
        ("accuracy_gaussian_noise_0.1", ("gaussian_noise", "0.1")),
        ("accuracy_blur_2", ("blur", "2")),
        ("accuracy", None),
        ("accuracy_blur", None),
        ("accuracy_top_5", None),
        ("logistic_accuracy_blur_1", None),
    ],
)
def test_scores_on_corrupted_images_are_known_by_their_names(name, corruption):
    assert corruption_of(name) == corruption


def test_clean_accuracy_then_kinds_and_levels_from_weak_to_strong():
    scores = {
        "accuracy_fgsm_0.1": [0.1],
        "accuracy_blur_10": [0.2],
        "accuracy_blur_2": [0.3],
        "accuracy_gaussian_noise_0.5": [0.4],
        "accuracy": [0.9],
        "psnr": [20.0],
    }
    table = table_of(measured("cnn", scores))
    assert [(kind, levels) for kind, _, levels in table["kinds"]] == [
        ("Gaussian noise", ["0.5"]),
        ("Gaussian blur", ["2", "10"]),
        ("Fast gradient sign", ["0.1"]),
    ]
    values = [cell["ours"] for cell in table["runs"][0][2]]
    assert values == ["0.9000", "0.4000", "0.3000", "0.2000", "0.1000"]


def test_best_of_each_column_and_gaps_where_nothing_was_measured():
    runs = [
        measured("cnn", {"accuracy": [0.95], "accuracy_blur_1": [0.8, 0.9]}),
        measured("elsewhere", {"accuracy": [0.5], "accuracy_blur_1": [0.99]}, "cifar10"),
        measured("plain", {"accuracy": [0.99]}),
        measured("ac", {"accuracy": [0.94], "accuracy_blur_1": [0.7], "accuracy_blur_2": [0.6]}),
    ]
    # Sample deviation of 0.8 and 0.9: sqrt(2 · 0.05²) = 0.0707. `plain` was not tested and so
    # does not take the mark of the clean column; a value alone is the best of nothing.
    table = table_of(*runs)
    assert shown(table) == {
        "cnn": [("0.9500", True), ("0.8500 ± 0.0707", True), None],
        "ac": [("0.9400", False), ("0.7000", False), ("0.6000", False)],
    }
    assert [number for number, _, _ in table["runs"]] == [1, 4]


def test_no_corrupted_images_are_no_table_and_no_clean_accuracy_is_no_column():
    assert table_of(measured("cnn", {"accuracy": [0.9]})) is None
    table = table_of(measured("cnn", {"accuracy_blur_1": [0.5]}))
    assert not table["clean"]
    assert shown(table) == {"cnn": [("0.5000", False)]}


def curves_drawn(monkeypatch, *runs):
    """What each panel is asked to draw: the vertical limits, and the curves."""
    import zoo.report.robustness as module

    asked = []

    def draw(curves, limits, level, dark=False):
        asked.append((limits, curves))
        return b""

    monkeypatch.setattr(module, "accuracy_curves", draw)
    table = table_of(*runs)
    # Once for a light, once for a dark page.
    assert asked[::2] == asked[1::2]
    return table, asked[::2]


def test_lines_are_means_over_seeds_and_begin_with_the_clean_accuracy(monkeypatch):
    scores = {
        "accuracy": [0.9, 1.0],
        "accuracy_blur_1": [0.5, 0.7],
        "accuracy_blur_0.5": [0.8],
        "accuracy_fgsm_0.1": [0.25],
    }
    mine = measured("mine", {"accuracy_blur_1": [0.75]}, model="cnn")
    table, [(limits, (ac, cnn)), (other_limits, _)] = curves_drawn(
        monkeypatch, measured("ac_co_v1", scores), mine
    )
    assert ac.levels == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(ac.accuracies, [0.95, 0.8, 0.6])
    assert ac.colour == figures.PALETTE[0]
    # The independent classifier, by its entry point, is the reference; it has no clean accuracy.
    assert (cnn.levels, cnn.accuracies, cnn.colour) == ([1.0], [0.75], None)
    assert limits == other_limits and limits[0] < 0.25 and limits[1] > 0.95
    assert [entry["name"] for entry in table["legend"]] == ["ac_co_v1", "mine"]


def test_accuracies_that_are_not_finite_do_not_stop_the_picture():
    scores = {"accuracy": [float("nan")], "accuracy_blur_1": [float("inf")]}
    assert len(table_of(measured("cnn", scores))["panels"]) == 1


@pytest.mark.parametrize(("dark", "ink"), [(False, "#4b505a"), (True, "#c8ccd4")])
def test_the_reference_is_in_ink_and_interrupted(dark, ink):
    def columns(colour):
        line = Curve([0.0, 1.0], [0.5, 0.5], colour, "")
        png = accuracy_curves([line], (0.4, 0.6), "level", dark=dark)
        near = where(png, colour or ink, 0.9)
        return near[len(near) // 4 : len(near) // 2].any(axis=0)

    solid, dashed = columns(figures.PALETTE[0]), columns(None)
    inside = slice(*np.nonzero(solid)[0][[0, -1]])
    assert solid[inside].all()
    assert dashed[inside].any() and not dashed[inside].all()


def test_each_run_has_its_colour():
    curves = [
        Curve([0.0, 1.0], [0.9, y], figures.PALETTE[i], "o") for i, y in enumerate((0.2, 0.5))
    ]
    png = accuracy_curves(curves, (0.0, 1.0), "level")
    assert holds(png, *figures.PALETTE[:2]) and not holds(png, figures.PALETTE[2])


def test_page_keeps_them_out_of_the_other_tables(tmp_path):
    scores = {"accuracy": [0.9], "accuracy_blur_0.5": [0.75], "accuracy_blur_1": [0.5]}
    page = page_of(
        tmp_path,
        make_run(tmp_path / "a", "cnn", "mnist", scores, recipe={"model": "cnn"}),
        make_run(tmp_path / "b", "ac", "mnist", scores | {"accuracy_blur_1": [0.25]}),
        make_run(tmp_path / "c", "cnn", "cifar10", scores, recipe={"model": "cnn"}),
    )
    assert [row[0] for row in page.table["cifar10"]] == ["Accuracy"]
    assert page.matrices[0][0][:3] == ["Model", "Accuracy ↑", "Epochs"]
    mnist, cifar10 = page.tables_of("robustness")
    assert mnist == [
        ["Model", "Clean", "Gaussian blur"],
        ["0.5", "1"],
        ["cnn", "0.9000", "0.7500", "0.5000"],
        ["ac", "0.9000", "0.7500", "0.2500"],
    ]
    assert cifar10[2:] == [["cnn", "0.9000", "0.7500", "0.5000"]]
