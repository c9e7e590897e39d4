"""zoo/training/run_folder.py: who may use a run folder; see test_runs.py too."""

import dataclasses
import os

import pytest
from report_pages import make_run
from written_runs import MODEL, RESULTS, write

from zoo.__main__ import main
from zoo.errors import InputError
from zoo.files import claimed
from zoo.recipe import Recipe
from zoo.training import evaluate_run, learners, run
from zoo.training.finished_runs import read_run
from zoo.training.run_folder import begun, check_free, kept, resumed

RECIPE = Recipe("ae/digits", "ae", "digits", {"code_size": 3}, seed=4)


def test_a_folder_is_free_held_or_finished(tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(InputError, match="Nothing to resume"), resumed(folder, RECIPE):
        pass
    check_free(folder)
    assert not folder.exists()
    with begun(folder, RECIPE):
        pass
    with resumed(folder, RECIPE) as results:
        assert results is None
    with pytest.raises(InputError, match="already holds a run of ae/digits"):
        check_free(folder)
    held = RESULTS | {"recipe": "ae/digits", "model": "ae", "seeds": [4]}
    write(folder, recipe=RECIPE.to_json(), results=held)
    with resumed(folder, RECIPE) as results:
        assert results == held


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "run"
    with pytest.raises(InputError, match="Cannot write to output folder .*file/run"):
        with begun(folder, RECIPE):
            pass


def test_of_two_that_begin_at_once_one_has_the_folder(tmp_path, monkeypatch):
    """B1. The other one comes first while this one still builds its model."""
    other = Recipe(**{**MODEL, "name": "other/digits"})
    made = learners.MODEL

    def slow(*arguments):
        model = made.make(*arguments)
        with begun(tmp_path / "run", other):
            pass
        return model

    monkeypatch.setattr(learners, "MODEL", dataclasses.replace(made, make=slow))
    tiny = Recipe(**MODEL, model_arguments={"size": (4,), "code_size": 2}, precision="float32")
    with pytest.raises(InputError, match="already holds a run of other/digits"):
        run(tiny, tmp_path / "run", verbose=0)
    assert Recipe.from_json((tmp_path / "run" / "recipe.json").read_text()) == other
    assert os.listdir(tmp_path / "run") == ["recipe.json"]


def test_a_folder_in_use_is_refused_and_that_of_a_dead_process_taken_over(tmp_path, capsys):
    """Files: tests/test_files.py has two processes."""
    make_run(tmp_path, "ae")
    recipe = read_run(tmp_path).recipe
    with claimed(tmp_path):
        words = f"in use by process {os.getpid()} on "
        with pytest.raises(InputError, match=words):
            run(recipe, tmp_path, resume=True)
        with pytest.raises(InputError, match=words):
            evaluate_run(tmp_path)
        for more in (["--resume"], []):
            assert main(["train", "ae/digits", *more, "--output", str(tmp_path)]) == 2
            assert words in capsys.readouterr().err
    (tmp_path / ".claim").write_text("of a dead process")
    assert run(recipe, tmp_path, resume=True) == read_run(tmp_path).results
    assert not (tmp_path / ".claim").exists()


def test_what_a_kill_leaves_is_no_obstacle_and_is_swept(tmp_path):
    """B2 and B3."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in (".123-recipe.json", ".7-model.keras", ".7-notes.txt", ".7"):
        (folder / name).write_text("half")
    with pytest.raises(InputError, match="not empty and holds no run"):
        check_free(folder)
    for name in (".7-model.keras", ".7-notes.txt", ".7"):
        (folder / name).unlink()
    check_free(folder)
    with begun(folder, RECIPE):
        assert set(os.listdir(folder)) == {".claim", "recipe.json"}
    for name in (".8-figures.npz", ".9-results.json", ".9-notes.txt"):
        (folder / name).write_text("half")
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / ".8-epoch-0001.weights.h5").write_text("half")
    with resumed(folder, RECIPE):
        held = {".claim", "recipe.json", ".9-notes.txt", "checkpoint"}
        assert set(os.listdir(folder)) == held and not os.listdir(folder / "checkpoint")
    held = RESULTS | {"recipe": "ae/digits", "model": "ae", "seeds": [4]}
    write(folder, recipe=RECIPE.to_json(), results=held)
    (folder / "model.keras").write_text("a model")
    with kept(folder):
        assert not (folder / "checkpoint").exists()
