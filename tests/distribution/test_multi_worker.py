"""Real processes that train together, and what is told when one is gone."""

import json
import pathlib
import socket
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
import worker_processes
from worker_processes import LIMIT, configuration, finish, free_addresses, start, stop

import zoo
from zoo.distribution import multi_worker
from zoo.distribution.cluster import Cluster, read_cluster
from zoo.distribution.multi_worker import naming_lost_workers
from zoo.recipe import read_recipe
from zoo.training.runs import run


def test_other_versions_of_keras_are_refused(monkeypatch):
    monkeypatch.setattr(keras, "__version__", "3.150.0")
    with pytest.raises(zoo.InputError, match=r"tested with Keras 3.15. Received: Keras 3.150.0"):
        multi_worker._complete_keras.__wrapped__()


def test_a_process_that_has_used_tensorflow_cannot_join_a_cluster_any_more():
    tf.zeros(1)
    with pytest.raises(zoo.InputError, match="must choose its strategy before it uses TensorFlow"):
        multi_worker.multi_worker_strategy(read_cluster({"TF_CONFIG": configuration()}))


@pytest.fixture
def strategy_of(monkeypatch):
    """What stands for the strategy of worker 1 of a cluster: only its cluster is asked for."""

    def pretend(*addresses, place=1):
        tasks = tuple(("worker", index, address) for index, address in enumerate(addresses))
        monkeypatch.setattr(multi_worker, "cluster_of", lambda _: Cluster(tasks, place))

    return pretend


@pytest.fixture
def addresses():
    """Two addresses that answer, and one that does not."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    sockets[2].close()
    yield found
    for each in sockets:
        each.close()


NAMED = "tasks are unhealthy: /job:worker/replica:0/task:{}, seen by /job:worker/task:1"


@pytest.mark.parametrize(
    ("message", "dead", "named"),
    [
        # Whatever TensorFlow says, the worker that does not answer is gone.
        ("Socket closed", 2, "worker 2"),
        (NAMED.format(2), 2, "worker 2"),
        # It hangs, but its machine still answers.
        (NAMED.format(0), None, "worker 0"),
        ("Deadline Exceeded RPC: /tensorflow.CoordinationService/Heartbeat", None, "worker 0"),
    ],
)
@pytest.mark.parametrize(
    "kind", [tf.errors.UnavailableError, tf.errors.DeadlineExceededError, tf.errors.AbortedError]
)
def test_the_worker_that_is_gone_is_named(kind, message, dead, named, addresses, strategy_of):
    answering, other, silent = addresses
    third = silent if dead == 2 else other
    # Its own address is not asked.
    strategy_of(answering, "nowhere:1", third)
    with pytest.raises(zoo.errors.WorkerLostError, match=rf"stopped: {named} \(127.*\) is gone"):
        with naming_lost_workers(None):
            raise kind(None, None, message)


def test_errors_of_ones_own_stay_what_they_are(addresses, strategy_of):
    strategy_of(addresses[0], "nowhere:1", addresses[2])
    with pytest.raises(tf.errors.InvalidArgumentError), naming_lost_workers(None):
        raise tf.errors.InvalidArgumentError(None, None, "/job:worker/task:2 diverged")
    strategy_of(addresses[0], "nowhere:1", addresses[1])
    with pytest.raises(tf.errors.AbortedError), naming_lost_workers(None):
        raise tf.errors.AbortedError(None, None, "something else in /job:worker/task:1")


# Real processes, in the full tier.


def commands(folder):
    """Each worker with an output folder and a report of its own."""
    script = pathlib.Path(worker_processes.__file__)
    return [
        (script, [folder / f"output_{index}", folder / f"report_{index}.npz"]) for index in range(2)
    ]


def assert_same(ours, theirs, tolerance):
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=tolerance, atol=tolerance, err_msg=name)


def assert_same_weights(ours, theirs):
    ours, theirs = (keras.models.load_model(each / "model.keras") for each in (ours, theirs))
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=0, atol=1e-5, err_msg=one.path)


@pytest.mark.full
# A SPEN of an epoch or two knows no good threshold.
@pytest.mark.filterwarnings("ignore:The best threshold")
def test_two_workers_learn_what_one_process_learns(forks, tmp_path, request):
    """Recipes run whole, and each shape of step in `fit`."""
    # One after the other: three processes on two cores would wait for each other in every step.
    finish(start(forks, commands(tmp_path), tmp_path / "logs"), tmp_path / "logs")
    request.addfinalizer(worker_processes.draw_again)
    one = worker_processes.train(tmp_path / "one", "one")
    chief, other = (dict(np.load(tmp_path / f"report_{index}.npz")) for index in range(2))
    assert_same(chief, other, tolerance=0)
    assert_same(chief, one, tolerance=1e-4)
    for name in one:
        if name.startswith("fit "):
            np.testing.assert_allclose(chief[name], one[name], rtol=1e-5, atol=1e-5, err_msg=name)
    assert not (tmp_path / "output_1").exists(), "one writer"
    for recipe in worker_processes.recipes():
        ours, theirs = tmp_path / "output_0" / recipe.model, tmp_path / "one" / recipe.model
        assert_same_weights(ours, theirs)
        assert {path.name for path in ours.iterdir()} == {path.name for path in theirs.iterdir()}
        histories = [json.loads((each / "history.json").read_text()) for each in (ours, theirs)]
        assert_same(*histories, tolerance=1e-4)


EPOCHS = 8
SETTINGS = {
    "size": "(4,8)",
    "code_size": 4,
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "schedule": "constant",
    "batch_size": 256,
    "epochs": EPOCHS,
    "precision": "float32",
}


@pytest.mark.full
def test_a_worker_is_killed_and_all_go_on_from_the_checkpoint(forks, tmp_path):
    together, alone, logs = tmp_path / "together", tmp_path / "alone", tmp_path / "logs"

    command = ["train", "se_co/digits", "--output", together]
    command += ["--strategy", "multi_worker"]
    for key, value in SETTINGS.items():
        command += ["--set", f"{key}={value}"]
    addresses = free_addresses(2)
    processes = start(forks, [("zoo", command)] * 2, logs, addresses)
    try:
        deadline = time.monotonic() + LIMIT
        while not any((together / "checkpoint").glob("epoch-*.weights.h5")):
            assert all(each.poll() is None for each in processes), "ended before a checkpoint"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        processes[1].kill()
        assert processes[0].wait(60) == 1, "it stops within a minute"
    finally:
        stop(processes)
    shown = (logs / "worker_0.log").read_text()
    assert f"Training stopped: worker 1 ({addresses[1]}) is gone" in shown
    assert not (together / "results.json").exists()
    kept = [path.name for path in (together / "checkpoint").glob("*.json")]
    assert len(kept) == 1, "one whole checkpoint"

    finish(start(forks, [("zoo", [*command, "--resume"])] * 2, logs), logs)
    run(read_recipe(together / "recipe.json"), alone, strategy="one", verbose=0)
    assert_same_weights(together, alone)
    histories = [json.loads((each / "history.json").read_text()) for each in (together, alone)]
    assert_same(*histories, tolerance=1e-4)
    assert all(len(values) == EPOCHS for values in histories[0].values())
