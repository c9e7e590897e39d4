"""How far several training runs are, and how long the rest will take, in one line."""

import contextlib
import dataclasses
import functools
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TextIO

import keras
import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from zoo.comparison.run_plan import PlannedRun
from zoo.recipe import Recipe

# Seconds between two statuses: one that is overwritten, and one that stays in a file.
_TERMINAL, _PLAIN = 0.2, 10.0


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
        self._measured: dict[tuple[str, str], tuple[float, float]] = {}
        self._first: dict[tuple[str, str], float] = {}
        self._rests: list[float] = []

    def add_epochs(
        self, run: PlannedRun, images: float, seconds: float, first: bool = False
    ) -> None:
        """Notes the seconds that `images` (rows · epochs) took."""
        key = run.recipe.name, run.recipe.dataset
        if first:
            self._first[key] = seconds / images
        else:
            before = self._measured.get(key, (0, 0.0))
            self._measured[key] = before[0] + images, before[1] + seconds

    def add_rest(self, seconds: float) -> None:
        """Notes the seconds that a finished run took outside its epochs."""
        self._rests.append(seconds)

    def estimate(self, left: Sequence[tuple[PlannedRun, float]]) -> float | None:
        """The seconds for runs with the images (rows · epochs) left in each; None if unknown."""
        measured = {key: seconds / images for key, (images, seconds) in self._measured.items()}
        rates = self._first | measured
        if not rates and not self._rests:
            return None
        rest = statistics.fmean(self._rests or [0.0])
        return sum(rest + images * _rate(rates, run.recipe) for run, images in left)


def _rate(rates: Mapping[tuple[str, str], float], recipe: Recipe) -> float:
    key = recipe.name, recipe.dataset
    of_set = [rate for (_, dataset), rate in rates.items() if dataset == recipe.dataset]
    return rates[key] if key in rates else statistics.fmean(of_set or rates.values() or [0.0])


