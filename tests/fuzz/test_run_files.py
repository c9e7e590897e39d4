"""Files of runs, searches and exports, and `--set`: what they say, or one sentence."""

import copy
import io
import json

import numpy as np
import pytest
from damaged_files import answer
from hypothesis import given
from hypothesis import strategies as st
from report_pages import make_run, pictures

import zoo
from zoo.cli.parser import read_settings
from zoo.cli.scores import scores_as_text
from zoo.comparison.score_table import Compared, score_table
from zoo.errors import printable
from zoo.recipe import load_recipe
from zoo.report.merged_seeds import merge_seeds
from zoo.report.page import _facts
from zoo.report.scores import compare, notes_on
from zoo.serving.prediction import About
from zoo.settings import read_json
from zoo.training import Checkpoint
from zoo.training.finished_runs import read_run
from zoo.tuning.search_file import Search, read_search_file

RECIPE = zoo.load_recipe("se_co/digits")
RESULTS = {
    "recipe": "se_co/digits", "model": "se_co", "dataset": "digits", "train_rows": 1000,
    "labelled_rows": 500, "input_shape": [8, 8, 1], "names": ["0", "1"], "epochs": 2,
    "precision": "float32", "seeds": [0, 1], "scores": {"psnr": [20.0, 21.0]},
    "overridden": {"epochs": 2}, "given_data": False, "test_rows": [9, 0.5, 0.25],
    "versions": {"keras": "3"}, "hardware": {"cpu": "", "cores": None, "accelerators": []},
    "seconds": 30.0, "images_per_second": 1000.0,
}  # fmt: skip
OF_RUN = {
    "recipe": json.loads(RECIPE.to_json()),
    "results": RESULTS,
    "history": {"loss": [0.5, 0.25], "val_loss": [0.5, 0.25]},
}
STATE = {"epoch": 2, "seconds": 1.5, "history": {"loss": [1.0, 0.5]}, "sha256": "0" * 64}
SEARCH = json.loads(Search(RECIPE, 5, "random", "val_loss:min").to_json())
# With it every change would be one and the same damage.
SEARCH.pop("digest")
ABOUT = {
    "recipe": "se_co/digits", "model": "se_co", "dataset": "digits", "class_name": "SuperEncoder",
    "summary": "", "parameters": 9, "images": "float", "input_shape": [8, 8, 1],
    "data_shape": [8, 8, 1], "names": ["0", "1"], "kind_of_names": "classes", "task": "codes",
}  # fmt: skip

TEXTS = st.text(max_size=8) | st.sampled_from(["\ud800", "a\nb", "\x1b[2K", "../..", "~", "None"])
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**30, -1, 0, 2**31, 1e308, True, None])
VALUES = st.recursive(
    NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed(draw, value):
    """JSON bytes: one value somewhere in it replaced, left out or put in, or bytes damaged."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(0, 2))):
        place = value
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                break
            key = draw(st.sampled_from(list(keys)))
            if not isinstance(place[key], dict | list) or draw(st.booleans()):
                change = draw(st.sampled_from(["replace", "leave out", "put in"]))
                if change == "replace":
                    place[key] = draw(VALUES)
                elif change == "leave out":
                    del place[key]
                elif isinstance(place, dict):
                    place[draw(TEXTS)] = draw(VALUES)
                break
            place = place[key]
    return damage(draw, json.dumps(value).encode())


def damage(draw, content):
    """Bytes of which some may be cut out, doubled, replaced or put in."""
    if draw(st.integers(0, 3)):
        return content
    at = draw(st.integers(0, len(content)))
    end = at + draw(st.sampled_from([0, 1, 7, 100, len(content)]))
    put = draw(st.binary(max_size=4) | st.just(content[at:end] * 2) | st.just(b"[" * 5000))
    return content[:at] + put + content[end:]


@pytest.mark.parametrize("name", OF_RUN)
@given(data=st.data())
def test_a_run_is_read_as_json_has_it_and_shown_whatever_it_holds(name, data, folder):
    make_run(folder, "se_co")
    for each, value in OF_RUN.items():
        content = data.draw(changed(value)) if each == name else json.dumps(value).encode()
        (folder / f"{each}.json").write_bytes(content)
    run = answer(read_run, folder)
    if run is None:
        return
    assert run.results == json.loads((folder / "results.json").read_bytes()) or name == "results"
    # What is read can be shown.
    runs = merge_seeds([run])
    answer(scores_as_text, {**run.results, "seconds": 1.0}, run.recipe.target)
    compare(runs), _facts(run), notes_on(runs)
    score_table([Compared(run.recipe, 1, run, {})]).text()
    json.loads(run.recipe.to_json())


@given(data=st.data())
def test_pictures_of_a_run(data, folder):
    make_run(folder, "se_co")
    file = io.BytesIO()
    arrays = pictures()
    key = data.draw(st.sampled_from(sorted(arrays)))
    kinds = st.sampled_from(["U3", "float64", "int64", "bool", "complex64"])
    shape = data.draw(st.lists(st.integers(0, 3), max_size=4))
    if data.draw(st.booleans()):
        arrays[key] = np.zeros(shape, data.draw(kinds))
    np.savez(file, **arrays)
    (folder / "figures.npz").write_bytes(damage(data.draw, file.getvalue()))
    answer(read_run, folder)
    (folder / "figures.npz").unlink()


@given(content=changed(STATE))
def test_a_checkpoint(content, folder):
    (folder / "epoch-0002.json").write_bytes(content)
    (folder / "epoch-0002.weights.h5").write_bytes(b"")
    state = answer(Checkpoint(folder)._newest)
    assert state is None or state["epoch"] == 2 and state["seconds"] >= 0


@given(content=changed(SEARCH))
def test_a_search(content, folder):
    (folder / "search.json").write_bytes(content)
    search = answer(read_search_file, folder)
    assert search is None or search.trials == json.loads(content)["trials"] >= 1


@given(content=changed(ABOUT))
def test_what_an_export_says_of_itself(content, folder):
    (folder / "zoo.json").write_bytes(content)
    about = answer(read_json, folder / "zoo.json", About)
    assert about is None or printable(about) == printable(json.loads(content))


@given(content=changed(OF_RUN["recipe"]))
def test_a_recipe(content, folder):
    (folder / "r.json").write_bytes(content)
    recipe = answer(load_recipe, str(folder / "r.json"))
    if recipe is not None:
        assert recipe.epochs == json.loads(content).get("epochs", 20)
        assert type(recipe).from_json(recipe.to_json()).to_json() == recipe.to_json()


@given(
    key=st.sampled_from(sorted(RECIPE.override_types())) | TEXTS,
    text=TEXTS | NUMBERS.map(str) | VALUES.map(repr) | st.sampled_from(["(" * 9999, "9" * 9999]),
)
def test_a_setting(key, text):
    recipe = answer(lambda: RECIPE.override(read_settings([f"{key}={text}"])))
    if recipe is not None:
        json.loads(recipe.to_json())
