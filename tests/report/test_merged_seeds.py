"""zoo/report/merged_seeds.py: runs that differ in their seed alone become one."""

import pytest
from report_pages import make_run

from zoo.report.merged_seeds import merge_seeds
from zoo.training.finished_runs import read_run


def seeded(folder, seed, recipe=(), **results):
    recipe = {"seed": seed} | dict(recipe)
    results = {"seeds": [seed], "images_per_second": 1_000.0} | results
    return read_run(make_run(folder, recipe=recipe, results=results))


def test_seeds_of_one_recipe_become_one_run(tmp_path):
    runs = [
        seeded(tmp_path / "a", 3, scores={"psnr": [20.0]}, seconds=10.0, images_per_second=None),
        seeded(tmp_path / "b", 1, scores={"psnr": [22.0], "accuracy": [0.5]}, seconds=40.0),
        seeded(tmp_path / "c", 2, scores={"psnr": [21.0]}, seconds=None, peak_memory=7),
    ]
    [merged] = merge_seeds(runs)
    assert merged.results["seeds"] == [3, 1, 2]
    assert merged.results["scores"] == {"psnr": [20.0, 22.0, 21.0], "accuracy": [0.5]}
    # Means over what is known: (10 + 40) / 2, and 1,000 twice.
    assert merged.results["seconds"] == 25.0
    assert merged.results["images_per_second"] == 1_000.0
    assert merged.results["peak_memory"] == 7
    assert merged.folder == tmp_path / "a" and merged.recipe.seed == 3
    # The runs that were given stay as they are.
    assert runs[0].results["seeds"] == [3] and runs[0].results["scores"] == {"psnr": [20.0]}


@pytest.mark.parametrize(
    ("recipe", "results"),
    [
        ({"epochs": 3}, {}),
        ({"target": {"psnr": 20.0}}, {}),
        ({}, {"dataset": "mnist"}),
        ({}, {"train_rows": 500}),
        ({}, {"labelled_rows": 100}),
        ({}, {"test_rows": [360, 0.5, 0.5]}),
        # A class of one's own that was edited between two seeds.
        ({}, {"parameters": 7}),
    ],
)
def test_runs_that_differ_in_more_than_the_seed_stay_apart(tmp_path, recipe, results):
    runs = [
        seeded(tmp_path / "a", 0, test_rows=[360, 0.25, 0.5]),
        seeded(tmp_path / "b", 1, recipe, **results),
    ]
    assert merge_seeds(runs) == runs


def test_a_seed_given_twice_does_not_count_twice(tmp_path):
    a, b, c = (seeded(tmp_path / name, seed) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    merged = merge_seeds([a, b, c])
    assert [run.results["seeds"] for run in merged] == [[0, 1], [0]]
    assert [run.folder.name for run in merged] == ["a", "b"]


def test_merged_runs_stand_where_each_recipe_first_occurs(tmp_path):
    names = [("a", 0, "x"), ("b", 0, "y"), ("c", 1, "x"), ("d", 1, "y")]
    runs = [seeded(tmp_path / folder, seed, {"name": name}) for folder, seed, name in names]
    assert [run.folder.name for run in merge_seeds(runs)] == ["a", "b"]
    assert [run.folder.name for run in merge_seeds(runs[::-1])] == ["d", "c"]
    assert merge_seeds([]) == []
