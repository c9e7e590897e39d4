"""One run of a recipe: data, model, training, scores; all of it in one folder."""

import dataclasses
import os
import pathlib
import shutil
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import distribution
from zoo.datasets import SplitData
from zoo.distribution.multi_worker import alone, from_chief, is_chief, naming_lost_workers
from zoo.errors import InputError
from zoo.files import whole_file
from zoo.recipe import Recipe, read_recipe
from zoo.registry import is_estimator
from zoo.training.building import build, load_data, recipe_on
from zoo.training.callbacks import Checkpoint, StopOnNonFiniteLoss
from zoo.training.estimator_runs import run_estimator
from zoo.training.finished_runs import read_finished_run
from zoo.training.run_folders import claim, describe_run, score_run, write_json, write_recipe


def run(
    recipe: Recipe,
    output: str | os.PathLike,
    *,
    resume: bool = False,
    strategy: str = "auto",
    data: SplitData | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
) -> dict[str, Any]:
    """Trains and scores a recipe; everything it learns goes to one folder.

    The folder holds recipe.json (as run), model.keras, history.json, logs/ for TensorBoard,
    figures.npz for the report and results.json. Each file appears whole. While it trains,
    checkpoint/ holds the state at the end of the last epoch; a run that was killed goes on from
    there with `resume`, and on one device with `deterministic` ends with the same weights bit for
    bit as one that was never stopped.

    An estimator is fitted in one go, see `zoo.training.estimator_runs.run_estimator`.

    Several workers (`strategy="multi_worker"`) share each batch of the recipe's batch size, and
    end with the weights of one process. The chief alone writes, and `output` is a folder of its
    machine; all workers return what it returns. They run the chief's recipe.

    Args:
        recipe: what to run.
        output: the folder; new or empty, or with `resume` the one to go on in.
        resume: go on where this run stopped; a finished run is left as it is.
        strategy: one of `distribution.STRATEGIES`.
        data: the data set itself, in place of `recipe.dataset` by name; the recipe as run takes
            its batch size and its part of labels.
        callbacks: more Keras callbacks; they act before the checkpoint of an epoch is written. An
            estimator has no epochs, and calls none.
        verbose: as in `fit`: 1 shows a progress bar.

    Returns:
        The content of results.json.

    Raises:
        InputError: the folder holds another run, or the recipe and the data do not fit.
        NonFiniteLossError: a term turned NaN or infinite; the last good checkpoint stays.
        WorkerLostError: another worker is gone; the last checkpoint stays.
    """
    # Before all else: TensorFlow must know of other workers from the start.
    strategy = distribution.choose_strategy(strategy)
    if is_estimator(recipe.model):
        folder = pathlib.Path(output)
        return run_estimator(recipe, folder, resume=resume, strategy=strategy, data=data)
    with naming_lost_workers(strategy):
        return _run(recipe, pathlib.Path(output), resume, strategy, data, callbacks, verbose)


def _run(recipe, folder, resume, strategy, data, callbacks, verbose) -> dict[str, Any]:
    if data is not None:
        recipe = recipe_on(recipe, data)
    recipe, finished = _agree(recipe, folder, resume, strategy)
    if finished:
        return finished
    if recipe.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(recipe.seed)
    data = data or _load_data(recipe, strategy)
    # Preparing a set draws random numbers; the weights must not depend on whether it was prepared.
    keras.utils.set_random_seed(recipe.seed)
    # The model first: a mistake in its arguments should not leave a folder behind.
    with strategy.scope():
        model = build(recipe, data)
    from_chief(strategy, lambda: write_recipe(folder, recipe))
    chief = is_chief(strategy)
    checkpoint = Checkpoint(folder / "checkpoint")
    first_epoch = checkpoint.restore(model)
    if first_epoch < recipe.epochs:
        logs = [keras.callbacks.TensorBoard(folder / "logs", write_graph=False)] if chief else []
        model.fit(
            data.stream(first_epoch, recipe.epochs),
            epochs=recipe.epochs,
            initial_epoch=first_epoch,
            steps_per_epoch=data.steps_per_epoch,
            validation_data=data.validation,
            callbacks=[StopOnNonFiniteLoss(), *logs, *callbacks, checkpoint],
            class_weight=data.class_weights() if recipe.class_weights else None,
            verbose=verbose if chief else 0,
        )
    elif recipe.ema_momentum is not None:
        # As `fit` does at its end, which a run killed after its last epoch did not reach.
        model.optimizer.finalize_variable_values(model.trainable_variables)
    return from_chief(strategy, lambda: _finish(folder, recipe, model, data, checkpoint))


