"""zoo/training/run_results.py: what is said of a run."""

import numpy as np
import pytest

from zoo.datasets import from_arrays
from zoo.recipe import Recipe
from zoo.training.run_results import describe_run

RECIPE = Recipe("ae/digits", "ae", "digits", {"code_size": 3}, seed=4)


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
