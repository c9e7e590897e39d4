"""zoo/comparison/measured.py: published and measured numbers of all recipes as data."""

import csv
import dataclasses
import pathlib
import statistics

import pytest

import zoo
from zoo.cli import main
from zoo.comparison import write_csv

RECIPES = pathlib.Path(__file__).parents[2] / "recipes"


def test_a_row_has_what_the_files_say():
    (row,) = [row for row in zoo.results("fcn/*") if row.metric == "mean_iou"]
    scores = zoo.comparison.measured._kept()["fcn/weizmann_horse"]["scores"]["mean_iou"]
    assert row.measured == pytest.approx(statistics.mean(scores), abs=1e-6)
    assert row.spread == pytest.approx(statistics.stdev(scores), abs=1e-6)
    assert row.seeds == len(scores) and row.published == 0.7856
    assert row.recipe == "fcn/weizmann_horse" and "Gygli" in row.source


def test_each_target_has_a_row_also_where_it_was_not_measured():
    rows = zoo.results()
    found = {(row.recipe, row.metric): row.published for row in rows}
    for name in zoo.list_recipes():
        for metric, value in zoo.load_recipe(name).target.items():
            assert found[name, metric] == value
    assert any(row.measured is None and row.seeds == 0 for row in rows)


def test_codes_without_a_separator_are_held_against_the_probe():
    published = {row.metric: row.published for row in zoo.results("dae/cifar10") if row.published}
    assert published == {"probe_accuracy": 0.3093, "reconstruction_error": 0.0155}
    published = {row.metric: row.published for row in zoo.results("se_co/cifar10") if row.published}
    assert published == {"separability_accuracy": 0.7883, "reconstruction_error": 0.0162}


@pytest.mark.parametrize(
    ("metric", "published", "measured", "reached"),
    [
        ("accuracy", 0.95, 0.94996, True),
        ("accuracy", 0.95, 0.94994, False),
        ("reconstruction_error", 0.0162, 0.01624, True),
        ("reconstruction_error", 0.0162, 0.01626, False),
        ("accuracy", None, 0.9, False),
        ("accuracy", 0.9, None, False),
    ],
)
def test_a_number_that_prints_as_well_as_the_published_one_is_reached(
    metric, published, measured, reached
):
    row = dataclasses.replace(
        zoo.results("cnn/mnist")[0], metric=metric, published=published, measured=measured
    )
    assert row.reached is reached


def test_what_was_measured_before_a_recipe_changed_says_with_what(monkeypatch):
    for name, settings in zoo.comparison.measured._changed().items():
        rows = [row for row in zoo.results(name) if row.measured is not None]
        assert rows, f"nothing is measured of {name}"
        assert all(f"{key}={value}" in rows[0].otherwise for key, value in settings.items())
    # Beside it stands what the command overrode.
    name = "vat_1000/mnist"
    kept = {**zoo.comparison.measured._kept()[name], "overridden": {"seed": 3}, "chosen": "by hand"}
    monkeypatch.setattr("zoo.comparison.measured._kept", lambda: {name: kept})
    monkeypatch.setattr("zoo.comparison.measured._changed", lambda: {name: {"epsilon": 3.0}})
    row = zoo.results(name)[0]
    assert row.otherwise == "epsilon=3.0, seed=3"
    assert row.chosen == "by hand"


def test_patterns_include_and_exclude():
    assert set(zoo.list_models("se_*")) == {"se_co", "se_nc"}
    assert zoo.list_models(["se_*", "vae"], exclude="*_nc") == ["se_co", "vae"]
    assert all(name.endswith("/mnist") for name in zoo.list_recipes("*/mnist", exclude="cnn*"))
    assert zoo.list_recipes("nothing/*") == [] == zoo.results("nothing/*")
    assert {row.recipe for row in zoo.results("cnn/*", "*/digits")} == set(
        zoo.list_recipes("cnn/*", "*/digits")
    ) & {row.recipe for row in zoo.results("cnn/*")}


def test_the_table_in_the_repository_is_what_the_command_writes(tmp_path):
    write_csv(zoo.results(), tmp_path / "results.csv")
    written, kept = (tmp_path / "results.csv").read_text(), (RECIPES / "results.csv").read_text()
    assert written == kept, "run: zoo results --csv recipes/results.csv"
    rows = list(csv.DictReader(kept.splitlines()))
    assert list(rows[0]) == [field.name for field in dataclasses.fields(zoo.comparison.Measured)]
    write_csv(zoo.results("cnn/*"), tmp_path / "results.csv")
    (tmp_path / "mine.csv").write_text("weight,class\n")
    for other, said in (("mine.csv", "is there and is no table of results"), ("", "is a folder")):
        with pytest.raises(zoo.InputError, match=said):
            write_csv([], tmp_path / other)
    assert (tmp_path / "mine.csv").read_text() == "weight,class\n"


def test_the_command_prints_published_numbers_and_the_first_of_others(capsys):
    assert main(["results", "multiclass_svm/*"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("accuracy") == 3 and "0.9444" in shown and "macro" not in shown
    assert "published, " not in shown
    assert main(["results", "se_co/fashion_mnist"]) == 0
    shown = capsys.readouterr().out
    assert "0.9257" in shown and shown.endswith("2 published, 2 measured, 2 reached\n")
    assert main(["results", "nothing/*"]) == 2
    assert "nothing/*" in capsys.readouterr().err
    assert main(["list", "models", "se_*", "--names"]) == 0
    assert capsys.readouterr().out == "se_co\nse_nc\n"
