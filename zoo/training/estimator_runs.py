"""One run of an estimator's recipe: fitted in one go, and scored; all of it in one folder."""

import pathlib
import time
from typing import Any

import tensorflow as tf

from zoo.datasets import SplitData
from zoo.distribution.multi_worker import cluster_of
from zoo.errors import InputError
from zoo.files import whole_file
from zoo.recipe import Recipe
from zoo.training.building import build_estimator, load_data, recipe_on
from zoo.training.estimator_files import naming_shortage, save_estimator
from zoo.training.run_folders import claim, describe_run, score_run, write_json, write_recipe


def run_estimator(
    recipe: Recipe,
    folder: pathlib.Path,
    *,
    resume: bool,
    strategy: tf.distribute.Strategy,
    data: SplitData | None = None,
) -> dict[str, Any]:
    """What `zoo.training.run` does for an estimator: fits it on the labelled rows, and scores it.

    The folder gets the same files, but for model.npz in place of model.keras, see
    `estimator_files`, and logs; history.json is empty. There is nothing between the start and
    the end to go on from, so a run that was killed begins again.

    The seconds are those of `fit` and of scoring the test rows together, because some estimators
    do their work there, and images per second the rows of both over them.

    Args:
        recipe, folder, resume, data: as for `zoo.training.run`.
        strategy: the one chosen; devices are not used.

    Returns:
        The content of results.json.

    Raises:
        InputError: as for `zoo.training.run` and `build_estimator`; several workers,
            or not enough memory for the training rows.
    """
    if cluster_of(strategy) is not None:
        raise InputError(
            f"Estimator {recipe.model!r} is fitted by one process, and workers have nothing to "
            "share. Received: a strategy of several workers."
        )
    if data is not None:
        recipe = recipe_on(recipe, data)
    finished = claim(folder, recipe, resume)
    if finished is not None:
        return finished
    data = data or load_data(recipe)
    estimator, arguments = build_estimator(recipe, data)
    x, y = data.labelled_arrays()
    with naming_shortage(recipe.model, len(x)):
        begun = time.perf_counter()
        # Before anything is written: a mistake in the rows should not leave a folder behind.
        estimator.fit(x, y)
        seconds = time.perf_counter() - begun
        write_recipe(folder, recipe)
        with whole_file(folder / "model.npz") as path:
            save_estimator(path, recipe.model, arguments, x, y)
        write_json(folder / "history.json", {})
        begun = time.perf_counter()
        scores = score_run(folder, recipe, estimator, data)
        seconds += time.perf_counter() - begun
    images = len(x) + data.rows["test"]
    # scikit-learn computes in it, whatever Keras does.
    results = describe_run(recipe, data, seconds, images, precision="float64")
    results["scores"] = scores
    write_json(folder / "results.json", results)
    return results
