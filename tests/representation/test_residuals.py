"""zoo/representation/residuals.py: by hand, and both forms against each other."""

import numpy as np

from zoo.representation import feature_residuals, kernel_residuals


def test_by_hand():
    """y = (1, 2) with a = (1, 1, 1) of (1, 0), (0, 1) in class 0 and (0, 2) in class 1."""
    atoms, labels = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]]), np.array([0, 0, 1])
    found = feature_residuals(np.array([[1.0, 2.0]]), atoms, np.ones((1, 3)), labels)
    np.testing.assert_allclose(found, [[1.0, 1.0]])
    found = feature_residuals(np.array([[1.0, 2.0]]), atoms, np.array([[1.0, 2.0, 0.5]]), labels)
    np.testing.assert_allclose(found, [[0.0, np.sqrt(2)]])


def test_inner_products_alone_say_the_same():
    generator = np.random.default_rng(0)
    rows, atoms = generator.normal(size=(5, 7)), generator.normal(size=(12, 7))
    codes, labels = generator.normal(size=(5, 12)), np.arange(12) % 3
    squared = np.square(rows).sum(axis=1)
    found = kernel_residuals(atoms @ atoms.T, rows @ atoms.T, squared, codes, labels)
    assert found.shape == (5, 3)
    np.testing.assert_allclose(found, feature_residuals(rows, atoms, codes, labels))


def test_a_row_that_one_class_explains_wholly_leaves_nothing():
    """In inner products it is a difference of equal numbers, which must not come out below 0."""
    atoms = np.random.default_rng(0).normal(size=(6, 4))
    codes = np.eye(6) * 1.0
    labels = np.arange(6) % 2
    squared = np.square(atoms).sum(axis=1)
    found = kernel_residuals(atoms @ atoms.T, atoms @ atoms.T, squared, codes, labels)
    np.testing.assert_allclose(found[np.arange(6), labels], 0.0, atol=1e-6)
    np.testing.assert_allclose(found[np.arange(6), 1 - labels], np.sqrt(squared))
