"""Readers of files: the right values, or one sentence, whatever a file holds."""

import csv
import io
import pathlib
import tempfile
import xml.etree.ElementTree
import xml.sax.saxutils
from typing import NamedTuple

import image_kinds as kinds
import numpy as np
import pytest
import scipy.io.arff
import scipy.sparse
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from zoo.datasets import load
from zoo.datasets.arff import read_arff
from zoo.datasets.arff_header import read_xml
from zoo.datasets.image_files import read_header, read_image
from zoo.datasets.image_graphs import decode_files
from zoo.datasets.row_files import read_array, read_rows
from zoo.errors import InputError
from zoo.serving.prediction_inputs import read_images

NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False) | st.integers(-9, 9)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5)
SHAPE = (5, 4, 3)


@pytest.fixture(scope="module")
def folder():
    # Traced once, and not in the first of the inputs, which would take long.
    _decode(tf.constant([kinds.saved(np.zeros(SHAPE, "uint8"))]))
    with tempfile.TemporaryDirectory() as path:
        yield pathlib.Path(path)


def answer(read, *arguments):
    """What a reader gives, or None where it says in one sentence why it gives nothing."""
    try:
        return read(*arguments)
    except InputError as error:
        said = str(error).encode(errors="backslashreplace").decode()
        assert len(said) < 900 and said.count("\n") < 3, said
        return None


@st.composite
def damaged(draw, contents):
    """Bytes with some of them cut out, doubled, replaced or put in."""
    content = draw(contents)
    pieces = [b"\n", b"'", b'"', b"{", b"}", b",", b"%", b"?", b"\0", b"\xff", b"1" * 9_999, b"-"]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        end = at + draw(st.sampled_from([0, 0, 1, 2, 7, 100]))
        twice = st.just(content[at:end] * 2)
        put = draw(st.binary(max_size=4) | st.sampled_from(pieces) | twice)
        content = content[:at] + put + content[end:]
    return content


# Tables in Mulan's form.


class Column(NamedTuple):
    """An attribute as it is written, and the columns of numbers that are meant."""

    header: str
    texts: list[str]
    first: str
    meant: dict[str, list[float]]


@st.composite
def columns(draw, name, rows, label):
    mark = draw(st.sampled_from("'\""))

    def quoted(word):
        return mark + word.replace("\\", "\\\\").replace(mark, f"\\{mark}") + mark

    pairs = ["0,1", "1,0", "FALSE,TRUE", "yes,no", "on,off"]
    kind = draw(st.sampled_from(pairs if label else [*pairs, "numeric", "named"]))
    if kind == "numeric":
        meant = draw(st.lists(NUMBERS, min_size=rows, max_size=rows))
        typed, texts, first = "Numeric", [repr(each) for each in meant], "0"
        meant = {name: meant}
    else:
        words = kind.split(",")
        if kind == "named":
            words = draw(st.lists(WORDS, min_size=3, max_size=4, unique_by=str.lower))
        places = draw(st.lists(st.integers(0, len(words) - 1), min_size=rows, max_size=rows))
        # Two values that say false and true, the second of which is true in the first two.
        values = [quoted(word) if kind == "named" else word for word in words]
        typed, texts, first = "{" + " , ".join(values) + "}", [values[n] for n in places], values[0]
        true = kind in ("0,1", "FALSE,TRUE")
        meant = {name: [float(true == (place == 1)) for place in places]}
        if kind == "named":
            meant = {f"{name}={w}": [float(p == n) for p in places] for n, w in enumerate(words)}
    return Column(f"@ATTRIBUTE {quoted(name)} {typed}", texts, first, meant)


