"""Clusters: the workers that train together, as TF_CONFIG or Slurm names them."""

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from zoo.errors import InputError

TASK_TYPES = ("chief", "worker")
# Of Slurm's jobs: above the reserved ports, below those that systems give out by themselves.
_FIRST_PORT, _PORTS = 12_000, 16_000


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers that train one model together, and which of them this process is.

    Attributes:
        tasks: (type, index, address) of each, the chief first.
        place: the place of this process among them.
    """

    tasks: tuple[tuple[str, int, str], ...]
    place: int

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes: the chief, or else worker 0."""
        return self.place == 0

    @property
    def others(self) -> list[tuple[str, int, str]]:
        """The tasks of all other processes."""
        return [task for place, task in enumerate(self.tasks) if place != self.place]


def read_cluster(environment: Mapping[str, str] = os.environ) -> Cluster | None:
    """The cluster that the environment variable TF_CONFIG names; None where it is not set.

    For example, in the second of two workers:

        {"cluster": {"worker": ["a:12345", "b:12345"]}, "task": {"type": "worker", "index": 1}}

    Raises:
        InputError: it is no such JSON, names no worker or tasks of another type, or a task that
            is not in its cluster.
    """
    text = environment.get("TF_CONFIG", "").strip()
    if not text:
        return None
    try:
        config = json.loads(text)
    except ValueError as error:
        raise InputError(f"TF_CONFIG is no JSON: {error}. Received: {text!r}.") from error
    cluster = config.get("cluster") if isinstance(config, dict) else None
    if not isinstance(cluster, dict) or not any(cluster.get(name) for name in TASK_TYPES):
        raise InputError(
            'TF_CONFIG names no worker; it needs {"cluster": {"worker": ["HOST:PORT", ...]}, '
            f'"task": {{"type": "worker", "index": 0}}}}. Received: {text}.'
        )
    tasks = []
    for name in (*TASK_TYPES, *sorted(cluster.keys() - set(TASK_TYPES))):
        addresses = cluster.get(name, [])
        if name not in TASK_TYPES:
            raise InputError(
                f"The cluster of TF_CONFIG may have a chief and workers. Received: {name!r}."
            )
        if not isinstance(addresses, list) or not all(map(_is_address, addresses)):
            raise InputError(
                f"TF_CONFIG must list the addresses of each {name} as HOST:PORT. "
                f"Received: {addresses!r}."
            )
        tasks += [(name, index, address) for index, address in enumerate(addresses)]
    task = config.get("task")
    mine = (task.get("type"), task.get("index")) if isinstance(task, dict) else (None, None)
    if isinstance(mine[1], str) and mine[1].isdecimal():
        mine = mine[0], int(mine[1])
    known = [(name, index) for name, index, _ in tasks]
    if mine not in known or isinstance(mine[1], bool):
        allowed = ", ".join(f"{name} {index}" for name, index in known)
        raise InputError(
            f"The task of TF_CONFIG must be one of its cluster: {allowed}. Received: task={task!r}."
        )
    if len({address for _, _, address in tasks}) < len(tasks):
        raise InputError(f"Two workers of TF_CONFIG have one address. Received: {cluster}.")
    return Cluster(tuple(tasks), known.index(mine))


def slurm_cluster() -> Cluster | None:
    """The cluster of the tasks of a Slurm job step; None outside of one.

    The port follows from the number of the job, so that two jobs can share a machine.

    Raises:
        InputError: Slurm's variables are not all there.
    """
    if "SLURM_STEP_NUM_TASKS" not in os.environ:
        return None
    try:
        port = _FIRST_PORT + int(os.environ["SLURM_JOB_ID"]) % _PORTS
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=port,
            # It asks for GPUs, which a cluster may do without; each worker takes those it sees.
            gpus_per_node=int(os.environ["SLURM_STEP_NUM_TASKS"]),
            gpus_per_task=1,
            auto_set_gpu=False,
        )
        addresses = resolver.cluster_spec().as_dict()["worker"]
        # The resolver sorts the machines by name, n10 before n9, and Slurm by number: a task is
        # known by its machine, not by its rank.
        machine, local = os.environ["SLURMD_NODENAME"], int(os.environ["SLURM_LOCALID"])
        place = addresses.index(f"{machine}:{port + local}")
    except (KeyError, ValueError, RuntimeError) as error:
        raise InputError(f"The variables of this Slurm job step do not fit: {error}.") from error
    tasks = tuple(("worker", index, address) for index, address in enumerate(addresses))
    return Cluster(tasks, place)


def _is_address(address: Any) -> bool:
    return isinstance(address, str) and re.fullmatch(r"[^/\s]+:\d{1,5}", address) is not None
