"""Who may use a run folder, and what results.json says (see test_runs.py)."""

import numpy as np
import pytest

import zoo
from zoo.datasets import from_arrays
from zoo.recipe import Recipe
from zoo.training.run_folders import claim, describe_run, write_json, write_recipe

RECIPE = Recipe("ae/digits", "ae", "digits", {"code_size": 3}, seed=4)


def test_a_folder_is_free_held_or_finished(tmp_path):
    folder = tmp_path / "run"
    assert claim(folder, RECIPE, resume=False) is None
    write_recipe(folder, RECIPE)
    assert claim(folder, RECIPE, resume=True) is None
    write_json(folder / "results.json", {"scores": {"psnr": [20.0]}})
    assert claim(folder, RECIPE, resume=True) == {"scores": {"psnr": [20.0]}}
    with pytest.raises(zoo.InputError, match="already holds a run of ae/digits"):
        claim(folder, RECIPE, resume=False)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(zoo.InputError, match="Cannot write to output folder .*file/run"):
        write_recipe(tmp_path / "file" / "run", RECIPE)


@pytest.mark.parametrize(
    ("seconds", "shown", "speed"), [(12.345, 12.3, 81.0), (0.0123456, 0.012, 81000.5)]
)
def test_time_and_speed_by_hand(seconds, shown, speed):
    x, y = np.zeros((30, 4, 4, 1), "float32"), np.arange(30) % 3
    data = from_arrays((x, y), (x, y), validation_fraction=0.2, labelled_fraction=0.5)
    results = describe_run(RECIPE, data, seconds, 1000, epochs=7)
    assert (results["seconds"], results["images_per_second"]) == (shown, speed)
    assert (results["train_rows"], results["labelled_rows"], results["epochs"]) == (24, 12, 7)
    assert results["seeds"] == [4] and results["names"] == ["0", "1", "2"]
    assert results["input_shape"] == [4, 4, 1] and results["scores"] == {}
