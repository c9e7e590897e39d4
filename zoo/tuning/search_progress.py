"""How far a search is: one line for each trial that ended, and one for the trial that runs."""

from keras_tuner.engine.trial import Trial

from zoo.comparison.progress import Lines, duration
from zoo.tuning.trial_records import TrialRecord


class SearchProgress:
    """Says which trial runs, what each that ended has scored, and how long the rest will take.

    The time left is the time so far over the epochs so far, times those to come; a trial that
    ended early or failed counts as all of its epochs.

    Args:
        objective: the name of the score.
        trials: how many there will be; None in a worker, which knows of its own alone.
        epochs: those of a trial, on average.
        lines: where to write.

    Attributes:
        done: how many have ended.
    """

    def __init__(
        self,
        objective: str,
        trials: int | None,
        epochs: float,
        lines: Lines | None = None,
    ) -> None:
        self._objective = objective
        self._trials, self._mean_epochs = trials, epochs
        self.done = 0
        self.lines = lines or Lines()
        self._clock, self._begun = self.lines.clock, self.lines.clock()
        self._name, self._epoch, self._first, self._last = "", 0, 0, 0
        self._trained = 0.0

    def begin(self, trial: Trial) -> None:
        """A trial begins."""
        values = trial.hyperparameters.values
        self._name = trial.trial_id
        # Hyperband says which epochs a trial is to train.
        self._first = self._epoch = values.get("tuner/initial_epoch", 0)
        self._last = values.get("tuner/epochs", round(self._mean_epochs))
        self._show(at_once=self.lines.interactive)

    def epoch(self, epoch: int) -> None:
        """The running trial has `epoch` epochs behind it."""
        self._epoch = epoch
        self._show()

    def end(self, record: TrialRecord, best: TrialRecord | None = None) -> None:
        """A trial has ended, and which is the best so far."""
        self.done += 1
        self._trained += self._last - self._first if self._name else self._mean_epochs
        self._name = ""
        parts = [f"trial {record.trial}"]
        if record.score is not None:
            parts.append(f"{self._objective} {record.score:.4f}")
        else:
            parts.append(f"{record.state}: {record.cause}" if record.cause else record.state)
        if best is not None:
            parts.append(f"best {best.score:.4f} (trial {best.trial})")
        parts.append(f"{record.epochs} epochs in {record.seconds:.1f} s")
        parts += [f"{key}={_short(value)}" for key, value in record.values.items()]
        if self._trials is not None:
            left = self.remaining() if self.done < self._trials else "done"
            parts.append(f"{self.done}/{self._trials} trials, {left}")
        self.lines.print("  ".join(parts))

    def remaining(self) -> str:
        """The time left, in words."""
        trained = self._trained + (self._epoch - self._first if self._name else 0)
        if self._trials is None or not trained:
            return "time left unknown"
        left = (self._trials - self.done) * self._mean_epochs
        if self._name:
            left += self._last - self._epoch - self._mean_epochs
        seconds = (self._clock() - self._begun) / trained * max(left, 0.0)
        return f"about {duration(seconds)} left"

    def line(self) -> str:
        """The line of the running trial."""
        parts = [f"trial {self._name} epoch {self._epoch}/{self._last}"]
        if self._trials is not None:
            parts += [f"{self.done}/{self._trials} trials done", self.remaining()]
        parts.append(f"{duration(self._clock() - self._begun)} gone")
        return "  ".join(parts)

    def _show(self, at_once: bool = False) -> None:
        self.lines.status(self.line(), self.done / (self._trials or 1), at_once)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace(" ", "")
