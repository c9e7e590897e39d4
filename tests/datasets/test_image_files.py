"""zoo/datasets/image_files.py and image_graphs.py: one decoder for files, and its twin."""

import functools
import io
import os
import struct

import image_kinds as kinds
import numpy as np
import pytest
import tensorflow as tf
from image_kinds import exif, over_white, png, saved
from PIL import Image, ImageOps

from zoo.datasets.image_files import read_header, read_image
from zoo.datasets.image_graphs import decode_files
from zoo.datasets.originals import DamagedDataError
from zoo.errors import InputError

SHAPE = (6, 5, 3)
COLOR = kinds.RNG.integers(0, 256, SHAPE, "uint8")
ALPHA = kinds.RNG.integers(0, 256, (6, 5, 1), "uint8")
RGBA = np.concatenate([COLOR, ALPHA], axis=-1)
GRAY = COLOR[..., :1]
DEEP = kinds.RNG.integers(0, 2**16, (6, 5), "uint16")
PALETTE = Image.fromarray(COLOR).quantize(16)
CLEAR = PALETTE.copy()
CLEAR.info["transparency"] = 3


@functools.cache
def _decoder(shape):
    return tf.function(lambda files: decode_files(files, shape))


def _in_graph(content, shape):
    files = tf.constant([saved(COLOR), content])
    return _decoder(shape)(files)[1].numpy()


@pytest.fixture
def read(tmp_path):
    def read(content, shape=SHAPE):
        (tmp_path / "file").write_bytes(content)
        return read_image(tmp_path / "file", shape)

    return read


# (bytes, pixels RGB) by Pillow or by hand; those of PNG and JPEG are decoded in graphs too.
KINDS = {
    "gray": (saved(GRAY[..., 0]), np.repeat(GRAY, 3, -1)),
    "color": (saved(COLOR), COLOR),
    "gray and alpha": (saved(RGBA[..., 2:]), over_white(RGBA[..., [2, 2, 2, 3]])),
    "color and alpha": (saved(RGBA), over_white(RGBA)),
    "1 bit": (saved(Image.fromarray(GRAY[..., 0]).convert("1")), None),
    "2 bits, gray 1 clear": (
        png([b"\x1b\x1b"], 2, 0, (b"tRNS", b"\0\1")),
        np.array([[0, 255, 170, 255] * 2], "uint8")[..., None].repeat(3, -1),
    ),
    "16 bits, gray": (saved(DEEP), (DEEP >> 8).astype("uint8")[..., None].repeat(3, -1)),
    "16 bits, one gray clear": (
        png([b"\1\2\xf3\xf4"], 16, 0, (b"tRNS", b"\1\2")),
        np.array([[[255] * 3, [0xF3] * 3]], "uint8"),
    ),
    "16 bits, gray and alpha": (
        png([b"\x80\1\xff\xff\x40\2\0\0"], 16, 4),
        np.array([[[128] * 3, [255] * 3]], "uint8"),
    ),
    "16 bits, color": (
        png([bytes(range(12))], 16, 2),
        np.array([[[0, 2, 4], [6, 8, 10]]], "uint8"),
    ),
    "one color clear": (
        png([bytes(range(6))], 8, 2, (b"tRNS", b"\0\0\0\1\0\2")),
        np.array([[[255] * 3, [3, 4, 5]]], "uint8"),
    ),
    "palette": (saved(PALETTE), np.asarray(PALETTE.convert("RGB"))),
    "palette, one clear": (
        saved(PALETTE, transparency=3),
        over_white(np.asarray(CLEAR.convert("RGBA"))),
    ),
    "interlaced": (saved(COLOR, optimize=True), COLOR),
    "jpeg": (saved(COLOR, "JPEG"), None),
    "jpeg, gray": (saved(GRAY[..., 0], "JPEG"), None),
    "jpeg, coarse": (saved(COLOR, "JPEG", quality=20, progressive=True), None),
    "jpeg, cmyk": (saved(Image.fromarray(COLOR).convert("CMYK"), "JPEG", quality=100), None),
}


@pytest.mark.parametrize("name", KINDS)
def test_files_give_the_pixels_that_pillow_gives(name, read):
    content, pixels = KINDS[name]
    own = read_header(content)
    decoded = read(content, (*own[:2], 3))
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image.convert("RGB")) if pixels is None else pixels
    # CMYK is rounded down, as TensorFlow does.
    np.testing.assert_allclose(decoded, pixels, atol=int("cmyk" in name))
    assert decoded.dtype == np.uint8
    gray = any(word in name for word in ("gray", "1 bit"))
    assert own[2] == (1 if gray else 3)