@st.composite
def tables(draw):
    """(ARFF, XML, features by name, labels by name) as somebody may have written them."""
    names = draw(st.lists(WORDS, min_size=2, max_size=5, unique=True))
    count, rows = draw(st.integers(1, len(names) - 1)), draw(st.integers(1, 5))
    made = [draw(columns(name, rows, n < count)) for n, name in enumerate(names)]
    end, sparse = draw(st.sampled_from(["\n", "\r\n", "\n\n"])), draw(st.booleans())
    between = draw(st.sampled_from([",", ", ", " ,\t"]))
    lines = ["% a table", "@relation r", *(column.header for column in made), "@Data"]
    for row in range(rows):
        cells = [column.texts[row] for column in made]
        if sparse:
            kept = [
                f"{n} {cell}"
                for n, (cell, column) in enumerate(zip(cells, made, strict=True))
                if cell != column.first or draw(st.booleans())
            ]
            lines.append("{" + between.join(kept) + "}")
        else:
            lines.append(between.join(cells))
    labels = "".join(f"<label name={xml.sax.saxutils.quoteattr(name)}/>" for name in names[:count])
    meant = [{}, {}]
    for n, column in enumerate(made):
        meant[n < count] |= column.meant
    return end.join(lines), f"<labels>{labels}</labels>", *meant


def write(folder, arff, labels):
    (folder / "t.arff").write_bytes(arff)
    (folder / "t.xml").write_bytes(labels)
    return folder / "t.arff", folder / "t.xml"


def by_name(table):
    x = table.features.toarray() if scipy.sparse.issparse(table.features) else table.features
    return (
        dict(zip(table.feature_names, x.T.tolist(), strict=True)),
        dict(zip(table.label_names, table.labels.T.tolist(), strict=True)),
    )


@given(table=tables())
def test_tables_are_read_as_they_are_meant(table, folder):
    arff, labels, *meant = table
    read = read_arff(*write(folder, arff.encode(), labels.encode()))
    features = {name: np.float32(values).tolist() for name, values in meant[0].items()}
    assert by_name(read) == (features, meant[1])


@given(data=st.data(), table=tables())
def test_damaged_tables_are_read_as_scipy_reads_them(data, table, folder):
    arff, labels, *_ = table
    content = data.draw(damaged(st.just(arff.encode())))
    files = write(folder, content, labels.encode())
    read = answer(read_arff, *files, 0.0)
    if read is None:
        return
    try:
        rows, meta = scipy.io.arff.loadarff(io.StringIO(content.decode()))
        numbers = [n for n in meta.names() if meta[n][0] == "numeric" and n in read.feature_names]
        theirs = {name: np.float32(rows[name]).tolist() for name in numbers}
    # It is stricter, or fails in its own ways; and reads no sparse rows.
    except Exception:
        return
    ours = by_name(read)[0]
    for name, values in theirs.items():
        assert np.nan_to_num(values).tolist() == ours[name]


@given(content=damaged(tables().map(lambda table: table[0].encode())) | st.binary(max_size=99))
def test_tables_without_an_xml_are_read_or_refused(content, folder):
    (folder / "t.arff").write_bytes(content.replace(b"@relation r", b"@relation 'r: -C 1'"))
    answer(read_arff, folder / "t.arff")


@given(
    data=st.data(),
    names=st.lists(WORDS, max_size=3),
    encoding=st.sampled_from(["utf-8", "utf-16", "big5", "latin-1", "utf-7", "x", "cp037", "hex"]),
)
def test_label_files_are_read_as_python_reads_them(data, names, encoding, folder):
    labels = "".join(f"<label name={xml.sax.saxutils.quoteattr(name)}></label>" for name in names)
    text = f'<?xml version="1.0" encoding="{encoding}"?><labels>{labels}</labels>'
    try:
        content = text.encode(encoding)
    except (LookupError, UnicodeError):
        content = text.encode()
    if data.draw(st.booleans()):
        content = data.draw(damaged(st.just(content)))
    (folder / "t.xml").write_bytes(content)
    read = answer(read_xml, folder / "t.xml")
    try:
        root = xml.etree.ElementTree.fromstring(content)
    except (ValueError, LookupError, xml.etree.ElementTree.ParseError):
        return
    if read is not None:
        elements = [each for each in root.iter() if each.tag.rpartition("}")[2] == "label"]
        assert [name for name, _ in read[0]] == [each.get("name") for each in elements]


