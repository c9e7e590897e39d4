"""What every protocol gives: scores by name, and the arrays that the report draws."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from zoo.datasets import ClassData
from zoo.datasets.pixels import resize

# Test images that are drawn: as points of codes, of which some have their image beside them, and
# as pictures.
SCATTER_ROWS = 2_000
SEEN_POINTS = 500
PICTURES = 20
_LARGEST_SIDE = 32


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Scores by the metric's name, and the arrays that the report draws."""

    scores: dict[str, float]
    figures: dict[str, np.ndarray]


def methods_of(model: Any, *names: str) -> dict[str, Callable]:
    """Those of some methods that a model has, by name: what not every model can do."""
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


def images_of_codes(data: ClassData, seed: int) -> dict[str, np.ndarray]:
    """`code_images`: every so manieth image of those whose codes are drawn, from the first.

    At most 500, as bytes, no side longer than 32 pixels; nothing of rows of features.
    """
    if len(data.input_shape) != 3:
        return {}
    images, _ = data.sample("test", SCATTER_ROWS, seed=seed)
    images = np.round(255 * images[:: -(-len(images) // SEEN_POINTS)]).astype("uint8")
    *sides, channels = data.input_shape
    shrunk = min(1, _LARGEST_SIDE / max(sides))
    return {"code_images": resize(images, (*(max(1, round(s * shrunk)) for s in sides), channels))}
