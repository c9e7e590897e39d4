"""zoo/training/learners.py: rows in memory are looked at once, before the first step."""

import numpy as np
import pytest

import zoo
from zoo.datasets.array_rows import ArrayRows
from zoo.datasets.kinds import MultiLabelData
from zoo.datasets.options import Options
from zoo.models.base import gated_model
from zoo.recipe import Recipe
from zoo.training.runs import run

RECIPE = Recipe(
    name="mlp/mine",
    model="mlp",
    dataset="blocks",
    epochs=2,
    batch_size=16,
    model_arguments={"units": (3,)},
)


def data_with(value):
    rng = np.random.default_rng(0)
    x, y = rng.random((48, 6), "float32"), (rng.random((48, 2)) < 0.5).astype("uint8")
    y[0] = 1
    x[7, 2] = value
    rows = ArrayRows(x, y)
    names = ["a", "b"], list("uvwxyz")
    return MultiLabelData("mine", {"train": rows, "test": rows}, Options(), *names)


def test_rows_that_a_data_set_did_not_look_at_stop_a_run_before_its_first_step(tmp_path):
    with pytest.raises(zoo.InputError, match="nan in row"):
        run(RECIPE, tmp_path / "R", data=data_with(np.nan), verbose=0)
    assert not (tmp_path / "R" / "checkpoint").exists()


@pytest.mark.filterwarnings("ignore:The best threshold")
def test_what_was_looked_at_is_not_looked_at_in_every_epoch(tmp_path, monkeypatch):
    read = []
    look_at = gated_model.GatedModel.look_at

    def counted(self, data):
        read.append(data.cardinality().numpy())
        look_at(self, data)

    monkeypatch.setattr(gated_model.GatedModel, "look_at", counted)
    given = data_with(0.5)
    run(RECIPE, tmp_path / "R", data=given, verbose=0)
    assert read == [given.steps_per_epoch, len(given.validation)]
