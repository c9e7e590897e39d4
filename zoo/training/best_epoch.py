"""The epoch with the best score of held-out rows: where training stops, and what is kept of it."""

import pathlib

import keras

from zoo.distribution.multi_worker import file_from_chief, is_chief
from zoo.files import sha256_of, whole_file
from zoo.kinds import task_of
from zoo.models.base.stages import first_epochs
from zoo.training.callbacks import Checkpoint
from zoo.training.held_out import Objective, choose_objective, reported


class BestEpoch(keras.callbacks.Callback):
    """Stops where the score of held-out rows gets no better, and keeps the weights of its best.

    All that it knows is the history of the checkpoint, before which it stands: a run that was
    killed goes on as if it had not been. A model trained by stages is judged from the last one on,
    because a part of it that has not moved yet may still better the score.

    Args:
        objective: the score.
        checkpoint: of the run.
        start: the first epoch that counts, from 0.
        patience: epochs without a better score after which training stops; None never stops.
        restore: whether the weights of the best epoch are kept, and taken at the end.
    """

    def __init__(
        self,
        objective: Objective,
        checkpoint: Checkpoint,
        start: int,
        patience: int | None,
        restore: bool,
    ) -> None:
        super().__init__()
        self._objective, self._checkpoint, self._start = objective, checkpoint, start
        self._patience, self._restore = patience, restore

    @property
    def best(self) -> int | None:
        """The best epoch of the history, from 0; None before the first that counts."""
        values = self._checkpoint.history.get(self._objective.name, [])[self._start :]
        return self._start + self._objective.best(values) if values else None

    @property
    def done(self) -> bool:
        """Whether the history has waited long enough for a better score."""
        best, last = self.best, self._checkpoint.epoch - 1
        return None not in (self._patience, best) and last - best >= self._patience

    def on_epoch_end(self, epoch, logs=None):
        best, score = self.best, logs[self._objective.name]
        if epoch < self._start:
            return
        history = self._checkpoint.history.get(self._objective.name, [])
        is_best = best is None or self._objective.best([history[best], score]) == 1
        if self._patience is not None and not is_best and epoch - best >= self._patience:
            self.model.stop_training = True
        if self._restore and is_chief(self.model.distribute_strategy):
            # The weights of the best epoch of the history stay until a checkpoint has the new one.
            for old in self._checkpoint.folder.glob("best-*.weights.h5"):
                if best is None or old != self._file(best):
                    old.unlink()
            if is_best:
                with whole_file(self._file(epoch)) as path:
                    self.model.save_weights(path)
                    self._checkpoint.beside = {self._file(epoch).name: sha256_of(path)}

    def take(self, model: keras.Model) -> None:
        """Gives the model the weights of the best epoch, if they are to be restored."""
        if self._restore and self.best is not None:
            with file_from_chief(model.distribute_strategy, self._file(self.best)) as path:
                model.load_weights(path)

    def _file(self, epoch: int) -> pathlib.Path:
        return self._checkpoint.folder / f"best-{epoch + 1:04d}.weights.h5"


def best_epoch(model, recipe, data, checkpoint: Checkpoint) -> BestEpoch | None:
    """What the fields `patience` and `restore_best` of a recipe ask for; None where they do not.

    The score is that of `zoo.training.held_out.choose_objective`.
    """
    if recipe.patience is None and not recipe.restore_best:
        return None
    task, stages = task_of(model, data), getattr(model, "stages", ())
    objective = choose_objective(None, reported(model, task), recipe.model, task.objectives)
    start = first_epochs(stages, recipe.epochs)[-1] if stages else 0
    return BestEpoch(objective, checkpoint, start, recipe.patience, recipe.restore_best)
