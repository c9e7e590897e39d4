"""zoo/representation/coordinate_descent.py: it never goes uphill, and ends at the minimum."""

import numpy as np
import pytest

from zoo.representation.coordinate_descent import improve


def systems(rows=8, atoms=15, rank=10, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.uniform(0.5, 1.0, (rows, atoms, rank))
    y = generator.uniform(0.5, 1.0, (rows, rank))
    return np.einsum("rmk,rnk->rmn", x, x), np.einsum("rmk,rk->rm", x, y)


def values(gram, products, codes, lambda1, lambda2):
    squares = np.einsum("rm,rmn,rn->r", codes, gram, codes) - 2 * (products * codes).sum(axis=1)
    return squares + lambda1 * np.abs(codes).sum(axis=1) + lambda2 * np.square(codes).sum(axis=1)


@pytest.mark.parametrize("rank", [3, 10, 15])
@pytest.mark.parametrize("lambda2", [0.0, 0.5])
def test_the_objective_never_rises(rank, lambda2):
    gram, products = systems(rank=rank)
    codes = np.random.default_rng(1).normal(size=products.shape)
    for _ in range(20):
        better = improve(gram, products, codes, 0.3, lambda2)
        before, after = (values(gram, products, each, 0.3, lambda2) for each in (codes, better))
        assert (after <= before + 1e-12).all()
        codes = better


@pytest.mark.parametrize("rank", [3, 15])
def test_repeated_it_ends_where_no_direction_leads_down(rank):
    gram, products = systems(rank=rank)
    codes = np.zeros(products.shape)
    for _ in range(40):
        codes = improve(gram, products, codes, 0.3, 0.0)
    least = values(gram, products, codes, 0.3, 0.0)
    generator = np.random.default_rng(2)
    for size in (1e-3, 1e-1):
        for _ in range(100):
            other = codes + size * generator.normal(size=codes.shape)
            assert (values(gram, products, other, 0.3, 0.0) >= least - 1e-10).all()


def test_one_number_is_thresholded():
    """S(3, 1) / (4 + 1) = 0.4 from wherever it starts, and 0 for a product of 0.9."""
    gram = np.full((2, 1, 1), 4.0)
    for start in (-2.0, 0.0, 5.0):
        codes = improve(gram, np.array([[3.0], [0.9]]), np.full((2, 1), start), 2.0, 1.0)
        np.testing.assert_allclose(codes, [[0.4], [0.0]], atol=1e-12)


def test_what_it_is_given_stays_as_it_was():
    gram, products = systems()
    codes = np.random.default_rng(1).normal(size=products.shape)
    kept = [each.copy() for each in (gram, products, codes)]
    improve(gram, products, codes, 0.3, 0.1)
    for before, after in zip(kept, (gram, products, codes), strict=True):
        np.testing.assert_array_equal(before, after)
