"""zoo/models/label_sets.py: thresholds chosen and kept."""

import warnings

import numpy as np
import pytest
from label_set_rows import rows, tiny

import zoo

X, Y = rows()


def constant(logits):
    """A classifier that gives every row the same probabilities."""
    model = tiny("mlp")
    kernel, bias = model.classifier.layers[-1].weights
    kernel.assign(np.zeros(kernel.shape))
    bias.assign(logits)
    return model


def test_the_threshold_with_the_best_f1_is_kept():
    # Probabilities 0.9, 0.5, 0.3 and 0.1; every row has the first three labels.
    probabilities = np.array([0.9, 0.5, 0.3, 0.1])
    model = constant(np.log(probabilities / (1 - probabilities)))
    y = np.tile([1.0, 1.0, 1.0, 0.0], (len(X), 1))
    assert model.choose_threshold(X, y, grid=(0.05, 0.2, 0.4, 0.7)) == pytest.approx(0.2)
    assert float(model.threshold) == pytest.approx(0.2)
    np.testing.assert_array_equal(model.predict_labels(X), y)
    # On the published grid too it lies between the labels to give and the other one.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert 0.1 <= model.choose_threshold(X, y) < 0.3
    # Where no cut helps, it is the lowest, and that is said.
    with pytest.warns(UserWarning, match="0.4, is at the end"):
        model.choose_threshold(X, y, grid=(0.4, 0.5, 0.7))
    with pytest.warns(UserWarning, match="0.2, is at the end"):
        model.choose_threshold(X, y, grid=(0.01, 0.05, 0.2))


def test_a_label_counts_above_the_threshold_only():
    model = constant(np.zeros(4))
    assert not model.predict_labels(X).any()
    model.threshold.assign(0.49)
    assert model.predict_labels(X).all()


@pytest.mark.parametrize(("grid", "message"), [((), "at least one"), ((0.2, 1.5), "1.5")])
def test_bad_grids_are_refused(grid, message):
    with pytest.raises(zoo.InputError, match=message):
        tiny("mlp").choose_threshold(X, Y, grid=grid)
