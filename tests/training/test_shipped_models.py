"""saved_models/pretrained/: each model loads, and is as good as the registry says."""

import functools

import numpy as np
import pack
import pytest

import zoo
from zoo.datasets.split_data import SplitData
from zoo.registry import pretrained

pytestmark = pytest.mark.usefixtures("optimized", "letting_go")

# A source distribution has the cards alone. By data set, which is read once.
NAMES = sorted(
    (
        name
        for name in pretrained.registry()
        if (pretrained.CHECKOUT / name / "model.keras").is_file()
    ),
    key=lambda name: name.partition("/")[::-1],
)


@functools.lru_cache(maxsize=1)
def thousand(dataset: str) -> SplitData:
    """A data set with a thousand of its test rows."""
    data = zoo.datasets.load(dataset)
    rows = data._splits["test"]
    drawn = np.random.default_rng(0).permutation(rows.count)[:1000]
    data._splits["test"] = rows.keep(np.sort(drawn))
    data.rows["test"] = len(drawn)
    return data


@pytest.mark.real_data
@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_has_its_scores_on_a_thousand_test_rows(name):
    model, held = zoo.load_pretrained(name), pretrained.entry(name)
    assert model.compiled
    assert (pretrained.CHECKOUT / name / "README.md").read_text() == model.card + "\n"
    data = thousand(held.recipe["dataset"])
    scores = pack.scores_of(model, data, held.recipe["seed"])
    for metric, value in held.headline.items():
        # No mean of numbers in [0, 1] spreads more than a share does. Errors are far from both
        # ends; those of images spread less than their mean.
        deviation = min(np.sqrt(value * (1 - value)), value if "error" in metric else 1.0)
        spread = 4 * deviation / np.sqrt(data.rows["test"])
        assert scores[metric] == pytest.approx(value, abs=spread), metric


@pytest.mark.full
@pytest.mark.skipif("se_co/digits" not in NAMES, reason="the model is not here")
def test_a_trained_model_is_scored_by_its_name_and_nothing_is_written():
    folder, held = pretrained.CHECKOUT / "se_co/digits", pretrained.entry("se_co/digits")
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    scores = zoo.training.evaluate_run("se_co/digits", generation=True)["scores"]
    for metric, value in held.headline.items():
        assert scores[metric][0] == pytest.approx(value, abs=0.01)
    assert 0 < scores["training_fid"][0] < scores["reconstruction_fid"][0]
    assert before == {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
