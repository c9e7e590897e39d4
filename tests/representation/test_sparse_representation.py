"""zoo/representation/sparse_representation.py: by hand, and against scikit-learn's Lasso."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import Lasso

from zoo.representation import SparseRepresentationClassifier


def test_two_training_rows_by_hand():
    """Axes as atoms and y = (3, 4) scaled to (0.6, 0.8), λ1 = 0.2: a = (0.5, 0.7)."""
    classifier = SparseRepresentationClassifier(0.2).fit([[2.0, 0.0], [0.0, 7.0]], ["a", "b"])
    np.testing.assert_allclose(classifier.codes([[3.0, 4.0]]), [[0.5, 0.7]], atol=1e-9)
    residuals = classifier.residuals([[3.0, 4.0]])
    np.testing.assert_allclose(residuals, [[np.sqrt(0.01 + 0.64), np.sqrt(0.36 + 0.01)]])
    assert classifier.predict([[3.0, 4.0]]) == ["b"]


def test_codes_reach_the_objective_of_scikit_learns_lasso():
    x, y = load_digits(return_X_y=True)
    classifier = SparseRepresentationClassifier(0.1).fit(x[:500], y[:500])
    codes = classifier.codes(x[500:520])
    atoms = x[:500] / np.linalg.norm(x[:500], axis=1, keepdims=True)
    rows = x[500:520] / np.linalg.norm(x[500:520], axis=1, keepdims=True)
    lasso = Lasso(0.1 / (2 * x.shape[1]), fit_intercept=False, tol=1e-10, max_iter=100_000)
    theirs = np.stack([lasso.fit(atoms.T, row).coef_ for row in rows])
    ours, wanted = (
        np.square(rows - each @ atoms).sum(axis=1) + 0.1 * np.abs(each).sum(axis=1)
        for each in (codes, theirs)
    )
    np.testing.assert_allclose(ours, wanted, atol=1e-6)
    assert (codes != 0).mean() < 0.1
