"""Files of commit dd4933c: each loads, and goes on as it would have there.

files_of_dd4933c/make_files.py says how they were made.
"""

import csv
import inspect
import json
import pathlib
import shutil
import tarfile

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.datasets import masks_from_arrays
from zoo.recipe import Recipe, read_recipe
from zoo.registry import entry_point
from zoo.report import write_report
from zoo.serving import export_run, predict
from zoo.training import evaluate_run, run
from zoo.tuning import tune
from zoo.tuning.search_file import read_search_file

ARCHIVE = pathlib.Path(__file__).parent / "files_of_dd4933c" / "files.tar.xz"
with tarfile.open(ARCHIVE) as _archive:
    NAMES = [pathlib.PurePath(name) for name in _archive.getnames()]
MODELS = sorted(name.stem for name in NAMES if name.match("models/*.keras"))
RUNS = sorted(name.name for name in NAMES if name.match("runs/*"))
TRAINED_ON = (*(pytest.param(name, marks=pytest.mark.full) for name in ("vae", "se_nc")), "dvn")


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    shutil.unpack_archive(ARCHIVE, folder, filter="data")
    return folder / "files"


def rows_of(folder):
    with (folder / "trials.csv").open(newline="") as table:
        return list(csv.DictReader(table))


def read(files, name):
    model = keras.models.load_model(files / "models" / f"{name}.keras")
    with np.load(files / "models" / f"{name}.npz") as arrays:
        return model, dict(arrays)


def numbered(arrays, prefix=""):
    return [arrays[key] for key in sorted(arrays) if key.startswith(prefix)]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_answers_as_before(name, files):
    model, arrays = read(files, name)
    outputs = model(arrays["x"], training=False)
    outputs = outputs if isinstance(outputs, dict) else {"": outputs}
    expected = {key: value for key, value in arrays.items() if key.startswith("output/")}
    assert {f"output/{key}" for key in outputs} == set(expected)
    for key, value in outputs.items():
        np.testing.assert_allclose(value, expected[f"output/{key}"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", TRAINED_ON)
def test_a_model_trains_on_as_it_would_have(name, files):
    model, arrays = read(files, name)
    model.fit(arrays["x"], arrays["y"], batch_size=8, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), numbered(arrays, "after/"), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_losses_metrics_and_layers_are_read(files):
    for name, config in json.loads((files / "objects.json").read_text()).items():
        # Of a class of today, by whatever name, and not left as its config.
        assert hasattr(keras.saving.deserialize_keras_object(config), "get_config"), name


def test_recipes_are_read_and_their_models_know_the_arguments(files):
    kept = [read_recipe(file) for file in (files / "recipes").iterdir()]
    assert len(kept) == 226 and {recipe.name for recipe in kept} <= set(zoo.list_recipes())
    for recipe in kept:
        assert Recipe.from_json(recipe.to_json()) == recipe
        known = inspect.signature(entry_point(recipe.model)).parameters
        assert set(recipe.model_arguments) <= set(known), recipe.name


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "ae" else pytest.mark.full) for name in RUNS]
)
def test_a_run_is_scored_as_before(name, files, tmp_path):
    folder = shutil.copytree(files / "runs" / name, tmp_path / name)
    before = json.loads((folder / "results.json").read_text())["scores"]
    after = evaluate_run(folder, masks() if name == "fcn" else None)["scores"]
    assert set(after) == set(before)
    for key in before:
        # An image or two may fall to another side of a boundary.
        assert after[key] == pytest.approx(before[key], rel=1e-2, abs=1e-2), key


def masks():
    """What the run of fcn was given."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (16, 32, 32, 3), dtype="uint8")
    y = (x.mean(axis=-1, keepdims=True) > 127).astype("float32")
    return masks_from_arrays((x, y), (x, y), batch_size=8, validation_fraction=0.25)


@pytest.mark.full
def test_runs_are_reported(files, tmp_path):
    page = write_report([files / "runs" / name for name in RUNS], tmp_path / "report")
    text = page.read_text()
    for name in RUNS:
        recipe = json.loads((files / "runs" / name / "recipe.json").read_text())
        assert recipe["name"] in text


def test_a_run_is_exported_and_answers_as_its_saved_model(files, tmp_path):
    picture = tmp_path / "picture.png"
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), "uint8")
    Image.fromarray(pixels).save(picture)
    export_run(files / "runs" / "cnn", tmp_path / "cnn")
    then, now = (
        list(predict(folder / "cnn", [picture])) for folder in (files / "saved_models", tmp_path)
    )
    assert then == now and len(now) == 1


@pytest.mark.full
def test_a_run_that_was_killed_ends_with_the_weights_of_one_never_stopped(
    files, tmp_path, monkeypatch
):
    # It would stay on for all tests that follow in this process.
    monkeypatch.setattr("tensorflow.config.experimental.enable_op_determinism", lambda: None)
    folder = shutil.copytree(files / "stopped", tmp_path / "run")
    run(read_recipe(folder / "recipe.json"), folder, resume=True, verbose=0)
    model = keras.models.load_model(folder / "model.keras")
    with np.load(files / "weights_never_stopped.npz") as weights:
        for ours, theirs in zip(model.get_weights(), numbered(weights), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.full
def test_a_search_that_was_killed_goes_on(files, tmp_path):
    folder = shutil.copytree(files / "search", tmp_path / "search")
    before = rows_of(folder)
    found = tune(read_search_file(folder).recipe, folder, resume=True)
    assert [trial["state"] for trial in found["trials"]] == ["completed"] * 3
    assert rows_of(folder)[:2] == before[:2]
