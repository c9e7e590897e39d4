"""Commands that are killed at random moments, again and again: they end as if never stopped.

The full tier has 20 kills; ZOO_KILLS=200 asks for as many, ZOO_KILLS_SEED for other moments.
"""

import csv
import hashlib
import json
import os
import random
import re
import shutil
import signal
import zipfile

import h5py
import numpy as np
import pytest
import tiny_runs

import zoo
from zoo.cli.commands import COMMANDS

pytestmark = pytest.mark.full

KILLS, SEED = int(os.environ.get("ZOO_KILLS", 20)), int(os.environ.get("ZOO_KILLS_SEED", 0))
# The part of each command.
SHARE = {
    "train": 5, "compare": 3, "tune": 3, "export": 3, "report": 2, "evaluate": 2, "data": 2,
}  # fmt: skip
# What says how long something took, or when, as a .keras file does.
OF_TIME = {"seconds", "images_per_second", "peak_memory", "model_sha256", "digest", "digests"}


@pytest.fixture(scope="module")
def forked(forks, tmp_path_factory):
    """Runs a command in a process of its own, killed after some seconds or never."""
    folder = tmp_path_factory.mktemp("printed")
    # So that no command waits for them.
    zoo.datasets.load("digits")

    def run(command, killed_after=None):
        ended = forks.run(*command, folder, killed_after)
        assert ended.code in (0, -signal.SIGKILL), ended.stderr
        return ended.code == 0, ended.seconds, ended.stdout

    return run


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    """Two recipes in a file of their own, equal bit for bit from run to run."""
    folder = tmp_path_factory.mktemp("recipes")
    file = folder / "mine.py"
    settings = tiny_runs.recipe(
        epochs=3, deterministic=True, search={"learning_rate": [1e-4, 1e-2]}
    )
    (folder / "recipe.json").write_text(settings.to_json())
    file.write_text(
        "import dataclasses, pathlib, zoo\n"
        "A = zoo.load_recipe(str(pathlib.Path(__file__).with_name('recipe.json')))\n"
        "B = dataclasses.replace(A, name='dae/digits', model='dae', epochs=2)\n"
    )
    return file


@pytest.fixture(scope="module")
def finished(forked, recipes, tmp_path_factory):
    """The folder of a run that was never stopped."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    forked(["zoo", ["train", f"{recipes}:ae/digits", "--output", str(folder)]])
    return folder


def make_command(name, folder, recipes, finished):
    """The command line that begins in a folder, or goes on there."""
    output = ["--output", str(folder)]
    one, other = f"{recipes}:ae/digits", f"{recipes}:dae/digits"
    if name == "data":
        return ["data", [str(folder)]]
    if name == "evaluate":
        if not folder.exists():
            shutil.copytree(finished, folder)
        return ["zoo", ["evaluate", str(folder)]]
    if name in ("train", "tune"):
        begun = (folder / {"train": "recipe.json", "tune": "search.json"}[name]).exists()
        trials = ["--trials", "3", "--tuner", "random"] if name == "tune" else []
        return ["zoo", [name, one, *trials, *output, *(["--resume"] if begun else [])]]
    if name == "compare":
        return ["zoo", ["compare", one, other, "--no-reducers", *output]]
    return ["zoo", [name, str(finished), *output]]


def state(folder):
    """What is in a folder, without times and the logs of TensorBoard."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or "/logs/" in f"/{name}" or name.startswith("downloads"):
            continue
        files[name] = content(path)
    return files


def content(path):
    if path.suffix == ".json":
        return without_times(json.loads(path.read_text()))
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return hdf5(archive.open("model.weights.h5"))
    if path.suffix == ".h5":
        return hdf5(path)
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return {key: arrays[key].tobytes() for key in arrays.files}
    if path.name == "trials.csv":
        rows = csv.DictReader(path.read_text().splitlines())
        return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
    if path.name in ("table.md", "index.html", "trials.png", "model_card.md"):
        # Minutes stand in them, and times of day in pictures.
        return "there"
    if path.name in ("saved_model.pb", "fingerprint.pb") or path.name.startswith("variables."):
        return "there"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hdf5(file):
    found = {}
    with h5py.File(file) as weights:
        weights.visititems(
            lambda name, each: (
                found.update({name: each[()].tobytes()}) if isinstance(each, h5py.Dataset) else None
            )
        )
    return found


def without_times(value):
    if isinstance(value, dict):
        kept = {k: without_times(v) for k, v in value.items() if k not in OF_TIME}
        if "tried_so_far" in kept:
            kept["tried_so_far"].sort()  # A set of keras-tuner, written in any order.
        return kept
    return [without_times(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", SHARE)
def test_killed_again_and_again_it_ends_as_if_never_stopped(
    name, forked, recipes, finished, tmp_path
):
    never = tmp_path / "never" / "out"  # A served model is named after its folder.
    done, duration, said = forked(make_command(name, never, recipes, finished))
    assert done
    wanted, moments = state(never), random.Random(f"{SEED} {name}")
    left = round(KILLS * SHARE[name] / sum(SHARE.values()))
    number = 0
    while left:
        number += 1
        folder = tmp_path / f"killed_{number}" / "out"
        done = False
        while not done:
            command = make_command(name, folder, recipes, finished)
            # Some die at once, some nearly at the end, and the last one lives.
            after = moments.uniform(0, duration) if left else None
            done, seconds, again = forked(command, after)
            left -= not done
            if done:
                duration = max(duration / 2, min(duration, seconds))
        assert not [path for path in folder.rglob(".*") if re.match(r"\.(\d+-|claim)", path.name)]
        assert not list(folder.rglob("incomplete.*")), "of tensorflow-datasets"
        held = state(folder)
        assert held.keys() == wanted.keys()
        for file, value in wanted.items():
            assert held[file] == value, (folder, file)
        if name == "data":
            assert re.findall("rows .*", again) == re.findall("rows .*", said)


def test_the_shares_are_of_all_kills():
    assert sum(round(KILLS * share / sum(SHARE.values())) for share in SHARE.values()) == KILLS
    assert set(SHARE) - {"data"} < set(COMMANDS)
