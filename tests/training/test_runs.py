"""What a run leaves behind, going on after a kill, and refusing bad folders."""

import collections
import contextlib
import itertools
import json
import os
import shutil
import signal
import sys

import keras
import numpy as np
import pytest
import tiny_runs
from tiny_runs import QUICK

import zoo
from zoo.recipe import Recipe
from zoo.training.building import build, check_replicas, load_data
from zoo.training.runs import evaluate_run, run

Replicas = collections.namedtuple("Replicas", "num_replicas_in_sync")
Batches = collections.namedtuple("Batches", "rows batch_size last_batch_size")
TARGET = {"separability_accuracy": 0.9}


def recipe(model="se_co", **fields):
    told = {"validation_fraction": 0.1, "target": TARGET, "source": "a test"}
    return tiny_runs.recipe(model, **{"epochs": 2, **told, **fields})


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, run(recipe(), folder, verbose=0)


def near(scores, rel=1e-5):
    return {name: pytest.approx(values, rel=rel) for name, values in scores.items()}


def test_a_run_folder_holds_everything(finished):
    folder, results = finished
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "recipe.json", "model.keras", "history.json", "results.json", "figures.npz", "logs",
        "curves.png",
    }  # fmt: skip
    assert json.loads((folder / "results.json").read_text()) == results
    assert Recipe.from_json((folder / "recipe.json").read_text()) == recipe()
    assert any(path.name.startswith("events") for path in (folder / "logs").rglob("*"))


def test_what_a_run_has_trained_is_loaded_compiled(finished):
    model = zoo.load_run(finished[0])
    assert type(model) is zoo.SuperEncoder and model.compiled
    with pytest.raises(zoo.InputError, match="no finished run"):
        zoo.load_run(finished[0] / "logs")


def test_results_say_what_was_run(finished):
    _, results = finished
    assert results["recipe"] == "se_co/digits" and results["model"] == "se_co"
    assert results["dataset"] == "digits" and results["seeds"] == [0]
    assert results["train_rows"] == 1437 - 144
    assert set(results["scores"]) == {
        "separability_accuracy", "probe_accuracy", "logistic_accuracy", "neighbours_accuracy",
        "reconstruction_error", "corrupted_reconstruction_error", "psnr",
    }  # fmt: skip
    assert all(len(values) == 1 for values in results["scores"].values())
    assert {"python", "tensorflow", "keras"} <= set(results["versions"])
    assert results["hardware"]["cores"] >= 1
    assert results["seconds"] > 0
    # TensorFlow alone takes some hundred MB.
    assert not sys.platform.startswith("linux") or 2e8 < results["peak_memory"] < 2e11
    speed = results["train_rows"] * 2 / results["seconds"]
    assert results["images_per_second"] == pytest.approx(speed, rel=0.05)


def test_history_has_every_epoch_and_the_validation(finished):
    history = json.loads((finished[0] / "history.json").read_text())
    assert {"loss", "val_loss", "separability_loss", "val_reconstruction_loss"} <= set(history)
    assert all(len(values) == 2 for values in history.values())


def test_scores_are_those_of_the_saved_model(finished):
    folder, results = finished
    model = keras.models.load_model(folder / "model.keras")
    x, y = zoo.datasets.load("digits").sample("test", 10_000)
    shown = model.predict(x, verbose=0)
    scores = results["scores"]
    assert scores["separability_accuracy"][0] == pytest.approx(
        np.mean(shown["label"].argmax(-1) == y)
    )
    error = np.square(shown["reconstruction"] - x).mean(axis=(1, 2, 3))
    assert scores["reconstruction_error"][0] == pytest.approx(error.mean(), rel=1e-4)
    assert scores["psnr"][0] == pytest.approx(np.mean(-10 * np.log10(error)), rel=1e-4)


