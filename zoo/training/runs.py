"""One run of a recipe: data, model, training, scores; all of it in one folder."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import time
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import distribution
from zoo.datasets import SplitData
from zoo.datasets.names import check_outside, maker_of
from zoo.distribution.multi_worker import (
    cluster_of,
    from_chief,
    is_chief,
    naming_lost_workers,
)
from zoo.errors import InputError
from zoo.files import check_handles, sha256_of, whole_file
from zoo.models import ZooModel
from zoo.models.weights import makers_of
from zoo.recipe import Recipe, read_recipe
from zoo.settings import digest_of
from zoo.settings.choices import check_trackers
from zoo.training.building import load_data, recipe_on
from zoo.training.curves import write_curves
from zoo.training.finished_runs import Run, find_run
from zoo.training.learners import Trained, learner_of
from zoo.training.memory import forget_peak
from zoo.training.row_signatures import check_rows
from zoo.training.run_folder import (
    begun,
    check_free,
    check_same_definitions,
    held_recipe,
    keep_sources,
    kept,
    resumed,
)
from zoo.training.run_results import describe_run, score_run, write_json, write_results
from zoo.training.tracking import tracked


def run(
    recipe: Recipe,
    output: str | os.PathLike,
    *,
    resume: bool = False,
    strategy: str = "auto",
    data: SplitData | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
    track: Sequence[str] = (),
) -> dict[str, Any]:
    """Trains and scores a recipe; everything it learns goes to one folder.

    The folder holds recipe.json (as run), model.keras, history.json, its curves.png, logs/ for
    TensorBoard, figures.npz for the report and results.json. Each file appears whole. While it
    trains, checkpoint/ holds the state at the end of the last epoch; a run that was killed goes on
    from there with `resume`, and on one device with `deterministic` ends with the same weights bit
    for bit as one that was never stopped.

    An estimator is fitted in one go on the labeled rows. It leaves model.npz in place of
    model.keras, see `zoo.training.model_files.save_estimator`, an empty history.json and no logs.
    There is nothing between its start and its end to go on from, so a run that was killed begins
    again. The seconds are those of `fit` and of scoring the test rows together, because some
    estimators do their work there, and images per second the rows of both over them.

    One process at a time has the folder: another one that asks for it is refused.

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
        verbose: 1 shows a progress bar, 2 prints a line an epoch, 0 is silent.
        track: trackers that the run is logged to as well, see `zoo.training.tracking.tracked`.

    Returns:
        The content of results.json.

    Raises:
        InputError: the folder holds another run, or another process has it; the recipe and the
            data do not fit; or an estimator is to share several workers, or has not enough memory.
        NonFiniteLossError: a term turned NaN or infinite; the last good checkpoint stays.
        WorkerLostError: another worker is gone; the last checkpoint stays.
    """
    check_handles()
    # Before all else: TensorFlow must know of other workers from the start.
    strategy = distribution.choose_strategy(strategy)
    if learner_of(recipe.model).in_one_go and cluster_of(strategy) is not None:
        raise InputError(
            f"Estimator {recipe.model!r} is fitted by one process, and workers have nothing to "
            "share. Received: a strategy of several workers."
        )
    check_trackers(track)
    with contextlib.ExitStack() as claims:
        claims.enter_context(naming_lost_workers(strategy))
        tracking = claims.enter_context(tracked(track if is_chief(strategy) else (), recipe))
        folder, callbacks = pathlib.Path(output), [*callbacks, *tracking.callbacks]
        results = _run(recipe, folder, resume, strategy, data, callbacks, verbose, claims)
        tracking.finish({name: values[0] for name, values in results["scores"].items()})
        return results


def _run(recipe, folder, resume, strategy, data, callbacks, verbose, claims) -> dict[str, Any]:
    if data is not None:
        recipe = recipe_on(recipe, data)
    recipe, finished = _agree(recipe, folder, resume, strategy, claims)
    if finished:
        if not (folder / learner_of(recipe.model).file).exists():
            warnings.warn(
                f"{folder} has scores, but not the model any more: remove it to train again.",
                stacklevel=3,
            )
        return finished
    check_outside(recipe.dataset, folder)
    if recipe.deterministic:
        tf.config.experimental.enable_op_determinism()
    forget_peak()
    keras.utils.set_random_seed(recipe.seed)
    data = data or _load_data(recipe, strategy)
    # Preparing a set draws random numbers; the weights must not depend on whether it was prepared.
    keras.utils.set_random_seed(recipe.seed)

    def begin() -> None:
        # The chief's `resume` counts; all workers make the call.
        if resume:
            from_chief(strategy, lambda: keep_sources(folder, recipe))
        else:
            take = begun(folder, recipe)
            from_chief(strategy, lambda: claims.enter_context(take))

    learner = learner_of(recipe.model)
    with learner.guard(recipe, data):
        # First: a mistake in the arguments should not leave a folder behind.
        with strategy.scope():
            model = learner.make(recipe, data)
        recipe = recipe.with_sources(*_makers(recipe, model))
        if resume:
            from_chief(strategy, lambda: check_same_definitions(folder, recipe))
        learner.check(model, recipe)
        trained = learner.fit(model, recipe, folder, strategy, data, callbacks, verbose, begin)
        return from_chief(strategy, lambda: _finish(folder, recipe, data, model, trained))


def _makers(recipe: Recipe, model: Any) -> list[Any]:
    """Functions and classes that later processes need to load what is trained, and its data."""
    parts = makers_of(model) if isinstance(model, ZooModel) else ()
    made = [type(model), *parts, maker_of(recipe.dataset)]
    return [each for each in made if each]


def _agree(recipe, folder, resume, strategy, claims) -> tuple[Recipe, dict[str, Any] | None]:
    """The recipe that is run, which is the chief's; and the results of one already finished."""

    def agree():
        precision = recipe.precision
        if precision == "auto" and "precision" in recipe.fields():
            held = held_recipe(folder) if resume else None
            precision = held.precision if held else distribution.choose_precision()
        as_run = dataclasses.replace(recipe, precision=precision)
        if not resume:
            check_free(folder)
        results = claims.enter_context(resumed(folder, as_run)) if resume else None
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


