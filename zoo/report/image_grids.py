"""Sheets of images for the report, drawn pixel by pixel to PNG bytes."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.image import imsave


def reconstruction_grid(
    originals: np.ndarray, reconstructions: np.ndarray, columns: int = 10, tile: int = 112
) -> bytes:
    """Lays originals in rows, each row with its reconstructions right below.

    Args:
        originals: `(num_images, height, width, channels)` in [0, 1].
        reconstructions: The same shape; values outside [0, 1] are clipped.
        columns: Images per row.
        tile: About how many pixels wide an image becomes, see `image_sheet`.

    Returns:
        A PNG, transparent between images.
    """
    return banded_grid([originals, reconstructions], columns, tile)


def banded_grid(rows: Sequence[np.ndarray], columns: int, tile: int = 112) -> bytes:
    """Lays several pictures of each thing below one another, and the things side by side.

    Args:
        rows: What is laid in the first row of a band, in the second and so on: images as for
            `image_sheet`, as many of each and all of one height and width.
        columns: Things in a band; the rest follow in bands below.
        tile: About how many pixels wide an image becomes, see `image_sheet`.

    Returns:
        A PNG, transparent between images.
    """
    tiled = [_tiles(images, tile) for images in rows]
    count = len(tiled[0])
    columns = min(columns, count)
    height, width = tiled[0].shape[1:3]
    gap = _gap(width)
    bands = -(-count // columns)
    # The rows of a band are set closer together than one band and the next.
    band = len(tiled) * (height + gap) - gap + 3 * gap
    sheet = np.zeros((bands * band - 3 * gap, columns * (width + gap) - gap, 4), "uint8")
    for index in range(count):
        top, left = index // columns * band, index % columns * (width + gap)
        for row, tiles in enumerate(tiled):
            y = top + row * (height + gap)
            sheet[y : y + height, left : left + width] = tiles[index]
    return _png(sheet)


def image_sheet(images: np.ndarray, columns: int, tile: int = 112) -> bytes:
    """Lays images row by row, `columns` in a row.

    Args:
        images: `(num_images, height, width, channels)`; one channel is gray, three or more are
            red, green and blue. Values outside [0, 1] are clipped, NaN is black.
        columns: Images per row; a last row may be short.
        tile: About how many pixels wide an image becomes: it is enlarged or thinned by a whole
            number, so that a pixel stays a square with sharp edges.

    Returns:
        A PNG, transparent between images.
    """
    tiles = _tiles(images, tile)
    columns = min(columns, len(tiles))
    height, width = tiles.shape[1:3]
    gap = _gap(width)
    rows = -(-len(tiles) // columns)
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), "uint8")
    for index, image in enumerate(tiles):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return _png(sheet)


def scaled(images: np.ndarray, tile: int) -> np.ndarray:
    """Images `(n, h, w, c)` enlarged or thinned by a whole number, about `tile` pixels wide."""
    width = images.shape[2]
    thin, enlarge = max(1, width // tile), max(1, tile // width)
    return images[:, ::thin, ::thin].repeat(enlarge, axis=1).repeat(enlarge, axis=2)


def _gap(width: int) -> int:
    return max(2, width // 16)


def _tiles(images: np.ndarray, tile: int) -> np.ndarray:
    """Images `(n, h, w, c)` in [0, 1] as RGBA bytes, enlarged or thinned by a whole number."""
    images = np.clip(np.nan_to_num(images), 0.0, 1.0)
    if images.shape[-1] < 3:
        images = np.repeat(images.mean(-1, keepdims=True), 3, axis=-1)
    bytes_ = np.round(255 * images[..., :3]).astype("uint8")
    bytes_ = scaled(bytes_, tile)
    opaque = np.full((*bytes_.shape[:3], 1), 255, "uint8")
    return np.concatenate([bytes_, opaque], axis=-1)


def _png(sheet: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    imsave(buffer, sheet, format="png")
    return buffer.getvalue()
