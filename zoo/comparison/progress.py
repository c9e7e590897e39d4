"""How far several training runs are, and how long the rest will take, in one line."""

import math
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

import keras

from zoo.comparison.run_plan import PlannedRun
from zoo.registry import is_estimator

# Seconds between two lines: one that is overwritten, and one that stays in a file.
_TERMINAL, _PLAIN = 0.2, 10.0
_BAR = 10


class TimeLeft:
    """Estimates the seconds that runs will take, from those measured so far.

        estimate = Σ over runs of rows · epochs left · rate + runs · rest

    `rate` is in seconds per image and epoch: that of the recipe itself; before it is measured, the
    mean over the measured recipes of its data set; before that, over all measured recipes. `rest`
    is what a run takes outside its epochs (building, scoring, and all that an estimator does): the
    mean over the finished runs, 0 before that. The first epoch of a run compiles, so it counts only
    where the recipe has no other.
    """

    def __init__(self) -> None:
        self._images: dict[tuple[str, str], float] = {}
        self._seconds: dict[tuple[str, str], float] = {}
        self._first: dict[tuple[str, str], float] = {}
        self._rests: list[float] = []

    def add_epochs(self, run: PlannedRun, images: int, seconds: float, first: bool = False) -> None:
        """Notes the seconds that `images` (rows · epochs) took."""
        key = run.recipe.name, run.recipe.dataset
        if first:
            self._first[key] = seconds / images
            return
        self._images[key] = self._images.get(key, 0) + images
        self._seconds[key] = self._seconds.get(key, 0.0) + seconds

    def add_rest(self, seconds: float) -> None:
        """Notes the seconds that a finished run took outside its epochs."""
        self._rests.append(seconds)

    def estimate(self, left: Sequence[tuple[PlannedRun, float]]) -> float | None:
        """The seconds for runs with the images (rows · epochs) left in each; None if unknown."""
        rates = self._first | {
            key: self._seconds[key] / images for key, images in self._images.items()
        }
        if not rates and not self._rests:
            return None
        rest = sum(self._rests) / len(self._rests) if self._rests else 0.0
        return sum(rest + images * self._rate(rates, run) for run, images in left)

    def _rate(self, rates: dict[tuple[str, str], float], run: PlannedRun) -> float:
        name, dataset = run.recipe.name, run.recipe.dataset
        near = [rate for key, rate in rates.items() if key == (name, dataset)]
        near = near or [rate for key, rate in rates.items() if key[1] == dataset]
        near = near or list(rates.values())
        return sum(near) / max(1, len(near))


