"""zoo/comparison/reduction_cache.py: each data set is reduced once, into a file of its name."""

import json

import numpy as np
import PIL.Image
import pytest
from report_pages import make_run

import zoo
import zoo.evaluation.reducers
from zoo.comparison.reduction_cache import reduce_data_sets, reduce_runs
from zoo.evaluation.reducers import write_reductions
from zoo.training.row_signatures import signature_of


@pytest.fixture
def reduced(monkeypatch):
    """The data sets that were reduced, by one reducer that only takes two pixels."""
    names = []

    def reduce_all(data, sizes):
        names.append(data.name)
        x, y = data.sample("test", 30)
        plane = x.reshape(len(x), -1)[:, :2].astype("float32")
        wider = tuple((size, 0.5) for size in sizes)
        return {"pca": zoo.evaluation.reducers.Reduction(plane, y, 0.5, 0.1, wider=wider)}

    monkeypatch.setattr("zoo.comparison.reduction_cache.reduce_all", reduce_all)
    return names


def recipe(dataset="digits", name="ae"):
    return zoo.Recipe(name=f"{name}/{dataset}", model="ae", dataset=dataset)


def test_a_data_set_is_reduced_once(reduced, tmp_path):
    told = []
    files = reduce_data_sets([recipe(), recipe(name="dae")], tmp_path, told.append)
    assert files == {"digits": tmp_path / "digits.npz"}
    assert reduced == ["digits"] and told == ["reducing digits"]
    [pca] = zoo.evaluation.reducers.read_reductions(files["digits"]).values()
    assert pca.embedding.shape == (30, 2)
    assert reduce_data_sets([recipe()], tmp_path) == files and reduced == ["digits"]
    # Once more for codes of another size, and no more for those that are there.
    for sizes in ({"digits": {4, 16}}, {"digits": {16}}):
        reduce_data_sets([recipe()], tmp_path, sizes=sizes)
        assert reduced == ["digits", "digits"]


def test_a_name_with_a_path_is_one_file(reduced, tmp_path):
    for split in ("train", "test"):
        for label in ("a", "b"):
            folder = tmp_path / "images" / split / label
            folder.mkdir(parents=True)
            PIL.Image.fromarray(np.zeros((8, 8), "uint8")).save(folder / "1.png")
    dataset = f"folder:{tmp_path / 'images'}"
    files = reduce_data_sets([recipe(dataset)], tmp_path / "out")
    assert files[dataset].parent == tmp_path / "out" and files[dataset].is_file()
    assert "/" not in files[dataset].name and ":" not in files[dataset].name
    alike = f"folder:{tmp_path}_images"
    (tmp_path / "images").rename(f"{tmp_path}_images")
    files |= reduce_data_sets([recipe(alike)], tmp_path / "out")
    assert reduced == [dataset, alike] and len(set(files.values())) == 2
    with pytest.raises(zoo.InputError, match="it is not UTF-8"):
        reduce_data_sets([recipe("folder:caf\udce9")], tmp_path / "out")


def test_reductions_of_other_rows_than_a_run_was_scored_on_are_made_anew(reduced, tmp_path):
    rows = signature_of(zoo.datasets.load("digits"))
    folder = make_run(tmp_path / "run", "ae", results={"test_rows": rows})
    reduce_runs([folder], tmp_path / "out")
    reduce_runs([folder], tmp_path / "out")
    assert reduced == ["digits"]
    # As if the set of that name had been another one, or an earlier zoo had not said which.
    for other in ([rows[0], 0.0, 0.0], []):
        write_reductions(tmp_path / "out" / "digits.npz", {}, other)
        reduce_runs([folder], tmp_path / "out")
    assert reduced == ["digits"] * 3
    (tmp_path / "out" / "digits.npz").write_bytes(b"half a file")
    reduce_runs([folder], tmp_path / "out")
    assert reduced == ["digits"] * 4
    other = make_run(tmp_path / "other", "ae", results={"test_rows": [rows[0], 0.0, 0.0]})
    with pytest.raises(zoo.InputError, match="are not those that the run of ae/digits was"):
        reduce_runs([other], tmp_path / "out")


def test_label_sets_and_masks_are_not_reduced(reduced, tmp_path):
    folders = []
    for name, score in (("spen", "example_f1"), ("fcn", "mean_iou")):
        folders.append(make_run(tmp_path / name, name, scores={score: [0.5]}))
    assert reduce_runs(folders, tmp_path / "out") == {} and reduced == []


def test_runs_say_their_data_set_themselves(reduced, tmp_path):
    folder = make_run(tmp_path / "run", "ae")
    assert list(reduce_runs([folder], tmp_path / "out")) == ["digits"] == reduced
    (folder / "results.json").write_text(json.dumps({}))
    with pytest.raises(zoo.InputError, match="results.json"):
        reduce_runs([folder], tmp_path / "other")
