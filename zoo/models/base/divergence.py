"""Keras callbacks that end or tell of a training whose loss grows beyond all use."""

import math
import warnings

import keras
import numpy as np

from zoo.errors import NonFiniteLossError


class StopOnNonFiniteLoss(keras.callbacks.Callback):
    """Stops training with `NonFiniteLossError` as soon as a term turns NaN or infinite.

    The message names the step and the term. It checks after every call of the training function,
    so a step is named exactly where `steps_per_execution` is 1. At the end of an epoch it checks
    the validation terms and the weights too, so that a checkpoint written after it is a good one.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        self._check(logs, f"at step {batch + 1} of epoch {self._epoch}")

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs, f"at the end of epoch {self._epoch}")
        for variable in self.model.trainable_variables:
            if not np.all(np.isfinite(keras.ops.convert_to_numpy(variable))):
                raise NonFiniteLossError(
                    f"Training stopped at the end of epoch {self._epoch}: the weights "
                    f"{variable.path} are not finite."
                )

    def _check(self, logs, where):
        losses = {name: value for name, value in (logs or {}).items() if name.endswith("loss")}
        # The total comes last: a term that is not finite is the cause of it.
        for name, value in sorted(losses.items(), key=lambda loss: loss[0] in ("loss", "val_loss")):
            if not math.isfinite(value):
                raise NonFiniteLossError(
                    f"Training stopped {where}: {name} is {float(value)}. "
                    "A smaller learning rate or float32 often helps."
                )


class WarnOfGrownLoss(keras.callbacks.Callback):
    """Warns where training ends with a loss that is orders above that of its first step.

    Such weights may be finite, and useless: those of a learning rate of 1e10, for example.

    Args:
        first: the loss of the first epoch of a training that goes on; None takes the first step's.
    """

    ORDERS = 1e3

    def __init__(self, first: float | None = None) -> None:
        super().__init__()
        self._first, self._last = first, 0.0

    def on_train_batch_end(self, batch, logs=None):
        if self._first is None:
            self._first = float(logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        self._last = float(logs["loss"])

    def on_train_end(self, logs=None):
        if self._first is not None and self._last > self.ORDERS * max(abs(self._first), 1.0):
            warnings.warn(
                f"The loss ended at {self._last:.3g} and began at {self._first:.3g}: the weights "
                "are finite, but likely useless. A smaller learning rate often helps.",
                stacklevel=2,
            )
