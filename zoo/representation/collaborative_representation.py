"""CRC: all training rows share in every row, by ridge regression (Zhang et al. 2011)."""

import numpy as np
from sklearn.preprocessing import normalize
from sklearn.utils import Tags

from zoo.errors import check_number
from zoo.representation.base import RepresentationClassifier
from zoo.representation.residuals import feature_residuals
from zoo.representation.ridge import ridge_inverse


class CollaborativeRepresentationClassifier(RepresentationClassifier):
    """Classification by collaborative representation, CRC-RLS of the paper.

    Rows y (features,) and training rows x_1 … x_n, the columns of X (features, n), are scaled to
    length 1. The code of y, in closed form, and its class:

        a = argmin_a ‖y − X a‖² + λ2 ‖a‖² = (XᵀX + λ2 I)⁻¹ Xᵀ y
        class = argmin_c ‖y − X_c a_c‖ / ‖a_c‖

    with X_c and a_c the columns and numbers of class c alone; `residuals` are these quotients.
    The projection (XᵀX + λ2 I)⁻¹ Xᵀ = Xᵀ (XXᵀ + λ2 I)⁻¹ is computed once, by whichever of the two
    matrices is smaller, so that many training rows of few features need no n × n matrix. With
    λ2 = 0 it is the least-squares code of smallest length.

    Args:
        lambda2: λ2, at least 0.
        num_classes: the labels are class numbers below it, and each must have a training row;
            None takes whatever labels there are.

    Example:
        CollaborativeRepresentationClassifier().fit(images, labels).score(images, labels)

    Reference:
        Zhang, Yang and Feng, "Sparse Representation or Collaborative Representation: Which Helps
        Face Recognition?", ICCV 2011, doi:10.1109/ICCV.2011.6126277.
    """

    def __init__(self, lambda2: float = 2.0, *, num_classes: int | None = None):
        self.lambda2 = lambda2
        self.num_classes = num_classes

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # A class is a subspace to it: two clouds on one line through 0 are one.
        tags.classifier_tags.poor_score = True
        return tags

    def check_settings(self) -> None:
        check_number("lambda2", self.lambda2)

    def _learn(self, rows: np.ndarray) -> None:
        # Rows are rows here, so `atoms` is Xᵀ.
        self.atoms_ = atoms = normalize(rows)
        if len(atoms) <= atoms.shape[1]:
            self.projection_ = atoms.T @ ridge_inverse(atoms @ atoms.T, self.lambda2)
        else:
            self.projection_ = ridge_inverse(atoms.T @ atoms, self.lambda2) @ atoms.T

    def _represent(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = normalize(rows)
        codes = rows @ self.projection_
        distances = feature_residuals(rows, self.atoms_, codes, self.labels_)
        of_class = np.eye(len(self.classes_))[self.labels_]
        lengths = np.sqrt(np.square(codes) @ of_class)
        # A class without a share has length 0, and leaves the row as it is: as far as can be.
        return codes, distances / np.maximum(lengths, np.finfo(float).tiny)
