"""Multi-label tables in Mulan's form: an ARFF file beside an XML of label names, read fast."""

import os
import pathlib
import re
from typing import Any, NamedTuple, NoReturn

import numpy as np
import scipy.sparse

from zoo.datasets.arff_header import (
    NUMBER,
    QUOTED,
    Attribute,
    fail,
    label_columns,
    read_header,
    read_text,
    read_xml,
    unquoted,
)
from zoo.datasets.checks import check_apart
from zoo.errors import InputError

# Almost every line of a data section is one of these two; only the others are taken to pieces.
_SPARSE_ROW = re.compile(rf"\{{(?:\d++ {NUMBER}(?:,\d++ {NUMBER})*+)?+\}}", re.ASCII)
_DENSE_ROW = re.compile(rf"{NUMBER}(?:,{NUMBER})*+", re.ASCII)
# A value, and what follows it.
_DENSE_ENTRY = re.compile(rf"\s*+({QUOTED}|[^,%'\"][^,%]*+|)\s*+(,|%|$)")
_SPARSE_ENTRY = re.compile(rf"\s*+(\d++)\s++({QUOTED}|[^\s,}}'\"][^\s,}}]*+)\s*+([,}}])", re.ASCII)
_is_number = re.compile(NUMBER, re.ASCII)
_LARGEST = np.finfo("float32").max
_TO_SPACES = str.maketrans("{},", "   ")


class MultiLabelTable(NamedTuple):
    """Rows with features and a set of labels each, in the order of the file.

    Attributes:
        features: float32 `(rows, features)`: a `scipy.sparse.csr_matrix` if the file has sparse
            rows of numbers, else an array.
        labels: uint8 of 0 and 1, `(rows, labels)`.
        feature_names: names of the features, in the file's order; NAME=VALUE where an attribute
            of named values has a column for each.
        label_names: names of the labels, in the ARFF file's order.
    """

    features: scipy.sparse.csr_matrix | np.ndarray
    labels: np.ndarray
    feature_names: list[str]
    label_names: list[str]


class _Source(NamedTuple):
    """What is read: the file, its columns, its rows as lines, and the number of each line."""

    file: pathlib.Path
    attributes: list[Attribute]
    rows: list[str]
    numbers: list[int]

    def fail(self, row: int, wrong: str, received: str) -> NoReturn:
        """Raises `InputError` with file and line."""
        fail(self.file, self.numbers[row], wrong, received)


def read_arff(
    arff: str | os.PathLike, xml: str | os.PathLike | None = None, missing: float | None = None
) -> MultiLabelTable:
    """Reads an ARFF file, and its labels' names from the XML file.

    Attributes are numeric, real or integer, or of named values in braces: those that say false
    and true ({0,1}, {FALSE,TRUE}, {NO,YES} and the like, in either order) become 0 and 1, others
    a column of 0 and 1 for each value. Those that the XML names are the labels, and must be false
    or true in every row; without an XML the number after -C in @relation says how many come first
    or, with a minus, last (MEKA). Rows are dense (`1,0,0.5`, or with blanks between) or sparse
    (`{3 1,7 0.5}`: the numbers of attributes from 0, with their values; the others are 0, or the
    first of their named values), not both in one file. Names and values may be quoted. What
    follows % is a comment. A file whose name ends in .gz is unzipped. An ARFF file that is not
    UTF-8 is read in the encoding of its XML, else as Latin-1.

    Args:
        arff: the ARFF file.
        xml: the XML file: `label` elements with an attribute `name`, at any depth.
        missing: what stands for a missing feature, `?`, in each of its columns; None refuses one.

    Raises:
        InputError: a file cannot be read or a line breaks this form; the message names file and
            line.

    Reference: https://mulan.sourceforge.net/format.html
    """
    arff, xml = pathlib.Path(arff), None if xml is None else pathlib.Path(xml)
    named, encoding = ([], "latin-1") if xml is None else read_xml(xml)
    text = read_text(arff, encoding).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    header = read_header(arff, lines)
    chosen = label_columns(arff, header, xml, named)
    source = _Source(arff, header.attributes, [], [])
    for number, line in enumerate(lines[header.length :], header.length + 1):
        line = line.strip()
        if line and line[0] != "%":
            source.rows.append(line)
            source.numbers.append(number)
    if not source.rows:
        raise InputError(f"File {arff} must hold rows after @data. Received: none.")
    table = (_read_sparse if source.rows[0][0] == "{" else _read_dense)(source)
    labels = _read_labels(source, table, chosen)
    own, features = ([source.attributes[c] for c in np.flatnonzero(k)] for k in (chosen, ~chosen))
    x = _in_columns(_known(source, table[:, ~chosen], missing), features, missing)
    return MultiLabelTable(x, labels, _column_names(features), [each.name for each in own])