@pytest.mark.parametrize("shape", [(6, 5, 1), (4, 7, 3), (6, 5, 4)])
def test_graphs_give_the_pixels_of_files(shape, read):
    files = [content for content, _ in KINDS.values()]
    wanted = np.stack([read(content, shape) for content in files])
    np.testing.assert_array_equal(_decoder(shape)(tf.constant(files)), wanted)
    # Those with alpha make the others of their batch go the longer way.
    plain = [row for row, name in enumerate(KINDS) if "clear" not in name and "alpha" not in name]
    alone = _decoder(shape)(tf.constant([files[row] for row in plain]))
    np.testing.assert_array_equal(alone, wanted[plain])


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_kinds_of_files_are_read(kind, read):
    settings = {"lossless": True} if kind == "WEBP" else {}
    for pixels in (COLOR, GRAY[..., 0]) if kind != "GIF" else (GRAY[..., 0],):
        wanted = np.asarray(Image.fromarray(pixels).convert("RGB"))
        np.testing.assert_array_equal(read(saved(pixels, kind, **settings)), wanted)
    with pytest.raises(tf.errors.InvalidArgumentError, match="row(.|\n)*1(.|\n)*PNG or JPEG"):
        _in_graph(saved(COLOR, kind), SHAPE)


@pytest.mark.parametrize(
    ("bits", "white_is", "white"), [(8, 0, 0), (8, 1, 255), (12, 1, 255), (16, 0, 0), (16, 1, 255)]
)
def test_white_of_a_gray_tiff_is_white(bits, white_is, white, read):
    """Pillow tells neither that 12 bits are fewer than 16, nor that 0 of 16 bits is white."""
    pixels = bytes([white]) * (6 * -(-5 * bits // 8))
    numbers = {256: 5, 257: 6, 258: bits, 259: 1, 262: white_is, 273: 8, 277: 1, 278: 6}
    numbers[279] = len(pixels)
    tags = b"".join(struct.pack("<HHII", key, 4, 1, each) for key, each in numbers.items())
    directory = struct.pack("<H", len(numbers)) + tags + bytes(4)
    pixels += bytes(len(pixels) % 2)
    content = b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory
    np.testing.assert_array_equal(read(content), np.full(SHAPE, 255))


def test_hidden_colors_never_shine_through(read):
    clear = np.full((6, 5, 4), (200, 10, 30, 0), "uint8")
    for kind, settings in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        np.testing.assert_array_equal(read(saved(clear, kind, **settings)), np.full(SHAPE, 255))
    palette = Image.fromarray(clear[..., :3]).quantize(2)
    gif = saved(palette, "GIF", transparency=palette.getpixel((0, 0)))
    np.testing.assert_array_equal(read(gif), np.full(SHAPE, 255))
    # What has four channels keeps them.
    np.testing.assert_array_equal(read(saved(clear), (6, 5, 4)), clear)


@pytest.mark.parametrize("animated", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_frames_the_first_counts(animated, read):
    frames = [Image.fromarray(np.full((6, 5), 40 * n, "uint8")) for n in range(3)]
    settings = {"lossless": True} if animated == "WEBP" else {}
    content = saved(frames[1], animated, save_all=True, append_images=frames[2:], **settings)
    np.testing.assert_array_equal(read(content), np.full(SHAPE, 40))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_their_orientation_says(orientation, order, read):
    stored = kinds.STORED[orientation](COLOR)
    notes = {"exif": exif(orientation, order)}
    block = exif(orientation, order)[6:]
    behind = png([row.tobytes() for row in stored], 8, 2, behind=[(b"eXIf", block)])
    for content in (saved(stored, **notes), png_with(stored, block), behind):
        assert read_header(content) == (6, 5, 3)
        np.testing.assert_array_equal(read(content), COLOR)
        np.testing.assert_array_equal(_in_graph(content, SHAPE), COLOR)
    jpeg = saved(stored, "JPEG", **notes)
    with Image.open(io.BytesIO(jpeg)) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read(jpeg), upright)
    np.testing.assert_array_equal(_in_graph(jpeg, SHAPE), upright)
    webp = saved(stored, "WEBP", lossless=True, **notes)
    np.testing.assert_array_equal(read(webp), COLOR)
    for pixels in (COLOR, RGBA, DEEP):
        # In one piece, which Pillow would map, and packed.
        for packed in ({}, {"compression": "tiff_lzw"}):
            stored = kinds.STORED[orientation](pixels)
            tiff = saved(stored, "TIFF", tiffinfo={274: orientation}, **packed)
            assert read_header(tiff)[:2] == (6, 5)
            np.testing.assert_array_equal(read(tiff), read(saved(pixels)))


def png_with(pixels, block):
    """A PNG file whose EXIF stands before its pixels, as cameras write it."""
    rows = [row.tobytes() for row in pixels]
    return png(rows, 8, 2, (b"tEXt", b"Comment\0a photograph"), (b"eXIf", block))


@pytest.mark.parametrize(
    "block",
    [b"", b"II", exif(9)[6:], exif(0)[6:], exif(6)[6:-8], b"II*\0\xff\xff\xff\xff", b"XX*\0"],
)
def test_a_damaged_orientation_is_none(block, read):
    content = png_with(COLOR, block)
    np.testing.assert_array_equal(read(content), COLOR)
    np.testing.assert_array_equal(_in_graph(content, SHAPE), COLOR)
    jpeg = saved(COLOR, "JPEG", exif=b"Exif\0\0" + block)
    np.testing.assert_array_equal(read(jpeg), _in_graph(jpeg, SHAPE))


def test_what_is_cut_short_is_damaged_and_named(read):
    for content in (saved(COLOR)[:9], saved(COLOR, "JPEG", exif=exif(6))[:30]):
        with pytest.raises(tf.errors.InvalidArgumentError):
            _in_graph(content, SHAPE)
    # Also where all pixels are there.
    for cut in (1, 4, 9, 12):
        with pytest.raises(DamagedDataError, match="/file is a damaged image: it has no end"):
            read(saved(COLOR)[:-cut])
        with pytest.raises(tf.errors.InvalidArgumentError):
            _in_graph(saved(COLOR)[:-cut], SHAPE)
    for content in (saved(COLOR), saved(np.tile(COLOR, (20, 20, 1)), "JPEG")):
        cut = content[: len(content) * 2 // 3]
        assert read_header(cut)[2] == 3
        with pytest.raises(DamagedDataError, match="/file is a damaged image"):
            read(cut)
        with pytest.raises(tf.errors.InvalidArgumentError):
            _in_graph(cut, SHAPE)


@pytest.mark.parametrize("content", [b"", b"no image", b"%PDF-1.4", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_image_is_named(content, read):
    with pytest.raises(InputError, match="/file must be an image .*begins as none"):
        read(content)
    with pytest.raises(tf.errors.InvalidArgumentError, match="row(.|\n)*1(.|\n)*PNG or JPEG"):
        _in_graph(content, SHAPE)


@pytest.mark.parametrize("kind", ["float32", "int32"])
def test_pixels_beyond_16_bits_are_refused(kind, read):
    with pytest.raises(InputError, match="must be an image .*beyond 16 bits"):
        read(saved(GRAY[..., 0].astype(kind), "TIFF"))


def test_cmyk_that_does_not_say_what_full_ink_is_is_refused(read):
    content = KINDS["jpeg, cmyk"][0].replace(b"Adobe", b"Other")
    with pytest.raises(InputError, match="CMYK without the marker of Adobe"):
        read(content)
    with pytest.raises(tf.errors.InvalidArgumentError, match="CMYK without the marker of Adobe"):
        _in_graph(content, SHAPE)


def test_what_would_fill_the_memory_is_refused_by_its_header(read):
    # A black image of 10,000 rows of 10,000 bits: 12 kB.
    bomb = png([bytes(1250)] * 10_000, 1, 0)
    assert len(bomb) < 20_000
    with pytest.raises(InputError, match="more than 89478485 pixels"):
        read(bomb)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 89478485(.|\n)*100000000"):
        _in_graph(bomb, SHAPE)


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "circle.png").symlink_to("circle.png")
    for name in ("pipe.png", "circle.png", "none.png", "n" * 300 + ".png", "."):
        with pytest.raises(InputError, match="must be an image"):
            read_image(tmp_path / name, SHAPE)
