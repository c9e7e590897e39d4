"""KENRR: elastic nets over the images of the training rows under a kernel."""

import numpy as np
from sklearn.utils import Tags

from zoo.errors import check_count, check_number
from zoo.representation.base import RepresentationClassifier
from zoo.representation.elastic_net import ElasticNetCoder
from zoo.representation.kernels import Kernel
from zoo.representation.residuals import kernel_residuals


class KernelElasticNetClassifier(RepresentationClassifier):
    """Classification by kernel elastic-net representation, KENRR.

    A stand-in. The comparison that names KENRR quotes its scores without a formula, and no
    description of it could be found; the objective below is what its name says, the elastic net
    of Zou and Hastie in the feature space of a kernel, with the decision of SRC. Its three limits
    are published: λ1 = 0 is kernel CRC, a linear kernel with λ2 = 0 is SRC, and λ2 = 0 with any
    kernel is kernel SRC.

    With φ the feature map of the kernel κ(x, y) = ⟨φ(x), φ(y)⟩, and Φ the images of the n training
    rows, the code of y and its class:

        a = argmin_a ‖φ(y) − Φ a‖² + λ1 ‖a‖_1 + λ2 ‖a‖²
          = argmin_a κ(y, y) − 2 kᵀa + aᵀKa + λ1 ‖a‖_1 + λ2 ‖a‖²
        class = argmin_c √(κ(y, y) − 2 k_cᵀa_c + a_cᵀ K_cc a_c)

    where K (n, n) is the kernel between training rows, k (n,) with y, and the index c keeps what
    belongs to class c. With λ1 = 0, a = (K + λ2 I)⁻¹ k.

    Args:
        kernel: "linear", "polynomial", "rbf" or "hellinger", as `Kernel` describes them. The last
            takes no negative numbers.
        lambda1: λ1, at least 0.
        lambda2: λ2, at least 0.
        degree: of the polynomial kernel, at least 1.
        gamma: of the rbf kernel, at least 0.
        coef0: the constant of the polynomial kernel, at least 0.
        num_classes: the labels are class numbers below it, and each must have a training row;
            None takes whatever labels there are.
        tolerance: codes are found until their objective is at most so far from the minimum, as a
            part of κ(y, y), which the duality gap guarantees.
        max_rounds: so many rounds are tried at most; a `ConvergenceWarning` tells if it was in
            vain for some rows.

    Example:
        KernelElasticNetClassifier("hellinger").fit(images, labels).score(images, labels)

    Reference:
        Zou and Hastie, "Regularization and Variable Selection via the Elastic Net", Journal of the
        Royal Statistical Society B 67(2), 2005, doi:10.1111/j.1467-9868.2005.00503.x. Gao, Tsang
        and Chia, "Kernel Sparse Representation for Image Classification and Face Recognition", ECCV
        2010.
    """

    def __init__(
        self,
        kernel: str = "rbf",
        *,
        lambda1: float = 0.1,
        lambda2: float = 0.01,
        degree: int = 2,
        gamma: float = 1.0,
        coef0: float = 0.0,
        num_classes: int | None = None,
        tolerance: float = 1e-6,
        max_rounds: int = 200,
    ):
        self.kernel = kernel
        self.lambda1 = lambda1
        self.lambda2 = lambda2
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.num_classes = num_classes
        self.tolerance = tolerance
        self.max_rounds = max_rounds

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = self.kernel == "hellinger"
        # The others take a class for a subspace: two clouds on one line through 0 are one to them.
        tags.classifier_tags.poor_score = self.kernel != "rbf"
        return tags

    def check_settings(self) -> None:
        self._kernel()
        check_number("lambda1", self.lambda1)
        check_number("lambda2", self.lambda2)
        check_number("tolerance", self.tolerance)
        check_count("max_rounds", self.max_rounds)

    def _kernel(self) -> Kernel:
        return Kernel(self.kernel, degree=self.degree, gamma=self.gamma, coef0=self.coef0)

    def _learn(self, rows: np.ndarray) -> None:
        self.kernel_ = self._kernel()
        self.atoms_ = self.kernel_.features(rows)
        gram = self.kernel_.products(self.atoms_, self.atoms_)
        self.coder_ = ElasticNetCoder(
            gram, self.lambda1, self.lambda2, self.tolerance, self.max_rounds
        )

    def _represent(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = self.kernel_.features(rows)
        products = self.kernel_.products(rows, self.atoms_)
        squared_norms = self.kernel_.squared_norms(rows)
        codes = self.coder_.codes(products, squared_norms)
        return codes, kernel_residuals(
            self.coder_.gram, products, squared_norms, codes, self.labels_
        )