def _agree(recipe, folder, resume, strategy) -> tuple[Recipe, dict[str, Any] | None]:
    """The recipe that is run, which is the chief's; and the results of one already finished."""

    def agree():
        precision = recipe.precision
        if precision == "auto":
            precision = _precision(folder, resume)
        results = claim(folder, dataclasses.replace(recipe, precision=precision), resume)
        return recipe.to_json(), precision, results

    text, precision, results = from_chief(strategy, agree)
    if not is_chief(strategy):
        chief_recipe = Recipe.from_json(text)
        if chief_recipe.name != recipe.name:
            raise InputError(
                f"All workers run one recipe. Received: {recipe.name} here, and "
                f"{chief_recipe.name} at the chief."
            )
        recipe = chief_recipe
    return dataclasses.replace(recipe, precision=precision), results


def _load_data(recipe: Recipe, strategy: tf.distribute.Strategy) -> SplitData:
    """The data set, on the chief first: workers may share the folder in which it is prepared."""
    loaded = []
    from_chief(strategy, lambda: loaded.append(load_data(recipe)))
    return loaded[0] if loaded else load_data(recipe)


def _finish(folder, recipe, model, data, checkpoint) -> dict[str, Any]:
    """The trained model saved and scored, by one process alone."""
    model = alone(model)
    if data.task == "multi_label" and data.rows["validation"]:
        # Held-out training rows: a threshold chosen on test rows would flatter.
        model.choose_threshold(*data.arrays("validation"))
    with whole_file(folder / "model.keras") as path:
        model.save(path)
    write_json(folder / "history.json", checkpoint.history)
    epochs, seconds = checkpoint.epoch, checkpoint.seconds
    results = describe_run(
        recipe,
        data,
        seconds,
        data.rows["train"] * epochs,
        epochs=epochs,
        precision=recipe.precision,
    )
    results["scores"] = score_run(folder, recipe, model, data)
    write_json(folder / "results.json", results)
    shutil.rmtree(folder / "checkpoint")
    return results


def started_recipe(recipe: Recipe, folder: str | os.PathLike) -> Recipe:
    """The recipe that the run in a folder was started with, settings and all.

    `recipe` itself where the folder holds no run, or one of another recipe.
    """
    file = pathlib.Path(folder, "recipe.json")
    held = read_recipe(file) if file.is_file() else recipe
    return held if held.name == recipe.name else recipe


def evaluate_run(run_folder: str | os.PathLike, data: SplitData | None = None) -> dict[str, Any]:
    """Scores the saved model of a run again: new scores in its results.json, a new figures.npz.

    Args:
        run_folder: the folder of a finished run.
        data: the data set itself, for a run that was given one.

    Returns:
        The content of results.json.

    Raises:
        InputError: the folder is no finished run, or one of its files is damaged.
    """
    folder, recipe, results, model = read_finished_run(run_folder)
    results["scores"] = score_run(folder, recipe, model, data or load_data(recipe))
    write_json(folder / "results.json", results)
    return results


def _precision(folder: pathlib.Path, resume: bool) -> str:
    if resume and (folder / "recipe.json").is_file():
        return read_recipe(folder / "recipe.json").precision
    return distribution.choose_precision()
