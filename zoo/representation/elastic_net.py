"""Elastic nets of many rows over the same atoms, given inner products alone.

A row y is coded by n atoms φ_1 … φ_n, here training rows, or their images under a kernel:

    P(a) = ‖φ(y) − Σ_j a_j φ_j‖² + λ1 ‖a‖_1 + λ2 ‖a‖²
         = κ − 2 kᵀa + aᵀKa + λ1 ‖a‖_1 + λ2 ‖a‖²,

where κ = ⟨φ(y), φ(y)⟩, k_j = ⟨φ_j, φ(y)⟩ and K_ij = ⟨φ_i, φ_j⟩. With λ2 = 0 it is the lasso.

Each row has a working set of its own: the atoms it uses, and those that the optimality conditions
call for most. In a round its numbers are improved there, for all rows at once
(`zoo/representation/coordinate_descent.py`), and one matrix product tells how all atoms stand to
all rows: the duality gap of a row, which ends its part, and its next working set. Rows use few of
the atoms, so the sets stay small; the smaller λ1, the more they use, and a code of nearly all
atoms costs a system of their number. With λ1 = 0 there is a closed form.
"""

import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from zoo.representation.coordinate_descent import improve
from zoo.representation.ridge import ridge_inverse

# Atoms of a working set beyond the used ones, at least.
_SPARE = 24
# Numbers in a stack of the Gram matrices of working sets: 32 MB.
_STACK = 2**22


class ElasticNetCodes(NamedTuple):
    """What `elastic_net_codes` found.

    Attributes:
        codes: (rows, n); the number of an atom that is not used is exactly 0.
        gaps: (rows,), by how much P of each code lies above the minimum, at most.
        rounds: how many rounds the slowest row took.
    """

    codes: np.ndarray
    gaps: np.ndarray
    rounds: int


class ElasticNetCoder:
    """The elastic nets over fixed atoms, with what does not depend on the row computed once.

    Args:
        gram: (n, n), K; symmetric and positive semi-definite.
        lambda1: λ1, at least 0; with 0 the codes have the closed form (K + λ2 I)⁻¹ k.
        lambda2: λ2, at least 0.
        tolerance, max_rounds: as for `elastic_net_codes`.
    """

    def __init__(
        self, gram: np.ndarray, lambda1: float, lambda2: float, tolerance: float, max_rounds: int
    ):
        self.gram = gram
        self._settings = (lambda1, lambda2, tolerance, max_rounds)
        self._inverse = ridge_inverse(gram, lambda2) if lambda1 == 0 else None

    def codes(self, products: np.ndarray, squared_norms: np.ndarray) -> np.ndarray:
        """The codes (rows, n) of rows with these k (rows, n) and κ (rows,)."""
        if self._inverse is not None:
            return products @ self._inverse
        return elastic_net_codes(self.gram, products, squared_norms, *self._settings).codes


def elastic_net_codes(
    gram: np.ndarray,
    products: np.ndarray,
    squared_norms: np.ndarray,
    lambda1: float,
    lambda2: float = 0.0,
    tolerance: float = 1e-6,
    max_rounds: int = 200,
) -> ElasticNetCodes:
    """The codes a that minimize P for each row.

    Args:
        gram: (n, n), K; symmetric and positive semi-definite.
        products: (rows, n), k of each row.
        squared_norms: (rows,), κ of each row.
        lambda1: λ1, above 0.
        lambda2: λ2, at least 0.
        tolerance: a row is done when its duality gap is at most tolerance · κ. Below 1e-11 it is
            rounding that decides.
        max_rounds: after so many it ends all the same; a `ConvergenceWarning` says how many rows
            were not done.
    """
    codes = np.zeros(products.shape)
    gaps = np.zeros(len(products))
    left = np.arange(len(products))
    for rounds in range(max_rounds + 1):
        correlations = products[left] - codes[left] @ gram
        gaps[left] = _gaps(
            products[left], correlations, squared_norms[left], codes[left], lambda1, lambda2
        )
        waiting = gaps[left] > tolerance * squared_norms[left]
        left, correlations = left[waiting], correlations[waiting]
        if not left.size or rounds == max_rounds:
            break
        # One thread: the systems are so small that several would mostly wait for each other.
        with threadpool_limits(1):
            for rows, atoms in _working_sets(codes[left], correlations):
                rows = left[rows, None]
                small = gram[atoms[:, :, None], atoms[:, None, :]]
                codes[rows, atoms] = improve(
                    small, products[rows, atoms], codes[rows, atoms], lambda1, lambda2
                )
    if left.size:
        warnings.warn(
            f"{left.size} of {len(gaps)} rows are not coded to a duality gap of {tolerance:g} "
            f"after {max_rounds} rounds; the largest gap is {gaps.max():.2g}.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return ElasticNetCodes(codes, gaps, rounds)


def duality_gaps(
    gram: np.ndarray,
    products: np.ndarray,
    squared_norms: np.ndarray,
    codes: np.ndarray,
    lambda1: float,
    lambda2: float = 0.0,
) -> np.ndarray:
    """By how much P of each code lies above the minimum, at most, (rows,).

    With the ridge as further features, y' = (φ(y), 0) and φ'_j = (φ_j, √λ2 e_j), P is a lasso. Its
    dual is to maximize 2⟨y', θ⟩ − ‖θ‖² with 2|⟨φ'_j, θ⟩| ≤ λ1 for all j. The gap is P less the
    dual at θ = s (y' − Σ a_j φ'_j), with the best factor s that is allowed.

    Args:
        gram, products, squared_norms, lambda1, lambda2: as for `elastic_net_codes`.
        codes: (rows, n), whatever they are.
    """
    correlations = products - codes @ gram
    return _gaps(products, correlations, squared_norms, codes, lambda1, lambda2)


def _gaps(
    products: np.ndarray,
    correlations: np.ndarray,
    squared_norms: np.ndarray,
    codes: np.ndarray,
    lambda1: float,
    lambda2: float,
) -> np.ndarray:
    """The duality gaps, given how the atoms correlate with what a code leaves: k − K a."""
    explained = np.einsum("rn,rn->r", codes, products)
    # ‖y' − Σ a_j φ'_j‖² and ⟨y', y' − Σ a_j φ'_j⟩.
    squares = (
        squared_norms - explained - np.einsum("rn,rn->r", codes, correlations - lambda2 * codes)
    )
    inner = squared_norms - explained
    steepest = np.abs(correlations - lambda2 * codes).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        most = lambda1 / (2 * steepest)
        scale = np.clip(inner / squares, -most, most)
    # A row of length 0 is coded by zeros, without a residual to scale.
    scale = np.where(np.isfinite(scale), scale, 0.0)
    dual = scale * (2 * inner - scale * squares)
    return np.maximum(squares + lambda1 * np.abs(codes).sum(axis=1) - dual, 0.0)


def _working_sets(
    codes: np.ndarray, correlations: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields (rows, atoms (rows, size)): stacks of rows with about as many atoms to work on.

    The atoms are the used ones, and half as many again or `_SPARE` of the others, those of the
    largest |k − K a|, where the objective falls most steeply.
    """
    used = codes != 0
    count = used.sum(axis=1)
    sizes = np.minimum(count + np.maximum(count // 2, _SPARE), codes.shape[1])
    wanted = np.where(used, -np.inf, -np.abs(correlations))
    order = np.argsort(sizes, kind="stable")
    while order.size:
        size = sizes[order[-1]]
        first = max(0, len(order) - max(1, _STACK // size**2))
        rows, order = order[first:], order[:first]
        yield rows, np.argpartition(wanted[rows], size - 1, axis=1)[:, :size]
