"""The runs of a comparison, trained: one after the other here, or several at once by processes."""

import contextlib
import multiprocessing
import os
import pathlib
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

import keras
import tensorflow as tf

from zoo.comparison.job_process import work
from zoo.comparison.progress import Follower, Progress, quiet_tensorflow
from zoo.comparison.run_plan import PlannedRun
from zoo.datasets.names import maker_of
from zoo.errors import NonFiniteLossError, WorkerLostError
from zoo.recipe import Recipe
from zoo.training import run
from zoo.training.run_folder import held_recipe

# A run that has ended, and what went wrong where it diverged.
Ended = tuple[PlannedRun, str | None]

# Seconds in which a process is to let go of its run.
_PATIENCE = 10
_GROWTH = "TF_FORCE_GPU_ALLOW_GROWTH"


def train_in_turn(
    runs: Sequence[PlannedRun], progress: Progress, **settings: Any
) -> Iterator[Ended]:
    """Trains runs here; gives each when it has ended.

    Args:
        runs: the runs to be trained.
        progress: of these runs.
        **settings: of `zoo.training.run`.
    """
    for number, planned in enumerate(runs):
        follower = progress.begin(number)
        diverged = train(planned.recipe, planned.folder, follower, settings)
        progress.end(number)
        yield planned, diverged


def train_in_jobs(
    runs: Sequence[PlannedRun], jobs: int, progress: Progress, **settings: Any
) -> Iterator[Ended]:
    """The same by processes, each with its share of the cores and the GPUs of this one.

    Whoever is done takes the next run. All of them end with the iterator, however it ends, and
    with this process.

    Raises:
        WorkerLostError: a process was killed, as where memory is short.
    """
    left = iter(range(len(runs)))
    running: dict[Connection, int] = {}

    def give(job: Connection) -> None:
        number = next(left, None)
        if number is not None:
            running[job] = number
            progress.begin(number)
            recipe = runs[number].recipe
            made = [each for each in [maker_of(recipe.dataset)] if each]
            job.send((recipe.with_sources(*made).to_json(), runs[number].folder))

    with _processes(min(jobs, len(runs)), jobs, settings) as connections:
        for job in connections:
            give(job)
        while running:
            for job in wait(list(running)):
                number = running[job]
                try:
                    kind, *told = job.recv()
                except (EOFError, ConnectionError):
                    recipe = runs[number].recipe
                    raise WorkerLostError(
                        f"The process of {recipe.name} (seed {recipe.seed}) was killed, maybe for "
                        "want of memory; the same command goes on from the last whole epoch."
                    ) from None
                if kind == "failed":
                    raise told[0]
                if kind == "at":
                    progress.hear(number, *told)
                    continue
                del running[job]
                progress.end(number)
                give(job)
                yield runs[number], *told


@contextlib.contextmanager
def _processes(count: int, jobs: int, settings: dict[str, Any]) -> Iterator[list[Connection]]:
    """`count` processes, each with one of `jobs` shares: fewer runs have no more threads."""
    context = multiprocessing.get_context("spawn")
    processes, connections = [], []
    try:
        for number in range(count):
            ours, theirs = context.Pipe()
            connections.append(ours)
            with theirs, _share(number, jobs):
                # It alone has the other end, which closes with it.
                process = context.Process(target=work, args=(theirs, settings))
                process.start()
            processes.append(process)
        yield connections
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(_PATIENCE)
            process.kill()
            process.join()


@contextlib.contextmanager
def _share(number: int, jobs: int) -> Iterator[None]:
    """What is started inside has one of `jobs` shares of the cores and the GPUs.

    A library counts the cores that it may use, and has as many threads.
    """
    before = {name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", _GROWTH)}
    gpus = len(tf.config.list_physical_devices("GPU"))
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if gpus:
        names = (before["CUDA_VISIBLE_DEVICES"] or ",".join(map(str, range(gpus)))).split(",")
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(names[number % gpus : gpus : jobs])
        # Several on one GPU: none takes all of its memory.
        os.environ |= {_GROWTH: "true"} if jobs > gpus else {}
    try:
        if cores:
            os.sched_setaffinity(0, sorted(cores)[number % len(cores) :: jobs])
        yield
    finally:
        if cores:
            os.sched_setaffinity(0, cores)
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ |= {} if value is None else {name: value}


def train(
    recipe: Recipe, folder: pathlib.Path, follower: Follower, settings: dict[str, Any]
) -> str | None:
    """Trains a run, or goes on with it; returns what went wrong where it diverged."""
    resume = held_recipe(folder) is not None
    try:
        with quiet_tensorflow():
            run(recipe, folder, resume=resume, callbacks=[follower], verbose=0, **settings)
    except NonFiniteLossError as error:
        return str(error)
    finally:
        # The graphs and the optimizer of a run are of no use to the next.
        keras.utils.clear_session()
    return None
