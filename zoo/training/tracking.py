"""Runs logged to trackers of experiments, by the trackers' own callbacks."""

import contextlib
import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras

from zoo.recipe import Recipe
from zoo.settings.choices import TRACKERS, check_trackers


class Tracking(NamedTuple):
    """The callbacks that log the epochs of a run, and what logs the scores at its end."""

    callbacks: list[keras.callbacks.Callback]
    finish: Callable[[dict[str, float]], None]


def _tensorboard(recipe: Recipe, stack: contextlib.ExitStack) -> Tracking:
    # Every run and every search write its files anyway.
    return Tracking([], lambda scores: None)


def _mlflow(recipe: Recipe, stack: contextlib.ExitStack) -> Tracking:
    mlflow = importlib.import_module("mlflow")
    callbacks = importlib.import_module("mlflow.keras")
    stack.enter_context(mlflow.start_run(run_name=recipe.name))
    # A name of its own: the callback logs the optimizer's settings beside them.
    mlflow.log_params({f"recipe.{key}": value for key, value in _settings(recipe).items()})
    return Tracking([callbacks.MlflowCallback()], mlflow.log_metrics)


def _wandb(recipe: Recipe, stack: contextlib.ExitStack) -> Tracking:
    wandb = importlib.import_module("wandb")
    callbacks = importlib.import_module("wandb.integration.keras")
    run = stack.enter_context(
        wandb.init(project="zoo", name=recipe.name, config=_settings(recipe), reinit=True)
    )
    return Tracking([callbacks.WandbMetricsLogger()], run.summary.update)


_TRACKED = dict(zip(TRACKERS, (_tensorboard, _mlflow, _wandb), strict=True))


@contextlib.contextmanager
def tracked(names: Sequence[str], recipe: Recipe) -> Iterator[Tracking]:
    """A run that goes to trackers: its settings at the start, its epochs, its scores at the end.

    Each tracker is set up as its own documentation says, by environment variables: MLflow writes
    to MLFLOW_TRACKING_URI, Weights & Biases asks for WANDB_API_KEY or works WANDB_MODE=offline.

    Args:
        names: of `zoo.settings.choices.TRACKERS`.
        recipe: what is run.
    """
    check_trackers(names)
    with contextlib.ExitStack() as stack:
        trackings = [_TRACKED[name](recipe, stack) for name in dict.fromkeys(names)]

        def finish(scores: dict[str, float]) -> None:
            for each in trackings:
                each.finish(scores)

        yield Tracking([each for one in trackings for each in one.callbacks], finish)


def _settings(recipe: Recipe) -> dict[str, Any]:
    values = json.loads(recipe.to_json())
    silent = ("search", "target", "source", "sources", "definitions", "model_arguments")
    return {k: v for k, v in values.items() if k not in silent} | values["model_arguments"]
