"""Trials as people read them."""

import dataclasses
import pathlib
from collections.abc import Iterable
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus
from typing_extensions import TypedDict

from zoo.settings import read_json
from zoo.tuning.recipe_hypermodel import RecipeHyperModel

OUTCOME = "outcome.json"


class Outcome(TypedDict):
    """What outcome.json holds; the cause is that of a failure, or empty."""

    seconds: float
    epochs: int
    cause: str


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
    """The record of a trial: from keras-tuner and from the outcome.json that its run has left.

    Raises:
        InputError: outcome.json is damaged.
    """
    outcome: Outcome = {"seconds": 0.0, "epochs": 0, "cause": ""}
    if (trial_folder / OUTCOME).is_file():
        outcome = read_json(trial_folder / OUTCOME, Outcome)
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
