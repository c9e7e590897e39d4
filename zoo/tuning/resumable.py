"""keras-tuner's oracles and tuner, kept whole on disk: what is finished stays finished.

What this takes is private to keras-tuner, and setup.cfg holds it to the minor version that has it.
Every such name of the zoo stands in this file, with a comment where it is used.
"""

import io
import pathlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, Literal

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.src import config as keras_tuner_config
from threadpoolctl import threadpool_limits
from typing_extensions import TypedDict

from zoo.errors import InputError, NonFiniteLossError
from zoo.files import whole_file
from zoo.settings import read_json, sealed_json
from zoo.tuning.recipe_hypermodel import RecipeHyperModel
from zoo.tuning.search_progress import SearchProgress
from zoo.tuning.trial_records import OUTCOME, Outcome, record_of

PROJECT = "keras_tuner"
ENDED = (TrialStatus.COMPLETED, TrialStatus.FAILED)
# Seconds between two questions for a trial while others still run what it depends on.
_ASK_AGAIN = 0.5
# What the place of a value between the ends of its range may leave them by.
_ROUNDING = 1e-6


class _Trial(TypedDict):
    """What trial.json holds."""

    trial_id: str
    hyperparameters: dict[str, Any]
    metrics: dict[str, Any]
    score: float | None
    best_step: int
    status: Literal["RUNNING", "IDLE", "INVALID", "STOPPED", "COMPLETED", "FAILED"]
    message: str | None


class _Oracle(TypedDict):
    """What oracle.json holds of every oracle."""

    ongoing_trials: dict[str, str]
    hyperparameters: dict[str, Any]
    start_order: list[str]
    end_order: list[str]
    run_times: dict[str, int]
    retry_queue: list[str]
    seed: int
    seed_state: int
    tried_so_far: list[str]
    id_to_hash: dict[str, str | None]
    display: dict[str, Any]


