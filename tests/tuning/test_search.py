"""zoo/tuning/search.py and search_file.py: whole searches, killed, shared and refused."""

import csv
import json
import os
import pathlib
import signal
import socket

import numpy as np
import pytest
import small_search
from small_search import TRIALS, data, recipe

import zoo
from zoo.datasets import from_arrays
from zoo.files import whole_file
from zoo.recipe import load_recipe
from zoo.training.runs import run
from zoo.tuning import hypermodel, tune
from zoo.tuning.search_file import Search, find_search, read_search_file

SCRIPT = pathlib.Path(small_search.__file__)


def table(folder):
    with (folder / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def begun(shown):
    return [line.split()[1] for line in shown.splitlines() if line.startswith("begin ")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a search, and what it found."""
    folder = tmp_path_factory.mktemp("finished") / "search"
    return folder, tune(recipe(), folder, trials=TRIALS, tuner="random", data=data())


def test_it_goes_on_with_the_rows_that_it_was_begun_with_alone(finished):
    folder, found = finished
    pairs = [data().arrays(split) for split in ("test", "train")]
    other = from_arrays(*pairs, batch_size=24, validation_fraction=0.25)
    with pytest.raises(zoo.InputError, match=r"search.json' is of \d+ other train rows. Received"):
        tune(recipe(), folder, resume=True, data=other)
    assert tune(recipe(), folder, resume=True, data=data()) == found


@pytest.fixture(scope="module")
def killed(forks, tmp_path_factory):
    """A search killed while its third trial runs, and the scores of the two before."""
    folder = tmp_path_factory.mktemp("killed") / "search"
    printed = folder.parent / "printed"
    os.mkfifo(printed)
    process = forks.start(SCRIPT, [folder], printed)
    with printed.open() as lines:
        assert any(line.startswith("begin 2") for line in lines)
        process.kill()
    assert process.wait() == -signal.SIGKILL
    return folder, table(folder)


@pytest.fixture(scope="module")
def resumed(killed):
    folder, before = killed
    return folder, before, tune(recipe(), folder, resume=True, data=data())


@pytest.mark.full
def test_a_killed_search_runs_exactly_the_trials_that_are_left(resumed, capsys):
    folder, before, found = resumed
    assert [row["state"] for row in before] == ["completed"] * 2
    assert table(folder)[:2] == before
    assert [trial["state"] for trial in found["trials"]] == ["completed"] * TRIALS
    # Once more there is nothing left, and nothing changes.
    assert tune(recipe(), folder, resume=True, data=data()) == found
    assert "trial " not in capsys.readouterr().out


@pytest.mark.full
def test_the_best_recipe_trains(finished, tmp_path):
    _, found = finished
    scores = [trial["score"] for trial in found["trials"]]
    assert found["objective"] == "val_reconstruction_error:min"
    assert found["best"]["score"] == min(scores)
    best = load_recipe(found["best_recipe"])
    assert best.learning_rate == found["best"]["values"]["learning_rate"]
    results = run(best, tmp_path / "run", data=data(), verbose=0)
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert min(history["val_reconstruction_error"]) == pytest.approx(min(scores), rel=1e-3)
    assert results["recipe"] == "ae_tuned/arrays"


@pytest.mark.parametrize(
    "change, settings, words",
    [
        ({}, {"resume": False}, "already holds a search"),
        ({"learning_rate": 0.5}, {}, "another learning_rate"),
        ({"search": {"code_size": (2, 3, 4)}}, {}, "another search"),
        ({}, {"trials": 9}, "another trials"),
        ({}, {"tuner": "hyperband"}, "another tuner"),
        ({}, {"objective": "val_loss"}, "another objective"),
    ],
)
@pytest.mark.full
def test_other_settings_are_no_resumption(finished, change, settings, words):
    with pytest.raises(zoo.InputError, match=words):
        tune(recipe(**change), finished[0], data=data(), **{"resume": True, **settings})


@pytest.fixture(scope="module")
def shared(forks, tmp_path_factory):
    """The same search by a chief and two workers: its folder, and the trials of each process."""
    folder = tmp_path_factory.mktemp("shared") / "search"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    workers = ("tuner0", "tuner1")
    printed = {name: folder.parent / name for name in ("chief", *workers)}
    processes = [
        forks.start(SCRIPT, [folder, *workers], file, **address, KERASTUNER_TUNER_ID=name)
        for name, file in printed.items()
    ]
    try:
        codes = [process.wait(240) for process in processes]
    finally:
        for process in processes:
            process.kill()
    shown = [file.read_text() for file in printed.values()]
    assert codes == [0, 0, 0], shown
    return folder, *map(begun, shown)


@pytest.mark.full
def test_a_chief_and_two_workers_run_each_trial_once(shared):
    folder, chief, first, second = shared
    assert not chief and first and second
    assert sorted(first + second) == [str(number) for number in range(TRIALS)]
    rows = table(folder)
    assert [row["state"] for row in rows] == ["completed"] * TRIALS
    best = load_recipe(str(folder / "best_recipe.json"))
    scores = [float(row["val_reconstruction_error"]) for row in rows]
    assert best.learning_rate == float(rows[int(np.argmin(scores))]["learning_rate"])


@pytest.mark.full
def test_alone_and_killed_it_finds_what_several_find(resumed, shared):
    for ours, theirs in zip(table(resumed[0]), table(shared[0]), strict=True):
        assert ours["code_size"] == theirs["code_size"]
        # Between processes keras-tuner sends numbers in single precision.
        for key in ("learning_rate", "val_reconstruction_error"):
            assert float(ours[key]) == pytest.approx(float(theirs[key]), rel=1e-4)


@pytest.mark.full
def test_a_failed_trial_is_kept_with_its_cause_and_the_search_goes_on(tmp_path, capsys):
    folder = tmp_path / "search"
    search = {"learning_rate": {"choice": (1e-3, 1e30)}, "code_size": (2, 3, 4)}
    found = tune(recipe(search=search, epochs=1), folder, trials=3, tuner="random", data=data())
    states = {t["values"]["learning_rate"]: t["state"] for t in found["trials"]}
    assert states == {1e-3: "completed", 1e30: "failed"}
    assert len(found["trials"]) == 3
    failed = [row for row in table(folder) if row["state"] == "failed"]
    assert all("Training stopped at" in row["cause"] for row in failed)
    assert failed[0]["cause"] in capsys.readouterr().out
    assert load_recipe(found["best_recipe"]).learning_rate == 1e-3


def test_a_search_without_a_completed_trial_is_an_error(tmp_path):
    search = {"learning_rate": {"choice": (1e30, 1e35)}}
    with pytest.raises(zoo.InputError, match="Not one of 1 trials.*Training stopped at"):
        tune(recipe(search=search), tmp_path / "search", trials=1, tuner="random", data=data())
    assert len(table(tmp_path / "search")) == 1
    assert not (tmp_path / "search" / "best_recipe.json").exists()


@pytest.mark.full
def test_hyperband_trains_the_best_further_as_if_it_had_never_stopped(tmp_path):
    three = recipe(epochs=3)
    found = tune(three, tmp_path / "search", trials=4, tuner="hyperband", data=data())
    first, last = found["trials"][:3], found["trials"][3]
    assert [trial["epochs"] for trial in found["trials"]] == [1, 1, 1, 2]
    best = min(first, key=lambda trial: trial["score"])
    assert last["values"] == best["values"]
    space = hypermodel(three, data())
    hp = space.space()
    hp.values.update(best["values"])
    errors = space.fit(hp, space.build(hp)).history["val_reconstruction_error"]
    assert best["score"] == pytest.approx(errors[0], rel=1e-5)
    assert last["score"] == pytest.approx(min(errors[1:]), rel=1e-5)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"trials": 0}, "`trials` must be an integer of at least 1"),
        ({"trials": 2.5}, "`trials` must be an integer"),
        ({"tuner": "grid"}, "Unknown tuner 'grid'.* Allowed: bayesian, hyperband, random"),
        ({"objective": "val_accuracy"}, "Unknown objective of 'ae'.*val_reconstruction_error"),
        ({"strategy": "two"}, "Unknown strategy"),
        ({"strategy": "multi_worker"}, "A trial runs on one machine"),
        ({"resume": True}, "Nothing to resume"),
    ],
)
def test_bad_arguments_leave_nothing_behind(settings, words, tmp_path):
    with pytest.raises(zoo.InputError, match=words):
        tune(recipe(), tmp_path / "search", data=data(), **settings)
    assert not (tmp_path / "search").exists()


def test_a_folder_that_is_not_free_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    for output, words in (
        (file, "is a file"),
        (tmp_path, "not empty and holds no search"),
        (file / "search", "Cannot write to output folder"),
    ):
        with pytest.raises(zoo.InputError, match=words):
            tune(recipe(), output, data=data())
    assert file.read_text() == "mine" and list(tmp_path.iterdir()) == [file]


def test_a_search_file_is_read_as_written(tmp_path):
    rows = {"train": [20, 0.5, -0.25], "validation": [4]}
    search = Search(zoo.load_recipe("se_nc/digits"), 7, "random", "val_loss:min", rows)
    search.write(tmp_path)
    assert read_search_file(tmp_path).to_json() == search.to_json()
    assert find_search(tmp_path, resume=True).trials == 7
    with pytest.raises(zoo.InputError, match="already holds a search of se_nc/digits"):
        find_search(tmp_path, resume=False)
    held = json.loads(search.to_json())
    sealed = json.dumps({**held, "trials": 8})
    held.pop("digest")
    (tmp_path / "search.json").write_text(json.dumps(held))
    assert read_search_file(tmp_path).trials == 7, "of before it had a digest"
    no_number = json.dumps({**held, "trials": "7"})
    for damaged in ("{", "[]", "{}", '{"recipe": 1}', no_number, sealed):
        with whole_file(tmp_path / "search.json") as path:
            path.write_text(damaged)
        with pytest.raises(zoo.InputError, match="search.json'"):
            read_search_file(tmp_path)