def test_evaluate_gives_the_same_scores_again(finished):
    folder, results = finished
    again = evaluate_run(folder)
    assert again["scores"] == near(results["scores"])
    assert again["seconds"] == results["seconds"]


def test_pictures_are_of_the_test_images(finished):
    figures = np.load(finished[0] / "figures.npz")
    assert figures["codes"].shape == (360, 4) and figures["labels"].shape == (360,)
    assert figures["originals"].shape == figures["reconstructions"].shape == (20, 8, 8, 1)
    assert list(figures["class_names"]) == [str(digit) for digit in range(10)]


def test_a_finished_run_is_left_as_it_is(finished, tmp_path):
    folder, results = finished
    before = (folder / "model.keras").read_bytes()
    held = json.loads((folder / "results.json").read_text())
    assert run(recipe(), folder, resume=True, verbose=0) == held
    assert (folder / "model.keras").read_bytes() == before
    shutil.copytree(folder, tmp_path / "run")
    (tmp_path / "run" / "model.keras").unlink()
    with pytest.warns(UserWarning, match="has scores, but not the model any more: remove it to"):
        assert run(recipe(), tmp_path / "run", resume=True, verbose=0) == held


def test_folders_that_are_not_free_are_refused(finished, tmp_path):
    folder, _ = finished
    (tmp_path / "notes.txt").write_text("mine")
    for fields, output, resume, words in (
        ({}, folder, False, "already holds a run of se_co/digits"),
        ({"epochs": 9}, folder, True, "another run.*epochs"),
        ({"model_arguments": {"code_size": 5}}, folder, True, "another run.*model_arguments"),
        ({}, tmp_path / "new", True, "Nothing to resume"),
        ({}, tmp_path, False, "not empty and holds no run"),
        ({}, tmp_path / "notes.txt", False, "is a file"),
    ):
        with pytest.raises(zoo.InputError, match=words):
            run(recipe(**fields), output, resume=resume, verbose=0)
    with pytest.raises(zoo.InputError, match="no finished run: it has no recipe.json"):
        evaluate_run(tmp_path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model_arguments": {"code_size": 0}}, "code_size=0"),
        ({"model_arguments": {"classification_weight": -1.0}}, "classification_weight"),
        ({"model_arguments": {"reconstruction_weight": -1.0}}, "reconstruction_weight"),
        ({"model_arguments": {"size": (4, 4, 4, 4, 4)}}, "has room for 3 at most"),
        ({"model_arguments": {"label_loss": "l1"}}, "'l1'"),
        ({"model": "ae", "labelled_fraction": 0.2}, "'ae' learns from no labels"),
    ],
)
def test_a_mistake_leaves_no_folder_behind(fields, words, tmp_path):
    with pytest.raises(zoo.InputError, match=words):
        run(recipe(**fields), tmp_path / "run", verbose=0)
    assert not (tmp_path / "run").exists()


@pytest.mark.full
def test_steps_per_execution_divides_an_epoch(tmp_path):
    # 1,437 rows in batches of 256 are 6 steps, of which 9 becomes 3.
    one = run(recipe(epochs=1), tmp_path / "one", verbose=0)
    nine = run(recipe(epochs=1, steps_per_execution=9), tmp_path / "nine", verbose=0)
    assert nine["scores"] == near(one["scores"], 1e-3)
    model = build(recipe(steps_per_execution=9), load_data(recipe()))
    assert model.steps_per_execution == 3


