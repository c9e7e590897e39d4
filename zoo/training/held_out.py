"""The score of held-out rows: what searches and the choice of the best epoch go by."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np

from zoo.datasets import SplitData
from zoo.errors import InputError, check_choice
from zoo.kinds import Task, known_metrics, task_of
from zoo.models import ZooModel

DIRECTIONS = ("min", "max")
_LOW_IS_GOOD = ("loss", "error")


class Objective(NamedTuple):
    """A name that a model reports after each epoch, and whether it is to be "min" or "max"."""

    name: str
    direction: str

    def best(self, values: Sequence[float]) -> int:
        """The place of the best value, of equal ones the first."""
        return int(np.argmin(values) if self.direction == "min" else np.argmax(values))


def reported(model: ZooModel, task: Task) -> list[str]:
    """What is known after an epoch of the held-out rows: the names an objective may have.

    The loss, terms and metrics of the model, with `val_` before them; and the first objective of
    the task, which `HeldOutScore` adds where the model does not.
    """
    names = {f"val_{metric.name}" for metric in model.metrics}
    return sorted(names | ({f"val_{task.objectives[0]}"} if task.held_out else set()))


def choose_objective(
    asked: str | None, names: list[str], model: str, objectives: Sequence[str] = ()
) -> Objective:
    """The objective of a text, or the default one.

    By default the first objective of the task that the model reports: the accuracy of a model that
    classifies, the example-averaged F1 of label sets, the mean IoU of masks, the reconstruction
    error of an auto-encoder; and the loss where there is none of these.

    Args:
        asked: NAME, NAME:min or NAME:max; None for the default.
        names: what the model reports.
        model: its name.
        objectives: of the task.

    Raises:
        InputError: a name that the model does not report, a direction that is none, or no
            direction for a name that does not tell it.
    """
    if asked is None:
        asked = next((f"val_{name}" for name in objectives if f"val_{name}" in names), "val_loss")
    name, separator, direction = asked.partition(":")
    check_choice(f"objective of {model!r}", name, names)
    if not separator:
        metric = known_metrics().get(name.removeprefix("val_"))
        high = metric.higher_is_better if metric else None
        if high is None and not name.endswith(_LOW_IS_GOOD):
            raise InputError(
                f"Say whether {name} is to be small or large, {name}:min or {name}:max. "
                f"Received: objective={asked!r}."
            )
        direction = "max" if high else "min"
    check_choice("direction of the objective", direction, DIRECTIONS)
    return Objective(name, direction)


class HeldOutScore(keras.callbacks.Callback):
    """Adds to the logs of an epoch the first objective of the task, if the model does not.

    It is computed of the held-out rows as `held_out` of the task says: of label sets at the
    threshold of the published grid that is best there, as `zoo.training.run` chooses it; of masks
    cut at 0.5, where the model sees crops, of those in the middle. It stands before the callbacks
    that use the score.

    Args:
        data: with held-out rows.
        averaged: whether the moving averages of the weights are scored, as what Keras evaluates
            is beside `SwapEMAWeights`.
    """

    def __init__(self, data: SplitData, averaged: bool = False) -> None:
        super().__init__()
        self._data, self._averaged = data, averaged

    def on_train_begin(self, logs=None):
        # Not in the constructor: keras-tuner copies callbacks.
        self._task = task_of(self.model, self._data)
        known = {metric.name for metric in self.model.metrics}
        self._name = None
        if self._task.held_out is None or self._task.objectives[0] in known:
            return
        self._name = f"val_{self._task.objectives[0]}"
        self._x, self._y = self._data.arrays("validation")
        if self.model.augments_labels:
            pair = self.model.augmentation([self._x, self._y], training=False)
            self._x, self._y = map(np.asarray, pair)

    def on_epoch_end(self, epoch, logs=None):
        if self._name is None or logs is None:
            return
        averages = [keras.callbacks.SwapEMAWeights()] if self._averaged else []
        settings = {"batch_size": self._data.batch_size, "verbose": 0}
        soft = self.model.predict(self._x, callbacks=averages, **settings)
        logs[self._name] = self._task.held_out(self._y, soft)
