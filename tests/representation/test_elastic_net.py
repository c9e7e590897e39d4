"""zoo/representation/elastic_net.py: scikit-learn's Lasso and ElasticNet, optimality, by hand."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Lasso

from zoo.representation import duality_gaps, elastic_net_codes


def problem(rows=20, atoms=60, features=25, seed=0):
    """Rows and atoms of length 1, non-negative and therefore alike, as images are."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(size=(atoms, features)) ** 2
    y = generator.uniform(size=(rows, features)) ** 2
    return (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (y, x))


def coded(y, x, *settings, **more):
    return elastic_net_codes(x @ x.T, y @ x.T, np.square(y).sum(axis=1), *settings, **more)


def objective(y, x, codes, lambda1, lambda2=0.0):
    squares = np.square(y - codes @ x).sum(axis=1)
    return squares + lambda1 * np.abs(codes).sum(axis=1) + lambda2 * np.square(codes).sum(axis=1)


@pytest.mark.parametrize("lambda1", [0.5, 0.1, 0.01])
def test_the_lasso_is_scikit_learns(lambda1):
    y, x = problem()
    found = coded(y, x, lambda1, tolerance=1e-10)
    # Its loss is 1 / (2 · features) of the squares.
    lasso = Lasso(lambda1 / (2 * x.shape[1]), fit_intercept=False, tol=1e-12, max_iter=100_000)
    theirs = np.stack([lasso.fit(x.T, row).coef_ for row in y])
    assert 0 < (found.codes != 0).sum() < found.codes.size
    ours = objective(y, x, found.codes, lambda1)
    np.testing.assert_allclose(ours, objective(y, x, theirs, lambda1), atol=1e-8)
    np.testing.assert_allclose(found.codes, theirs, atol=1e-3)


@pytest.mark.parametrize(("lambda1", "lambda2"), [(0.3, 0.1), (0.02, 0.01), (0.05, 2.0)])
def test_the_elastic_net_is_scikit_learns(lambda1, lambda2):
    y, x = problem()
    found = coded(y, x, lambda1, lambda2, tolerance=1e-10)
    # alpha · l1_ratio = λ1 / (2d), alpha · (1 − l1_ratio) / 2 = λ2 / (2d).
    alpha = (lambda1 / 2 + lambda2) / x.shape[1]
    net = ElasticNet(
        alpha,
        l1_ratio=lambda1 / (lambda1 + 2 * lambda2),
        fit_intercept=False,
        tol=1e-12,
        max_iter=100_000,
    )
    theirs = np.stack([net.fit(x.T, row).coef_ for row in y])
    assert np.abs(theirs).max() > 0.01
    np.testing.assert_allclose(found.codes, theirs, atol=1e-5)


@pytest.mark.parametrize("lambda2", [0.0, 0.05])
@pytest.mark.parametrize("seed", range(3))
def test_the_conditions_of_optimality_hold(lambda2, seed):
    """2 x_jᵀ(y − Xa) − 2 λ2 a_j is λ1 sign(a_j) where an atom is used, and at most λ1 elsewhere."""
    y, x = problem(rows=30, atoms=200, features=40, seed=seed)
    codes = coded(y, x, 0.05, lambda2, tolerance=1e-11).codes
    slope = 2 * (y - codes @ x) @ x.T - 2 * lambda2 * codes
    used = codes != 0
    assert 0.01 < used.mean() < 0.9
    np.testing.assert_allclose(slope[used], 0.05 * np.sign(codes)[used], atol=1e-6)
    assert np.abs(slope).max() < 0.05 + 1e-6


def test_atoms_at_right_angles_are_thresholded_and_shrunk():
    """a_j = S(k_j, λ1 / 2) / (1 + λ2): k = (0.8, −0.6, 0.1), λ1 = 0.4, λ2 = 1."""
    found = coded(np.array([[0.8, -0.6, 0.1]]), np.eye(3), 0.4, 1.0)
    np.testing.assert_allclose(found.codes, [[0.3, -0.2, 0.0]], atol=1e-12)
    assert found.codes[0, 2] == 0


