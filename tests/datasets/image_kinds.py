"""Image files of every kind, made by Pillow or byte by byte."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)
# Turns an image as it is seen into how a file with that EXIF orientation stores it.
STORED = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x),
    7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
    8: lambda x: np.rot90(x, -1),
}


def saved(image, kind="PNG", **settings):
    """The bytes of a file of an image or of pixels."""
    if not isinstance(image, Image.Image):
        image = Image.fromarray(np.ascontiguousarray(image))
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def exif(orientation, order="<"):
    """An EXIF block that says an orientation alone."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    head = struct.pack(f"{order}I", 8) + struct.pack(f"{order}H", 1)
    return b"Exif\0\0" + mark + head + entry + bytes(4)


def png(rows, depth, color_type, *chunks, behind=()):
    """A PNG file of packed rows of bytes, with chunks (name, content) around the pixels."""
    width = len(rows[0]) * 8 // (depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color_type])
    header = struct.pack(">IIBBBBB", width, len(rows), depth, color_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [(b"IHDR", header), *chunks, (b"IDAT", pixels), *behind, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def over_white(rgba):
    """RGB of RGBA, rounded to the nearest."""
    color, alpha = rgba[..., :3].astype(float), rgba[..., 3:] / 255
    return np.floor(color * alpha + 255 * (1 - alpha) + 0.5).astype("uint8")
