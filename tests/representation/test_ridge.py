"""zoo/representation/ridge.py: the inverse, and what stands for it where there is none."""

import numpy as np
import pytest

from zoo.representation import ridge_inverse


def gram(atoms, rank):
    x = np.random.default_rng(0).normal(size=(atoms, rank))
    return x @ x.T


@pytest.mark.parametrize("weight", [1e-3, 1.0, 100.0])
@pytest.mark.parametrize("rank", [4, 12])
def test_it_is_the_inverse(weight, rank):
    product = (gram(8, rank) + weight * np.eye(8)) @ ridge_inverse(gram(8, rank), weight)
    np.testing.assert_allclose(product, np.eye(8), atol=1e-9)


@pytest.mark.parametrize("weight", [0.0, 1e-30])
def test_a_singular_matrix_has_its_pseudo_inverse(weight):
    np.testing.assert_allclose(
        ridge_inverse(gram(8, 4), weight), np.linalg.pinv(gram(8, 4), hermitian=True), atol=1e-9
    )


def test_zeros_have_zeros():
    np.testing.assert_array_equal(ridge_inverse(np.zeros((3, 3)), 0.0), np.zeros((3, 3)))
