"""PNG and JPEG files decoded in a graph, as `zoo.datasets.image_files` decodes them."""

from collections.abc import Callable

import tensorflow as tf

from zoo.datasets.image_files import LONG, ORIENTATION, SHORT
from zoo.datasets.pixels import MOST_PIXELS, fit_images

# Among so many segments of a JPEG file its orientation is looked for.
_MOST_SEGMENTS = 10_000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def decode_files(files: tf.Tensor, image_shape: tuple[int, int, int]) -> tf.Tensor:
    """The pixels of PNG and JPEG files, uint8 `(n, *image_shape)`, as `read_image` gives them.

    Args:
        files: the bytes of each, a string tensor `(n,)`.
        image_shape: (height, width, channels) wanted.

    Raises:
        tf.errors.InvalidArgumentError: a file is neither or has more than `MOST_PIXELS`, with its
            row, or is damaged. The whole batch fails.
    """
    is_png, is_jpeg = _begin(files, _PNG), _begin(files, _JPEG)
    known = is_png | is_jpeg
    row = tf.reshape(tf.where(~known), (-1,))[:1]
    message = ["image_bytes of row", row, "must be a PNG or JPEG file."]
    # Few files have alpha (by the type of color, at byte 25, or by a clear color) or are turned:
    # without one among them, a batch is decoded without all that follows from it.
    color = tf.strings.substr(tf.strings.join([files, bytes(26)]), 25, 1)
    special = is_png & ((color == b"\x04") | (color == b"\x06"))
    special |= tf.strings.regex_full_match(files, r"\C*(tRNS|eXIf|Exif\x00\x00)\C*")

    def each(read: Callable) -> Callable:
        def fitted(row):
            image = fit_images(read(*row), image_shape)
            return tf.ensure_shape(image, image_shape)

        rows = tf.range(tf.size(files)), files, is_png
        spec = tf.TensorSpec(image_shape, "uint8")
        return lambda: tf.map_fn(fitted, rows, fn_output_signature=spec)

    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(known), message)]):
        return tf.cond(tf.reduce_any(special), each(_whole), each(_plain))


def _plain(row, file, is_png):
    """RGB of an opaque file that stands upright."""
    image = tf.cond(
        is_png,
        lambda: tf.io.decode_png(_checked(file, _png_pixels(file), row), 3),
        lambda: _decode_jpeg(file, row),
    )
    return tf.ensure_shape(image, (None, None, 3))


def _whole(row, file, is_png):
    """RGBA of any file, turned upright."""

    def png():
        image = _checked(file, _png_pixels(file), row)
        alpha, *exif = _png_facts(file)
        # Asked for the alpha of an image without it, below 8 bits, TensorFlow makes up a wrong one.
        decoded = tf.cond(
            alpha, lambda: tf.io.decode_png(image, 4), lambda: _opaque(tf.io.decode_png(image, 3))
        )
        return decoded, *exif

    def jpeg():
        return _opaque(_decode_jpeg(file, row)), *_jpeg_exif(file)

    image, exif, size = tf.cond(is_png, png, jpeg)
    return _turned(tf.ensure_shape(image, (None, None, 4)), _orientation(file, exif, size))


def _decode_jpeg(file, row):
    shape = tf.cast(tf.image.extract_jpeg_shape(file), tf.int64)
    known = (shape[2] < 4) | tf.strings.regex_full_match(file, r"\C*Adobe\C*")
    message = ["image_bytes of row", row, "is in CMYK without the marker of Adobe."]
    with tf.control_dependencies([tf.debugging.Assert(known, message)]):
        file = _checked(file, shape[:2], row)
    # The other method, TensorFlow's own choice, is coarser than Pillow's.
    return tf.io.decode_jpeg(file, 3, dct_method="INTEGER_ACCURATE")


def _opaque(image):
    return tf.pad(image, [[0, 0], [0, 0], [0, 1]], constant_values=255)


def _png_pixels(file):
    # Of a file that is cut off before, the numbers are 0, and decoding it says so.
    return _Bytes(tf.strings.substr(file, 0, 24)).number([16, 20], 4)


def _checked(file, size, row):
    """The file, unless it has too many pixels."""
    pixels = tf.reduce_prod(size)
    words = ["image_bytes of row", row, f"must have at most {MOST_PIXELS} pixels. Received:"]
    with tf.control_dependencies([tf.debugging.Assert(pixels <= MOST_PIXELS, [*words, pixels])]):
        return tf.identity(file)


def _begin(files, text):
    return tf.strings.substr(files, 0, len(text)) == text


def _turned(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """An image `(h, w, c)` turned upright by its EXIF orientation, 1 to 8."""

    def backward(image, numbers, axis):
        places = tf.range(tf.shape(image)[axis])
        turned = tf.reduce_any(orientation == numbers)
        return tf.gather(image, tf.where(turned, places[::-1], places), axis=axis)

    image = tf.cond(orientation > 4, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    return backward(backward(image, [2, 3, 6, 7], 1), [3, 4, 7, 8], 0)


def _png_facts(content: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Whether a PNG file has alpha, and where its EXIF block begins and how long it is."""
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
    return alpha, exif, size


def _jpeg_exif(content: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Where the EXIF block of a JPEG file begins, and how long it is."""
    data = _Bytes(content)

    def more(at, exif, size):
        marker = data.number(at + 1, 1)
        # Behind DA are the pixels, and D9 is the end.
        ended = (data.number(at, 1) == 0xFF) & ((marker == 0xDA) | (marker == 0xD9))
        return (size == 0) & ~ended & (at + 4 <= data.length)

    def segment(at, exif, size):
        marker, own_size = data.number(at + 1, 1), data.number(at + 2, 2)
        found = (marker == 0xE1) & data.holds(at + 4, b"Exif\0\0")
        alone = (marker == 0x01) | ((marker >= 0xD0) & (marker <= 0xD7))
        # Between segments there may be bytes that are passed over.
        between = (data.number(at, 1) != 0xFF) | (marker == 0xFF)
        step = tf.where(between, _int(1), tf.where(alone, _int(2), 2 + own_size))
        found &= ~between
        return at + step, tf.where(found, at + 10, exif), tf.where(found, own_size - 8, size)

    start = _int(2), _int(0), _int(0)
    _, exif, size = tf.while_loop(more, segment, start, maximum_iterations=_MOST_SEGMENTS)
    return exif, size


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
    length = tf.cast(tf.strings.length(content), tf.int64)
    exif = tf.minimum(exif, length)
    size = tf.clip_by_value(size, 0, length - exif)
    data = _Bytes(tf.strings.substr(content, exif, size))
    little = data.holds(0, b"II*\0")

    def number(at, size):
        return data.number(at, size, little)

    def found():
        directory = number(4, 4)
        entries = directory + 2 + 12 * tf.range(number(directory, 2))
        kind = number(entries + 2, 2)
        value = tf.where(kind == LONG, number(entries + 8, 4), number(entries + 8, 2))
        told = (number(entries, 2) == ORIENTATION) & ((kind == SHORT) | (kind == LONG))
        told &= (number(entries + 4, 4) == 1) & (value <= 8) & (entries + 12 <= data.length)
        return tf.maximum(tf.reduce_max(tf.where(told, value, 1)), 1)

    return tf.cond(little | data.holds(0, b"MM\0*"), found, lambda: _int(1))


def _int(value):
    return tf.constant(value, tf.int64)
