"""Image files: the one decoder of data sets and predictions; `image_graphs` is its twin."""

import io
import os
import threading
import warnings

import numpy as np
import tensorflow as tf
from PIL import Image, UnidentifiedImageError

from zoo.datasets.originals import DamagedDataError
from zoo.datasets.pixels import MOST_PIXELS, fit_images
from zoo.errors import InputError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
# EXIF's number of the orientation, and of the types that it may have.
ORIENTATION, SHORT, LONG = 0x0112, 3, 4
# TIFF's number of what white is in gray images: 0, or the largest number.
_WHITE_IS = 0x0106
# Pillow's modes of images without color, and the step from one gray to the next below 8 bits.
_GRAY_MODES = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L")
_GRAY_STEPS = {"L;2": 85, "L;4": 17}
# Filters of warnings belong to the process.
_opening = threading.Lock()


def read_image(
    file: str | os.PathLike, image_shape: tuple[int | None, int | None, int]
) -> np.ndarray:
    """The pixels of a file, uint8 of `image_shape`, as `fit_images` brings them to it.

    Where a side is None, the file's own is kept.

    Raises:
        InputError: as for `read_pixels`.
        DamagedDataError: likewise.
    """
    pixels = read_pixels(file)
    sides = zip(pixels.shape, image_shape, strict=True)
    shape = tuple(own if wanted is None else wanted for own, wanted in sides)
    return pixels if pixels.shape == shape else fit_images(tf.constant(pixels), shape).numpy()


def read_pixels(file: str | os.PathLike) -> np.ndarray:
    """The pixels of a file, uint8 `(h, w, c)`: gray, gray + alpha, RGB or RGBA.

    Pillow decodes PNG, JPEG, GIF, BMP, WebP and TIFF files: gray or in color, by palette, in CMYK,
    of one to 16 bits (of 12 and 16 the upper eight count), of several frames the first. An image is
    turned as its EXIF orientation says.

    Raises:
        InputError: it is no such file, or has more than `MOST_PIXELS`.
        DamagedDataError: it cannot be decoded to its end.
    """
    try:
        image = _open(file, FORMATS)
    except OSError as error:
        raise no_image(file, error) from None
    try:
        with image:
            raw = _raw_mode(image)
            if image.format == "PNG" and not _png_chunks(image)[1]:
                raise EOFError("it has no end")
            # Of a file with a name Pillow maps the bytes of a TIFF, as if its sides were turned.
            image.filename = ""
            image.load()
            return _upright(_pixels(image, raw), image)
    except NotImplementedError as error:
        raise no_image(file, error) from None
    # Pillow's decoders raise what they like at damaged files.
    except Exception as error:
        raise DamagedDataError(f"File {file} is a damaged image: {_reason(error)}.") from error


def read_header(
    file: str | os.PathLike | bytes, formats: tuple[str, ...] = FORMATS
) -> tuple[int, int, int]:
    """(height, width, channels) by the header alone, of a file or of its bytes.

    Gray images have one channel, all others three. Height and width are those of the image turned
    as its EXIF orientation says.

    Raises:
        OSError: it is none of the formats, or has more than `MOST_PIXELS`.
    """
    with _open(file, formats) as image:
        turned = _orientation(image) > 4
        height, width = image.size if turned else image.size[::-1]
        # Pillow makes RGBA of gray and alpha of 16 bits.
        gray = image.mode in _GRAY_MODES or (_raw_mode(image) or "").startswith("LA")
        return height, width, 1 if gray else 3


def no_image(file: str | os.PathLike, error: Exception) -> InputError:
    """What is said of a file that holds something else."""
    return InputError(f"File {file} must be an image ({', '.join(FORMATS)}). Received: {error}.")


