"""zoo/evaluation/calibration.py: bins filled by hand and by brute force."""

import doctest

import numpy as np
import pytest

from zoo.errors import InputError
from zoo.evaluation import calibration
from zoo.evaluation.calibration import expected_calibration_error, reliability_bins


def sure_of_first(*confidences):
    return np.array([[c, 1 - c] for c in confidences])


# Six rows, all predicted 0, in bins (0, 1/4], (1/4, 1/2], (1/2, 3/4] and (3/4, 1].
BY_HAND = sure_of_first(0.55, 0.65, 0.75, 0.8, 1.0, 0.9), np.array([0, 1, 1, 0, 0, 1])


def brute_force(probabilities, labels, bins):
    table = np.full((bins, 3), np.nan)
    confidences, right = probabilities.max(-1), probabilities.argmax(-1) == labels
    for b in range(bins):
        inside = (confidences > b / bins) & (confidences <= (b + 1) / bins)
        if inside.any():
            table[b, :2] = confidences[inside].mean(), right[inside].mean()
        table[b, 2] = inside.mean()
    return table


def test_bins_by_hand():
    nan = np.nan
    expected = [[nan, nan, 0], [nan, nan, 0], [0.65, 1 / 3, 0.5], [0.9, 2 / 3, 0.5]]
    bins = reliability_bins(*BY_HAND, bins=4)
    assert bins.dtype == np.float64
    np.testing.assert_allclose(bins, expected)


OPPOSITE = sure_of_first(0.6, 0.6, 0.9, 0.9), np.array([0, 0, 0, 1])
PERFECT = sure_of_first(*[0.6] * 10, *[0.8] * 10), np.repeat([0, 1, 0, 1], [6, 4, 8, 2])


@pytest.mark.parametrize(
    ("rows", "bins", "expected"),
    [
        (BY_HAND, 4, 0.5 * (0.65 - 1 / 3) + 0.5 * (0.9 - 2 / 3)),
        # In a single bin: the gap between the mean confidence and the accuracy.
        (BY_HAND, 1, 0.775 - 0.5),
        # 0.6 and always right; 0.9 and right once in two: +0.4 and -0.4 do not cancel.
        (OPPOSITE, 15, 0.4),
        (OPPOSITE, 1, 0.0),
        (PERFECT, 15, 0.0),
    ],
)
def test_errors_by_hand(rows, bins, expected):
    error = expected_calibration_error(*rows, bins=bins)
    assert error == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_always_sure_it_is_all_or_nothing(dtype):
    probabilities = np.eye(3, dtype=dtype)
    assert expected_calibration_error(probabilities, np.array([1, 2, 0])) == 1.0
    assert expected_calibration_error(probabilities, np.array([0, 1, 2])) == 0.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_edge_belongs_to_the_bin_below(dtype):
    # 1/5 = 3/15 = 2/10: an edge for 15 bins, though in float32 it lies above the float64 edge.
    probabilities = np.full((1, 5), 0.2, dtype)
    assert np.flatnonzero(reliability_bins(probabilities, [0])[:, 2]) == [2]
    assert np.flatnonzero(reliability_bins(probabilities, [0], bins=10)[:, 2]) == [1]


@pytest.mark.parametrize("seed", range(5))
def test_against_brute_force(seed):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet([0.3] * 4, size=300)
    labels = generator.integers(0, 4, 300)
    for bins in (1, 7, 15):
        expected = brute_force(probabilities, labels, bins)
        found = reliability_bins(probabilities, labels, bins)
        np.testing.assert_allclose(found, expected)
        assert found[:, 2].sum() == pytest.approx(1.0)
        error = np.nansum(expected[:, 2] * np.abs(expected[:, 0] - expected[:, 1]))
        assert expected_calibration_error(probabilities, labels, bins) == pytest.approx(error)


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [
        (np.array([[0.5, 0.6]]), np.array([0])),
        (np.array([[2.0, -1.0]]), np.array([0])),
        (np.array([[np.nan, 1.0]]), np.array([0])),
        (np.array([0.5, 0.5]), np.array([0, 1])),
        (np.zeros((0, 2)), np.zeros(0, int)),
        (np.eye(2, dtype=int), np.array([0, 1])),
        (np.eye(2), np.array([0])),
        (np.eye(2), np.eye(2, dtype=int)),
        (np.eye(2), np.array([0.0, 1.0])),
        (np.eye(2), np.array([0, 2])),
        (np.eye(2), np.array([0, -1])),
    ],
)
def test_bad_rows_are_refused(probabilities, labels):
    for function in (reliability_bins, expected_calibration_error):
        with pytest.raises(InputError):
            function(probabilities, labels)
        for bins in (0, -1, 2.5):
            with pytest.raises(InputError, match="bins"):
                function(np.eye(2), np.array([0, 1]), bins=bins)


def test_the_examples_hold():
    results = doctest.testmod(calibration)
    assert results.attempted == 2 and results.failed == 0
