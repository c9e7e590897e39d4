"""Readers of tables in Mulan's form: the right values, or one sentence, whatever a file holds."""

import io
import xml.etree.ElementTree
import xml.sax.saxutils
from typing import NamedTuple

import numpy as np
import scipy.io.arff
import scipy.sparse
from damaged_files import NUMBERS, WORDS, answer, damaged
from hypothesis import given
from hypothesis import strategies as st

from zoo.datasets.arff import read_arff
from zoo.datasets.arff_header import read_xml


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
