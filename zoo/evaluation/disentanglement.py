"""Whether each dimension of a code tells one known factor of the images, and each factor one."""

import numpy as np

from zoo.errors import InputError

_BINS = 20


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray) -> float:
    """MIG: how much more the best dimension tells of a factor than the second best, in [0, 1].

        mean_k (I(z_a; v_k) - I(z_b; v_k)) / H(v_k)

    with a the dimension of the largest mutual information with factor v_k and b that of the second
    largest. I is that of the histogram: each dimension is cut into 20 bins of equal width. A code
    of one dimension has no second: I(z_b; v_k) = 0. A factor of one value alone is left out.

    Args:
        codes: (rows, code_size), finite.
        factors: (rows, factors), whole numbers.

    Raises:
        InputError: arrays of other shapes, codes that are not finite, or no factor that varies.

    Source: R. T. Q. Chen, X. Li, R. Grosse and D. Duvenaud, "Isolating sources of disentanglement
    in VAEs", NeurIPS 2018, equation 6; the bins as F. Locatello et al., "Challenging common
    assumptions in the unsupervised learning of disentangled representations", ICML 2019.
    """
    from sklearn.metrics import mutual_info_score

    codes, factors = _checked(codes, factors)
    factors = factors[:, _varying(factors)]
    bins = [np.digitize(z, np.histogram_bin_edges(z, _BINS)[:-1]) for z in codes.T]
    gaps = []
    for factor in factors.T:
        *_, second, first = sorted([0.0, *(mutual_info_score(factor, each) for each in bins)])
        gaps.append((first - second) / mutual_info_score(factor, factor))
    return float(np.mean(gaps))


def dci(
    codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray, test_factors: np.ndarray
) -> dict[str, float]:
    """Disentanglement, completeness and informativeness of codes, each at most 1.

    For each factor scikit-learn's `GradientBoostingClassifier`, with its own settings and seed 0,
    is fitted on the codes. `disentanglement` and `completeness` are those of its importances, see
    `disentanglement_and_completeness`; `informativeness` is the mean over factors of its accuracy
    on the test codes. A factor of one value alone is left out.

    Args:
        codes: (rows, code_size), finite.
        factors: (rows, factors), whole numbers.
        test_codes: (test_rows, code_size).
        test_factors: (test_rows, factors).

    Raises:
        InputError: as for `mutual_information_gap`, of either rows.

    Source: C. Eastwood and C. K. I. Williams, "A framework for the quantitative evaluation of
    disentangled representations", ICLR 2018, which fits a lasso or a random forest; boosted trees
    and their accuracy as Locatello et al. 2019.
    """
    from sklearn.ensemble import GradientBoostingClassifier

    codes, factors = _checked(codes, factors)
    test_codes, test_factors = _checked(test_codes, test_factors)
    kept = _varying(factors)
    importances, accuracies = [], []
    for factor, test_factor in zip(factors.T[kept], test_factors.T[kept], strict=True):
        trees = GradientBoostingClassifier(random_state=0).fit(codes, factor)
        importances.append(trees.feature_importances_)
        accuracies.append(trees.score(test_codes, test_factor))
    disentanglement, completeness = disentanglement_and_completeness(np.transpose(importances))
    return {
        "disentanglement": disentanglement,
        "completeness": completeness,
        "informativeness": float(np.mean(accuracies)),
    }


def disentanglement_and_completeness(importances: np.ndarray) -> tuple[float, float]:
    """D and C of the importance R_ik of dimension i of the code for factor k of K.

        D = Σ_i ρ_i (1 - H_K(R_i· / Σ_k R_ik)),  ρ_i = Σ_k R_ik / Σ_ik R_ik
        C = 1/K Σ_k (1 - H_d(R_·k / Σ_i R_ik))

    H_n is the entropy to the base n. With one factor D is 1, with one dimension C.

    Args:
        importances: (code_size, factors), none below 0, and some above 0 for each factor.

    Source: Eastwood and Williams 2018, section 2.
    """
    of_dimension = importances.sum(axis=1)
    disentanglement = 1 - _entropies(importances)
    completeness = 1 - _entropies(importances.T)
    weights = of_dimension / of_dimension.sum()
    return float(weights @ disentanglement), float(completeness.mean())


def _entropies(rows: np.ndarray) -> np.ndarray:
    """Of each row, taken as shares, the entropy to the base of their number."""
    from scipy.stats import entropy

    # A row of nothing weighs nothing; of one share the entropy is 0 to any base.
    shares = np.where(rows.sum(axis=1, keepdims=True) > 0, rows, 1.0)
    return entropy(shares, base=max(rows.shape[1], 2), axis=1)


def _varying(factors: np.ndarray) -> np.ndarray:
    varying = np.flatnonzero(np.ptp(factors, axis=0))
    if not len(varying):
        raise InputError("There must be a factor that varies. Received: one value of each factor.")
    return varying


def _checked(codes: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, factors = np.asarray(codes, "float64"), np.asarray(factors)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not codes.size:
        raise InputError(
            "Codes must be (rows, code_size) with factors (rows, factors). Received: "
            f"{codes.shape} and {factors.shape}."
        )
    if not np.isfinite(codes).all():
        raise InputError("Codes must be finite. Received: NaN or infinite numbers.")
    return codes, factors
