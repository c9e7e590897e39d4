"""One search in one folder: run alone or shared by several processes, killed and resumed."""

import contextlib
import dataclasses
import os
import pathlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import grpc
import keras
import numpy as np
import tensorflow as tf
from keras_tuner.engine.trial import Trial
from sklearn.exceptions import ConvergenceWarning

from zoo import distribution
from zoo.comparison.progress import quiet_tensorflow
from zoo.datasets import SplitData
from zoo.datasets.names import check_outside
from zoo.distribution.cluster import read_cluster
from zoo.errors import InputError, check_choice, check_count
from zoo.files import check_output, claimed, sweep
from zoo.recipe import Recipe
from zoo.settings.choices import TUNERS, check_trackers
from zoo.training.building import recipe_on
from zoo.training.row_signatures import check_trained_rows, trained_rows
from zoo.tuning.recipe_hypermodel import RecipeHyperModel
from zoo.tuning.results import BEST_RECIPE, PLOT, TABLE, write_results
from zoo.tuning.resumable import PROJECT, RecipeTuner, hyperband_plan, make_oracle
from zoo.tuning.search_file import SEARCH, Search, as_text, check_same, find_search
from zoo.tuning.search_progress import SearchProgress
from zoo.tuning.sharing import ADDRESS, Role, find_role, wait_for_chief
from zoo.tuning.trial_records import TrialRecord, best_of, record_of

TRIALS, TUNER = 20, "bayesian"


def tune(
    recipe: Recipe,
    output: str | os.PathLike,
    *,
    trials: int | None = None,
    tuner: str | None = None,
    objective: str | None = None,
    resume: bool = False,
    strategy: str = "auto",
    data: SplitData | None = None,
    track: Sequence[str] = (),
) -> dict[str, Any]:
    """Searches for better values of what a recipe's `search` names; everything goes to one folder.

    The folder holds search.json (as asked), trials.csv and trials.png, the table and the plot of
    all trials, best_recipe.json, which `zoo train` takes, and keras-tuner's own files in
    keras_tuner/. Table, plot and best recipe are written anew after every trial, each whole. A
    search that was killed goes on with `resume`: trials that ended are kept, those that ran are
    run again. A trial that fails is kept with its cause, and the search goes on. The trials follow
    from the recipe's seed. See `RecipeHyperModel` for how a trial is trained and scored, and
    `zoo.tuning.search_space.read_search` for what `search` means.

    Several processes share a search through keras-tuner's own variables: all with the same
    arguments and the same folder, KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT, and a
    KERASTUNER_TUNER_ID each, one of which holds `chief`. The chief trains nothing.

    Args:
        recipe: what to train.
        output: the folder; new or empty, or with `resume` the one to go on in.
        trials: how many at most, at least 1; None for 20, and with Hyperband for all it plans.
        tuner: `"bayesian"`, `"hyperband"` or `"random"`, see `zoo.tuning.resumable.make_oracle`;
            None for the first.
        objective: NAME, NAME:min or NAME:max, of what the model reports of held-out rows; None
            for the default, see `zoo.training.held_out.choose_objective`.
        resume: go on where this search stopped; what is None is as it was then.
        strategy: how a trial uses the devices of its machine, as for `zoo.training.run`.
        data: the data set itself, in place of the recipe's, as for `zoo.training.run`.
        track: where each trial is logged too, see `zoo.settings.choices.TRACKERS`.

    Returns:
        `objective` (NAME:DIRECTION), `trials` (a dict each, as in the table), `best` (that of the
        best trial) and `best_recipe` (its file). Of a worker nothing: `{}`.

    Raises:
        InputError: bad arguments, a folder that is not free, an objective that the model does not
            report, or a search in which not one trial was completed.
    """
    if trials is not None:
        check_count("trials", trials)
    if tuner is not None:
        check_choice("tuner", tuner, TUNERS)
    check_trackers(track)
    role, folder = find_role(), pathlib.Path(output)
    devices = _devices(strategy)
    if data is not None:
        recipe = recipe_on(recipe, data)
    check_outside(recipe.dataset, folder)
    hypermodel = RecipeHyperModel(recipe, data, objective)
    if role.is_worker:
        # The chief's folder is to be there.
        wait_for_chief(role)
    with _quiet(), _clear_errors(role), _held(folder, role):
        held = find_search(folder, resume or role.is_worker)
        if recipe.deterministic:
            tf.config.experimental.enable_op_determinism()
        if held is None:
            tuner = tuner or TUNER
            if trials is None:
                trials = hyperband_plan(recipe.epochs)[0] if tuner == "hyperband" else TRIALS
            objective, rows = as_text(hypermodel.objective), trained_rows(hypermodel.data(recipe))
            search = Search(recipe.with_sources(), trials, tuner, objective, rows)
            search.write(folder)
        else:
            asked = as_text(hypermodel.objective) if objective else None
            check_same(folder, held, recipe, trials, tuner, asked)
            search, hypermodel = held, RecipeHyperModel(recipe, data, held.objective)
            held_out = hypermodel.data(recipe)
            if not role.is_worker:
                check_trained_rows(trained_rows(held_out), held.rows, folder / SEARCH)
        hypermodel.track = tuple(track)
        return _run(folder, search, hypermodel, role, devices)