def make_oracle(
    tuner: str, objective: keras_tuner.Objective, trials: int, epochs: int, **settings: Any
) -> keras_tuner.Oracle:
    """The oracle of a name.

    * `"random"`: keras-tuner's random search.
    * `"bayesian"`: its Bayesian optimization. The first third of the trials, three at least and
      at most three for each dimension, are random.
    * `"hyperband"`: its Hyperband over the epochs, once through. More trials than that are not
      run; fewer cut it short.

    Args:
        tuner: one of `ORACLES`.
        objective: what to make large or small.
        trials: how many trials at most.
        epochs: those of a whole training.
        **settings: `hyperparameters` and `seed` of any oracle.
    """
    # A failed trial never ends a search.
    settings |= {"objective": objective, "max_consecutive_failed_trials": trials + 1}
    if tuner == "hyperband":
        oracle = ORACLES[tuner](max_epochs=epochs, **settings)
        oracle.max_trials = trials
        return oracle
    if tuner == "bayesian":
        dimensions = len(settings["hyperparameters"].space)
        settings["num_initial_points"] = max(3, min(trials // 3, 3 * dimensions))
    return ORACLES[tuner](max_trials=trials, **settings)


def _kept_whole(oracle_class: type[keras_tuner.Oracle]) -> type[keras_tuner.Oracle]:
    """The oracle, with files that appear whole and a way back from a kill at any moment."""

    class KeptWhole(oracle_class):
        # What is told of each trial that has ended.
        on_end: Callable[[Trial], None] = staticmethod(lambda trial: None)

        def populate_space(self, trial_id):
            # `_random_state`: Bayesian optimization draws its starting points from it, and does not
            # save it. Set anew, a resumed search goes on as one that was never stopped.
            self._random_state = np.random.RandomState(self.seed + len(self.trials))
            # Matrices of a few rows: more threads only wait for each other.
            with threadpool_limits(1):
                return super().populate_space(trial_id)

        def end_trial(self, trial):
            super().end_trial(trial)
            self.on_end(self.trials[trial.trial_id])

        def save(self):
            # `_get_oracle_fname`: the path of oracle.json.
            with whole_file(self._get_oracle_fname()) as path:
                path.write_text(sealed_json(self.get_state()))

        # `_save_trial`: called whenever a trial changes, to write its trial.json.
        def _save_trial(self, trial):
            # `_get_trial_dir`: the folder of a trial.
            folder = self._get_trial_dir(trial.trial_id)
            with whole_file(pathlib.Path(folder, "trial.json")) as path:
                path.write_text(sealed_json(trial.get_state()))

        def reload(self):
            file = pathlib.Path(self._get_oracle_fname())
            known, ended = set(), set()
            for each in sorted(file.parent.glob("trial_*/trial.json")):
                with _readable(each, _Trial) as state:
                    trial = Trial.from_state(state)
                    hp = trial.hyperparameters
                    for searched in hp.space:
                        # Fails at a value that a choice does not have.
                        value = hp.values[searched.name]
                        if not -_ROUNDING <= searched.value_to_prob(value) <= 1 + _ROUNDING:
                            said = f"{searched.name}={value!r}, which it does not search"
                            raise InputError(f"{str(each)!r} has {said}.")
                    if f"trial_{state['trial_id']}" != each.parent.name:
                        held = state["trial_id"]
                        raise InputError(f"{str(each)!r} is that of another trial, {held}.")
                    known.add(state["trial_id"])
                    if state["status"] in ENDED:
                        ended.add(state["trial_id"])
                    if state["status"] != TrialStatus.COMPLETED:
                        continue
                    if state["score"] is None:
                        raise InputError(f"{str(each)!r} has no score of a completed trial.")
                    if state["score"] != trial.metrics.get_best_value(self.objective.name):
                        raise InputError(f"{str(each)!r} has a score that none of its epochs has.")
            # Now, not after the first trial that is run.
            for each in sorted(file.parent.glob(f"trial_*/{OUTCOME}")):
                with _readable(each, Outcome):
                    pass
            with _readable(file, _Oracle) as state:
                lost = {*state["start_order"], *state["end_order"], *state["retry_queue"]} - known
                if lost:
                    raise InputError(f"{str(file)!r} has a trial {min(lost)} without a trial.json.")
                started = state["start_order"]
                # Numbers count those that have begun: the next would take one that is taken.
                if len(set(started)) < len(started) or ended - set(started):
                    raise InputError(
                        f"{str(file)!r} is older than the trials beside it, or has one twice."
                    )
                self._go_on()
            self.save()  # Where all trials have ended, nothing else will.

        def _go_on(self):
            super().reload()
            # Killed after a trial's own file was written and before the oracle's: a trial that
            # the oracle does not know never ran, and one that has ended is not run again.
            self.trials = {key: self.trials[key] for key in self.start_order}
            self.end_order += [
                key
                for key in self.start_order
                if self.trials[key].status in ENDED and key not in self.end_order
            ]
            # `_retry_queue`: names of trials to run again; `reload` fills it with those that ran.
            self._retry_queue = [
                key for key in self._retry_queue if self.trials[key].status not in ENDED
            ]
            for key in self._retry_queue:
                # What a run that was cut short reported is not averaged with the next.
                self.trials[key] = Trial(self.trials[key].hyperparameters, key)

    return KeptWhole


@contextmanager
def _readable(file: pathlib.Path, kind: Any) -> Iterator[Any]:
    """What a file of a search holds; `InputError` where it, or what is made of it, is damaged."""
    try:
        yield read_json(file, kind)
    except Exception as error:  # keras-tuner takes what it reads for right.
        damage = f"{str(file)!r} is damaged: {_in_words(error.__cause__ or error)}."
        reason = error if isinstance(error, InputError) else damage
        raise InputError(
            f"{reason} Put the file back as it was, or search anew in another --output."
        ) from error


ORACLES = {
    "bayesian": _kept_whole(keras_tuner.oracles.BayesianOptimizationOracle),
    "hyperband": _kept_whole(keras_tuner.oracles.HyperbandOracle),
    "random": _kept_whole(keras_tuner.oracles.RandomSearchOracle),
}


def hyperband_plan(epochs: int) -> tuple[int, float]:
    """How many trials Hyperband runs once through, and the epochs of one on average."""
    oracle = keras_tuner.oracles.HyperbandOracle(max_epochs=epochs)
    trials = trained = 0
    # `_get_num_brackets`, `_get_num_rounds`: how often Hyperband begins anew, and how often it goes
    # on with the best; `_get_size`, `_get_epochs`: the trials of a round, and where they end.
    for bracket in range(oracle._get_num_brackets()):
        before = 0
        for number in range(oracle._get_num_rounds(bracket)):
            size, last = oracle._get_size(bracket, number), oracle._get_epochs(bracket, number)
            trials, trained = trials + size, trained + size * (last - before)
            before = last
    return trials, trained / trials


class RecipeTuner(keras_tuner.Hyperband):
    """Runs the trials of an oracle, writes down how each went, and says how far it is.

    `PROJECT`/trial_*/outcome.json holds the seconds, the epochs and, of a failed trial, the cause.

    Args:
        oracle: of `make_oracle`.
        hypermodel: the recipe.
        folder: the output folder.
        progress: what is told of epochs.
        tuner_id: the name of this process among those that share the search.
        **settings: of any Tuner.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        hypermodel: RecipeHyperModel,
        folder: pathlib.Path,
        progress: SearchProgress,
        tuner_id: str,
        **settings: Any,
    ) -> None:
        if (folder / PROJECT / "oracle.json").is_file():
            # keras-tuner goes on only where a tuner of the same name has left a file, which the
            # first trial of a search, or another number of workers, does not.
            with whole_file(folder / PROJECT / f"{tuner_id}.json") as path:
                path.write_text("{}")
        self._progress = progress
        with redirect_stdout(io.StringIO()):
            # Not Hyperband's, which makes its own oracle; the rest of it is for trials that say
            # which epochs they train, and leaves others alone.
            keras_tuner.Tuner.__init__(
                self,
                oracle,
                hypermodel,
                directory=str(folder),
                project_name=PROJECT,
                tuner_id=tuner_id,
                **settings,
            )

    def _populate_initial_space(self):
        # It builds models to find the space. The oracle was given all of it.
        pass

    def pre_create_trial(self):
        if self._idle:
            time.sleep(_ASK_AGAIN)
        self._idle = True

    def on_trial_begin(self, trial):
        self._idle = False
        self._progress.begin(trial)

    def on_trial_end(self, trial):
        super().on_trial_end(trial)
        # `_is_worker`: whether the oracle, and what it does at a trial's end, are elsewhere.
        if self._is_worker():
            ended = self.oracle.get_trial(trial.trial_id)
            folder = pathlib.Path(self.get_trial_dir(trial.trial_id))
            self._progress.end(record_of(ended, self.hypermodel, folder))

    def on_epoch_end(self, trial, model, epoch, logs=None):
        self._epochs += 1
        self._progress.epoch(epoch + 1)

    # `_try_run_and_update_trial`: runs a trial, and takes its error for the trial's own failure.
    def _try_run_and_update_trial(self, trial, *args, **kwargs):
        # `DEBUG`: whether it prints the traceback; the cause stands in the table.
        debug, keras_tuner_config.DEBUG = keras_tuner_config.DEBUG, False
        try:
            super()._try_run_and_update_trial(trial, *args, **kwargs)
        finally:
            keras_tuner_config.DEBUG = debug

    def run_trial(self, trial, *args, **kwargs):
        try:
            return self._run_trial(trial, *args, **kwargs)
        except OSError as error:
            # A full disk is not the trial's fault; a search that is resumed runs it again.
            raise _OutOfStorage(error.errno, error.strerror, error.filename) from error

    def _run_trial(self, trial, *args, **kwargs):
        begun, cause = time.perf_counter(), ""
        self._epochs = 0
        try:
            return super().run_trial(trial, *args, **kwargs)
        except Exception as error:
            cause = _in_words(error)
            raise
        finally:
            seconds = round(time.perf_counter() - begun, 2)
            outcome = {"seconds": seconds, "epochs": self._epochs, "cause": cause}
            with whole_file(pathlib.Path(self.get_trial_dir(trial.trial_id), OUTCOME)) as path:
                path.write_text(sealed_json(outcome))

    _idle = False


class _OutOfStorage(keras_tuner.errors.FatalError, OSError):
    """An error of the system, which ends the search."""


def _in_words(error: Exception) -> str:
    """One line of an error: of our own the message, of others the type too."""
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    if isinstance(error, InputError | NonFiniteLossError):
        return text
    return f"{type(error).__name__}: {text}".removesuffix(": ")
