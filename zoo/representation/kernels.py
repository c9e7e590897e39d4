"""Kernels between images: what representation takes in place of inner products of pixels."""

import dataclasses

import numpy as np
from sklearn.metrics.pairwise import linear_kernel, polynomial_kernel, rbf_kernel
from sklearn.preprocessing import normalize

from zoo.errors import InputError, check_choice, check_count, check_number

KERNELS = ("linear", "polynomial", "rbf", "hellinger")


@dataclasses.dataclass(frozen=True)
class Kernel:
    """One of `KERNELS`, on rows that `features` has brought to length 1.

    * `linear`: xᵀy, the cosine of two images.
    * `polynomial`: (xᵀy + coef0)^degree.
    * `rbf`: exp(−gamma ‖x − y‖²), on rows of length 1 exp(−2 gamma (1 − xᵀy)).
    * `hellinger`: Σ √(x_i y_i) with x and y scaled to sum 1, the Bhattacharyya coefficient of two
      distributions of ink; linear once x is replaced by √(x / Σx). Refuses negative numbers.

    Args:
        name: one of `KERNELS`.
        degree: of the polynomial, at least 1.
        gamma: of the rbf, at least 0.
        coef0: of the polynomial, at least 0 (below it, the kernel is no inner product).

    Raises:
        InputError: another name, or a number out of its range.
    """

    name: str
    degree: int = 2
    gamma: float = 1.0
    coef0: float = 0.0

    def __post_init__(self):
        check_choice("kernel", self.name, KERNELS)
        check_count("degree", self.degree)
        check_number("gamma", self.gamma)
        check_number("coef0", self.coef0)

    def features(self, rows: np.ndarray) -> np.ndarray:
        """Rows (rows, d) scaled to length 1, so that brightness does not matter; zeros stay zeros.

        For `hellinger` they become √(x / Σx), which has length 1 as well.

        Raises:
            InputError: negative numbers for `hellinger`.
        """
        if self.name != "hellinger":
            return normalize(rows)
        negative = np.flatnonzero((rows < 0).any(axis=1))
        if negative.size:
            raise InputError(
                "Negative values in data passed to the hellinger kernel, which takes numbers of at "
                f"least 0. Received: {negative.size} of {len(rows)} rows with some, the first row "
                f"{negative[0]}, the lowest value {rows.min():g}."
            )
        return np.sqrt(normalize(rows, norm="l1"))

    def products(self, rows: np.ndarray, atoms: np.ndarray) -> np.ndarray:
        """The kernel of each of `rows` (rows, d) with each of `atoms` (n, d), both features."""
        if self.name == "polynomial":
            return polynomial_kernel(rows, atoms, degree=self.degree, gamma=1.0, coef0=self.coef0)
        if self.name == "rbf":
            return rbf_kernel(rows, atoms, gamma=self.gamma)
        return linear_kernel(rows, atoms)

    def squared_norms(self, rows: np.ndarray) -> np.ndarray:
        """The kernel of each of `rows` (rows, d), features, with itself, (rows,)."""
        if self.name == "rbf":
            return np.ones(len(rows))
        squares = np.square(rows).sum(axis=1)
        return (squares + self.coef0) ** self.degree if self.name == "polynomial" else squares
