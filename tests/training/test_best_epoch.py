"""zoo/training/best_epoch.py: when training stops, which weights it ends with, and going on."""

import json
from hashlib import sha256

import keras
import numpy as np
import pytest
import tiny_runs

import zoo
from zoo.training.best_epoch import BestEpoch
from zoo.training.held_out import Objective
from zoo.training.runs import run


class Checkpoint:
    """What the callback asks of one: the history of the epochs before, and a folder."""

    def __init__(self, folder, values=()):
        self.folder, self.history = folder, {"val_loss": list(values)}

    @property
    def epoch(self):
        return len(self.history["val_loss"])


class Model:
    """Notes under which name it was saved, and loaded again."""

    stop_training, distribute_strategy = False, zoo.distribution.choose_strategy("one")

    def save_weights(self, path):
        path.write_text("weights")

    def load_weights(self, path):
        self.loaded = path.name


def trained(folder, values, patience=None, restore=True, start=0):
    """Epochs with these scores until the callback stops them; the callback, and its model."""
    checkpoint = Checkpoint(folder)
    best = BestEpoch(Objective("val_loss", "min"), checkpoint, start, patience, restore)
    best.set_model(Model())
    for epoch, value in enumerate(values):
        best.on_epoch_end(epoch, {"val_loss": value})
        checkpoint.history["val_loss"].append(value)
        if best.model.stop_training:
            break
    return best


@pytest.mark.parametrize(
    ("values", "patience", "start", "epochs"),
    [
        ([3, 2, 4, 5, 1], 2, 0, 4),
        ([3, 2, 2, 2, 1], 3, 0, 5),  # An equal score is no better one.
        ([1, 5, 4, 3, 3, 3], 2, 1, 6),  # What was before the start does not count.
        ([3, 4, 5], None, 0, 3),
    ],
)
def test_it_stops_after_so_many_epochs_without_a_better_score(
    values, patience, start, epochs, tmp_path
):
    best = trained(tmp_path, values, patience, start=start)
    assert len(best._checkpoint.history["val_loss"]) == epochs
    # A run that is killed after its last epoch knows that it was its last.
    assert best.done == (patience is not None and best.model.stop_training)


def test_the_weights_of_the_best_epoch_are_kept_and_taken(tmp_path):
    best = trained(tmp_path, [3, 1, 2, 4])
    best.take(best.model)
    assert best.model.loaded == "best-0002.weights.h5"
    assert [path.name for path in tmp_path.iterdir()] == ["best-0002.weights.h5"]
    assert best._checkpoint.beside == {"best-0002.weights.h5": sha256(b"weights").hexdigest()}
    assert not list(trained(tmp_path / "none", [3, 1], restore=False)._checkpoint.folder.glob("*"))


def test_a_kill_between_best_weights_and_checkpoint_loses_neither(tmp_path):
    best = trained(tmp_path, [3, 2])
    # The third epoch is the best, and its checkpoint is never written: it is run again.
    best.on_epoch_end(2, {"val_loss": 1})
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"best-0002.weights.h5", "best-0003.weights.h5"}
    best.take(best.model)
    assert best.model.loaded == "best-0002.weights.h5"


@pytest.mark.full
def test_a_run_ends_with_its_best_epoch(tmp_path):
    recipe = tiny_runs.recipe(
        "se_co", epochs=4, validation_fraction=0.2, restore_best=True, learning_rate=0.02
    )
    results = run(recipe, tmp_path / "run", verbose=0)
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    scores = history["val_accuracy"]
    assert results["best_epoch"] == int(np.argmax(scores)) + 1 and results["epochs"] == 4
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    assert results["parameters"] == sum(np.size(each) for each in model.trainable_variables)
    data = zoo.training.load_data(recipe)
    reported = model.evaluate(data.validation, verbose=0, return_dict=True)
    assert reported["accuracy"] == pytest.approx(max(scores), abs=1e-6)
    assert not (tmp_path / "run" / "checkpoint").exists()


def test_averages_of_weights_are_not_judged():
    with pytest.raises(zoo.InputError, match="ema_momentum=0.9"):
        tiny_runs.recipe(ema_momentum=0.9, patience=2)
