"""The folder of a finished run, with its model: what is scored again, exported and served."""

import json
import os
import pathlib
from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from zoo.errors import InputError
from zoo.models import ZooModel
from zoo.recipe import Recipe, read_recipe
from zoo.registry import is_estimator
from zoo.training.estimator_files import load_estimator

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin


class FinishedRun(NamedTuple):
    """A run that came to its end: its recipe as run, results.json and what was trained."""

    folder: pathlib.Path
    recipe: Recipe
    results: dict[str, Any]
    model: "ZooModel | ClassifierMixin"


def read_finished_run(run_folder: str | os.PathLike) -> FinishedRun:
    """Reads a finished run.

    The model is loaded in Keras's safe mode, so a file whose loading would run code of its own (a
    Lambda layer) is refused. An estimator is fitted again on the rows in its file.

    Raises:
        InputError: the folder is no finished run, or one of its files is damaged or refused.
    """
    folder = pathlib.Path(run_folder)
    _check_file(folder, "recipe.json")
    recipe = read_recipe(folder / "recipe.json")
    estimator = is_estimator(recipe.model)
    file = "model.npz" if estimator else "model.keras"
    _check_file(folder, file)
    _check_file(folder, "results.json")
    try:
        results = dict(json.loads((folder / "results.json").read_text()))
        float(results["seconds"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / 'results.json'} holds no results: {error!r}.") from error
    model = (load_estimator if estimator else load_model)(folder / file)
    return FinishedRun(folder, recipe, results, model)


def _check_file(folder: pathlib.Path, name: str) -> None:
    if not (folder / name).is_file():
        raise InputError(f"{folder} is no finished run: it has no {name}.")


def load_model(path: str | os.PathLike) -> ZooModel:
    """The model of a `.keras` file, loaded in Keras's safe mode.

    Raises:
        InputError: no such file, a damaged one, one that would run code, or no model of the zoo.
    """
    try:
        model = keras.models.load_model(path, safe_mode=True)
    except Exception as error:  # zipfile, h5py and Keras each have their own.
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"{path} cannot be loaded: {reason}") from error
    if not isinstance(model, ZooModel):
        raise InputError(f"{path} holds no model of the zoo. Received: {type(model).__name__}.")
    return model