class Lines:
    """Writes lines that stay, and on a terminal a last one that is overwritten.

    A file or a pipe gets whole lines only, and a status at most every ten seconds unless `at_once`.

    Args:
        stream: where to write; None is standard output.
        clock: seconds from any start.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.clock = clock
        self._stream = sys.stdout if stream is None else stream
        self._shown = -math.inf
        self._open = False

    @property
    def interactive(self) -> bool:
        """Whether a line can be overwritten."""
        return self._stream.isatty()

    def due(self) -> bool:
        """Whether the last status is old enough for the next."""
        return self.clock() - self._shown >= (_TERMINAL if self.interactive else _PLAIN)

    def status(self, text: str, at_once: bool = False) -> None:
        """Writes where things are."""
        if not (at_once or self.due()):
            return
        self._shown = self.clock()
        if not self.interactive:
            self._write(text + "\n")
            return
        # A line that wraps could not be overwritten.
        self._write("\r\x1b[K" + text[: shutil.get_terminal_size().columns - 1])
        self._open = True

    def print(self, text: str) -> None:
        """Writes lines that stay."""
        self._write(("\r\x1b[K" if self._open else "") + text + "\n")
        self._open = False

    def _write(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


class Progress:
    """Says how far the runs are: the part of all images · epochs, the run, and the time.

    Args:
        runs: the runs to be trained, in order.
        rows: training rows by the recipe's name.
        lines: where to write.
        time_left: what is known of the speed of runs.
    """

    def __init__(
        self,
        runs: Sequence[PlannedRun],
        rows: Mapping[str, int],
        lines: Lines,
        time_left: TimeLeft | None = None,
    ) -> None:
        self.lines, self.clock = lines, lines.clock
        self.time_left = time_left or TimeLeft()
        self._runs = list(runs)
        self._images = [rows[run.recipe.name] * _passes(run) for run in runs]
        self._begun = self.clock()
        self._number, self._epoch, self._in_epochs = -1, 0.0, 0.0
        self._phase = ""

    def begin(self) -> keras.callbacks.Callback:
        """The next run starts; returns the callback that follows it."""
        self._number += 1
        self._epoch, self._in_epochs, self._run_begun = 0.0, 0.0, self.clock()
        estimator = is_estimator(self._runs[self._number].recipe.model)
        self._phase = "fitting and scoring" if estimator else "starting"
        self._show(at_once=True)
        return _Follow(self)

    def at(self, epoch: float) -> None:
        """The run is at `epoch`, counted from 0, with its part of an epoch."""
        self._epoch = epoch
        run = self._runs[self._number]
        self._phase = f"epoch {max(1, math.ceil(epoch))}/{run.recipe.epochs}"
        self._show()

    def add_epoch(self, epochs: int, seconds: float, first: bool) -> None:
        """The run has `epochs` whole epochs behind it; the last one took `seconds`."""
        run = self._runs[self._number]
        images = self._images[self._number] // run.recipe.epochs
        self.time_left.add_epochs(run, images, seconds, first)
        self._in_epochs += seconds
        self.at(epochs)

    def score(self) -> None:
        """The run has finished training, and is scored."""
        self._epoch = self._runs[self._number].recipe.epochs
        self._phase = "scoring"
        self._show(at_once=self.lines.interactive)

    def end(self) -> None:
        """The run is finished."""
        self.time_left.add_rest(self.clock() - self._run_begun - self._in_epochs)

    def line(self) -> str:
        """The line: part of all images · epochs, time left, run, seed, epoch, time gone."""
        run = self._runs[self._number]
        left = self._left()
        seconds = self.time_left.estimate(left)
        remaining = "time left unknown" if seconds is None else f"about {duration(seconds)} left"
        share = 1 - sum(images for _, images in left) / sum(self._images)
        done = int(_BAR * share)
        bar = f"[{'#' * done}{'.' * (_BAR - done)}] " if self.lines.interactive else ""
        return (
            f"{bar}{int(100 * share):3}%  {remaining}  run {self._number + 1}/{len(self._runs)} "
            f"{run.recipe.name} seed {run.recipe.seed} {self._phase}  "
            f"{duration(self.clock() - self._begun)} gone"
        )

    def _left(self) -> list[tuple[PlannedRun, float]]:
        """The runs that are not finished, each with its images · epochs to come."""
        left = list(zip(self._runs, map(float, self._images), strict=True))[self._number :]
        run, images = left[0]
        return [(run, images * (1 - self._epoch / run.recipe.epochs)), *left[1:]]

    def _show(self, at_once: bool = False) -> None:
        if at_once or self.lines.due():
            self.lines.status(self.line(), at_once=True)


def _passes(run: PlannedRun) -> int:
    """How often a run goes through its training rows."""
    return 1 if is_estimator(run.recipe.model) else run.recipe.epochs


class _Follow(keras.callbacks.Callback):
    """Tells a `Progress` of one run's batches and epochs."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress, self._first = progress, True

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._begun = epoch, self._progress.clock()
        self._progress.at(epoch)

    def on_train_batch_end(self, batch, logs=None):
        self._progress.at(self._epoch + min(batch + 1, self.params["steps"]) / self.params["steps"])

    def on_epoch_end(self, epoch, logs=None):
        self._progress.add_epoch(epoch + 1, self._progress.clock() - self._begun, self._first)
        self._first = False

    def on_train_end(self, logs=None):
        self._progress.score()


def duration(seconds: float) -> str:
    """Hours, minutes and seconds: 3661.2 is 1:01:01."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
