"""What a search makes large or small: by name, by default, and where no model reports it."""

import keras
import keras_tuner
import numpy as np

from zoo.datasets import SplitData
from zoo.errors import InputError, check_choice
from zoo.metrics.structured_scores import THRESHOLDS, best_threshold, image_iou
from zoo.models import ZooModel

DIRECTIONS = ("min", "max")
_HIGH_IS_GOOD = ("val_accuracy", "val_active_units", "val_example_f1", "val_mean_iou")
_LOW_IS_GOOD = ("loss", "error")
# The first that a model reports.
_DEFAULTS = ("val_accuracy", "val_example_f1", "val_mean_iou", "val_reconstruction_error")
# Scores of held-out rows that some models do not report, by the task of the data.
_ADDED = {"multi_label": "val_example_f1", "segmentation": "val_mean_iou"}
_MASK_THRESHOLD = 0.5


def reported(model: ZooModel, data: SplitData) -> list[str]:
    """What is known after an epoch of the held-out rows: the names an objective may have.

    The loss, terms and metrics of the model, with `val_` before them; and of label sets
    `val_example_f1`, of masks `val_mean_iou`, which `HeldOutScore` adds where the model does not.
    """
    names = {f"val_{metric.name}" for metric in model.metrics}
    return sorted(names | ({_ADDED[data.task]} if data.task in _ADDED else set()))


def choose_objective(asked: str | None, names: list[str], model: str) -> keras_tuner.Objective:
    """The objective of a text, or the default one.

    By default the accuracy of a model that classifies, the example-averaged F1 of label sets, the
    mean IoU of masks, the reconstruction error of an auto-encoder, and the loss where there is
    none of these.

    Args:
        asked: NAME, NAME:min or NAME:max; None for the default.
        names: what the model reports.
        model: its name.

    Raises:
        InputError: a name that the model does not report, a direction that is none, or no
            direction for a name that does not tell it.
    """
    if asked is None:
        asked = next((name for name in _DEFAULTS if name in names), "val_loss")
    name, separator, direction = asked.partition(":")
    check_choice(f"objective of {model!r}", name, names)
    if not separator:
        if name not in _HIGH_IS_GOOD and not name.endswith(_LOW_IS_GOOD):
            raise InputError(
                f"Say whether {name} is to be small or large, {name}:min or {name}:max. "
                f"Received: objective={asked!r}."
            )
        direction = "max" if name in _HIGH_IS_GOOD else "min"
    check_choice("direction of the objective", direction, DIRECTIONS)
    return keras_tuner.Objective(name, direction)


def as_text(objective: keras_tuner.Objective) -> str:
    """NAME:DIRECTION."""
    return f"{objective.name}:{objective.direction}"


class HeldOutScore(keras.callbacks.Callback):
    """Adds to the logs of an epoch what the model does not report of the held-out rows itself.

    * `val_example_f1`: of label sets, at the threshold of the published grid that is best there,
      as `zoo.training.run` chooses it.
    * `val_mean_iou`: of masks cut at 0.5; where the model sees crops, of those in the middle.

    It stands before the callbacks that use the score.

    Args:
        data: with held-out rows.
    """

    def __init__(self, data: SplitData) -> None:
        super().__init__()
        self._data = data

    def on_train_begin(self, logs=None):
        # Not in the constructor: keras-tuner copies callbacks.
        names = {f"val_{metric.name}" for metric in self.model.metrics}
        self._name = _ADDED.get(self._data.task)
        if self._name in names:
            self._name = None
        if self._name is None:
            return
        self._x, self._y = self._data.arrays("validation")
        if self.model.augments_labels:
            pair = self.model.augmentation([self._x, self._y], training=False)
            self._x, self._y = map(np.asarray, pair)

    def on_epoch_end(self, epoch, logs=None):
        if self._name is None or logs is None:
            return
        soft = self.model.predict(self._x, batch_size=self._data.batch_size, verbose=0)
        if self._name == "val_example_f1":
            logs[self._name] = best_threshold(self._y, soft, thresholds=THRESHOLDS)[1]
        else:
            logs[self._name] = image_iou(self._y, soft > _MASK_THRESHOLD)
