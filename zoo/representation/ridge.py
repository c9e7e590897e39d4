"""The inverse that ridge regression applies to every row alike."""

import numpy as np
from scipy import linalg


def ridge_inverse(matrix: np.ndarray, weight: float) -> np.ndarray:
    """(matrix + weight · I)⁻¹; where that is singular, its pseudo-inverse.

    Args:
        matrix: (n, n), symmetric and positive semi-definite.
        weight: of at least 0.
    """
    shifted = matrix + weight * np.eye(len(matrix))
    # Below it, rounding decides whether Cholesky finds the matrix positive definite.
    if weight > len(matrix) * np.finfo(float).eps * np.trace(matrix):
        return linalg.cho_solve(linalg.cho_factor(shifted), np.eye(len(matrix)))
    return linalg.pinvh(shifted)
