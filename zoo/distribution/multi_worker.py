"""Several machines: their strategy, what Keras 3 lacks under it, one writer, who is gone.

TensorFlow's `MultiWorkerMirroredStrategy` does the work. Here is what it takes around it: two
changes to Keras's trainer (T16), one worker, the chief, that reads and writes for all, and the
name of a worker that is lost.
"""

import contextlib
import functools
import json
import logging
import pathlib
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.distribution.cluster import TASK_TYPES, Cluster
from zoo.errors import InputError, WorkerLostError

# The versions of Keras whose trainer `_complete_keras` was tested with.
TESTED_KERAS = ("3.15",)
# What TensorFlow raises when a connection fails, depending on who notices it first.
_CONNECTION_ERRORS = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnknownError,
)


@functools.cache
def multi_worker_strategy(cluster: Cluster) -> tf.distribute.MultiWorkerMirroredStrategy:
    """The strategy that trains on a cluster; a process has one (T5).

    It waits for all workers, an hour at most, and says so.

    Raises:
        InputError: the process has used TensorFlow before, cannot listen at its address, or
            Keras is of a version that this was not tested with.
    """
    _complete_keras()
    addresses: dict[str, list[str]] = {}
    for name, _, address in cluster.tasks:
        addresses.setdefault(name, []).append(address)
    name, index, address = cluster.tasks[cluster.place]
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(addresses),
        task_type=name,
        task_id=index,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )
    others = ", ".join(address for _, _, address in cluster.others)
    logging.getLogger(__name__).warning("%s %d waits for the others: %s", name, index, others)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
    except RuntimeError as error:
        raise InputError(
            "A process that trains with other workers must choose its strategy before it uses "
            f"TensorFlow for anything else. {error}"
        ) from error
    except tf.errors.UnknownError as error:
        raise InputError(
            f"Cannot listen at {address}, the address of {name} {index}: another process may have "
            f"its port. {_first_line(error)}"
        ) from error


def cluster_of(strategy: tf.distribute.Strategy) -> Cluster | None:
    """The cluster that a strategy trains on; None for the strategies of one machine."""
    resolver = strategy.cluster_resolver
    if resolver is None:
        return None
    cluster = resolver.cluster_spec().as_dict()
    tasks = [
        (name, index, address)
        for name in TASK_TYPES
        for index, address in enumerate(cluster.get(name, []))
    ]
    known = [(name, index) for name, index, _ in tasks]
    return Cluster(tuple(tasks), known.index((resolver.task_type, resolver.task_id)))


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes what all its workers learn; true on one machine."""
    cluster = cluster_of(strategy)
    return cluster is None or cluster.is_chief


def from_chief(strategy: tf.distribute.Strategy, make: Callable[[], Any]) -> Any:
    """What `make` returns to the chief, on all workers; the others wait for it.

    Args:
        strategy: the strategy of the workers; on one machine `make` is just called.
        make: called on the chief alone; returns what JSON can hold.

    Raises:
        InputError: `make` raised one; then all workers do.
    """
    cluster = cluster_of(strategy)
    if cluster is None:
        return make()
    if not cluster.is_chief:
        told = json.loads(_bytes_from_chief(strategy, b""))
        if "error" in told:
            raise InputError(told["error"])
        return told["value"]
    try:
        value = make()
    except InputError as error:
        _bytes_from_chief(strategy, json.dumps({"error": str(error)}).encode())
        raise
    _bytes_from_chief(strategy, json.dumps({"value": value}).encode())
    return value


@contextlib.contextmanager
def file_from_chief(strategy: tf.distribute.Strategy, path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The path of a file of the chief's: its own there, that of a copy on all other workers."""
    cluster = cluster_of(strategy)
    if cluster is None:
        yield path
        return
    content = _bytes_from_chief(strategy, path.read_bytes() if cluster.is_chief else b"")
    if cluster.is_chief:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, path.name)
        copy.write_bytes(content)
        yield copy


def alone(model: keras.Model) -> keras.Model:
    """A model that this process can use by itself: a copy of one that a strategy trains.

    Under several machines `predict` and `evaluate` are calls that all workers must make.
    """
    if model.distribute_strategy is tf.distribute.get_strategy():
        return model
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.keras")
        model.save(path)
        return keras.models.load_model(path)


@contextlib.contextmanager
def naming_lost_workers(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Turns what TensorFlow raises when a worker is gone into one sentence that names it.

    TensorFlow notices within seconds: at once where the connection breaks, otherwise by the
    heartbeats of its coordination service.

    Raises:
        WorkerLostError: in place of TensorFlow's error.
    """
    try:
        yield
    except _CONNECTION_ERRORS as error:
        cluster = cluster_of(strategy)
        lost = _lost(cluster, str(error)) if cluster else []
        if not lost:
            raise
        names = " and ".join(f"{name} {index} ({address})" for name, index, address in lost)
        raise WorkerLostError(
            f"Training stopped: {names} {'is' if len(lost) == 1 else 'are'} gone. Start all "
            "workers again with `--resume` to go on from the last whole epoch."
        ) from error


def _lost(cluster: Cluster, message: str) -> list[tuple[str, int, str]]:
    """The workers that cannot be reached, of those that a message names if it names any."""
    found = re.findall(r"/job:(\w+)(?:/replica:\d+)?/task:(\d+)", message)
    named = [task for task in cluster.others if (task[0], str(task[1])) in found]
    if not named and "CoordinationService" in message and not cluster.is_chief:
        # The service that counts the heartbeats runs in the chief.
        named = [cluster.tasks[0]]
    unreachable = [task for task in cluster.others if not _answers(task[2])]
    return [task for task in named if task in unreachable] or unreachable or named


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
            return True
    except OSError:
        return False


def _bytes_from_chief(strategy: tf.distribute.Strategy, content: bytes) -> bytes:
    """The chief's bytes, as a sum to which the other workers add zeros."""
    size = int(_sum(strategy, np.asarray([len(content)], "float64"))[0])
    # As floats, which every device can add; a byte is one of 256 of them.
    numbers = np.zeros(size, "float32")
    numbers[: len(content)] = np.frombuffer(content, "uint8")
    return _sum(strategy, numbers).astype("uint8").tobytes()


def _sum(strategy: tf.distribute.Strategy, numbers: np.ndarray) -> np.ndarray:
    """The sum over the workers, on each of them."""
    return strategy.reduce("SUM", tf.identity(numbers), axis=None).numpy()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@functools.cache
def _complete_keras() -> None:
    """Lets Keras `fit` under a strategy of several machines, on which it fails (T16).

    A narrow change, which leaves all other strategies alone: the scalars that a step returns are
    averaged over the replicas. Keras averages over their first axis, which they do not have.
    """
    if not keras.__version__.startswith(tuple(f"{version}." for version in TESTED_KERAS)):
        raise InputError(
            "Training on several machines completes Keras's own trainer, which was tested with "
            f"Keras {' and '.join(TESTED_KERAS)}. Received: Keras {keras.__version__}."
        )
    from keras.src.backend.tensorflow import trainer as keras_trainer

    reduce_per_replica = keras_trainer.reduce_per_replica

    def reduce_scalars(values, strategy, reduction):
        if cluster_of(strategy) is None or reduction not in ("auto", "mean"):
            return reduce_per_replica(values, strategy, reduction)
        return keras.tree.map_structure(
            lambda value: strategy.reduce("MEAN", value, axis=None), values
        )

    keras_trainer.reduce_per_replica = reduce_scalars
