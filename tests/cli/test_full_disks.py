"""A disk that is full at any write: one sentence, code 1, and what was whole stays whole."""

import errno
import os
import pathlib

import keras
import numpy as np
import pytest
from small_search import data, recipe
from tiny_runs import SETTINGS

import zoo
from zoo.models import ZooModel
from zoo.tuning import tune


@pytest.fixture(scope="module")
def limited(forks, tmp_path_factory):
    """Runs a command whose files stay below some bytes, 0 for any; the digits are there already."""
    zoo.datasets.load("digits")
    printed = tmp_path_factory.mktemp("printed")
    return lambda limit, *command: forks.run("zoo", command, printed, file_limit=limit)


@pytest.mark.full
@pytest.mark.parametrize("command", ["train", "tune", "compare"])
def test_a_full_disk_is_one_sentence_and_what_was_begun_goes_on(command, limited, tmp_path):
    """B4: tune once ended in a segmentation fault inside of HDF5."""
    output, again = ["--output", tmp_path / "out"], ["--resume"]
    more = {"tune": ["--trials", "1"], "compare": ["--no-reducers"]}.get(command, [])
    asked = [command, "ae/digits", *SETTINGS, *more]
    full = limited(20_000, *asked, *output)
    assert full.code == 1, full.stderr
    said = full.stderr.strip().splitlines()[-1]
    assert said.startswith(f"zoo: Cannot write to output folder {tmp_path}")
    assert said.endswith(f": {os.strerror(errno.EFBIG)}.")
    assert not [path for path in tmp_path.rglob(".*")]
    done = limited(0, *asked, *([] if command == "compare" else again), *output)
    assert done.code == 0, done.stderr


@pytest.mark.full
def test_scoring_and_asking_on_a_full_disk_leave_the_run_whole(limited, tmp_path):
    run = tmp_path / "run"
    assert limited(0, "train", "ae/digits", *SETTINGS, "--output", run).code == 0
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    digit = pathlib.Path(__file__).parents[2] / "recipes" / "digit.png"
    for command in (["evaluate", run], ["predict", run, digit, "--output", tmp_path / "a.csv"]):
        full = limited(4_000, *command)
        assert full.code == 1, full.stderr
        assert full.stderr.strip().splitlines()[-1].startswith("zoo: ")
        assert "Traceback" not in full.stderr and not (tmp_path / "a.csv").exists()
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


@pytest.mark.full
def test_a_search_ends_on_a_full_disk_and_goes_on_with_the_same_trial(tmp_path, monkeypatch):
    def full(model, filepath, *arguments, **settings):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(filepath))

    with monkeypatch.context() as patch:
        patch.setattr(ZooModel, "save_weights", full)
        with pytest.raises(zoo.StorageError, match="No space left on device"):
            tune(recipe(), tmp_path / "search", trials=1, data=data())
    found = tune(recipe(), tmp_path / "search", resume=True, data=data())
    assert [trial["state"] for trial in found["trials"]] == ["completed"]


def test_weights_are_written_whole_and_are_those_that_keras_writes(tmp_path, monkeypatch):
    model = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=3, size=(4,))
    model.compile("adam")
    model.save_weights(tmp_path / "ours.weights.h5")
    keras.Model.save_weights(model, tmp_path / "theirs.weights.h5")
    other = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=3, size=(4,))
    other.compile("adam")
    for name in ("ours", "theirs"):
        for variable in other.variables:
            variable.assign(variable + 1)
        other.load_weights(tmp_path / f"{name}.weights.h5")
        for one, two in zip(model.variables, other.variables, strict=True):
            np.testing.assert_array_equal(one.numpy(), two.numpy())
    before = (tmp_path / "ours.weights.h5").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(ZooModel, "save", full)
    with pytest.raises(OSError, match="full"):
        model.save_weights(tmp_path / "ours.weights.h5")
    assert (tmp_path / "ours.weights.h5").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2
