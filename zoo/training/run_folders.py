"""The folder of a run: free for a recipe or held by one, and what every run leaves in it."""

import importlib.metadata
import json
import pathlib
import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo import distribution
from zoo.datasets import SplitData
from zoo.errors import InputError
from zoo.evaluation import evaluate
from zoo.files import whole_file
from zoo.models import ZooModel
from zoo.recipe import Recipe, read_recipe

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin


def claim(folder: pathlib.Path, recipe: Recipe, resume: bool) -> dict[str, Any] | None:
    """The results of this run where the folder holds it finished; `None` where it is to be run.

    Raises:
        InputError: the folder is not free for it.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"Output {folder} is a file; give a folder.")
    if not (folder / "recipe.json").is_file():
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(f"Output folder {folder} is not empty and holds no run.")
        if resume:
            raise InputError(f"Nothing to resume: {folder} holds no run.")
        return None
    held = read_recipe(folder / "recipe.json")
    if not resume:
        raise InputError(
            f"Output folder {folder} already holds a run of {held.name}; give another --output, "
            "or --resume to go on with it."
        )
    theirs, ours = json.loads(held.to_json()), json.loads(recipe.to_json())
    differing = [field for field in ours | theirs if ours.get(field) != theirs.get(field)]
    if differing:
        raise InputError(
            f"Output folder {folder} holds another run: {held.name} with another "
            f"{', '.join(differing)}; resume it with the recipe it was started with."
        )
    results = folder / "results.json"
    return json.loads(results.read_text()) if results.is_file() else None


def write_recipe(folder: pathlib.Path, recipe: Recipe) -> None:
    """Writes recipe.json; `InputError` where the folder cannot be written."""
    try:
        with whole_file(folder / "recipe.json") as path:
            path.write_text(recipe.to_json())
    except OSError as error:
        raise InputError(f"Cannot write to output folder {folder}: {error.strerror}.") from error


def write_json(file: pathlib.Path, value: Any) -> None:
    """Writes a value as JSON, whole."""
    with whole_file(file) as path:
        path.write_text(json.dumps(value, indent=2) + "\n")


def score_run(
    folder: pathlib.Path, recipe: Recipe, model: "ZooModel | ClassifierMixin", data: SplitData
) -> dict[str, list[float]]:
    """Scores a model or an estimator; writes figures.npz, and returns a list for each score."""
    evaluation = evaluate(model, data, seed=recipe.seed)
    with whole_file(folder / "figures.npz") as path:
        np.savez_compressed(path, **evaluation.figures)
    return {name: [value] for name, value in evaluation.scores.items()}


def describe_run(
    recipe: Recipe, data: SplitData, seconds: float, images: int, **more: Any
) -> dict[str, Any]:
    """results.json without its scores: who learned what from what, where, and how fast.

    Args:
        recipe: as run.
        data: its data set.
        seconds: what it took.
        images: rows that went through in that time, each as often as it did.
        **more: what is said besides.
    """
    return {
        "recipe": recipe.name,
        "model": recipe.model,
        "dataset": recipe.dataset,
        "train_rows": data.rows["train"],
        "labelled_rows": data.labelled_rows,
        "input_shape": list(data.input_shape),
        "names": list(data.class_names if data.task == "classification" else data.label_names),
        **more,
        "seeds": [recipe.seed],
        "scores": {},
        "versions": _versions(),
        "hardware": distribution.describe_hardware(),
        # An estimator may take less than a tenth of a second.
        "seconds": round(seconds, 1 if seconds >= 10 else 3),
        "images_per_second": round(images / seconds, 1),
    }


def _versions() -> dict[str, str]:
    packages = ("autonet-zoo", "tensorflow", "keras", "tensorflow-datasets", "scikit-learn")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}
