"""zoo/evaluation/disentanglement.py: codes whose scores are known by hand."""

import itertools

import numpy as np
import pytest

from zoo.errors import InputError
from zoo.evaluation.disentanglement import (
    dci,
    disentanglement_and_completeness,
    mutual_information_gap,
)

# Every combination of 2, 3 and 4 values, eight times; the last factor never varies.
FACTORS = np.array(list(itertools.product(range(2), range(3), range(4), [5])) * 8)
NOISE = np.random.RandomState(0).standard_normal((len(FACTORS), 3))


def test_a_code_that_is_the_factors_has_every_score_1():
    codes = FACTORS[:, [2, 0, 1]] * [3.0, -1.0, 0.1]
    assert mutual_information_gap(codes, FACTORS) == pytest.approx(1)
    scores = dci(codes, FACTORS, codes[::2], FACTORS[::2])
    assert scores == pytest.approx(dict.fromkeys(scores, 1), abs=1e-6)


def test_noise_tells_nothing():
    many = np.tile(FACTORS, (5, 1))
    noise = np.random.RandomState(1).standard_normal((len(many), 3))
    assert mutual_information_gap(noise, many) < 0.03
    scores = dci(NOISE, FACTORS, noise, many)
    # By chance 1/2, 1/3 and 1/4 are right, 0.36 in the mean.
    assert scores["informativeness"] == pytest.approx(0.36, abs=0.05)
    assert scores["disentanglement"] < 0.1 and scores["completeness"] < 0.1


def test_the_gap_is_that_of_the_two_best_dimensions():
    factor = FACTORS[:, [2]]
    whole, half = factor[:, 0], factor[:, 0] // 2
    # I(half; factor) = ln 2, and H(factor) = ln 4.
    assert mutual_information_gap(np.stack([half, whole], 1), factor) == pytest.approx(0.5)
    assert mutual_information_gap(np.stack([whole, whole], 1), factor) == pytest.approx(0)
    assert mutual_information_gap(half[:, np.newaxis], factor) == pytest.approx(0.5)


def test_disentanglement_and_completeness_of_importances_by_hand():
    # One dimension for both factors: it tells no factor by itself, each factor needs it alone.
    assert disentanglement_and_completeness(np.array([[1.0, 1.0], [0, 0]])) == (0, 1)
    # The other way round: two dimensions for one factor.
    found = disentanglement_and_completeness(np.array([[0.5, 0], [0.5, 0], [0, 1.0]]))
    assert found == pytest.approx((1, 1 - np.log(2) / np.log(3) / 2))
    # Shares (3/4, 1/4) of weight 2/3, and (0, 1) of weight 1/3.
    entropy = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))
    found = disentanglement_and_completeness(np.array([[1.5, 0.5], [0, 1.0]]))
    assert found[0] == pytest.approx(2 / 3 * (1 - entropy) + 1 / 3)


def test_what_is_wrong_is_said():
    with pytest.raises(InputError, match=r"\(rows, factors\).*Received: \(192, 3\) and \(192,\)"):
        mutual_information_gap(NOISE, FACTORS[:, 0])
    with pytest.raises(InputError, match="finite"):
        mutual_information_gap(np.full((192, 1), np.nan), FACTORS)
    with pytest.raises(InputError, match="varies"):
        dci(NOISE, FACTORS[:, [3]], NOISE, FACTORS[:, [3]])