def test_a_weight_above_the_largest_product_leaves_nothing():
    y, x = problem()
    largest = 2 * (y @ x.T).max()
    assert not coded(y, x, 1.001 * largest).codes.any()
    assert coded(y, x, 0.9 * largest).codes.any()


def test_a_row_is_coded_alike_alone_and_among_others():
    y, x = problem(rows=12, atoms=300, features=30)
    together = coded(y, x, 0.02, tolerance=1e-10).codes
    alone = np.concatenate([coded(row[None], x, 0.02, tolerance=1e-10).codes for row in y])
    np.testing.assert_allclose(together, alone, atol=1e-7)


def test_stacks_of_a_few_rows_give_the_same(monkeypatch):
    y, x = problem(rows=12, atoms=300, features=30)
    together = coded(y, x, 0.02, tolerance=1e-10).codes
    monkeypatch.setattr("zoo.representation.elastic_net._STACK", 2 * 40**2)
    np.testing.assert_allclose(coded(y, x, 0.02, tolerance=1e-10).codes, together, atol=1e-7)


def test_rows_and_atoms_of_zeros_and_atoms_there_twice():
    y, x = problem(rows=5, atoms=20, features=10)
    y[1], x[3] = 0.0, 0.0
    x = np.concatenate([x, x, x[:4] * (1 + 1e-9)])
    found = coded(y, x, 0.05)
    assert np.isfinite(found.codes).all() and found.gaps.max() <= 1e-6
    assert not found.codes[1].any() and not found.codes[:, [3, 23, 43]].any()
    once = coded(y, x[:20], 0.05)
    np.testing.assert_allclose(
        objective(y, x, found.codes, 0.05), objective(y, x[:20], once.codes, 0.05), atol=1e-6
    )


def test_atoms_that_are_nearly_one_are_told_apart_in_time():
    """A cloud far from 0: all atoms within a degree, and far more of them than features."""
    generator = np.random.default_rng(0)
    points = generator.normal(100.0, 1.0, (120, 2))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    found = coded(points[:40], points[40:], 0.1)
    assert found.gaps.max() <= 1e-6 and found.rounds < 50


@pytest.mark.parametrize("lambda2", [0.0, 0.1])
def test_the_gap_is_an_upper_bound_of_what_is_left(lambda2):
    y, x = problem()
    best = coded(y, x, 0.1, lambda2, tolerance=1e-11).codes
    gram, products, norms = x @ x.T, y @ x.T, np.square(y).sum(axis=1)
    least = objective(y, x, best, 0.1, lambda2)
    generator = np.random.default_rng(0)
    for size in (0.0, 0.01, 1.0):
        codes = best + size * generator.normal(size=best.shape)
        above = objective(y, x, codes, 0.1, lambda2) - least
        gaps = duality_gaps(gram, products, norms, codes, 0.1, lambda2)
        assert (gaps >= above - 1e-10).all()
    # And at the minimum, it is nothing.
    assert duality_gaps(gram, products, norms, best, 0.1, lambda2).max() < 1e-10


def test_the_gaps_given_are_those_of_the_codes():
    y, x = problem()
    found = coded(y, x, 0.1, 0.05, tolerance=1e-3)
    expected = duality_gaps(x @ x.T, y @ x.T, np.square(y).sum(axis=1), found.codes, 0.1, 0.05)
    np.testing.assert_allclose(found.gaps, expected, atol=1e-12)
    assert found.gaps.max() <= 1e-3


def test_rows_that_are_not_done_are_told():
    y, x = problem(atoms=200)
    with pytest.warns(ConvergenceWarning, match="20 of 20 rows"):
        found = coded(y, x, 0.001, max_rounds=1)
    assert found.rounds == 1 and found.gaps.min() > 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert coded(y, x, 0.001).rounds > 1
