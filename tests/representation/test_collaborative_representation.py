"""zoo/representation/collaborative_representation.py: the normal equations, and by hand."""

import numpy as np
import pytest

from zoo.representation import CollaborativeRepresentationClassifier


def test_two_training_rows_by_hand():
    """Axes as atoms and y = (0.6, 0.8), λ2 = 1: a = (0.3, 0.4), residuals over |a_c|."""
    classifier = CollaborativeRepresentationClassifier(1.0).fit([[2.0, 0.0], [0.0, 7.0]], [4, 9])
    np.testing.assert_allclose(classifier.codes([[3.0, 4.0]]), [[0.3, 0.4]])
    expected = [[np.hypot(0.3, 0.8) / 0.3, np.hypot(0.6, 0.4) / 0.4]]
    np.testing.assert_allclose(classifier.residuals([[3.0, 4.0]]), expected)
    assert classifier.predict([[3.0, 4.0]]) == [9]


@pytest.mark.parametrize("lambda2", [1e-6, 0.01, 1.0])
@pytest.mark.parametrize("atoms", [12, 80])
def test_codes_solve_the_normal_equations(atoms, lambda2):
    """(XᵀX + λ2 I) a = Xᵀy, with fewer training rows than features and with more."""
    generator = np.random.default_rng(0)
    x, y = generator.uniform(size=(atoms, 30)), generator.uniform(size=(5, 30))
    codes = CollaborativeRepresentationClassifier(lambda2).fit(x, np.arange(atoms) % 3).codes(y)
    x, y = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (x, y))
    left = (x @ x.T + lambda2 * np.eye(atoms)) @ codes.T
    np.testing.assert_allclose(left, x @ y.T, atol=1e-9)


def test_a_class_without_a_share_is_as_far_as_can_be():
    x, y = np.eye(3), np.arange(3)
    residuals = CollaborativeRepresentationClassifier().fit(x, y).residuals([[0.0, 1.0, 0.0]])
    assert np.isfinite(residuals).all()
    assert residuals.argmin() == 1 and residuals[0, 0] > 1e100
