"""The rows of Table 2 of slides A that are fitted in one go: SRC, CRC and KENRR.

They are estimators, see `zoo.registry.register_estimator`. What the arguments mean in full is said
by the classes in `zoo.representation`. These load scikit-learn, and so are imported when called:
arguments and defaults stand here again, and a test holds the two equal.
"""

import importlib
from typing import TYPE_CHECKING, Any

from zoo.registry import register_estimator

if TYPE_CHECKING:
    from zoo.representation import RepresentationClassifier


@register_estimator
def src(
    num_classes: int, lambda1: float = 0.3, tolerance: float = 1e-6, max_rounds: int = 200
) -> "RepresentationClassifier":
    """SRC: a row is combined of few training rows, and goes to the class that gives the most.

    Args:
        num_classes: how many classes; each must have a training row.
        lambda1, tolerance, max_rounds: as for
            `zoo.representation.SparseRepresentationClassifier`.
    """
    return _checked("SparseRepresentationClassifier", **locals())


@register_estimator
def crc(num_classes: int, lambda2: float = 2.0) -> "RepresentationClassifier":
    """CRC: all training rows share in a row, by ridge regression.

    Args:
        num_classes: how many classes; each must have a training row.
        lambda2: as for `zoo.representation.CollaborativeRepresentationClassifier`.
    """
    return _checked("CollaborativeRepresentationClassifier", **locals())


@register_estimator
def kenrr(
    num_classes: int,
    kernel: str = "rbf",
    lambda1: float = 0.1,
    lambda2: float = 0.01,
    degree: int = 2,
    gamma: float = 1.0,
    coef0: float = 0.0,
    tolerance: float = 1e-6,
    max_rounds: int = 200,
) -> "RepresentationClassifier":
    """KENRR, the stand-in: an elastic net over the training rows under a kernel.

    Args:
        num_classes: how many classes; each must have a training row.
        kernel, lambda1, lambda2, degree, gamma, coef0, tolerance, max_rounds: as for
            `zoo.representation.KernelElasticNetClassifier`.
    """
    return _checked("KernelElasticNetClassifier", **locals())


def _checked(name: str, **settings: Any) -> "RepresentationClassifier":
    """The estimator, after a look at its settings, which it would take itself in `fit`."""
    estimator = getattr(importlib.import_module("zoo.representation"), name)(**settings)
    estimator.check_settings()
    return estimator
