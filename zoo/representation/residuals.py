"""What each class alone leaves unexplained of a row: the distance that representation decides by.

The codes a of a row are made with the atoms of all classes together. Of them class c keeps its own,
a_c, and the residual is ‖φ(y) − Φ_c a_c‖. The row goes to the class of the smallest.
"""

import numpy as np


def feature_residuals(
    rows: np.ndarray, atoms: np.ndarray, codes: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """‖y − Σ_{j of class c} a_j x_j‖ by row and class, (rows, classes).

    Args:
        rows: (rows, d), y.
        atoms: (n, d), x_j.
        codes: (rows, n), a.
        labels: (n,) class numbers of the atoms; each class up to the largest has one.
    """
    left = [rows - codes[:, labels == c] @ atoms[labels == c] for c in range(labels.max() + 1)]
    return np.stack([np.sqrt(np.square(each).sum(axis=1)) for each in left], axis=1)


def kernel_residuals(
    gram: np.ndarray,
    products: np.ndarray,
    squared_norms: np.ndarray,
    codes: np.ndarray,
    labels: np.ndarray,
) -> np.ndarray:
    """The same from inner products alone: √(κ − 2 k_cᵀa_c + a_cᵀ K_cc a_c), (rows, classes).

    Args:
        gram: (n, n), K, of the atoms.
        products: (rows, n), k, of each row with the atoms.
        squared_norms: (rows,), κ, of each row with itself.
        codes: (rows, n), a.
        labels: (n,) class numbers of the atoms; each class up to the largest has one.
    """
    squares = []
    for c in range(labels.max() + 1):
        mine = np.flatnonzero(labels == c)
        own = codes[:, mine]
        pull = own @ gram[np.ix_(mine, mine)] - 2 * products[:, mine]
        squares.append(squared_norms + np.einsum("rn,rn->r", own, pull))
    # A row explained wholly may come out a rounding below 0.
    return np.sqrt(np.maximum(np.stack(squares, axis=1), 0.0))
