"""The numbers of many small elastic nets improved together: coordinate descent, and solves.

Coordinate descent (Friedman, Hastie and Tibshirani, "Regularization Paths for Generalized Linear
Models via Coordinate Descent", Journal of Statistical Software 33(1), 2010) minimizes
P(a) = κ − 2 kᵀa + aᵀKa + λ1 ‖a‖_1 + λ2 ‖a‖² over one number at a time,

    a_j ← S(k_j − Σ_{i≠j} K_ji a_i, λ1 / 2) / (K_jj + λ2),   S(z, t) = sign(z) max(|z| − t, 0).

It soon knows which atoms are used and with which signs s, and takes long over the numbers. But
for given signs P is quadratic, with the minimum (K + λ2 I) a = k − λ1 s / 2 over the used atoms
(as in the feature-sign search of Lee, Battle, Raina and Ng, "Efficient Sparse Coding Algorithms",
NIPS 2006). So the two take turns.
"""

import numpy as np

# Turns of descent and solves; how often a turn's descent goes over the atoms; solves of a turn,
# for rows that the first does not bring to the minimum of their signs.
_TURNS = 2
_SWEEPS = 12
_SOLVES = 3
# Parts of the way to that minimum which are tried.
_PARTS = (1.0, 0.25, 0.0625)


def improve(
    gram: np.ndarray, products: np.ndarray, codes: np.ndarray, lambda1: float, lambda2: float
) -> np.ndarray:
    """Codes (rows, m) with a P no higher than the given ones have, and mostly much lower.

    Args:
        gram: (rows, m, m), K of each row's atoms.
        products: (rows, m), k.
        codes: (rows, m), where to start.
        lambda1: λ1, above 0.
        lambda2: λ2, at least 0.
    """
    for _ in range(_TURNS):
        codes = _descend(gram, products, codes, lambda1, lambda2)
        rows = np.arange(len(codes))
        for _ in range(_SOLVES):
            if not rows.size:
                break
            # The used atoms first, and of the others as few as the row with the most used has.
            used = codes[rows] != 0
            at = np.argsort(~used, axis=1, kind="stable")[:, : used.sum(axis=1).max()]
            few = rows[:, None], at
            codes[few], there = _solve_for_signs(
                gram[rows[:, None, None], at[:, :, None], at[:, None, :]],
                products[few],
                codes[few],
                lambda1,
                lambda2,
            )
            rows = rows[~there]
    return codes


def _descend(
    gram: np.ndarray, products: np.ndarray, codes: np.ndarray, lambda1: float, lambda2: float
) -> np.ndarray:
    # Rows last: what is done to all of them at once lies side by side in memory.
    gram, codes = np.ascontiguousarray(gram.transpose(1, 2, 0)), codes.T.copy()
    diagonal = np.einsum("mmr->mr", gram)
    # An atom of length 0 has no pull; it stays out, whatever it is divided by.
    steepness = np.where(diagonal + lambda2 > 0, diagonal + lambda2, 1.0)
    rest = products.T - np.einsum("mnr,nr->mr", gram, codes)
    for _ in range(_SWEEPS):
        for j in range(len(codes)):
            pull = rest[j] + diagonal[j] * codes[j]
            target = (pull - np.clip(pull, -lambda1 / 2, lambda1 / 2)) / steepness[j]
            rest -= gram[j] * (target - codes[j])
            codes[j] = target
    return codes.T


def _solve_for_signs(
    gram: np.ndarray, products: np.ndarray, codes: np.ndarray, lambda1: float, lambda2: float
) -> tuple[np.ndarray, np.ndarray]:
    """Codes nearer to the minimum over the used atoms, signs kept, and which rows have reached it.

    On the way to it, an atom that would change its sign stops at 0. The best place is taken, of
    parts of the way and of where the first atom stops; up to there it is never uphill, so that
    atoms which others make superfluous leave one by one at least.
    """
    used, signs = codes != 0, np.sign(codes)
    matrix = gram * (used[:, :, None] & used[:, None, :])
    diagonal = np.arange(codes.shape[1])
    # The unused have 1 · a = 0. Atoms that are there twice would leave the system singular: a
    # trace of ridge shares them out.
    matrix[:, diagonal, diagonal] *= 1.0 + 1e-12
    matrix[:, diagonal, diagonal] += np.where(used, lambda2, 1.0)
    right = np.where(used, products - lambda1 / 2 * signs, 0.0)
    minimum = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    crossing = used & (minimum * signs <= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        stops = np.where(crossing, codes / (codes - minimum), 1.0)
    parts = [np.full((len(codes), 1), part) for part in _PARTS]
    places = [
        np.where(crossing & (stops <= part), 0.0, codes + part * (minimum - codes))
        for part in (*parts, stops.min(axis=1, keepdims=True))
    ]
    places.append(codes)
    values = [_values(gram, products, each, lambda1, lambda2) for each in places]
    best = np.argmin(values, axis=0)
    return np.stack(places)[best, np.arange(len(codes))], ~crossing.any(axis=1)


def _values(
    gram: np.ndarray, products: np.ndarray, codes: np.ndarray, lambda1: float, lambda2: float
) -> np.ndarray:
    """P without κ, (rows,)."""
    pull = np.matmul(gram, codes[:, :, None])[:, :, 0] + lambda2 * codes - 2 * products
    return np.einsum("rm,rm->r", codes, pull) + lambda1 * np.abs(codes).sum(axis=1)