class Lines:
    """Writes lines that stay, and on a terminal a bar below them, which goes at the end of `with`.

    A file or a pipe gets whole lines only, and a status at most every ten seconds unless `at_once`.

    Args:
        stream: where to write; None is standard output.
        clock: seconds from any start.

    Attributes:
        interactive: whether a line can be overwritten.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.clock = clock
        self.interactive = (sys.stdout if stream is None else stream).isatty()
        self._console = Console(
            file=stream, force_terminal=self.interactive, markup=False, highlight=False, emoji=False
        )
        # Drawn when it is told to: a thread that draws would be lost where a process forks.
        text = TextColumn("{task.description}", markup=False)
        self._bar = Bar(
            BarColumn(10), text, console=self._console, auto_refresh=False, transient=True
        )
        self._task = self._bar.add_task("", total=1.0)
        self._shown = -math.inf

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *error: object) -> None:
        if self.interactive:
            self._bar.stop()

    def due(self) -> bool:
        """Whether the last status is old enough for the next."""
        return self.clock() - self._shown >= (_TERMINAL if self.interactive else _PLAIN)

    def status(self, text: str, share: float = 0.0, at_once: bool = False) -> None:
        """Writes where things are, with the share that is done."""
        if not (at_once or self.due()):
            return
        self._shown = self.clock()
        if not self.interactive:
            self.print(text)
            return
        self._bar.update(self._task, description=self._encodable(text), completed=share)
        self._bar.start()
        self._bar.refresh()

    def print(self, text: str) -> None:
        """Writes lines that stay."""
        self._console.print(self._encodable(text), soft_wrap=True)

    def _encodable(self, text: str) -> str:
        encoding = self._console.encoding
        return text.encode(encoding, "replace").decode(encoding)


class Follower(keras.callbacks.Callback):
    """Tells how far one run is: its epochs, whole and part, and the seconds of one that ended.

    Args:
        tell: called with them; the seconds are None within an epoch, and the epochs at the end of
            training.
        clock: seconds from any start.
    """

    def __init__(
        self,
        tell: Callable[[float | None, float | None], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__()
        self._tell, self._clock = tell, clock

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._begun = epoch, self._clock()
        self._tell(epoch, None)

    def on_train_batch_end(self, batch, logs=None):
        self._tell(self._epoch + min(1.0, (batch + 1) / self.params["steps"]), None)

    def on_epoch_end(self, epoch, logs=None):
        self._tell(epoch + 1, self._clock() - self._begun)

    def on_train_end(self, logs=None):
        self._tell(None, None)


@dataclasses.dataclass
class _Running:
    begun: float
    phase: str
    epochs: float = 0.0
    in_epochs: float = 0.0


class Progress:
    """Says how far the runs are: the part of all images · epochs, the run, and the time.

    Args:
        runs: the runs to be trained.
        rows: training rows by the recipe's name.
        lines: where to write.
        time_left: what is known of the speed of runs.
        jobs: how many runs are trained at once.
    """

    def __init__(
        self,
        runs: Sequence[PlannedRun],
        rows: Mapping[str, int],
        lines: Lines,
        time_left: TimeLeft | None = None,
        jobs: int = 1,
    ) -> None:
        self.lines, self.clock = lines, lines.clock
        self.time_left = time_left or TimeLeft()
        self._runs, self._jobs = list(runs), jobs
        self._images = [float(rows[run.recipe.name] * _passes(run)) for run in runs]
        self._begun = self.clock()
        self._running: dict[int, _Running] = {}
        self._ended: set[int] = set()

    def begin(self, number: int) -> Follower:
        """A run starts, counted from 0; returns a callback that follows it in this process."""
        in_epochs = self._runs[number].recipe.in_epochs
        phase = "starting" if in_epochs else "fitting and scoring"
        self._running[number] = _Running(self.clock(), phase)
        self._show(at_once=True)
        return Follower(functools.partial(self.hear, number), self.clock)

    def hear(self, number: int, epochs: float | None, seconds: float | None) -> None:
        """What a `Follower` tells of a run."""
        run, running = self._runs[number], self._running[number]
        whole = run.recipe.epochs
        if seconds is not None:
            first = not running.in_epochs
            self.time_left.add_epochs(run, self._images[number] / whole, seconds, first)
            running.in_epochs += seconds
        running.epochs = whole if epochs is None else epochs
        at = f"epoch {max(1, math.ceil(running.epochs))}/{whole}"
        running.phase = "scoring" if epochs is None else at
        self._show(at_once=epochs is None and self.lines.interactive)

    def end(self, number: int) -> None:
        """The run is finished."""
        running = self._running.pop(number)
        self._ended.add(number)
        self.time_left.add_rest(self.clock() - running.begun - running.in_epochs)

    def line(self) -> str:
        """The line: part of all images · epochs, time left, run, seed, epoch, time gone.

        Of several runs at once it has a line for each below it.
        """
        seconds = self.time_left.estimate(self._left())
        # At the end there are fewer runs than jobs.
        seconds = None if seconds is None else seconds / max(1, len(self._running))
        remaining = "time left unknown" if seconds is None else f"about {duration(seconds)} left"
        head = f"{int(100 * self.share()):3}%  {remaining}"
        gone = f"{duration(self.clock() - self._begun)} gone"
        runs = [
            f"run {number + 1}/{len(self._runs)} {self._runs[number].recipe.name} "
            f"seed {self._runs[number].recipe.seed} {running.phase}"
            for number, running in sorted(self._running.items())
        ]
        if self._jobs == 1:
            return f"{head}  {runs[0]}  {gone}"
        done = f"{len(self._ended)} of {len(self._runs)} runs done"
        return "\n".join([f"{head}  {done}  {gone}", *(f"      {run}" for run in runs)])

    def share(self) -> float:
        """The part of all images · epochs that is done."""
        return 1 - sum(images for _, images in self._left()) / sum(self._images)

    def _left(self) -> list[tuple[PlannedRun, float]]:
        """The runs that are not finished, each with its images · epochs to come."""
        left = []
        for number, run in enumerate(self._runs):
            if number not in self._ended:
                running = self._running.get(number)
                part = running.epochs / run.recipe.epochs if running else 0.0
                left.append((run, self._images[number] * (1 - part)))
        return left

    def _show(self, at_once: bool = False) -> None:
        if at_once or self.lines.due():
            self.lines.status(self.line(), self.share(), at_once=True)


@contextlib.contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Without a warning for each run: it traces its own functions, and not one again and again."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


def _passes(run: PlannedRun) -> int:
    """How often a run goes through its training rows."""
    return run.recipe.epochs if run.recipe.in_epochs else 1


def duration(seconds: float) -> str:
    """Hours, minutes and seconds: 3661.2 is 1:01:01."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
