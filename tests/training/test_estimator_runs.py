"""What the run of an estimator leaves behind, and what it refuses."""

import json

import numpy as np
import pytest

import zoo
import zoo.training.runs
from zoo.datasets import from_arrays
from zoo.recipe import Recipe
from zoo.representation import SparseRepresentationClassifier
from zoo.training.finished_runs import read_run
from zoo.training.runs import evaluate_run, run

NAMES = {"recipe.json", "model.npz", "history.json", "results.json", "figures.npz"}


def recipe(model="src", **fields):
    settings = {"name": f"{model}/arrays", "model": model, "dataset": "arrays"}
    return Recipe(**{**settings, "target": {"accuracy": 0.9}, "source": "a test", **fields})


HELD = recipe(model_arguments={"lambda1": 0.2})


def data(**options):
    """Three classes of 20 training and 10 test rows, noisy pictures of their class."""
    generator = np.random.default_rng(0)
    labels = np.arange(90) % 3
    patterns = generator.uniform(0.2, 0.8, (3, 4, 4, 1))
    noise = generator.uniform(-0.2, 0.2, (90, 4, 4, 1))
    x = (patterns[labels] + noise).astype("float32")
    pairs = (x[:60], labels[:60]), (x[60:], labels[60:])
    return from_arrays(*pairs, **{"validation_fraction": 0.0, **options})


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, run(HELD, folder, data=data())


def test_the_folder_holds_what_every_run_leaves(finished):
    folder, results = finished
    assert {path.name for path in folder.iterdir()} == NAMES
    assert json.loads((folder / "results.json").read_text()) == results
    assert json.loads((folder / "history.json").read_text()) == {}
    assert Recipe.from_json((folder / "recipe.json").read_text()) == HELD


def test_results_say_what_was_fitted_and_how_well(finished):
    folder, results = finished
    given = data()
    (x, y), (test_x, test_y) = given.arrays("train"), given.arrays("test")
    classifier = SparseRepresentationClassifier(0.2).fit(x, y)
    assert results["scores"]["accuracy"] == [classifier.score(test_x, test_y)]
    assert 0.5 < results["scores"]["accuracy"][0]
    assert set(results["scores"]) == {"accuracy", "macro_f1", "macro_precision", "macro_recall"}
    kept = {key: results[key] for key in ("recipe", "model", "dataset", "train_rows", "seeds")}
    assert kept == {
        "recipe": "src/arrays", "model": "src", "dataset": "arrays", "train_rows": 60, "seeds": [0],
    }  # fmt: skip
    assert results["labelled_rows"] == 60 and results["precision"] == "float64"
    assert "epochs" not in results
    # Those that were fitted and those that were classified.
    assert results["seconds"] > 0
    assert results["images_per_second"] == pytest.approx(90 / results["seconds"], rel=0.1)
    figures = np.load(folder / "figures.npz")
    assert set(figures) == {"confusion", "class_names"} and figures["confusion"].sum() == 30


def test_evaluate_gives_the_same_scores_again(finished):
    folder, results = finished
    before = (folder / "model.npz").read_bytes()
    assert evaluate_run(folder, data=data()) == results
    assert (folder / "model.npz").read_bytes() == before


def test_a_finished_run_is_left_as_it_is(finished, monkeypatch):
    folder, results = finished
    monkeypatch.setattr(SparseRepresentationClassifier, "fit", None)
    assert run(HELD, folder, data=data(), resume=True) == results
    with pytest.raises(zoo.InputError, match="already holds a run of src/arrays"):
        run(HELD, folder, data=data())
    with pytest.raises(zoo.InputError, match=r"another run: .* model_arguments \(lambda1\);"):
        run(recipe(), folder, data=data(), resume=True)


def test_a_run_of_a_model_is_not_taken_for_it(finished, tmp_path):
    folder, _ = finished
    tiny = {"kind": "dense", "size": (4,)}
    model = recipe("cnn", model_arguments=tiny, epochs=1, precision="float32")
    with pytest.raises(zoo.InputError, match="another run: src/arrays with another name, model"):
        run(model, folder, data=data(), resume=True, verbose=0)
    run(model, tmp_path / "run", data=data(), verbose=0)
    with pytest.raises(zoo.InputError, match="another run: cnn/arrays with another name, model"):
        run(recipe(), tmp_path / "run", data=data(), resume=True)


def test_a_run_that_was_killed_begins_again(finished, tmp_path, monkeypatch):
    _, results = finished

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(zoo.training.runs, "score_run", killed)
        with pytest.raises(KeyboardInterrupt):
            run(HELD, tmp_path / "run", data=data())
    assert not (tmp_path / "run" / "results.json").exists()
    again = run(HELD, tmp_path / "run", data=data(), resume=True)
    assert again["scores"] == results["scores"]
    assert {path.name for path in (tmp_path / "run").iterdir()} == NAMES


def test_only_labelled_rows_are_fitted(tmp_path):
    few = data(labelled_fraction=0.2, seed=5)
    results = run(recipe("crc"), tmp_path / "run", data=few)
    assert (results["train_rows"], results["labelled_rows"]) == (60, 12)
    x, y = few.labelled_arrays()
    classifier = read_run(tmp_path / "run").load_model()
    assert len(classifier.labels_) == 12
    np.testing.assert_array_equal(classifier.labels_, y)
    rows = x.reshape(12, -1) / np.linalg.norm(x.reshape(12, -1), axis=1, keepdims=True)
    np.testing.assert_allclose(classifier.atoms_, rows, rtol=1e-5)
    kept = Recipe.from_json((tmp_path / "run" / "recipe.json").read_text())
    assert kept.labelled_fraction == 0.2, "what was run, not what was asked for"


def test_a_mistake_leaves_no_folder_behind(tmp_path, monkeypatch):
    for wrong in ({"lambda1": -1.0}, {"max_rounds": 0}, {"kernel": "rbf"}):
        with pytest.raises(zoo.InputError):
            run(recipe(model_arguments=wrong), tmp_path / "run", data=data())
    names = ["0", "1", "2", "3"]
    with pytest.raises(zoo.InputError, match="must have a training row. Received: no row of .* 3"):
        run(recipe(), tmp_path / "run", data=data(class_names=names))

    def out_of_memory(*arguments):
        raise MemoryError

    monkeypatch.setattr(SparseRepresentationClassifier, "fit", out_of_memory)
    with pytest.raises(zoo.InputError, match="'src' .*not enough memory.* Received: 60 rows"):
        run(recipe(), tmp_path / "run", data=data())
    assert not (tmp_path / "run").exists()


def test_several_workers_have_nothing_to_share(tmp_path, monkeypatch):
    monkeypatch.setattr("zoo.training.runs.cluster_of", lambda strategy: object())
    with pytest.raises(zoo.InputError, match="'src' is fitted by one process.*several workers"):
        run(recipe(), tmp_path / "run", data=data())
