"""zoo/training/tracking.py: settings, epochs and scores reach trackers by their own callbacks."""

import contextlib
import importlib.machinery
import sys
import types

import keras
import pytest
import tiny_runs

import zoo
from zoo.training.runs import run
from zoo.training.tracking import check_trackers, tracked


class Epochs(keras.callbacks.Callback):
    """What a tracker's callback would log."""

    def __init__(self, log):
        super().__init__()
        self.log = log

    def on_epoch_end(self, epoch, logs=None):
        self.log.append(("epoch", sorted(logs)))


@pytest.fixture
def log(monkeypatch):
    """Stands for MLflow and Weights & Biases, with the names that the zoo uses of them."""
    log = []

    @contextlib.contextmanager
    def begin(name, what):
        log.append((what, name))
        yield types.SimpleNamespace(
            summary=types.SimpleNamespace(update=lambda scores: log.append(("scores", scores)))
        )
        log.append(("end", name))

    def module(name, **names):
        made = types.ModuleType(name)
        vars(made).update(names, __spec__=importlib.machinery.ModuleSpec(name, None))
        monkeypatch.setitem(sys.modules, name, made)

    module(
        "mlflow",
        start_run=lambda run_name: begin(run_name, "mlflow"),
        log_params=lambda values: log.append(("settings", values)),
        log_metrics=lambda scores: log.append(("scores", scores)),
    )
    module("mlflow.keras", MlflowCallback=lambda: Epochs(log))
    module("wandb", init=lambda project, name, config, reinit: begin(name, "wandb"))
    module("wandb.integration.keras", WandbMetricsLogger=lambda: Epochs(log))
    return log


def test_settings_and_scores_reach_every_tracker_once(log):
    with tracked(["mlflow", "wandb", "mlflow"], tiny_runs.recipe()) as tracking:
        assert len(tracking.callbacks) == 2
        tracking.finish({"psnr": 12.5})
    assert [kind for kind, _ in log] == "mlflow settings wandb scores scores end end".split()
    assert dict(log)["settings"]["recipe.code_size"] == 4
    assert dict(log)["scores"] == {"psnr": 12.5}


@pytest.mark.full
def test_a_run_goes_to_its_trackers(log, tmp_path):
    results = run(tiny_runs.recipe(), tmp_path, verbose=0, track=["mlflow", "wandb", "tensorboard"])
    kinds = [kind for kind, _ in log]
    assert kinds == "mlflow settings wandb epoch epoch scores scores end end".split()
    settings = dict(log)["settings"]
    assert settings["recipe.code_size"] == 4 and settings["recipe.epochs"] == 1
    assert "loss" in dict(log)["epoch"]
    scores = {name: values[0] for name, values in results["scores"].items()}
    assert dict(log)["scores"] == scores


def test_nothing_is_logged_where_nothing_is_asked_for(log):
    with tracked((), tiny_runs.recipe()) as tracking:
        assert tracking.callbacks == []
    assert log == []


def test_trackers_that_are_none_are_refused():
    with pytest.raises(zoo.InputError, match="Unknown tracker 'neptune'"):
        check_trackers(["neptune"])
    with pytest.raises(zoo.InputError, match="autonet-zoo\\[wandb\\]"):
        check_trackers(["wandb"])
