"""What every protocol gives: scores by name, and the arrays that the report draws."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

# Test images that are drawn: as points of codes, and as pictures.
SCATTER_ROWS = 2_000
PICTURES = 20


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Scores by the metric's name, and the arrays that the report draws."""

    scores: dict[str, float]
    figures: dict[str, np.ndarray]


def methods_of(model: Any, *names: str) -> dict[str, Callable]:
    """Those of some methods that a model has, by name: what not every model can do."""
    return {name: getattr(model, name) for name in names if hasattr(model, name)}
