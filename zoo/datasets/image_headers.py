"""What the headers of image files say: orientation, and in a graph the size and alpha too."""

from typing import NamedTuple

import tensorflow as tf

_PNG = b"\x89PNG\r\n\x1a\n"
_ORIENTATION, _SHORT, _LONG = 0x0112, 3, 4


class PngFacts(NamedTuple):
    """Of a PNG file: its size, whether it has alpha, and its EXIF orientation, 1 to 8."""

    height: tf.Tensor
    width: tf.Tensor
    alpha: tf.Tensor
    orientation: tf.Tensor


def is_png(content: tf.Tensor) -> tf.Tensor:
    """Whether bytes begin as those of a PNG file."""
    return _begins(content, _PNG)


def is_jpeg(content: tf.Tensor) -> tf.Tensor:
    """Whether bytes begin as those of a JPEG file."""
    return _begins(content, b"\xff\xd8\xff")


def png_facts(content: tf.Tensor) -> PngFacts:
    """Of the bytes of a PNG file, chunk by chunk."""
    data = _Bytes(content)

    def more(at, alpha, exif, size):
        return (at + 12 <= data.length) & ~data.holds(at + 4, b"IEND")

    def chunk(at, alpha, exif, size):
        alpha |= data.holds(at + 4, b"tRNS")
        found, own_size = data.holds(at + 4, b"eXIf"), data.number(at, 4)
        exif, size = tf.where(found, at + 8, exif), tf.where(found, own_size, size)
        return at + 12 + own_size, alpha, exif, size

    # Types of color 4 and 6 are those with alpha.
    start = tf.constant(8, tf.int64), data.number(25, 1) >= 4, _int(0), _int(0)
    _, alpha, exif, size = tf.while_loop(more, chunk, start)
    orientation = _orientation(content, exif, size)
    return PngFacts(data.number(20, 4), data.number(16, 4), alpha, orientation)


def jpeg_orientation(content: tf.Tensor) -> tf.Tensor:
    """The EXIF orientation of the bytes of a JPEG file, 1 to 8, segment by segment."""
    data = _Bytes(content)

    def more(at, exif, size):
        marker = data.number(at + 1, 1)
        # Behind DA are the pixels, and D9 is the end.
        ended = (data.number(at, 1) != 0xFF) | (marker == 0xDA) | (marker == 0xD9)
        return (size == 0) & ~ended & (at + 4 <= data.length)

    def segment(at, exif, size):
        marker = data.number(at + 1, 1)
        found = (marker == 0xE1) & data.holds(at + 4, b"Exif\0\0")
        alone = (marker == 0x01) | ((marker >= 0xD0) & (marker <= 0xD7))
        own_size = data.number(at + 2, 2)
        step = tf.where(alone, _int(2), 2 + own_size)
        exif, size = tf.where(found, at + 10, exif), tf.where(found, own_size - 8, size)
        return at + tf.where(marker == 0xFF, _int(1), step), exif, size

    _, exif, size = tf.while_loop(more, segment, (_int(2), _int(0), _int(0)))
    return _orientation(content, exif, size)


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
        value = number(at + 8, 4 if kind == _LONG else 2)
        if number(at, 2) == _ORIENTATION and kind in (_SHORT, _LONG) and count == 1 and value <= 8:
            orientation = max(orientation, value)
    return orientation


class _Bytes:
    """Bytes by place; those beyond the end are 0."""

    def __init__(self, content: tf.Tensor):
        self.length = tf.cast(tf.strings.length(content), tf.int64)
        self._data = tf.concat([tf.io.decode_raw(content, tf.uint8), tf.zeros(1, tf.uint8)], axis=0)

    def _at(self, places):
        return tf.cast(tf.gather(self._data, tf.clip_by_value(places, 0, self.length)), tf.int64)

    def holds(self, at, text):
        """Whether a text stands at a place."""
        return tf.reduce_all(self._at(at + tf.range(len(text), dtype=tf.int64)) == list(text))

    def number(self, at, size, little=False):
        """The number of some bytes from a place or from each of some; the highest first or last."""
        at = tf.cast(at, tf.int64)[..., tf.newaxis]
        parts = self._at(at + tf.range(size, dtype=tf.int64))
        weights = tf.constant([256**place for place in range(size)], tf.int64)
        return tf.reduce_sum(parts * tf.where(little, weights, weights[::-1]), axis=-1)


def _orientation(content: tf.Tensor, exif: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """`orientation_of` in a graph, of the block at a place in a file."""
    # A block that goes beyond the end is what there is of it.
    size = tf.clip_by_value(size, 0, tf.cast(tf.strings.length(content), tf.int64) - exif)
    data = _Bytes(tf.strings.substr(content, exif, size))
    little = data.holds(0, b"II*\0")

    def number(at, size):
        return data.number(at, size, little)

    def found():
        directory = number(4, 4)
        entries = directory + 2 + 12 * tf.range(number(directory, 2))
        kind = number(entries + 2, 2)
        value = tf.where(kind == _LONG, number(entries + 8, 4), number(entries + 8, 2))
        told = (number(entries, 2) == _ORIENTATION) & ((kind == _SHORT) | (kind == _LONG))
        told &= (number(entries + 4, 4) == 1) & (value <= 8) & (entries + 12 <= data.length)
        return tf.maximum(tf.reduce_max(tf.where(told, value, 1)), 1)

    return tf.cond(little | data.holds(0, b"MM\0*"), found, lambda: _int(1))


def _int(value):
    return tf.constant(value, tf.int64)


def _begins(content, text):
    return tf.strings.substr(content, 0, len(text)) == text
