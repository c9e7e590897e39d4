"""What a search leaves for people: a table of its trials, a plot, and the best recipe."""

import csv
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from zoo.files import whole_file
from zoo.tuning.recipe_hypermodel import RecipeHyperModel
from zoo.tuning.search_plot import plot_search

OUTCOME = "outcome.json"
BEST_RECIPE, TABLE, PLOT = "best_recipe.json", "trials.csv", "trials.png"
COMPLETED = TrialStatus.COMPLETED.lower()


@dataclasses.dataclass(frozen=True)
class TrialRecord:
    """One trial as people read it.

    Attributes:
        trial: its number, as text.
        state: "completed", "failed" or "running".
        score: the best value of the objective in an epoch; None unless completed.
        best_epoch: the epoch of it, from 1.
        epochs: how many were trained.
        seconds: how long it took.
        values: what was searched, by key.
        cause: why it failed.
    """

    trial: str
    state: str
    score: float | None
    best_epoch: int | None
    epochs: int
    seconds: float
    values: dict[str, Any]
    cause: str


def record_of(
    trial: Trial, hypermodel: RecipeHyperModel, trial_folder: pathlib.Path
) -> TrialRecord:
    """The record of a trial: from keras-tuner and from the outcome.json that its run has left."""
    try:
        outcome = json.loads((trial_folder / OUTCOME).read_text())
    except (OSError, ValueError):
        outcome = {"epochs": 0, "seconds": 0.0, "cause": ""}
    completed = trial.status == TrialStatus.COMPLETED
    return TrialRecord(
        trial=trial.trial_id,
        state=trial.status.lower(),
        score=float(trial.score) if completed else None,
        best_epoch=int(trial.best_step) + 1 if completed else None,
        epochs=outcome["epochs"],
        seconds=outcome["seconds"],
        values=hypermodel.values_of(trial.hyperparameters),
        cause=outcome["cause"] if trial.status == TrialStatus.FAILED else "",
    )


def best_of(records: Iterable[TrialRecord], objective: keras_tuner.Objective) -> TrialRecord | None:
    """The completed trial with the best score; the first of several."""
    completed = [record for record in records if record.score is not None]
    choose = max if objective.direction == "max" else min
    return choose(completed, key=lambda record: record.score, default=None)


def write_results(
    folder: pathlib.Path, records: Sequence[TrialRecord], hypermodel: RecipeHyperModel
) -> None:
    """Writes the table, the plot and, once a trial is completed, the best recipe; each whole."""
    name = hypermodel.objective.name
    keys = [dimension.key for dimension in hypermodel.dimensions]
    with whole_file(folder / TABLE) as path, path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["trial", "state", name, "best_epoch", "epochs", "seconds", *keys, "cause"])
        for record in records:
            facts = record.state, record.score, record.best_epoch, record.epochs, record.seconds
            values = (record.values[key] for key in keys)
            table.writerow([record.trial, *facts, *values, record.cause])
    best = best_of(records, hypermodel.objective)
    with whole_file(folder / PLOT) as path:
        path.write_bytes(plot_search(hypermodel.dimensions, records, name, best))
    if best is not None:
        with whole_file(folder / BEST_RECIPE) as path:
            path.write_text(hypermodel.recipe_with(best.values).to_json())
