"""zoo/comparison/jobs.py: several processes give what one gives, also where one is killed."""

import contextlib
import io
import json
import multiprocessing
import os
import pathlib
import signal
import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from tiny_runs import recipe

import zoo
import zoo.comparison.jobs
from zoo.comparison.job_process import work
from zoo.comparison.jobs import _share, train_in_jobs
from zoo.comparison.progress import Lines, Progress
from zoo.comparison.recipes import compare_recipes
from zoo.comparison.run_plan import PlannedRun
from zoo.interruption import Terminated
from zoo.training.finished_runs import load_run

RECIPES = [
    recipe("ae", epochs=12),
    zoo.Recipe("crc/digits", "crc", "digits"),
]


def compare(output, **settings):
    return compare_recipes(RECIPES, output, reducers=False, stream=io.StringIO(), **settings)


@pytest.fixture
def two_cores():
    """Jobs have a thread each, as all else here: sums in other parts round otherwise."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:2])
    yield
    os.sched_setaffinity(0, cores)


def kill_once_begun(folder, killed):
    """Kills the process that has a run, in its third epoch or later."""
    while not list(folder.glob("checkpoint/epoch-000[2-9].weights.h5")):
        time.sleep(0.02)
    process = json.loads((folder / ".claim").read_text())["pid"]
    os.kill(process, signal.SIGKILL)
    killed.append(process)


@pytest.mark.full
def test_two_jobs_of_which_one_is_killed_end_as_one_process(two_cores, tmp_path, optimized):
    alone = compare(tmp_path / "alone")
    folder, killed = tmp_path / "jobs" / "runs" / "ae" / "digits" / "seed_0", []
    killer = threading.Thread(target=kill_once_begun, args=(folder, killed), daemon=True)
    killer.start()
    with pytest.raises(zoo.errors.WorkerLostError, match=r"ae/digits \(seed 0\)"):
        compare(tmp_path / "jobs", jobs=2)
    assert killed and killed != [os.getpid()]
    assert not multiprocessing.active_children(), "all of them end with the command"
    held = json.loads((folder / "recipe.json").read_text())
    together = compare(tmp_path / "jobs", jobs=2)
    assert not multiprocessing.active_children()
    assert json.loads((folder / "recipe.json").read_text()) == held
    for one, other in zip(alone, together, strict=True):
        assert one.run.results["scores"] == other.run.results["scores"], one.recipe.name
        assert one.run.history == other.run.history
    models = [load_run(tmp_path / each / "runs/ae/digits/seed_0") for each in ("alone", "jobs")]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


# Without processes: both ends of a pipe are here.


@pytest.fixture
def ends():
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        yield ours, theirs


def test_a_process_tells_how_far_it_is_and_how_a_run_ended(ends, tmp_path, monkeypatch):
    outcomes = [None, "a term is nan", zoo.InputError("in use"), Terminated()]

    def train(recipe, folder, follower, settings):
        assert (recipe.name, folder, settings) == ("ae/digits", tmp_path, {"track": ()})
        follower.on_epoch_begin(len(outcomes))
        outcome = outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(zoo.comparison.jobs, "train", train)
    monkeypatch.setattr("zoo.comparison.job_process._end_with_parent", lambda: None)
    before = signal.getsignal(signal.SIGINT)
    for _ in range(4):
        ends[0].send((recipe().to_json(), tmp_path))
    work(ends[1], {"track": ()})
    assert signal.signal(signal.SIGINT, before) == signal.SIG_IGN
    told = [ends[0].recv() for _ in range(7)]
    assert [each for each in told if each[0] == "at"] == [("at", n, None) for n in (4, 3, 2, 1)]
    ended = [each for each in told if each[0] != "at"]
    assert ended[:2] == [("ended", None), ("ended", "a term is nan")]
    kind, error = ended[2]
    assert kind == "failed" and isinstance(error, zoo.InputError) and str(error) == "in use"
    assert "in train" in error.__notes__[0], "where it went wrong in the other process"


@pytest.mark.parametrize("outcome", [zoo.InputError("in use"), None], ids=["it fails", "it dies"])
def test_who_is_done_takes_the_next_run_and_a_failure_ends_all(ends, outcome, monkeypatch):
    ours, theirs = ends

    @contextlib.contextmanager
    def processes(count, jobs, settings):
        yield [ours]

    monkeypatch.setattr(zoo.comparison.jobs, "_processes", processes)
    runs = [PlannedRun(recipe(seed=seed), pathlib.Path(str(seed)), False) for seed in range(3)]
    progress = Progress(runs, {"ae/digits": 10}, Lines(io.StringIO()), jobs=2)
    trained = train_in_jobs(runs, 2, progress)
    theirs.send(("at", 0.5, None))
    theirs.send(("ended", "a term is nan"))
    assert next(trained) == (runs[0], "a term is nan")
    assert [theirs.recv()[1].name for _ in range(2)] == ["0", "1"]
    if outcome is None:
        theirs.close()
        with pytest.raises(zoo.errors.WorkerLostError, match=r"ae/digits \(seed 1\)"):
            next(trained)
        return
    theirs.send(("failed", outcome))
    with pytest.raises(zoo.InputError, match="in use"):
        next(trained)


@pytest.mark.parametrize(
    ("cores", "jobs", "shares"),
    [
        ({0, 1, 2, 3}, 2, [{0, 2}, {1, 3}]),
        ({4, 6, 9}, 2, [{4, 9}, {6}]),
        ({4, 6}, 3, [{4}, {6}, {4}]),
    ],
)
def test_each_job_has_its_share_of_cores_and_gpus(cores, jobs, shares, monkeypatch):
    held = [cores]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: held[-1])
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cores: held.append(set(cores)))
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [None] * len(cores))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", ",".join(map(str, sorted(cores))))
    before = dict(os.environ)
    for number, share in enumerate(shares):
        with _share(number, jobs):
            assert set(held[-1]) == share
            assert os.environ["CUDA_VISIBLE_DEVICES"] == ",".join(map(str, sorted(share)))
            alone = jobs <= len(cores)
            assert alone == ("TF_FORCE_GPU_ALLOW_GROWTH" not in os.environ)
        assert held[-1] == cores and dict(os.environ) == before
