"""zoo/recipe_comparison.py: it trains what is missing, skips, resumes, merges, and goes on."""

import dataclasses
import io
import json
import shutil
import statistics

import keras
import numpy as np
import pytest
from tiny_runs import QUICK, recipe

import zoo
import zoo.comparison.jobs
import zoo.comparison.recipes
from zoo.comparison.recipes import compare_recipes
from zoo.training.run_results import write_results
from zoo.training.runs import run

RECIPES = [recipe("se_co", labelled_fraction=0.2), recipe("dae")]


def compare(recipes, output, **settings):
    stream = io.StringIO()
    compared = compare_recipes(recipes, output, reducers=False, stream=stream, **settings)
    return compared, stream.getvalue()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished comparison of two recipes with two seeds: folder, what it gave, what it said."""
    output = tmp_path_factory.mktemp("comparison") / "out"
    return output, *compare(RECIPES, output, seeds=2)


@pytest.fixture(autouse=True)
def reported(monkeypatch):
    """The runs that a report is written about, in place of drawing it again and again."""
    calls = []

    def write_report(runs, output, reductions):
        calls.append([f"{path.parents[1].name}/{path.name}" for path in runs])
        return output / "index.html"

    monkeypatch.setattr(zoo.comparison.recipes, "write_report", write_report)
    return calls


def run_of(output, model, seed):
    return output / "runs" / model / "digits" / f"seed_{seed}"


def results_of(output, model, seed):
    return json.loads((run_of(output, model, seed) / "results.json").read_text())


def rewrite(output, model, seed, **changes):
    """As if the run had written other results."""
    results = results_of(output, model, seed) | changes
    write_results(run_of(output, model, seed), results)


@pytest.mark.full
def test_a_run_is_the_one_that_training_alone_gives(finished, tmp_path):
    """The second recipe and the second seed, so that what came before could have left a trace."""
    output, *_ = finished
    alone = run(dataclasses.replace(RECIPES[1], seed=1), tmp_path / "run", verbose=0)
    folders = run_of(output, "dae", 1), tmp_path / "run"
    ours, theirs = ((folder / "recipe.json").read_text() for folder in folders)
    assert ours == theirs
    ours, theirs = (keras.models.load_model(folder / "model.keras") for folder in folders)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    for name, values in results_of(output, "dae", 1)["scores"].items():
        assert values == pytest.approx(alone["scores"][name], rel=1e-2), name


@pytest.mark.full
def test_an_estimator_stands_beside_the_models(tmp_path):
    estimator = zoo.Recipe("crc/digits", "crc", "digits", {"lambda2": 1.0})
    compared, shown = compare([estimator, RECIPES[1]], tmp_path / "out")
    assert [each.recipe.name for each in compared] == ["crc/digits", "dae/digits"]
    alone = run(estimator, tmp_path / "run")
    assert compared[0].run.results["scores"] == alone["scores"]
    row = next(line for line in shown.splitlines() if line.startswith("crc/digits "))
    assert f"{alone['scores']['accuracy'][0]:.4f}" in row.split()
    again, shown = compare([estimator, RECIPES[1]], tmp_path / "out")
    assert [each.run.results for each in again] == [each.run.results for each in compared]
    assert "fitting" not in shown, "what is done is not done again"


def test_seeds_are_merged_in_the_form_of_one_run(finished):
    output, compared, _ = finished
    assert [each.recipe.name for each in compared] == ["se_co/digits", "dae/digits"]
    for model, each in zip(("se_co", "dae"), compared, strict=True):
        parts = [results_of(output, model, seed) for seed in (0, 1)]
        merged = json.loads((output / "results" / model / "digits.json").read_text())
        assert merged == each.run.results and list(merged) == list(parts[0])
        assert merged["seeds"] == [0, 1]
        for name, values in merged["scores"].items():
            assert values == [part["scores"][name][0] for part in parts]
        mean = statistics.mean(part["seconds"] for part in parts)
        assert merged["seconds"] == pytest.approx(mean)
        for key in ("recipe", "train_rows", "labelled_rows", "epochs"):
            assert merged[key] == parts[0][key]


def test_a_single_seed_is_the_results_of_its_run(finished, tmp_path):
    output, *_ = finished
    compared, _ = compare(RECIPES[1], output, seeds=1)
    assert compared[0].run.results == results_of(output, "dae", 0)
    # The files are those of the last call; put back what the other tests look at.
    compare(RECIPES, output, seeds=2)


def test_the_table_fills_and_the_report_is_written(finished):
    output, _, shown = finished
    lines = shown.splitlines()
    rows = [line.split() for line in lines if line.startswith(("se_co/digits ", "dae/digits "))]
    # Once after each of the four runs, and all at the end.
    assert [row[0].partition("/")[0] for row in rows] == ["se_co", "dae"] * 3
    ends = [line[-6:] for line in lines if line.startswith(("se_co/digits ", "dae/digits "))]
    assert ends == ["1 of 2", "1 of 2", "2 of 2", "2 of 2", "2 of 2", "2 of 2"]
    assert "\r" not in shown and "\x1b" not in shown
    assert sum(" run 4/4 dae/digits seed 1 " in line for line in lines) >= 1
    table = (output / "table.md").read_text().splitlines()
    assert table[0].startswith("| recipe | accuracy |")
    assert sum(line.startswith("|") for line in table) == 4
    # Below it, what differs from the recipes.
    assert sum(" was run with " in line for line in table) == 2
    page = (output / "report" / "index.html").read_text()
    assert "se_co" in page and "dae" in page


def test_what_is_done_is_skipped_and_the_table_is_there_again(finished, reported, monkeypatch):
    output, compared, _ = finished
    (output / "table.md").unlink()
    monkeypatch.setattr(zoo.comparison.jobs, "run", None)
    monkeypatch.setattr("zoo.comparison.run_plan.load_data", None)
    again, shown = compare(RECIPES, output, seeds=2)
    assert [each.run.results for each in again] == [each.run.results for each in compared]
    assert reported == [["se_co/seed_0", "se_co/seed_1", "dae/seed_0", "dae/seed_1"]]
    assert shown.count("2 of 2") == 2 and "run 1/" not in shown
    assert (output / "table.md").is_file()


def test_codes_stand_beside_reducers_of_their_width(finished, monkeypatch):
    asked = []

    def reduce_data_sets(recipes, folder, tell, sizes, scored):
        asked.append(sizes)
        assert scored["digits"]["test_rows"]
        return {}

    monkeypatch.setattr(zoo.comparison.recipes, "reduce_data_sets", reduce_data_sets)
    compare_recipes(RECIPES, finished[0], seeds=2, stream=io.StringIO())
    assert asked == [{"digits": {RECIPES[0].model_arguments["code_size"]}}]


def test_only_what_is_missing_is_trained(finished, tmp_path, monkeypatch):
    output, *_ = finished
    trained = []

    def record(recipe, folder, **settings):
        trained.append((recipe.name, recipe.seed, folder))
        raise zoo.NonFiniteLossError("not today")

    monkeypatch.setattr(zoo.comparison.jobs, "run", record)
    compared, shown = compare([*RECIPES, recipe()], output, seeds=2)
    assert trained == [("ae/digits", seed, run_of(output, "ae", seed)) for seed in (0, 1)]
    assert compared[2].diverged == {0: "not today", 1: "not today"} and compared[2].run is None
    assert "0 of 2, 2 diverged" in shown
    assert "* `ae/digits`, seed 1: not today" in (output / "table.md").read_text()


def watched(at):
    """`zoo.training.run`, which calls a function at the beginning of each epoch."""

    def run_watched(recipe, folder, callbacks, **settings):
        watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: at(epoch))
        return run(recipe, folder, callbacks=[*callbacks, watch], **settings)

    return run_watched


@pytest.mark.full
def test_an_interrupted_comparison_goes_on_from_the_last_whole_epoch(tmp_path, monkeypatch):
    def interrupt(epoch):
        if epoch == 2:
            raise KeyboardInterrupt

    two = [recipe("dae"), recipe("ae", epochs=3)]
    monkeypatch.setattr(zoo.comparison.jobs, "run", watched(interrupt))
    with pytest.raises(KeyboardInterrupt):
        compare(two, tmp_path)
    folder = run_of(tmp_path, "ae", 0)
    assert (tmp_path / "results" / "dae" / "digits.json").is_file()
    assert not (tmp_path / "results" / "ae").exists()
    assert "| ae/digits | – |" in (tmp_path / "table.md").read_text()
    assert [path.name for path in (folder / "checkpoint").glob("*.h5")] == ["epoch-0002.weights.h5"]
    # What a kill leaves while a file is being written.
    (folder / ".99999-model.keras").write_text("half")
    epochs = []
    monkeypatch.setattr(zoo.comparison.jobs, "run", watched(epochs.append))
    compared, _ = compare(two, tmp_path)
    assert epochs == [2], "one epoch of one run was missing"
    assert compared[1].run.results["epochs"] == 3
    assert not list(folder.glob(".*")) and (tmp_path / "results" / "ae" / "digits.json").is_file()


@pytest.mark.full
def test_a_run_that_diverges_is_noted_and_the_others_go_on(reported, tmp_path):
    wild = recipe("ae", optimizer="sgd", learning_rate=1e38, schedule="constant", epochs=2)
    compared, shown = compare([wild, recipe("dae")], tmp_path)
    assert compared[0].run is None and list(compared[0].diverged) == [0]
    assert compared[1].run.results["epochs"] == 1 and not compared[1].diverged
    assert f"ae/digits, seed 0: {compared[0].diverged[0]}" in shown
    assert not (tmp_path / "results" / "ae").exists()
    assert reported == [["dae/seed_0"]]


def test_shards_train_a_part_each_and_the_last_one_writes_the_report(
    finished, reported, tmp_path, monkeypatch
):
    source, *_ = finished
    trained = []

    def take(recipe, folder, **settings):
        trained.append((recipe.model, recipe.seed))
        if trained[-1] == wild:
            raise zoo.NonFiniteLossError("not today")
        shutil.copytree(run_of(source, *trained[-1]), folder)

    def shard(number):
        trained.clear()
        _, shown = compare(RECIPES, tmp_path, seeds=2, shard=(number, 3))
        return list(trained), shown

    wild = ("se_co", 1)
    rows = {"se_co/digits": 1617, "dae/digits": 1617}
    monkeypatch.setattr(zoo.comparison.recipes, "check_runs", lambda *_: rows)
    monkeypatch.setattr(zoo.comparison.jobs, "run", take)
    # The plan goes seed by seed.
    assert shard(3)[0] == [("se_co", 1)]
    # Shards of another plan do not count.
    for number in (1, 2):
        of_another = tmp_path / "shards" / f"{number}_of_3.json"
        of_another.write_text(json.dumps({"plan": "another", "diverged": {}}))
    took, shown = shard(1)
    assert took == [("se_co", 0), ("dae", 1)] and not reported
    assert "dae/digits" in shown and "1 of 2" in (tmp_path / "table.md").read_text()
    # The last knows the runs of the others, and what diverged of them and is not finished since.
    told = tmp_path / "shards" / "3_of_3.json"
    said = json.loads(told.read_text())
    told.write_text("garbage")
    with pytest.raises(zoo.InputError, match="3_of_3.json'"):
        shard(2)
    shutil.rmtree(run_of(tmp_path, "dae", 0))
    said["diverged"]["dae/digits"]["0"] = "not yesterday"
    told.write_text(json.dumps(said))
    assert shard(2)[0] == [("dae", 0)]
    assert reported == [["se_co/seed_0", "dae/seed_0", "dae/seed_1"]]
    assert "* `se_co/digits`, seed 1: not today" in (tmp_path / "table.md").read_text()
    wild = None
    assert shard(3)[0] == [("se_co", 1)], "begun again it trains what is missing"
    assert reported[1:] == [["se_co/seed_0", "se_co/seed_1", "dae/seed_0", "dae/seed_1"]]
    assert "not today" not in (tmp_path / "table.md").read_text()
    for name in ("se_co", "dae"):
        ours, theirs = (each / "results" / name / "digits.json" for each in (tmp_path, source))
        assert ours.read_text() == theirs.read_text()


@pytest.mark.parametrize("settings", [{"jobs": 0}, {"shard": (0, 2)}, {"shard": (3, 2)}])
def test_jobs_and_shards_are_counted_from_one(settings, tmp_path):
    with pytest.raises(zoo.InputError, match="integer"):
        compare([recipe()], tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_a_mistake_in_the_last_recipe_comes_before_any_training(tmp_path):
    wrong = recipe("dae", model_arguments={**QUICK, "code_size": 0})
    with pytest.raises(zoo.InputError, match="dae/digits: `code_size`"):
        compare([recipe(), wrong], tmp_path / "out")
    with pytest.raises(zoo.InputError, match="Allowed: auto, mirrored, multi_worker, one"):
        compare([recipe()], tmp_path / "out", strategy="two")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(zoo.InputError, match="notes.txt"):
        compare([recipe()], tmp_path / "notes.txt" / "out")


def test_seeds_of_other_data_have_no_common_mean(finished, tmp_path):
    output, *_ = finished
    for seed in (0, 1):
        shutil.copytree(run_of(output, "dae", seed), run_of(tmp_path, "dae", seed))
    rewrite(tmp_path, "dae", 1, train_rows=2000)
    with pytest.raises(zoo.InputError, match="seeds of dae/digits cannot be merged"):
        compare(RECIPES[1], tmp_path, seeds=2)


@pytest.mark.parametrize("what", ["test_rows", "content"])
def test_a_seed_on_other_rows_is_refused_before_it_is_trained(what, finished, tmp_path):
    output, *_ = finished
    shutil.copytree(run_of(output, "dae", 0), run_of(tmp_path, "dae", 0))
    rewrite(tmp_path, "dae", 0, **{what: [results_of(tmp_path, "dae", 0)[what][0], 0.0, 0.0]})
    with pytest.raises(zoo.InputError, match="'digits' has other rows than when .*seed_0"):
        compare(RECIPES[1], tmp_path, seeds=2)
    assert not run_of(tmp_path, "dae", 1).exists()


def test_several_workers_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("zoo.comparison.recipes.cluster_of", lambda strategy: "a cluster")
    with pytest.raises(zoo.InputError, match="one machine.*strategy='one'"):
        compare_recipes(["se_co/digits"], tmp_path / "out", strategy="one")
    assert not (tmp_path / "out").exists()
