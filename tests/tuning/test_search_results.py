"""zoo/tuning/results.py, search_plot.py and search_progress.py: what people read of a search."""

import csv
import io

import keras_tuner
import matplotlib.image
import numpy as np
import pytest
from small_search import data, recipe

import zoo
from zoo.comparison.progress import Lines
from zoo.tuning import hypermodel
from zoo.tuning.results import write_results
from zoo.tuning.search_plot import plot_search
from zoo.tuning.search_progress import SearchProgress
from zoo.tuning.trial_records import TrialRecord, best_of


def record(trial, score, rate=1e-3, size=2, cause=""):
    state = "failed" if cause else "completed"
    values = {"learning_rate": rate, "code_size": size}
    return TrialRecord(str(trial), state, score, None if cause else 2, 3, 1.5, values, cause)


RECORDS = [
    record(0, 0.5),
    record(1, None, rate=1e-2, cause="loss is nan, and so on"),
    record(2, 0.25, size=4),
    record(3, 0.25, size=3),
]


def test_the_first_of_the_best_is_the_best():
    low, high = (keras_tuner.Objective("val_x", direction) for direction in ("min", "max"))
    assert best_of(RECORDS, low).trial == "2"
    assert best_of(RECORDS, high).trial == "0"
    assert best_of(RECORDS[1:2], high) is None


def test_table_and_best_recipe_have_what_was_found(tmp_path):
    space = hypermodel(recipe(), data(), "val_loss")
    write_results(tmp_path, RECORDS[:2], space)
    write_results(tmp_path, RECORDS, space)
    assert {path.name for path in tmp_path.iterdir()} == {
        "trials.csv", "trials.png", "best_recipe.json",
    }  # fmt: skip
    with (tmp_path / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3"]
    assert [row["state"] for row in rows] == ["completed", "failed", "completed", "completed"]
    assert [row["val_loss"] for row in rows] == ["0.5", "", "0.25", "0.25"]
    assert rows[1]["cause"] == "loss is nan, and so on" and float(rows[1]["learning_rate"]) == 1e-2
    assert rows[2]["code_size"] == "4" and rows[2]["seconds"] == "1.5"
    best = zoo.load_recipe(str(tmp_path / "best_recipe.json"))
    assert best.name == "ae_tuned/arrays"
    assert best.chosen == "by 4 trials of zoo tune, by val_loss of held-out training rows"
    assert best.learning_rate == 1e-3 and best.model_arguments == {"size": (4,), "code_size": 4}


def test_without_a_completed_trial_there_is_no_best_recipe(tmp_path):
    write_results(tmp_path, RECORDS[1:2], hypermodel(recipe(), data(), "val_loss"))
    assert {path.name for path in tmp_path.iterdir()} == {"trials.csv", "trials.png"}


def pixels(records, best=None):
    png = plot_search(hypermodel(recipe(), data()).dimensions, records, "val_x", best)
    return matplotlib.image.imread(io.BytesIO(png))


def test_the_plot_shows_each_trial():
    empty, one, all_of_them = pixels([]), pixels(RECORDS[:1]), pixels(RECORDS)
    ringed = pixels(RECORDS, RECORDS[2])
    shown = [empty, one, all_of_them, ringed]
    # Two panels side by side.
    assert one.shape[1] > 1.8 * one.shape[0]
    for index, picture in enumerate(shown):
        for other in shown[:index]:
            assert picture.shape == other.shape and np.any(picture != other)


class Followed(SearchProgress):
    """Progress of trials on `stream`, by a clock that stands at `now`."""

    def __init__(self, trials, epochs):
        self.stream, self.now = io.StringIO(), 0.0
        super().__init__("val_x", trials, epochs, Lines(self.stream, clock=lambda: self.now))

    def begin_trial(self, name, **values):
        hp = keras_tuner.HyperParameters()
        hp.values.update({f"tuner/{key}": value for key, value in values.items()})
        self.begin(keras_tuner.engine.trial.Trial(hp, name))


def test_progress_counts_trials_and_time():
    progress = Followed(4, 10)
    progress.begin_trial("0")
    assert "unknown" in progress.remaining()
    progress.now = 20.0
    progress.epoch(5)
    # 20 seconds for 5 epochs: 35 more take 140.
    assert "0:02:20" in progress.remaining()
    progress.end(RECORDS[0], RECORDS[0])
    # Stopped early, it counts as its ten epochs: 30 more take 60.
    assert progress.done == 1 and "0:01:00" in progress.remaining()
    progress.begin_trial("1")
    progress.end(RECORDS[1], RECORDS[0])
    lines = [line for line in progress.stream.getvalue().splitlines() if "trials," in line]
    assert len(lines) == 2
    assert "loss is nan" in lines[1] and "2/4" in lines[1] and "learning_rate=0.01" in lines[1]


def test_progress_knows_the_epochs_of_hyperband():
    progress = Followed(3, 4.0)
    progress.begin_trial("0", epochs=9, initial_epoch=3)
    progress.now = 6.0
    progress.epoch(6)
    # Three of six epochs in 6 seconds; three more, and twice four.
    assert progress.remaining() == "about 0:00:22 left"
    assert "epoch 6/9" in progress.line()


@pytest.mark.parametrize("trials", [4, None])
def test_a_line_names_trial_and_score_and_a_workers_says_nothing_of_all_trials(trials):
    progress = Followed(trials, 4.0)
    progress.end(RECORDS[2])
    line = progress.stream.getvalue()
    assert "trial 2" in line and "0.25" in line
    assert trials or "left" not in line
