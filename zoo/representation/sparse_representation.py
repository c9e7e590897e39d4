"""SRC: rows are combined of few training rows (Wright et al. 2009)."""

import numpy as np
from sklearn.preprocessing import normalize

from zoo.errors import check_count, check_number
from zoo.representation.base import RepresentationClassifier
from zoo.representation.elastic_net import ElasticNetCoder
from zoo.representation.residuals import feature_residuals


class SparseRepresentationClassifier(RepresentationClassifier):
    """Classification by sparse representation, SRC.

    Rows y (features,) and training rows x_1 … x_n, the columns of X (features, n), are scaled to
    length 1. The code of y, and its class:

        a = argmin_a ‖y − X a‖² + λ1 ‖a‖_1
        class = argmin_c ‖y − X_c a_c‖

    with X_c and a_c the columns and numbers of class c alone. The paper states the constrained
    form, min ‖a‖_1 with ‖y − X a‖ ≤ ε; this is its Lagrangian, which has the same solutions.
    In scikit-learn's `Lasso`, whose loss is ‖·‖² / (2 · features), α = λ1 / (2 · features). From
    λ1 = 2 max_j |x_jᵀy| up, at most 2, the code is zero. With λ1 = 0 it is the least-squares code
    of smallest length.

    Args:
        lambda1: λ1, at least 0.
        num_classes: the labels are class numbers below it, and each must have a training row;
            None takes whatever labels there are.
        tolerance: codes are found until their objective is at most so far from the minimum, which
            the duality gap guarantees.
        max_rounds: so many rounds are tried at most; a `ConvergenceWarning` tells if it was in
            vain for some rows.

    Example:
        SparseRepresentationClassifier(lambda1=0.1).fit(images, labels).score(images, labels)

    Reference:
        Wright, Yang, Ganesh, Sastry and Ma, "Robust Face Recognition via Sparse Representation",
        IEEE TPAMI 31(2), 2009, doi:10.1109/TPAMI.2008.79.
    """

    def __init__(
        self,
        lambda1: float = 0.3,
        *,
        num_classes: int | None = None,
        tolerance: float = 1e-6,
        max_rounds: int = 200,
    ):
        self.lambda1 = lambda1
        self.num_classes = num_classes
        self.tolerance = tolerance
        self.max_rounds = max_rounds

    def check_settings(self) -> None:
        check_number("lambda1", self.lambda1)
        check_number("tolerance", self.tolerance)
        check_count("max_rounds", self.max_rounds)

    def _learn(self, rows: np.ndarray) -> None:
        self.atoms_ = normalize(rows)
        gram = self.atoms_ @ self.atoms_.T
        self.coder_ = ElasticNetCoder(gram, self.lambda1, 0.0, self.tolerance, self.max_rounds)

    def _represent(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = normalize(rows)
        codes = self.coder_.codes(rows @ self.atoms_.T, np.square(rows).sum(axis=1))
        return codes, feature_residuals(rows, self.atoms_, codes, self.labels_)