def orientation_of(block: bytes) -> int:
    """What the first directory of an EXIF block says, 1 to 8; 1 where it says nothing."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(block[:4])

    def number(at: int, size: int) -> int:
        return int.from_bytes(block[at : at + size], order)

    orientation = 1
    if order is None:
        return orientation
    directory = number(4, 4)
    end = min(directory + 2 + 12 * number(directory, 2), len(block) - 11)
    for at in range(directory + 2, end, 12):
        kind, count = number(at + 2, 2), number(at + 4, 4)
        value = number(at + 8, 4 if kind == LONG else 2)
        if number(at, 2) == ORIENTATION and kind in (SHORT, LONG) and count == 1 and value <= 8:
            orientation = max(orientation, value)
    return orientation


def _upright(pixels: np.ndarray, image: Image.Image) -> np.ndarray:
    orientation = _orientation(image)
    pixels = pixels.transpose(1, 0, 2) if orientation > 4 else pixels
    pixels = pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
    return pixels[::-1] if orientation in (3, 4, 7, 8) else pixels


def _orientation(image: Image.Image) -> int:
    """Of the EXIF alone, 1 to 8; TIFF files are turned by Pillow itself."""
    block = image.info.get("exif")
    if block is None and image.format == "PNG":
        # It may stand behind the pixels, which Pillow has not read yet.
        block = _png_chunks(image)[0]
    return orientation_of(block) if block and image.format != "TIFF" else 1


def _png_chunks(image: Image.Image) -> tuple[bytes | None, bool]:
    """The EXIF block of a PNG file, wherever it stands, and whether the file has its end."""
    file = image.fp
    if file is None:
        return None, True
    here, block = file.tell(), None
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
        length = int.from_bytes(head[:4])
        if head[4:] == b"eXIf":
            block = file.read(length)
            file.seek(-length, io.SEEK_CUR)
        file.seek(length + 4, io.SEEK_CUR)
    ended = head[4:] == b"IEND" and len(file.read(4)) == 4
    file.seek(here)
    return block, ended


def _raw_mode(image: Image.Image) -> str | None:
    """How the pixels of a PNG or TIFF file are stored; Pillow forgets it when it loads them."""
    if image.format not in ("PNG", "TIFF") or not image.tile:
        return None
    stored = image.tile[0][3]
    return stored[0] if isinstance(stored, tuple) else stored


def _pixels(image: Image.Image, raw: str | None) -> np.ndarray:
    """uint8 `(h, w, c)` of a loaded image: gray, gray + alpha, RGB or RGBA."""
    transparent = image.info.get("transparency")
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        if image.format == "TIFF" and image.tag_v2.get(_WHITE_IS) == 0:
            # Pillow turns those of fewer bits.
            values = 65535 - values
        gray = (values >> (4 if raw == "I;12" else 8)).astype("uint8")
        if transparent is None:
            return gray[..., np.newaxis]
        return np.stack([gray, np.where(values == transparent, 0, 255).astype("uint8")], axis=-1)
    if image.mode == "CMYK":
        if image.format == "JPEG" and "adobe" not in image.info:
            # Whether 0 is full ink or none is not said.
            raise NotImplementedError("CMYK without the marker of Adobe")
        # As TensorFlow rounds, which decodes it in served models.
        *ink, black = np.moveaxis(255 - np.asarray(image, "int32"), -1, 0)
        return np.stack([part * black // 255 for part in ink], axis=-1).astype("uint8")
    if image.mode in ("I", "F"):
        raise NotImplementedError(f"pixels of mode {image.mode!r}, beyond 16 bits")
    if isinstance(transparent, tuple) and (raw == "RGB;16B" or max(transparent) > 255):
        raise NotImplementedError("a transparent color of 16 bits")
    if raw in _GRAY_STEPS and transparent is not None:
        image.info["transparency"] = transparent * _GRAY_STEPS[raw]
    gray = image.mode in _GRAY_MODES or (raw or "").startswith("LA")
    if transparent is not None or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        rgba = np.asarray(image.convert("RGBA"))
        return rgba[..., 2:] if gray else rgba
    return (
        np.asarray(image.convert("L"))[..., np.newaxis]
        if gray
        else np.asarray(image.convert("RGB"))
    )


def _open(file: str | os.PathLike | bytes, formats: tuple[str, ...]) -> Image.Image:
    """An image of which the header is read; `OSError` where there is none."""
    if isinstance(file, bytes):
        file = io.BytesIO(file)
    elif not os.path.isfile(file):
        raise OSError("what is no regular file" if os.path.exists(file) else "no file")
    try:
        with _opening, warnings.catch_warnings():
            # Pillow warns of an image of too many pixels.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(file, formats=formats)
    except UnidentifiedImageError:
        raise OSError("a file that begins as none of them") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise OSError(f"more than {MOST_PIXELS} pixels") from None
    # Pillow's readers raise what they like at damaged files.
    except Exception as error:
        raise OSError(_reason(error)) from error


def _reason(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