class Diverge(keras.callbacks.Callback):
    """Makes the steps of the second epoch overflow float32."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.optimizer.learning_rate = 1e38


def test_divergence_is_named_and_the_checkpoint_kept(tmp_path):
    calm = recipe(optimizer="sgd", learning_rate=0.1, schedule="constant", epochs=3)
    with pytest.raises(zoo.NonFiniteLossError, match=r"step \d+ of epoch 2"):
        run(calm, tmp_path / "run", callbacks=[Diverge()], verbose=0)
    assert not (tmp_path / "run" / "model.keras").exists()
    names = {path.name for path in (tmp_path / "run" / "checkpoint").iterdir()}
    assert names == {"epoch-0001.json", "epoch-0001.weights.h5"}
    assert run(calm, tmp_path / "run", resume=True, verbose=0)["epochs"] == 3


@pytest.mark.full
def test_weights_do_not_depend_on_whether_the_set_was_prepared(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "sets"))
    folders = [tmp_path / name for name in ("preparing", "prepared")]
    for folder in folders:
        run(recipe(epochs=1), folder, verbose=0)
    one, other = (keras.models.load_model(folder / "model.keras") for folder in folders)
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


class StopAfterTwo(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


@pytest.mark.full
def test_results_count_the_epochs_that_were_run(tmp_path):
    results = run(recipe(epochs=9), tmp_path / "run", callbacks=[StopAfterTwo()], verbose=0)
    assert results["epochs"] == 2
    speed = 2 * results["train_rows"] / results["seconds"]
    assert results["images_per_second"] == pytest.approx(speed, rel=0.05)


def test_evaluating_elsewhere_does_not_say_it_was_trained_there(finished, monkeypatch):
    folder, results = finished
    monkeypatch.setattr("zoo.distribution.describe_hardware", lambda: {"cpu": "another"})
    again = evaluate_run(folder)
    assert {**again, "scores": 0} == {**results, "scores": 0}


def test_each_worker_gets_a_row(two_replicas, monkeypatch, images, tmp_path):
    x, y = images
    monkeypatch.setattr("zoo.training.building.cluster_of", lambda strategy: "a cluster")
    data = zoo.datasets.from_arrays((x[:33], y[:33]), (x, y), batch_size=32, validation_fraction=0)
    monkeypatch.setattr("zoo.distribution.choose_strategy", lambda _: two_replicas)
    words = "A batch of 1 rows leaves one of 2 replicas without a row"
    with pytest.raises(zoo.InputError, match=words):
        run(recipe(), tmp_path / "run", data=data, verbose=0)
    held_out = zoo.datasets.from_arrays(
        (x[:32], y[:32]), (x, y), validation=(x[:33], y[:33]), batch_size=32
    )
    with pytest.raises(zoo.InputError, match=f"{words}.*33 validation rows"):
        run(recipe(), tmp_path / "run", data=held_out, verbose=0)


@pytest.mark.full
@pytest.mark.parametrize("size", [33, 21])
def test_replicas_may_have_unequal_parts_of_a_batch_or_none(
    size, two_replicas, monkeypatch, images, tmp_path
):
    """B15. Keras takes the mean of the first batch over the replicas."""
    x, y = images
    # Of 64 rows the last batch of 21 is one.
    data = zoo.datasets.from_arrays((x, y), (x, y), batch_size=size, validation_fraction=0)
    monkeypatch.setattr("zoo.distribution.choose_strategy", lambda _: two_replicas)
    scores = run(recipe(epochs=1), tmp_path / "run", data=data, verbose=0)["scores"]
    assert np.isfinite(scores["psnr"])


@pytest.mark.parametrize("replicas", [1, 2, 3, 5, 8])
def test_no_worker_is_left_without_a_row(replicas, monkeypatch):
    """Each takes as many rows, rounded up, until there are none left."""
    monkeypatch.setattr(
        "zoo.training.building.tf.distribute.get_strategy", lambda: Replicas(replicas)
    )
    monkeypatch.setattr("zoo.training.building.cluster_of", lambda strategy: "a cluster")
    for batch_size in range(1, 20):
        for rows in range(1, 40):
            batches = [range(rows)[i : i + batch_size] for i in range(0, rows, batch_size)]
            share = [-(-len(batch) // replicas) for batch in batches]
            refused = any(
                not batch[replica * size : (replica + 1) * size]
                for batch, size in zip(batches, share, strict=True)
                for replica in range(replicas)
            )
            data = Batches({"train": rows}, batch_size, len(batches[-1]))
            with pytest.raises(zoo.InputError) if refused else contextlib.nullcontext():
                check_replicas(data)


@pytest.mark.full
def test_label_sets_are_scored_after_several_replicas(two_replicas, monkeypatch, tmp_path):
    monkeypatch.setattr("zoo.distribution.choose_strategy", lambda _: two_replicas)
    settings = {"units": (8,), "measurements": 3, "inference_steps": 2}
    spen = recipe("spen", dataset="blocks", model_arguments=settings, epochs=1)
    scores = run(spen, tmp_path / "run", verbose=0)["scores"]
    assert 0.0 <= scores["threshold"][0] <= 1.0
    assert evaluate_run(tmp_path / "run")["scores"] == near(scores)


@pytest.mark.full
def test_arrays_of_ones_own_take_the_place_of_the_data_set(images, tmp_path):
    x, y = images
    data = zoo.datasets.from_arrays((x, y), (x[:16], y[:16]), batch_size=16)
    mine = recipe(dataset="mine", name="se_co/mine")
    results = run(mine, tmp_path / "run", data=data, verbose=0)
    assert results["train_rows"] == data.rows["train"]
    kept = Recipe.from_json((tmp_path / "run" / "recipe.json").read_text())
    assert kept.batch_size == 16, "what was run, not what was asked for"
    again = evaluate_run(tmp_path / "run", data=data)
    assert again["scores"] == near(results["scores"])


@pytest.mark.parametrize("fraction", [pytest.param(1.0, marks=pytest.mark.full), 0.2])
def test_partial_labels_are_counted(fraction, tmp_path):
    results = run(recipe(labelled_fraction=fraction, epochs=1), tmp_path / "run", verbose=0)
    assert results["labelled_rows"] == pytest.approx(fraction * results["train_rows"], abs=10)


KILLED = """
import sys
import keras
import zoo