def _run(
    folder: pathlib.Path,
    search: Search,
    hypermodel: RecipeHyperModel,
    role: Role,
    devices: tf.distribute.Strategy | None,
) -> dict[str, Any]:
    epochs, objective = search.recipe.epochs, hypermodel.objective
    oracle = make_oracle(
        search.tuner,
        objective,
        search.trials,
        epochs,
        hyperparameters=hypermodel.space(),
        # keras-tuner takes 0 for none, and counts up from the seed: neighbors would share trials.
        seed=1 + int(np.random.SeedSequence(search.recipe.seed).generate_state(1)[0]) // 2,
    )
    trials, mean_epochs = search.trials, float(epochs)
    if search.tuner == "hyperband":
        planned, mean_epochs = hyperband_plan(epochs)
        trials = min(trials, planned)
    progress = SearchProgress(objective.name, None if role.is_worker else trials, mean_epochs)
    tuner = RecipeTuner(
        oracle, hypermodel, folder, progress, role.name, distribution_strategy=devices
    )
    progress.done = len(oracle.end_order)

    def record(trial: Trial) -> TrialRecord:
        return record_of(trial, hypermodel, pathlib.Path(tuner.get_trial_dir(trial.trial_id)))

    def write() -> tuple[list[TrialRecord], TrialRecord | None]:
        records = [record(oracle.trials[name]) for name in oracle.start_order]
        write_results(folder, records, hypermodel)
        return records, best_of(records, objective)

    def ended(trial: Trial) -> None:
        progress.end(record(trial), write()[1])

    oracle.on_end = ended
    with progress.lines:
        # keras-tuner writes the values of a trial beside its curves.
        logs = [keras.callbacks.TensorBoard(folder / "logs")] * ("tensorboard" in hypermodel.track)
        tuner.search(verbose=0, callbacks=logs)
    if role.is_worker:
        return {}
    records, best = write()
    if best is None:
        cause = next((f": {record.cause}" for record in reversed(records) if record.cause), ".")
        raise InputError(
            f"Not one of {len(records)} trials was completed, so there is no best recipe. The "
            f"last failed{cause}"
        )
    return {
        "objective": search.objective,
        "trials": [dataclasses.asdict(record) for record in records],
        "best": dataclasses.asdict(best),
        "best_recipe": str(folder / BEST_RECIPE),
    }


@contextlib.contextmanager
def _held(folder: pathlib.Path, role: Role) -> Iterator[None]:
    """The folder, kept from other searches and swept; workers share it with their chief."""
    if role.is_worker:
        yield
        return
    with claimed(folder):
        check_output(folder, SEARCH, "search")
        sweep(folder, SEARCH, TABLE, PLOT, BEST_RECIPE, f"{PROJECT}/*", f"{PROJECT}/*/*")
        yield


def _devices(strategy: str) -> tf.distribute.Strategy | None:
    """The strategy of a trial; None where it runs on one device."""
    # Asked before choosing: a strategy of several machines waits for all of them.
    cluster = read_cluster() if strategy == "auto" else None
    if strategy == "multi_worker" or (cluster is not None and len(cluster.tasks) > 1):
        raise InputError(
            f"A trial runs on one machine; several share the trials through {ADDRESS}. Received: "
            f"strategy={strategy!r}{' with TF_CONFIG' if cluster else ''}."
        )
    chosen = distribution.choose_strategy(strategy)
    return chosen if chosen.num_replicas_in_sync > 1 else None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what TensorFlow says of every other trial, and scikit-learn of a flat objective."""
    with quiet_tensorflow(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@contextlib.contextmanager
def _clear_errors(role: Role) -> Iterator[None]:
    """What ends a search beside its trials, as `InputError`."""
    try:
        yield
    except grpc.RpcError as error:
        raise InputError(f"The chief at {role.address} answers no more.") from error
    except RuntimeError as error:
        if role.is_chief and "bind" in str(error).lower():
            raise InputError(
                f"The chief cannot listen at {role.address}; give another port of this machine."
            ) from error
        raise
