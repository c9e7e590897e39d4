"""Which strategy, which precision, and what the hardware is called."""

import json
import os

import pytest
import tensorflow as tf

from zoo.distribution import strategies as distribution
from zoo.distribution.strategies import choose_precision, choose_strategy, describe_hardware
from zoo.errors import InputError


class Device:
    def __init__(self, name):
        self.name = name


@pytest.fixture
def hardware(monkeypatch):
    """Sets what this computer seems to have: GPUs, their details, and lines of /proc/cpuinfo."""

    def pretend(gpus=0, cpus=2, details=None, cpu_lines=()):
        kinds = {"GPU": gpus, "CPU": cpus}

        def devices(kind):
            return [Device(f"/device:{kind}:{number}") for number in range(kinds[kind])]

        monkeypatch.setattr(tf.config, "list_logical_devices", devices)
        monkeypatch.setattr(tf.config, "list_physical_devices", devices)
        monkeypatch.setattr(
            tf.config.experimental, "get_device_details", lambda device: details or {}
        )
        monkeypatch.setattr(distribution, "_cpu_lines", lambda: list(cpu_lines))

    return pretend


@pytest.fixture
def mirrored(monkeypatch, two_replicas):
    """The devices of every MirroredStrategy that is asked for; a second real one is T5."""
    asked = []

    def record(devices):
        asked.append(list(devices))
        return two_replicas

    monkeypatch.setattr(tf.distribute, "MirroredStrategy", record)
    distribution._mirrored.cache_clear()
    yield asked
    distribution._mirrored.cache_clear()


@pytest.mark.parametrize(
    ("name", "gpus"), [("one", 0), ("one", 1), ("one", 4), ("auto", 0), ("auto", 1)]
)
def test_one_device_is_the_default_strategy(name, gpus, hardware, mirrored):
    hardware(gpus=gpus)
    assert choose_strategy(name) is tf.distribute.get_strategy()
    assert not mirrored


def test_auto_is_the_default_name(hardware, mirrored):
    hardware(gpus=2)
    choose_strategy()
    assert len(mirrored) == 1


@pytest.mark.parametrize(
    ("name", "gpus", "devices"),
    [
        ("auto", 2, ["/device:GPU:0", "/device:GPU:1"]),
        ("mirrored", 3, ["/device:GPU:0", "/device:GPU:1", "/device:GPU:2"]),
        ("mirrored", 1, ["/device:GPU:0"]),
        ("mirrored", 0, ["/device:CPU:0", "/device:CPU:1"]),
    ],
)
def test_replicas_are_the_gpus_or_failing_that_the_logical_cpus(
    name, gpus, devices, hardware, mirrored, two_replicas
):
    hardware(gpus=gpus)
    assert choose_strategy(name) is two_replicas
    assert mirrored == [devices]


def test_a_second_run_in_one_process_gets_the_strategy_of_the_first(hardware, mirrored):
    """T5: a second MirroredStrategy would fail in the first step."""
    hardware(gpus=2)
    assert choose_strategy("mirrored") is choose_strategy("auto")
    assert len(mirrored) == 1


def test_the_logical_cpus_of_this_process_are_found(mirrored):
    choose_strategy("mirrored")
    assert [name.rpartition("/")[2] for name in mirrored[0]] == ["device:CPU:0", "device:CPU:1"]


TWO_WORKERS = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}
ONE_WORKER = {"cluster": {"chief": ["a:1"]}, "task": {"type": "chief", "index": 0}}


@pytest.fixture
def clusters(monkeypatch, two_replicas):
    """The clusters for which a strategy of several machines is asked."""
    asked = []

    def record(cluster):
        asked.append(cluster)
        return two_replicas

    monkeypatch.setattr("zoo.distribution.strategies.multi_worker_strategy", record)
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.delenv("SLURM_STEP_NUM_TASKS", raising=False)
    return asked


@pytest.mark.parametrize("name", ["auto", "multi_worker"])
def test_several_machines_are_those_of_the_environment(
    name, clusters, hardware, monkeypatch, two_replicas
):
    hardware(gpus=2)
    monkeypatch.setenv("TF_CONFIG", json.dumps(TWO_WORKERS))
    assert choose_strategy(name) is two_replicas
    assert [address for _, _, address in clusters[0].tasks] == ["a:1", "b:2"]
    assert clusters[0].place == 1