class Tell(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        print("step", batch, flush=True)

zoo.training.run(
    zoo.load_recipe(sys.argv[1]), sys.argv[2], resume=sys.argv[3] == "resume",
    callbacks=[Tell()], verbose=0,
)
"""


@pytest.mark.full
def test_a_killed_run_ends_with_the_weights_of_one_never_stopped(forks, tmp_path):
    """Data order, dropout, noise and draws go on too; op determinism on, one device."""
    arguments = {**QUICK, "noise": 0.3, "dropout": 0.3}
    file = tmp_path / "recipe.json"
    game = recipe("daae", deterministic=True, epochs=4, model_arguments=arguments)
    file.write_text(game.to_json())
    script = tmp_path / "train.py"
    script.write_text(KILLED)
    whole, killed, printed = (tmp_path / name for name in ("whole", "killed", "printed"))
    assert forks.run(script, [file, whole, "new"], tmp_path).code == 0
    os.mkfifo(printed)
    victim = forks.start(script, [file, killed, "new"], printed)
    with printed.open() as lines:
        steps = (line for line in lines if line.startswith("step"))
        # Six steps an epoch: in the middle of the third.
        assert len(list(itertools.islice(steps, 2 * 6 + 3))) == 2 * 6 + 3
        victim.kill()
    assert victim.wait() == -signal.SIGKILL
    assert not (killed / "results.json").exists()
    assert [path.name for path in (killed / "checkpoint").glob("*.json")] == ["epoch-0002.json"]
    resumed = forks.run(script, [file, killed, "resume"], tmp_path)
    assert resumed.code == 0, resumed.stderr
    assert resumed.stdout.count("step") == 2 * 6, "only the last two epochs are run again"
    ours = keras.models.load_model(killed / "model.keras")
    theirs = keras.models.load_model(whole / "model.keras")
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)
    histories = [json.loads((folder / "history.json").read_text()) for folder in (whole, killed)]
    assert histories[0] == histories[1]
