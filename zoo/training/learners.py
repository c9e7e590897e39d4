"""The two ways to learn: a model does it epoch by epoch, an estimator in one go."""

import contextlib
import dataclasses
import math
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras

from zoo.datasets import SplitData
from zoo.distribution.multi_worker import alone, is_chief
from zoo.kinds import task_of
from zoo.models import ZooModel, gate
from zoo.models.base.divergence import StopOnNonFiniteLoss, WarnOfGrownLoss
from zoo.models.weights import check_loads, load_model
from zoo.recipe import Recipe
from zoo.registry import is_estimator
from zoo.training.best_epoch import best_epoch
from zoo.training.building import build, build_estimator
from zoo.training.callbacks import Checkpoint, EpochLines, WarnOfIdleNetworks
from zoo.training.held_out import HeldOutScore
from zoo.training.model_files import load_estimator, naming_shortage, save_estimator
from zoo.training.row_signatures import trained_rows


class Trained(NamedTuple):
    """What training leaves: `images` went through in `seconds`, `facts` are results.json's own."""

    history: dict[str, list[float]]
    seconds: float
    images: int
    facts: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Learner:
    """All that differs between a model and an estimator.

    Args:
        file: what was trained, in the folder of a run.
        make: (recipe, data) -> what is to be trained.
        check: (model, recipe); raises `InputError` where it could not be loaded after it was saved.
        fit: (model, recipe, folder, strategy, data, callbacks, verbose, begin) -> `Trained`; it
            calls `begin` before it writes into the folder.
        finish: (model, data) -> the model as it is saved and scored, in one process.
        save: (path, model, recipe, data).
        load: of the file.
        guard: (recipe, data) -> a context in which it is trained and scored.
        in_one_go: whether one process fits it, which also works while it predicts.
    """

    file: str
    make: Callable[[Recipe, SplitData], Any]
    check: Callable[[Any, Recipe], None]
    fit: Callable[..., Trained]
    finish: Callable[[Any, SplitData], Any]
    save: Callable[[pathlib.Path, Any, Recipe, SplitData], None]
    load: Callable[[pathlib.Path], Any]
    guard: Callable[[Recipe, SplitData], contextlib.AbstractContextManager]
    in_one_go: bool


def _fit(model, recipe, folder, strategy, data, callbacks, verbose, begin) -> Trained:
    begin()
    chief = is_chief(strategy)
    checkpoint = Checkpoint(folder / "checkpoint", trained_rows(data), recipe)
    first_epoch = checkpoint.restore(model)
    best = best_epoch(model, recipe, data, checkpoint)
    judged = [HeldOutScore(data), best] if best else []
    if first_epoch < recipe.epochs and not (best and best.done):
        grown = WarnOfGrownLoss(*checkpoint.history.get("loss", [])[:1])
        lines = [EpochLines()] if verbose == 2 and chief else []
        logs = [keras.callbacks.TensorBoard(folder / "logs", write_graph=False)] if chief else []
        with _looked_at(model, data):
            model.fit(
                data.stream(first_epoch, recipe.epochs),
                epochs=recipe.epochs,
                initial_epoch=first_epoch,
                steps_per_epoch=data.steps_per_epoch,
                validation_data=data.validation,
                callbacks=[
                    StopOnNonFiniteLoss(),
                    *judged,
                    grown,
                    WarnOfIdleNetworks(),
                    *lines,
                    *logs,
                    *callbacks,
                    checkpoint,
                ],  # fmt: skip
                class_weight=data.class_weights() if recipe.class_weights else None,
                verbose=verbose if chief and not lines else 0,
            )
    elif recipe.ema_momentum is not None:
        # As `fit` does at its end, which a run killed after its last epoch did not reach.
        model.optimizer.finalize_variable_values(model.trainable_variables)
    facts = {
        "epochs": checkpoint.epoch,
        "precision": recipe.precision,
        "parameters": sum(math.prod(each.shape) for each in model.trainable_variables),
    }
    if best:
        best.take(model)
        facts["best_epoch"] = None if best.best is None else best.best + 1
    images = data.rows["train"] * checkpoint.epoch
    return Trained(checkpoint.history, checkpoint.seconds, images, facts)


@contextlib.contextmanager
def _looked_at(model: ZooModel, data: SplitData) -> Iterator[None]:
    """Rows in memory are looked at once, and not in every epoch; a stream may change."""
    if not data.in_memory:
        yield
        return
    for split in ("train", *(["validation"] if data.validation is not None else [])):
        model.look_at(data.clean(split))
    with gate.passed():
        yield


def _finish(model: ZooModel, data: SplitData) -> ZooModel:
    model = alone(model)
    task_of(model, data).finish(model, data)
    return model


MODEL = Learner(
    file="model.keras",
    make=build,
    fit=_fit,
    check=lambda model, recipe: check_loads(model, recipe.sources),
    finish=_finish,
    save=lambda path, model, recipe, data: model.save(path),
    load=load_model,
    guard=lambda recipe, data: contextlib.nullcontext(),
    in_one_go=False,
)


def _fit_in_one_go(model, recipe, folder, strategy, data, callbacks, verbose, begin) -> Trained:
    x, y = data.labelled_arrays()
    start = time.perf_counter()
    model.fit(x, y)
    seconds = time.perf_counter() - start
    # Only now: a mistake in the rows should not leave a folder behind.
    begin()
    # scikit-learn computes in float64, whatever Keras does.
    return Trained({}, seconds, len(x) + data.rows["test"], {"precision": "float64"})


def _save_rows(path: pathlib.Path, model: Any, recipe: Recipe, data: SplitData) -> None:
    _, arguments = build_estimator(recipe, data)
    save_estimator(path, recipe.model, arguments, *data.labelled_arrays())


ESTIMATOR = Learner(
    file="model.npz",
    make=lambda recipe, data: build_estimator(recipe, data)[0],
    fit=_fit_in_one_go,
    check=lambda model, recipe: None,
    finish=lambda model, data: model,
    save=_save_rows,
    load=load_estimator,
    guard=lambda recipe, data: naming_shortage(recipe.model, data.labelled_rows),
    in_one_go=True,
)


def learner_of(name: str) -> Learner:
    """How what an entry point gives learns."""
    return ESTIMATOR if is_estimator(name) else MODEL
