"""Which devices a run uses, and the precision they compute in."""

import functools
import os
import pathlib

import tensorflow as tf

from zoo.distribution.cluster import read_cluster, slurm_cluster
from zoo.distribution.multi_worker import multi_worker_strategy
from zoo.errors import InputError, check_choice
from zoo.settings.choices import STRATEGIES

# One of several jobs has its share of the cores.
_AFFINITY = hasattr(os, "sched_getaffinity")


def choose_strategy(name: str = "auto") -> tf.distribute.Strategy:
    """The tf.distribute strategy of a name.

    Args:
        name: `"one"` uses the default device; `"mirrored"` every GPU of this machine, or its
            logical CPUs where there is no GPU; `"multi_worker"` every GPU of the machines that
            TF_CONFIG names, or of a Slurm job step without it; `"auto"` is the last where
            TF_CONFIG names several workers, and mirrors where this machine has several GPUs.
            The batch size of a recipe is the global one, shared by the replicas.

    Raises:
        InputError: an unknown name, or several machines that cannot work together; see
            `read_cluster` and `multi_worker_strategy`.
    """
    check_choice("strategy", name, STRATEGIES)
    if name in ("auto", "multi_worker"):
        cluster = read_cluster()
        if name == "multi_worker":
            cluster = cluster or slurm_cluster()
            if cluster is None:
                raise InputError(
                    "Strategy 'multi_worker' needs the environment variable TF_CONFIG, which "
                    "names the workers, or a Slurm job step. Received: neither."
                )
        if cluster is not None and len(cluster.tasks) > 1:
            return multi_worker_strategy(cluster)
        # A cluster of one is this machine.
        name = "auto"
    gpus = tf.config.list_logical_devices("GPU")
    if name == "one" or (name == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    devices = gpus or tf.config.list_logical_devices("CPU")
    return _mirrored(tuple(device.name for device in devices))


def choose_precision(name: str = "auto") -> str:
    """The Keras dtype policy of a name; `"auto"` is bfloat16 where the hardware computes in it."""
    if name != "auto":
        return name
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability")
        return "mixed_bfloat16" if capability and capability >= (8, 0) else "float32"
    return "mixed_bfloat16" if _cpu_flags() & {"avx512_bf16", "amx_bf16"} else "float32"


def describe_hardware() -> dict[str, object]:
    """Processor, its cores that this process may use, and the accelerators, for results.json."""
    lines = _cpu_lines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    gpus = tf.config.list_physical_devices("GPU")
    return {
        "cpu": names[0] if names else "unknown",
        "cores": len(os.sched_getaffinity(0)) if _AFFINITY else os.cpu_count(),
        "accelerators": [
            tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
            for gpu in gpus
        ],
    }


@functools.cache
def _mirrored(devices: tuple[str, ...]) -> tf.distribute.Strategy:
    """T5: a process has one mirrored strategy, which all its runs share."""
    return tf.distribute.MirroredStrategy(list(devices))


def _cpu_lines() -> list[str]:
    file = pathlib.Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []


def _cpu_flags() -> set[str]:
    return {flag for line in _cpu_lines() if line.startswith("flags") for flag in line.split()}