@pytest.mark.parametrize("name", ["auto", "multi_worker"])
@pytest.mark.parametrize(("gpus", "devices"), [(0, 0), (2, 2)])
def test_a_cluster_of_one_is_this_machine(
    name, gpus, devices, clusters, hardware, mirrored, monkeypatch
):
    hardware(gpus=gpus)
    monkeypatch.setenv("TF_CONFIG", json.dumps(ONE_WORKER))
    choose_strategy(name)
    assert clusters == [] and sum(map(len, mirrored)) == devices


@pytest.mark.parametrize("name", ["one", "mirrored"])
def test_who_asks_for_one_machine_gets_it(name, clusters, hardware, mirrored, monkeypatch):
    hardware(gpus=2)
    monkeypatch.setenv("TF_CONFIG", "not even JSON")
    choose_strategy(name)
    assert clusters == []


def test_only_who_asks_for_the_tasks_of_slurm_gets_them(clusters, hardware, monkeypatch):
    """Tasks of one job step may as well train different things."""
    hardware()
    counts = {"JOB_ID": "1", "STEP_NUM_TASKS": "2", "PROCID": "0", "LOCALID": "0"}
    nodes = {"STEP_NODELIST": "a,b", "STEP_TASKS_PER_NODE": "1(x2)"}
    for name, value in {**counts, **nodes}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setenv("SLURMD_NODENAME", "a")
    choose_strategy("auto")
    assert clusters == []
    choose_strategy("multi_worker")
    assert [address for _, _, address in clusters[0].tasks] == ["a:12001", "b:12001"]


def test_several_machines_must_be_named(clusters):
    with pytest.raises(InputError, match="needs the environment variable TF_CONFIG.*neither"):
        choose_strategy("multi_worker")


@pytest.mark.parametrize("name", ["auto", "multi_worker"])
def test_a_configuration_that_cannot_be_read_is_not_passed_over(name, clusters, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(InputError, match="TF_CONFIG is no JSON"):
        choose_strategy(name)


@pytest.mark.parametrize("name", ["", "mirorred", "MirroredStrategy", None])
def test_unknown_strategies_are_refused(name):
    with pytest.raises(
        InputError, match=f"Unknown strategy {name!r}.*Allowed: auto, mirrored, multi_worker, one"
    ):
        choose_strategy(name)


@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("gpus", [0, 1])
def test_a_precision_that_is_named_is_kept(name, gpus, hardware):
    hardware(gpus=gpus, cpu_lines=["flags : avx512_bf16"])
    assert choose_precision(name) == name


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("fpu sse2 avx2 avx512f avx512_bf16", "mixed_bfloat16"),
        ("fpu amx_bf16 amx_tile", "mixed_bfloat16"),
        ("fpu sse2 avx2 avx512f", "float32"),
        ("fpu avx512_bf16_not_quite", "float32"),
        ("", "float32"),
    ],
)
def test_auto_is_bfloat16_on_processors_that_compute_in_it(flags, precision, hardware):
    hardware(cpu_lines=["processor : 0", f"flags\t\t: {flags}", "bugs : avx512_bf16"])
    assert choose_precision() == precision


@pytest.mark.parametrize(
    ("details", "precision"),
    [
        ({"compute_capability": (9, 0)}, "mixed_bfloat16"),
        ({"compute_capability": (8, 0)}, "mixed_bfloat16"),
        ({"compute_capability": (7, 5)}, "float32"),
        ({}, "float32"),
    ],
)
def test_with_a_gpu_its_compute_capability_decides(details, precision, hardware):
    # What the processor can do does not matter then.
    hardware(gpus=1, details=details, cpu_lines=["flags : avx512_bf16"])
    assert choose_precision("auto") == precision


def test_hardware_is_described_by_its_names(hardware):
    lines = ["processor : 0", "model name : A Processor @ 2: fast", "flags : fpu"] * 3
    hardware(gpus=1, details={"device_name": "An Accelerator"}, cpu_lines=lines)
    assert describe_hardware() == {
        "cpu": "A Processor @ 2: fast",
        "cores": len(os.sched_getaffinity(0)),
        "accelerators": ["An Accelerator"],
    }


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5})
    assert describe_hardware()["cores"] == 2


def test_hardware_without_names_is_still_counted(hardware, monkeypatch):
    monkeypatch.setattr("zoo.distribution.strategies._AFFINITY", False)
    hardware(gpus=2)
    assert describe_hardware() == {
        "cpu": "unknown",
        "cores": os.cpu_count(),
        "accelerators": ["/device:GPU:0", "/device:GPU:1"],
    }


def test_the_hardware_at_hand_is_described():
    found = describe_hardware()
    assert found["cpu"] and found["cores"] >= 1
    assert len(found["accelerators"]) == len(tf.config.list_physical_devices("GPU"))
