"""Readers of images: the right pixels, or one sentence, whatever a file holds."""

import io
import pathlib
import tempfile

import image_kinds as kinds
import numpy as np
import pytest
import tensorflow as tf
from damaged_files import answer, damaged
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from zoo.datasets import load
from zoo.datasets.image_files import read_header, read_image
from zoo.datasets.image_graphs import decode_files

SHAPE = (5, 4, 3)

_decode = tf.function(
    lambda files: decode_files(files, SHAPE), input_signature=[tf.TensorSpec((None,), "string")]
)


@pytest.fixture(scope="module", autouse=True)
def traced():
    # Not in the first of the inputs, which would take long.
    _decode(tf.constant([kinds.saved(np.zeros(SHAPE, "uint8"))]))


@st.composite
def images(draw):
    """(format, bytes, orientation) of an image of any kind that Pillow writes."""
    seed, kind = draw(st.integers(0, 99)), draw(st.sampled_from(["PNG", "JPEG", *OTHERS]))
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    rgba = np.random.default_rng(seed).integers(0, 256, (height, width, 4), "uint8")
    if draw(st.booleans()):
        rgba[..., 3] = np.where(rgba[..., 3] > 99, 255, 0)
    mode = draw(st.sampled_from(OTHERS.get(kind) or MODES[kind]))
    image = Image.fromarray(rgba)
    if mode == "I;16":
        deep = np.random.default_rng(seed).integers(0, 2**16, (height, width), "uint16")
        image = Image.fromarray(deep)
    elif mode == "P":
        image = image.convert("RGB").quantize(draw(st.sampled_from([2, 5, 16, 200])))
    elif mode != "RGBA":
        image = image.convert(mode)
    settings = {}
    if kind == "JPEG":
        settings["quality"] = draw(st.sampled_from([5, 50, 95]))
        settings["progressive"] = draw(st.booleans())
        if mode == "RGB":
            settings["subsampling"] = draw(st.sampled_from([0, 1, 2]))
    if kind == "WEBP":
        settings |= {"lossless": True, "exact": True}
    if mode == "P" and kind in ("PNG", "GIF") and draw(st.booleans()):
        settings["transparency"] = 1
    orientation = draw(st.integers(1, 8)) if kind in ("PNG", "JPEG", "WEBP") else 1
    if orientation > 1:
        settings["exif"] = kinds.exif(orientation, draw(st.sampled_from("<>")))
    return kind, mode, kinds.saved(image, kind, **settings)


MODES = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "JPEG": ["L", "RGB", "CMYK"],
}
OTHERS = {
    "GIF": ["P", "L"],
    "BMP": ["1", "L", "P", "RGB"],
    "WEBP": ["RGB", "RGBA"],
    "TIFF": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"],
}


def by_pillow(content):
    """RGB, turned upright and over white; None of what Pillow converts otherwise than is meant."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    if image.mode == "I;16":
        return np.repeat((np.asarray(image) >> 8)[..., None], 3, -1)
    if "A" in image.mode or "transparency" in image.info:
        return kinds.over_white(np.asarray(image.convert("RGBA")))
    return np.asarray(image.convert("RGB"))


@given(made=images())
def test_images_are_read_as_pillow_reads_them(made, folder):
    kind, mode, content = made
    (folder / "image").write_bytes(content)
    wanted = by_pillow(content)
    assert read_header(folder / "image")[:2] == wanted.shape[:2]
    read = read_image(folder / "image", wanted.shape)
    np.testing.assert_allclose(read.astype(int), wanted, atol=int(mode == "CMYK"))
    if kind in ("PNG", "JPEG"):
        np.testing.assert_array_equal(
            _decode(tf.constant([content]))[0], read_image(folder / "image", SHAPE)
        )


@given(content=damaged(images().map(lambda made: made[2])) | st.binary(max_size=60))
def test_damaged_images_are_read_alike_everywhere_or_refused(content, folder):
    (folder / "image").write_bytes(content)
    read = answer(read_image, folder / "image", SHAPE)
    try:
        served = _decode(tf.constant([content]))[0].numpy()
    except tf.errors.InvalidArgumentError:
        return
    # Of damaged entropy codes every version of libjpeg makes something else.
    if read is not None and content.startswith(b"\x89PNG"):
        np.testing.assert_array_equal(served, read)


# It takes longer than the others.
@settings(max_examples=settings().max_examples // 6)
@given(
    names=st.lists(
        st.tuples(
            st.sampled_from(["train", "test", "val", "x", ".y"]),
            st.sampled_from(["a", "b", ".c", "d\udce4"]),
            st.sampled_from(["0.png", "1.PNG", "2.txt", "3", ".4.png", "5.jpg/6.png"]),
        ),
        max_size=12,
    ),
    whole=st.booleans(),
)
def test_trees_of_images_are_read_or_refused(names, whole):
    tree = {(split, name, "9.png") for split in ("train", "test") for name in "ab"}
    with tempfile.TemporaryDirectory() as root:
        for parts in tree.union(names) if whole else names:
            file = pathlib.Path(root, *parts)
            if file.suffix == ".jpg" or file.exists():
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(kinds.saved(np.zeros((4, 4), "uint8")))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("zoo.datasets.folder.warnings.warn", lambda *_, **__: None)
            data = answer(load, f"folder:{root}")
        if data is not None:
            assert data.class_names == ["a", "b"] and data.image_shape == (4, 4, 1)