def _read_sparse(source: _Source) -> scipy.sparse.csr_matrix | np.ndarray:
    """float32 `(rows, attributes)`; an array if what a row leaves out is not 0 in every column."""
    rows, width = source.rows, len(source.attributes)
    plain = all(attribute.in_numbers for attribute in source.attributes)
    for row, line in enumerate(rows):
        if not (plain and _SPARSE_ROW.fullmatch(line)):
            rows[row] = _sparse_row(source, row)
    pairs = _numbers(rows).reshape(-1, 2)
    counts = np.array([0 if line == "{}" else line.count(",") + 1 for line in rows])
    row_of = np.repeat(np.arange(len(rows)), counts)
    for first in np.flatnonzero(pairs[:, 0] >= width)[:1]:
        _fail_beyond(source, row_of[first], f"{pairs[first, 0]:.0f}")
    columns, values = pairs[:, 0].astype("int64"), pairs[:, 1]
    _check_values(source, row_of, columns, values)
    cells = row_of * width + columns
    order = np.argsort(cells, kind="stable")
    for twice in order[np.flatnonzero(np.diff(cells[order]) == 0)[:1]]:
        source.fail(row_of[twice], "an attribute has two values", f"{columns[twice]} twice")
    values = values.astype("float32")
    if any(attribute.first or attribute.named for attribute in source.attributes):
        first = np.array([attribute.first for attribute in source.attributes], "float32")
        table = np.tile(first, (len(rows), 1))
        table[row_of, columns] = values
        return table
    table = scipy.sparse.csr_matrix((values, (row_of, columns)), shape=(len(rows), width))
    table.eliminate_zeros()
    return table


def _sparse_row(source: _Source, row: int) -> str:
    """A row written otherwise than most, as most are written."""
    line = source.rows[row]
    if line[0] != "{":
        source.fail(row, "a file has either sparse or dense rows, and its first is sparse", line)
    entries, at, end = [], 1, ","
    if re.match(r"\s*+\}", line[1:]):
        at, end = line.index("}") + 1, "}"
    while end == ",":
        found = _SPARSE_ENTRY.match(line, at)
        if found is None:
            entry = re.match(r"[^,}]*+", line[at:])[0].strip()
            source.fail(row, "a sparse row must be {index value, ...}, whole", repr(entry))
        # As text it may have any length.
        place = found[1].lstrip("0") or "0"
        if len(place) > 9 or int(place) >= len(source.attributes):
            _fail_beyond(source, row, place)
        entries.append(f"{place} {_value(source, row, source.attributes[int(place)], found[2])}")
        at, end = found.end(), found[3]
    if line[at:].strip()[:1] not in ("", "%"):
        source.fail(row, "a sparse row must be {index value, ...}, whole", line[at:].strip())
    return "{" + ",".join(entries) + "}"


def _fail_beyond(source: _Source, row: int, place: str) -> NoReturn:
    last = len(source.attributes) - 1
    source.fail(row, f"attribute numbers must lie in 0..{last}, by the header's attributes", place)


def _read_dense(source: _Source) -> np.ndarray:
    """float32 `(rows, attributes)`."""
    rows, width = source.rows, len(source.attributes)
    plain = all(attribute.in_numbers for attribute in source.attributes)
    for row, line in enumerate(rows):
        if not (plain and _DENSE_ROW.fullmatch(line)):
            line = rows[row] = _dense_row(source, row)
        if line.count(",") + 1 != width:
            wrong = f"a dense row must have {width} values, one per attribute"
            source.fail(row, wrong, f"{line.count(',') + 1} values")
    table = _numbers(rows).reshape(len(rows), width)
    binary = np.array([attribute.binary for attribute in source.attributes])
    strange = binary & (table != 0) & (table != 1) & ~np.isnan(table)
    strange |= np.abs(table) > _LARGEST
    for row in np.flatnonzero(strange.any(axis=1))[:1]:
        _check_values(source, np.full(width, row), np.arange(width), table[row])
    check_apart(table, [attribute.name for attribute in source.attributes])
    return table.astype("float32")


