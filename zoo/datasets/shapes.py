"""The embedded data set with known factors: shapes of every scale, orientation and place."""

import itertools

import numpy as np

from zoo.datasets.arrays import in_memory
from zoo.datasets.kinds import ImageData
from zoo.datasets.options import Options
from zoo.datasets.pixels import resize

SHAPES = ("square", "ellipse", "heart")
FACTORS = ("shape", "scale", "orientation", "position_x", "position_y")
_SCALES, _ORIENTATIONS, _POSITIONS = 4, 8, 8
_SIDE, _LARGEST, _STEP = 32, 8.0, 2
# Points of a pixel in each direction; its gray is the share of them inside.
_POINTS = 4
# After which turn a shape looks the same again.
_PERIODS = {"square": np.pi / 2, "ellipse": np.pi, "heart": 2 * np.pi}
_ROWS = {"train": 4608, "validation": 512, "test": 1024}


class FactorData(ImageData):
    """Image data whose images are known to follow from factors, each with a few values.

    Attributes:
        factors: by split (rows, factors), int64, the number of each factor's value from 0 on.
        factor_names: their names, in the order of the columns.

    The others are those of `ImageData`.
    """

    factors: dict[str, np.ndarray]
    factor_names: tuple[str, ...]


def load_shapes(image_shape: tuple[int, int, int] | None, options: Options) -> FactorData:
    """6,144 gray images of 32x32, one of every combination of five factors; the class is the shape.

    * shape: square, ellipse or heart.
    * scale: 4 values from half the size to the whole, a half side or axis of about 8 pixels.
    * orientation: 8 even steps of the turn after which the shape looks the same again, π/2 for the
      square, π for the ellipse and 2π for the heart, so that an image tells its orientation.
    * position_x, position_y: the center in 8 steps of 2 pixels.

    A pixel's gray is the share of 4x4 points that lie inside. The rows are the same each time, in
    an order drawn once: 4,608 training, 512 validation (whatever the options say) and 1,024 test
    rows.

    Args:
        image_shape: (height, width, channels) to bring the images to; None keeps (32, 32, 1).
        options: see `Options`.

    Source: after Matthey, Higgins, Hassabis and Lerchner, "dSprites: Disentanglement testing
    sprites dataset", 2017, with fewer values a factor; its scores are not those of dSprites.
    """
    sizes = (len(SHAPES), _SCALES, _ORIENTATIONS, _POSITIONS, _POSITIONS)
    factors = np.indices(sizes).reshape(len(sizes), -1).T
    sprites = np.stack(
        [_sprite(*each) for each in itertools.product(SHAPES, *map(range, sizes[1:3]))]
    )
    offsets = _STEP * np.arange(_POSITIONS) - _STEP * (_POSITIONS - 1) // 2
    # Nothing reaches over the edge: the largest shape just fits at the outermost places.
    moved = np.stack(
        [np.roll(sprites, (y, x), (1, 2)) for x, y in itertools.product(offsets, offsets)], axis=1
    )
    images = moved.reshape(-1, _SIDE, _SIDE, 1)
    order = np.random.RandomState(0).permutation(len(images))
    ends = np.cumsum(list(_ROWS.values()))[:-1]
    rows = dict(zip(_ROWS, np.split(order, ends), strict=True))
    pairs = {split: (images[each], factors[each, 0]) for split, each in rows.items()}
    if image_shape is not None:
        pairs = {split: (resize(x, image_shape), y) for split, (x, y) in pairs.items()}
    data = FactorData("shapes", in_memory(pairs), options, list(SHAPES))
    data.factors = {split: factors[each] for split, each in rows.items()}
    data.factor_names = FACTORS
    return data


def _sprite(shape: str, scale: int, orientation: int) -> np.ndarray:
    """A shape in the middle of the image, uint8 (32, 32)."""
    middles = (np.arange(_SIDE * _POINTS) + 0.5) / _POINTS - _SIDE / 2
    size = _LARGEST * (1 + scale / (_SCALES - 1)) / 2
    angle = _PERIODS[shape] * orientation / _ORIENTATIONS
    # Up is positive; the shape turns against the clock.
    x, y = middles / size, -middles[:, np.newaxis] / size
    x, y = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    a, b = 1.45 * x, 1.45 * y
    inside = {
        "square": np.maximum(abs(x), abs(y)) <= 0.7,
        "ellipse": x**2 + (y / 0.6) ** 2 <= 1,
        "heart": (a**2 + b**2 - 1) ** 3 <= a**2 * b**3,
    }[shape]
    share = inside.reshape(_SIDE, _POINTS, _SIDE, _POINTS).mean(axis=(1, 3))
    return np.round(255 * share).astype("uint8")