# Rows of numbers.


@given(
    rows=st.integers(1, 5).flatmap(
        lambda size: st.lists(st.lists(NUMBERS, min_size=size, max_size=size), min_size=1)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|", ", ", "  "]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    head=st.lists(st.text(st.sampled_from("xyz ,;\"'#"), min_size=1), min_size=5, max_size=5),
    mark=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_text_is_read_as_csv_writes_it(rows, delimiter, quoting, end, head, mark, folder):
    text = io.StringIO(newline="")
    if delimiter == "  ":
        text.writelines(delimiter.join(map(repr, row)) + end for row in rows)
    else:
        writer = csv.writer(text, delimiter=delimiter[0], lineterminator=end, quoting=quoting)
        names = [f"a{name}" for name in head[: len(rows[0])]]
        writer.writerow(names)
        writer.writerows([[repr(value) for value in row] for row in rows])
    content = text.getvalue()
    if delimiter == ", " and quoting == csv.QUOTE_ALL:
        content = content.replace('","', '", "')
    (folder / "t.csv").write_bytes(content.encode(mark))
    read = read_rows(folder / "t.csv", len(rows[0]))
    np.testing.assert_array_equal(read, np.float32(rows))


@given(
    content=damaged(
        st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=4).map(
            lambda rows: "\n".join(",".join(map(repr, row)) for row in rows).encode()
        )
    )
    | st.binary(max_size=60)
)
def test_damaged_text_is_read_as_numpy_reads_it_or_refused(content, folder):
    (folder / "t.csv").write_bytes(content)
    read = answer(read_rows, folder / "t.csv", 3)
    if read is None:
        return
    assert read.dtype == np.float32 and np.isfinite(read).all() and read.shape[1] == 3
    try:
        theirs = np.loadtxt(io.StringIO(content.decode()), "float64", delimiter=",", ndmin=2)
    except (ValueError, UnicodeError):
        return
    if theirs.shape[1] == 3 and np.isfinite(theirs).all():
        np.testing.assert_array_equal(read, theirs.astype("float32")[-len(read) :])


@st.composite
def arrays(draw):
    """An array of NumPy of any kind, and the bytes of it as .npy or .npz."""
    kind = draw(
        st.sampled_from(["f2", "f4", ">f8", "i1", "<u2", ">i8", "?", "c8", "S2", "U1", "O"])
    )
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    if draw(st.booleans()):
        array = np.asfortranarray(array)
    file = io.BytesIO()
    if draw(st.booleans()):
        np.save(file, array, allow_pickle=True)
    else:
        save = draw(st.sampled_from([np.savez, np.savez_compressed]))
        save(file, **{draw(st.sampled_from(["x", "a"])): array})
    return array, file.getvalue()


@given(made=arrays(), size=st.integers(1, 4))
def test_arrays_are_rows_or_refused(made, size, folder):
    array, content = made
    file = folder / ("t.npz" if content[:2] == b"PK" else "t.npy")
    file.write_bytes(content)
    read = answer(read_rows, file, size)
    wanted = np.atleast_2d(array)
    fits = array.dtype.kind in "buif" and wanted.shape[1:] == (size,) and len(wanted)
    assert (read is not None) == bool(fits)
    if fits:
        np.testing.assert_array_equal(read, wanted.astype("float32"))


@given(content=damaged(arrays().map(lambda made: made[1])) | st.binary(max_size=50))
def test_damaged_arrays_are_read_as_numpy_reads_them_or_refused(content, folder):
    for ending in ("npy", "npz"):
        file = folder / f"t.{ending}"
        file.write_bytes(content)
        read = answer(read_array, file)
        answer(read_rows, file, 2)
        answer(read_images, file, (4, 4, 1))
        if read is not None and content[:2] != b"PK":
            np.testing.assert_array_equal(read, np.load(file))


# Images.


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


_decode = tf.function(
    lambda files: decode_files(files, SHAPE), input_signature=[tf.TensorSpec((None,), "string")]
)


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
