"""Sheets of images for the report, drawn pixel by pixel to PNG bytes."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

SHEET_COLUMNS = 25


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
    # The rows of a band are set closer together than one band and the next.
    return _sheet(rows, columns, tile, between=3)


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
    return _sheet([images], columns, tile, between=1)


def scaled(images: np.ndarray, tile: int) -> np.ndarray:
    """Images `(n, h, w, c)` enlarged or thinned by a whole number, about `tile` pixels wide."""
    width = images.shape[2]
    thin, enlarge = max(1, width // tile), max(1, tile // width)
    return images[:, ::thin, ::thin].repeat(enlarge, axis=1).repeat(enlarge, axis=2)


def _sheet(rows: Sequence[np.ndarray], columns: int, tile: int, between: int) -> bytes:
    """Lays out bands of rows, with `between` times the gap of two rows from band to band."""
    tiled = [_tiles(images, tile) for images in rows]
    count, height, width = tiled[0].shape[:3]
    columns = min(columns, count)
    gap = max(2, width // 16)
    band = len(tiled) * (height + gap) + (between - 1) * gap
    high, wide = -(-count // columns) * band - between * gap, columns * (width + gap) - gap
    sheet = np.zeros((high, wide, 4), "uint8")
    for index in range(count):
        top, left = index // columns * band, index % columns * (width + gap)
        for row, tiles in enumerate(tiled):
            y = top + row * (height + gap)
            sheet[y : y + height, left : left + width] = tiles[index]
    buffer = io.BytesIO()
    image = Image.fromarray(sheet)
    # Without a color, two bytes for a pixel say as much as four.
    gray = (sheet[..., :1] == sheet[..., 1:3]).all()
    (image.convert("LA") if gray else image).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _tiles(images: np.ndarray, tile: int) -> np.ndarray:
    """Images `(n, h, w, c)` in [0, 1] as RGBA bytes, enlarged or thinned by a whole number."""
    images = np.clip(np.nan_to_num(images), 0.0, 1.0)
    if images.shape[-1] < 3:
        images = np.repeat(images.mean(-1, keepdims=True), 3, axis=-1)
    bytes_ = np.round(255 * images[..., :3]).astype("uint8")
    bytes_ = scaled(bytes_, tile)
    opaque = np.full((*bytes_.shape[:3], 1), 255, "uint8")
    return np.concatenate([bytes_, opaque], axis=-1)


def small_sheet(images: np.ndarray) -> bytes:
    """Images as they are, `SHEET_COLUMNS` in a row without a gap, as a JPEG of few bytes.

    Args:
        images: `(num_images, height, width, channels)`, uint8; one channel or more as for
            `image_sheet`.
    """
    count, height, width, channels = images.shape
    rows = -(-count // SHEET_COLUMNS)
    sheet = np.zeros((rows * SHEET_COLUMNS, height, width, 3), "uint8")
    sheet[:count] = images[..., :3] if channels > 2 else images[..., :1]
    sheet = sheet.reshape(rows, SHEET_COLUMNS, height, width, 3).swapaxes(1, 2)
    buffer = io.BytesIO()
    picture = Image.fromarray(sheet.reshape(rows * height, SHEET_COLUMNS * width, 3))
    picture.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()
