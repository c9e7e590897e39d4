import pathlib

import matplotlib.colors
import numpy as np
import pytest
from report_pages import Page, make_run
from test_figures import holds, pixels

import zoo
from zoo.report import figures, write_report
from zoo.report.robustness import Curve, accuracy_curves, robustness
from zoo.report.scores import compare, corruption_of
from zoo.training.run_folder import Run


def run_of(label, scores, model=None, dataset="mnist"):
    recipe = zoo.Recipe(label, model or label, dataset)
    results = {"dataset": dataset, "scores": scores}
    return Run(pathlib.Path(label), label, recipe, results, {}, {})


def measured(runs, dataset="mnist"):
    return robustness(compare(runs)[dataset], runs)


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
    run = run_of(
        "cnn",
        {
            "accuracy_fgsm_0.1": [0.1],
            "accuracy_blur_10": [0.2],
            "accuracy_blur_2": [0.3],
            "accuracy_gaussian_noise_0.5": [0.4],
            "accuracy": [0.9],
            "psnr": [20.0],
        },
    )
    table = measured([run])
    assert [(kind, levels) for kind, _, levels in table["kinds"]] == [
        ("Gaussian noise", ["0.5"]),
        ("Gaussian blur", ["2", "10"]),
        ("Fast gradient sign", ["0.1"]),
    ]
    values = [cell["ours"] for cell in table["runs"][0][2]]
    assert values == ["0.9000", "0.4000", "0.3000", "0.2000", "0.1000"]


def test_best_of_each_column_and_gaps_where_nothing_was_measured():
    runs = [
        run_of("cnn", {"accuracy": [0.95], "accuracy_blur_1": [0.8, 0.9]}),
        run_of("elsewhere", {"accuracy": [0.5], "accuracy_blur_1": [0.99]}, dataset="cifar10"),
        run_of("plain", {"accuracy": [0.99]}),
        run_of("ac", {"accuracy": [0.94], "accuracy_blur_1": [0.7], "accuracy_blur_2": [0.6]}),
    ]
    # Sample deviation of 0.8 and 0.9: sqrt(2 · 0.05²) = 0.0707. `plain` was not tested and so
    # does not take the mark of the clean column; a value alone is the best of nothing.
    assert shown(measured(runs)) == {
        "cnn": [("0.9500", True), ("0.8500 ± 0.0707", True), None],
        "ac": [("0.9400", False), ("0.7000", False), ("0.6000", False)],
    }
    assert [number for number, _, _ in measured(runs)["runs"]] == [1, 4]


def test_runs_without_corrupted_images_have_no_table():
    assert measured([run_of("cnn", {"accuracy": [0.9]})]) is None


def test_without_a_clean_accuracy_there_is_no_such_column():
    table = measured([run_of("cnn", {"accuracy_blur_1": [0.5]})])
    assert not table["clean"]
    assert shown(table) == {"cnn": [("0.5000", False)]}


def curves_drawn(monkeypatch, runs):
    """What each panel is asked to draw: the vertical limits, and the curves."""
    import zoo.report.robustness as module

    asked = []

    def draw(curves, limits, level, dark=False):
        asked.append((limits, curves))
        return b""

    monkeypatch.setattr(module, "accuracy_curves", draw)
    table = measured(runs)
    # Once for a light, once for a dark page.
    assert asked[::2] == asked[1::2]
    return table, asked[::2]


def test_lines_are_means_over_seeds_and_begin_with_the_clean_accuracy(monkeypatch):
    runs = [
        run_of(
            "ac_co_v1",
            {
                "accuracy": [0.9, 1.0],
                "accuracy_blur_1": [0.5, 0.7],
                "accuracy_blur_0.5": [0.8],
                "accuracy_fgsm_0.1": [0.25],
            },
        ),
        run_of("mine", {"accuracy_blur_1": [0.75]}, model="cnn"),
    ]
    table, [(limits, (ac, cnn)), (other_limits, _)] = curves_drawn(monkeypatch, runs)
    assert ac.levels == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(ac.accuracies, [0.95, 0.8, 0.6])
    assert ac.colour == figures.PALETTE[0]
    # The independent classifier, by its entry point, is the reference; it has no clean accuracy.
    assert (cnn.levels, cnn.accuracies, cnn.colour) == ([1.0], [0.75], None)
    assert limits == other_limits and limits[0] < 0.25 and limits[1] > 0.95
    assert [entry["name"] for entry in table["legend"]] == ["ac_co_v1", "mine"]


def test_accuracies_that_are_not_finite_do_not_stop_the_picture():
    runs = [run_of("cnn", {"accuracy": [float("nan")], "accuracy_blur_1": [float("inf")]})]
    assert len(measured(runs)["panels"]) == 1


@pytest.mark.parametrize(("dark", "ink"), [(False, "#4b505a"), (True, "#c8ccd4")])
def test_the_reference_is_in_ink_and_interrupted(dark, ink):
    def columns(colour):
        line = Curve([0.0, 1.0], [0.5, 0.5], colour, "")
        png = accuracy_curves([line], (0.4, 0.6), "level", dark=dark)
        wanted = matplotlib.colors.to_rgb(colour or ink)
        rgba = pixels(png)
        near = (np.abs(rgba[..., :3] - wanted).max(-1) < 0.03) & (rgba[..., 3] > 0.9)
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
    assert holds(png, figures.PALETTE[0]) and holds(png, figures.PALETTE[1])
    assert not holds(png, figures.PALETTE[2])


def test_page_keeps_them_out_of_the_other_tables(tmp_path):
    scores = {"accuracy": [0.9], "accuracy_blur_0.5": [0.75], "accuracy_blur_1": [0.5]}
    runs = [
        make_run(tmp_path / "a", "cnn", "mnist", scores, recipe={"model": "cnn"}),
        make_run(tmp_path / "b", "ac", "mnist", scores | {"accuracy_blur_1": [0.25]}),
        make_run(tmp_path / "c", "cnn", "cifar10", scores, recipe={"model": "cnn"}),
    ]
    page = Page(write_report(runs, tmp_path / "out"))
    assert [row[0] for row in page.table["cifar10"]] == ["Accuracy"]
    assert page.matrices[0][0] == ["Model", "Accuracy ↑"]
    mnist, cifar10 = (
        [[" ".join(cell.split()) for cell in row] for row in rows]
        for kind, rows in page.tables
        if kind == "robustness"
    )
    assert mnist == [
        ["Model", "Clean", "Gaussian blur"],
        ["0.5", "1"],
        ["cnn", "0.9000", "0.7500", "0.5000"],
        ["ac", "0.9000", "0.7500", "0.2500"],
    ]
    assert cifar10[2:] == [["cnn", "0.9000", "0.7500", "0.5000"]]
