"""Training in stages: which part of a model moves, with which rate, for which share of a `fit`."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras

from zoo.errors import InputError, check_choice, check_number

Stage = tuple[str, float, float | None]


def read_stages(stages: Sequence[Sequence[Any]], parts: Sequence[str]) -> tuple[Stage, ...]:
    """Stages as triples (part, share, learning rate).

    Args:
        stages: pairs (part, share) or triples with a learning rate, in their order. The shares
            are relative: 10, 10 and 30 of `fit(epochs=50)` are so many epochs.
        parts: the parts that there are.

    Raises:
        InputError: no stages, an unknown part, a share that is not above 0, or a bad rate.
    """
    if isinstance(stages, str) or not isinstance(stages, Sequence) or not stages:
        raise InputError(
            "`stages` must be one or more (part, share, learning rate), for example "
            f"[('{parts[0]}', 10, 0.001)]. Received: stages={stages!r}."
        )
    found = []
    for stage in stages:
        if isinstance(stage, str) or not isinstance(stage, Sequence) or len(stage) not in (2, 3):
            raise InputError(
                "A stage must be (part, share) or (part, share, learning rate). Received: "
                f"{stage!r}."
            )
        part, share, rate = (*stage, None)[:3]
        check_choice("part of a stage", part, parts)
        check_number("share of a stage", share)
        if share == 0:
            raise InputError(f"The share of a stage must be above 0. Received: {stage!r}.")
        if rate is not None:
            check_number("learning rate of a stage", rate)
        found.append((part, float(share), None if rate is None else float(rate)))
    return tuple(found)


def first_epochs(stages: Sequence[Stage], epochs: int) -> list[int]:
    """The epoch, from 0, at which each stage begins; a stage may be too short for any epoch."""
    total, before, begins = sum(share for _, share, _ in stages), 0.0, []
    for _, share, _ in stages:
        begins.append(round(epochs * before / total))
        before += share
    return begins


class Stages(keras.callbacks.Callback):
    """Leads a model through its stages, `model.stages`, over the epochs of one `fit`.

    At the first epoch of a stage the model's `stage` becomes its part, the optimizers start anew
    (their moments and their count of steps) and the learning rate of the players becomes that of
    the stage. A fit that goes on in the middle of a stage goes on with what it has.

    Args:
        others: the callbacks of the same `fit`. One that goes by a loss would compare those of
            several stages, which is warned of.
    """

    def __init__(self, others: Sequence[keras.callbacks.Callback] = ()) -> None:
        super().__init__()
        self._judging = [each for each in others if _judges(each)]

    def on_epoch_begin(self, epoch, logs=None):
        stages = self.model.stages
        begins = first_epochs(stages, self.params["epochs"])
        self._warn_of_judges(epoch, begins[-1])
        index = _stage_at(begins, epoch)
        part, _, rate = stages[index]
        if self.model.stage != part:
            self.model.stage = part
            # What moves is decided while the step is traced.
            self.model.make_train_function(force=True)
            self.model.test_function = None
        if epoch != begins[index]:
            return
        optimizers = [self.model.optimizer]
        if self.model.adversary_role is not None:
            optimizers.append(self.model.adversary_optimizer)
        if epoch > 0:
            self.model.begin_stage(part, after=stages[_stage_at(begins, epoch - 1)][0])
            for optimizer in optimizers:
                _start_anew(optimizer)
        if rate is not None:
            _set_rate(self.model.optimizer, rate)

    def _warn_of_judges(self, epoch, last):
        losses = {"loss", *(tracker.name for tracker in self.model.term_trackers)}
        for each in self._judging:
            from_there = max(epoch, getattr(each, "start_from_epoch", 0)) >= last
            if each.monitor.removeprefix("val_") in losses and not from_there:
                warnings.warn(
                    f"{type(each).__name__} compares {each.monitor!r} of stages, each of which "
                    f"has a loss of its own; the last begins at epoch {last}, counted from 0, "
                    "which EarlyStopping takes as `start_from_epoch`.",
                    stacklevel=2,
                )
        self._judging = []


def _judges(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback of Keras looks for the best epoch."""
    kinds = keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau
    saves = isinstance(callback, keras.callbacks.ModelCheckpoint) and callback.save_best_only
    return isinstance(callback, kinds) or saves


def _stage_at(begins: Sequence[int], epoch: int) -> int:
    return max(i for i, begin in enumerate(begins) if begin <= epoch)


def with_stages(callbacks: Any) -> Any:
    """The callbacks of a `fit`, with `Stages` before the others."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.append(Stages(callbacks.callbacks))
        return callbacks
    others = keras.tree.flatten(callbacks) if callbacks else []
    return [Stages(others), *others]


def _start_anew(optimizer):
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    kept = [optimizer._learning_rate, *getattr(optimizer, "_model_variables_moving_average", ())]
    for variable in optimizer.variables:
        if not any(variable is one for one in kept):
            variable.assign(keras.ops.zeros_like(variable))


def _set_rate(optimizer, rate):
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        raise InputError(
            "A stage with a learning rate needs an optimizer without a schedule (a recipe: "
            f"schedule='constant'). Received: {type(optimizer._learning_rate).__name__}."
        )
    optimizer.learning_rate = rate