def _dense_row(source: _Source, row: int) -> str:
    """A row written otherwise than most, as most are written."""
    line = source.rows[row]
    if line[0] == "{":
        source.fail(row, "a file has either sparse or dense rows, and its first is dense", line)
    if not set(line) & {"'", '"', "%"}:
        values = line.split(",") if "," in line else line.split()
    else:
        values, at, end = [], 0, ","
        while end == ",":
            found = _DENSE_ENTRY.match(line, at)
            if found is None:
                source.fail(row, "a quoted value must be closed", line[at:])
            values.append(found[1])
            at, end = found.end(), found[2]
    width = len(source.attributes)
    if len(values) != width:
        wrong = f"a dense row must have {width} values, one per attribute"
        source.fail(row, wrong, f"{len(values)} values")
    pairs = zip(source.attributes, values, strict=True)
    return ",".join(_value(source, row, attribute, value) for attribute, value in pairs)


def _value(source: _Source, row: int, attribute: Attribute, text: str) -> str:
    """A value as a number; nan where it is missing."""
    text = text.strip()
    if text == "?":
        return "nan"
    text, codes = unquoted(text), attribute.codes
    if codes and text in codes:
        return str(codes[text])
    number = _is_number.fullmatch(text)
    if codes is None:
        if not number:
            source.fail(
                row, f"attribute {attribute.name!r}: a value must be a finite number", repr(text)
            )
        return text
    if not (number and attribute.in_numbers and float(text) in (0, 1)):
        source.fail(row, _must_be(attribute), repr(text))
    return text


def _must_be(attribute: Attribute) -> str:
    values = sorted(attribute.codes, key=attribute.codes.get)
    more = " ..." if len(values) > 5 else ""
    return f"attribute {attribute.name!r} must be {' or '.join(values[:5])}{more}"


def _numbers(rows: list[str]) -> np.ndarray:
    """All numbers of the rows, one after the other, float64."""
    text = " ".join(rows).translate(_TO_SPACES)
    # Of blanks alone NumPy makes a number.
    return np.fromstring(text, sep=" ") if text.strip() else np.empty(0)


def _check_values(
    source: _Source, row_of: np.ndarray, columns: np.ndarray, values: np.ndarray
) -> None:
    """Every value is finite as float32 or missing; what says false and true has no other."""
    binary = np.array([attribute.binary for attribute in source.attributes])
    wrong = binary[columns] & (values != 0) & (values != 1) & ~np.isnan(values)
    for first in np.flatnonzero(wrong)[:1]:
        attribute = source.attributes[columns[first]]
        source.fail(row_of[first], _must_be(attribute), f"{values[first]:g}")
    for first in np.flatnonzero(np.abs(values) > _LARGEST)[:1]:
        source.fail(row_of[first], "a value must be finite in float32", f"{values[first]:g}")


def _read_labels(source: _Source, table: Any, chosen: np.ndarray) -> np.ndarray:
    labels = table[:, chosen]
    labels = labels.toarray() if scipy.sparse.issparse(labels) else labels
    for row, label in np.argwhere((labels != 0) & (labels != 1))[:1]:
        name = source.attributes[np.flatnonzero(chosen)[label]].name
        value = labels[row, label]
        source.fail(row, f"label {name!r} must be 0 or 1", "?" if np.isnan(value) else f"{value:g}")
    return labels.astype("uint8")


def _known(source: _Source, features: Any, missing: float | None) -> Any:
    """The features, unless one is missing and nothing stands for it."""
    values = features.data if scipy.sparse.issparse(features) else features
    if missing is None and np.isnan(values).any():
        rows = features.tocoo().row[np.isnan(values)] if values is not features else None
        row = np.argwhere(np.isnan(values))[0, 0] if rows is None else rows.min()
        source.fail(row, "a value is missing (`--set missing=0` puts 0 there)", "?")
    return features


def _in_columns(features: Any, attributes: list[Attribute], missing: float | None) -> Any:
    """A column of 0 and 1 for each value of those attributes whose values are names."""
    if any(attribute.named for attribute in attributes):
        columns = []
        for attribute, column in zip(attributes, features.T, strict=True):
            values = column[:, np.newaxis]
            if attribute.named:
                one = (values == np.arange(len(attribute.codes))).astype("float32")
                values = np.where(np.isnan(values), np.nan, one)
            columns.append(values)
        features = np.concatenate(columns, axis=1).astype("float32")
    if missing is not None:
        values = features.data if scipy.sparse.issparse(features) else features
        values[np.isnan(values)] = missing
    return features


def _column_names(attributes: list[Attribute]) -> list[str]:
    """The names of the columns that `_in_columns` makes."""
    names = (
        [f"{each.name}={value}" for value in each.codes] if each.named else [each.name]
        for each in attributes
    )
    return [name for own in names for name in own]
