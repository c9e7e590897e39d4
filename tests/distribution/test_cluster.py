"""zoo/distribution/cluster.py: which workers there are, from TF_CONFIG and from Slurm."""

import os

import pytest
from worker_processes import configuration

import zoo
from zoo.distribution.cluster import Cluster, read_cluster, slurm_cluster


def read(text):
    return read_cluster({"TF_CONFIG": text})


def test_without_a_configuration_there_is_no_cluster():
    assert read_cluster({}) is None
    assert read_cluster({"TF_CONFIG": " "}) is None


def test_workers_and_their_chief_are_read():
    assert read(configuration()) == Cluster((("worker", 0, "a:1"), ("worker", 1, "b:2")), 1)
    assert not read(configuration()).is_chief and read(configuration(0)).is_chief
    assert read(configuration("1")) == read(configuration(1)), (
        "some launchers write the index as a string"
    )
    with_chief = read(configuration(0, worker=["b:2", "c:3"], chief=["a:1"]))
    assert with_chief.tasks == (("chief", 0, "a:1"), ("worker", 0, "b:2"), ("worker", 1, "c:3"))
    assert not with_chief.is_chief, "worker 0 is not the chief where there is one by name"
    assert with_chief.others == [("chief", 0, "a:1"), ("worker", 1, "c:3")]
    assert read(configuration(0, "chief", worker=["b:2"], chief=["a:1"])).is_chief


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{worker: 1}", "TF_CONFIG is no JSON: .*Received: '{worker: 1}'"),
        ("[]", "TF_CONFIG names no worker"),
        ("{}", "TF_CONFIG names no worker"),
        ('{"cluster": 3}', "TF_CONFIG names no worker"),
        (configuration(worker=[]), "TF_CONFIG names no worker"),
        (configuration(ps=["a:1"]), "TF_CONFIG names no worker"),
        (configuration(worker=["a:1"], ps=["b:2"]), "may have a chief and workers. Received: 'ps'"),
        (configuration(0, "ps"), "one of its cluster: worker 0, worker 1. Received: task=.*'ps'"),
        (configuration(2), "one of its cluster: worker 0, worker 1. Received: task=.*2"),
        (configuration(-1), "must be one of its cluster"),
        (configuration(None), "must be one of its cluster"),
        (configuration(True), "must be one of its cluster"),
        (configuration([1]), "must be one of its cluster"),
        ('{"cluster": {"worker": ["a:1"]}}', "must be one of its cluster: worker 0.*task=None"),
        (configuration(worker="a:1"), "addresses of each worker as HOST:PORT. Received: 'a:1'"),
        (configuration(worker=["a:1", "b"]), "addresses of each worker as HOST:PORT"),
        (configuration(worker=["a:1", 7]), "addresses of each worker as HOST:PORT"),
        (configuration(worker=["a:1", "a:1"]), "Two workers of TF_CONFIG have one address"),
    ],
)
def test_configurations_that_are_none_are_refused(text, message):
    with pytest.raises(zoo.InputError, match=message):
        read(text)


SLURM = {
    "SLURM_JOB_ID": "16003",
    "SLURM_STEP_NUM_TASKS": "3",
    "SLURM_STEP_NODELIST": "n[9-10]",
    "SLURM_STEP_TASKS_PER_NODE": "2,1",
    "SLURM_PROCID": "2",
    "SLURM_LOCALID": "0",
    "SLURMD_NODENAME": "n10",
}


@pytest.fixture
def slurm(monkeypatch):
    """Sets the variables of a job step of Slurm, some of them changed."""

    def pretend(**changed):
        for name in [name for name in os.environ if name.startswith("SLURM")]:
            monkeypatch.delenv(name)
        for name, value in {**SLURM, **changed}.items():
            if value is not None:
                monkeypatch.setenv(name, value)

    return pretend


def test_the_tasks_of_a_slurm_step_agree_on_their_cluster(slurm):
    tasks = [("n9", "0", "0"), ("n9", "1", "1"), ("n10", "0", "2")]
    clusters = []
    for machine, local, rank in tasks:
        slurm(SLURMD_NODENAME=machine, SLURM_LOCALID=local, SLURM_PROCID=rank)
        clusters.append(slurm_cluster())
    assert len({cluster.tasks for cluster in clusters}) == 1
    assert sorted(cluster.place for cluster in clusters) == [0, 1, 2]
    mine = [cluster.tasks[cluster.place][2] for cluster in clusters]
    assert mine == ["n9:12003", "n9:12004", "n10:12003"], "each listens on its own machine"


def test_outside_of_a_slurm_step_there_is_no_cluster(slurm):
    slurm(SLURM_STEP_NUM_TASKS=None)
    assert slurm_cluster() is None


@pytest.mark.parametrize(
    "changed", [{"SLURMD_NODENAME": None}, {"SLURMD_NODENAME": "m1"}, {"SLURM_STEP_NODELIST": "["}]
)
def test_variables_of_slurm_that_do_not_fit_are_refused(changed, slurm):
    slurm(**changed)
    with pytest.raises(zoo.InputError, match="variables of this Slurm job step do not fit"):
        slurm_cluster()