def _finish(folder, recipe, data, model, trained: Trained) -> dict[str, Any]:
    """What was trained saved and scored, by one process alone."""
    learner, seconds = learner_of(recipe.model), trained.seconds
    model = learner.finish(model, data)
    with whole_file(folder / learner.file) as path:
        learner.save(path, model, recipe, data)
    write_json(folder / "history.json", trained.history)
    write_curves(trained.history, folder / "curves.png")
    start = time.perf_counter()
    scores = score_run(folder, recipe, model, data)
    if learner.in_one_go:
        seconds += time.perf_counter() - start
    results = describe_run(recipe, data, seconds, trained.images, **trained.facts)
    results |= {"scores": scores, "model_sha256": sha256_of(folder / learner.file)}
    results = write_results(folder, results)
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    return results


def started_recipe(recipe: Recipe, folder: str | os.PathLike) -> Recipe:
    """The recipe that the run in a folder was started with, settings and all.

    `recipe` itself where the folder holds no run, or one of another recipe.
    """
    file = pathlib.Path(folder, "recipe.json")
    held = read_recipe(file) if file.is_file() else recipe
    return held if held.name == recipe.name else recipe


def evaluate_run(
    run_folder: str | os.PathLike, data: SplitData | None = None, generation: bool = False
) -> dict[str, Any]:
    """Scores the saved model of a run again: new scores in its results.json, a new figures.npz.

    Args:
        run_folder: the folder of a finished run, or the name of a trained model, whose scores are
            written nowhere.
        data: the data set itself, for a run that was given one.
        generation: also what `zoo.evaluation.evaluate_generation` scores.

    Returns:
        The content of results.json.

    Raises:
        InputError: the folder is no finished run, one of its files is damaged, or the data has
            other test rows than those that the run was scored on.
    """
    run = find_run(run_folder, scored=False)
    trained = not (run.folder / "results.json").exists()
    with contextlib.nullcontext() if trained else kept(run.folder):
        model = run.load_model()
        if data is None:
            data = _data_of(run)
        check_rows(run.results, data)
        scores = score_run(None if trained else run.folder, run.recipe, model, data, generation)
        results = {**run.results, "scores": {**_further_scores(run), **scores}}
        if not trained:
            results = write_results(run.folder, results)
    return results


def _further_scores(run: Run) -> dict[str, list[float]]:
    """What was measured of a run beside what is measured now, as by `generation`."""
    scores, digests = run.results["scores"], run.results.get("digests", {})
    return scores if digests.get("scores") == digest_of(scores) else {}


def _data_of(run: Run) -> SplitData:
    if run.results.get("given_data"):
        raise InputError(
            f"The run in {run.folder} was given its data set {run.recipe.dataset!r} itself; give "
            "it to `evaluate_run` as `data`."
        )
    return load_data(run.recipe)
