"""Multi-label tables in Mulan's form: an ARFF file beside an XML of label names, read fast."""

import gzip
import os
import pathlib
import re
import zlib
from typing import NamedTuple, NoReturn
from xml.parsers import expat

import numpy as np
import scipy.sparse

from zoo.errors import InputError

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
# Almost every line of a data section is one of these two; only the others are taken to pieces.
_SPARSE_ROW = re.compile(rf"\{{(?:\d+ {_NUMBER}(?:,\d+ {_NUMBER})*)?\}}", re.ASCII)
_DENSE_ROW = re.compile(rf"{_NUMBER}(?:,{_NUMBER})*", re.ASCII)
_SPARSE_ENTRY = re.compile(r"(\d+)\s+(\S+)", re.ASCII)
_NUMERIC = re.compile(r"(?:numeric|real|integer)\b", re.IGNORECASE)
_BINARY = re.compile(r"""\{\s*(['"]?)0\1\s*,\s*(['"]?)1\2\s*\}""")
_ATTRIBUTE = re.compile(
    r"""@attribute\s+('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s{'"]\S*?)\s*((?<=\s)\S.*|\{.*)""",
    re.IGNORECASE,
)
_LARGEST = np.finfo("float32").max
_TO_SPACES = str.maketrans("{},", "   ")


class MultiLabelTable(NamedTuple):
    """Rows with features and a set of labels each, in the order of the file.

    Attributes:
        features: float32 `(rows, features)`: a `scipy.sparse.csr_matrix` if the file has sparse
            rows, else an array.
        labels: uint8 of 0 and 1, `(rows, labels)`.
        feature_names: names of the features, in the file's order.
        label_names: names of the labels, in the ARFF file's order.
    """

    features: scipy.sparse.csr_matrix | np.ndarray
    labels: np.ndarray
    feature_names: list[str]
    label_names: list[str]


def read_arff(arff: str | os.PathLike, xml: str | os.PathLike) -> MultiLabelTable:
    """Reads an ARFF file, and its labels' names from the XML file.

    Attributes are numeric, real, integer or {0,1}; those that the XML names are the labels and
    must be 0 or 1 in every row. Rows are dense (`1,0,0.5`) or sparse (`{3 1,7 0.5}`: the numbers
    of attributes from 0, with their values; the others are 0), not both in one file. Names may
    be quoted. Comment lines begin with %. A file whose name ends in .gz is unzipped.

    Args:
        arff: the ARFF file.
        xml: the XML file: `label` elements with an attribute `name`, at any depth.

    Raises:
        InputError: a file cannot be read or a line breaks this form; the message names file and
            line.

    Reference: https://mulan.sourceforge.net/format.html
    """
    arff, xml = pathlib.Path(arff), pathlib.Path(xml)
    lines = _text(arff).split("\n")
    header = _read_header(arff, lines)
    chosen = _label_columns(arff, xml, header.names)
    rows, numbers = [], []
    for number, line in enumerate(lines[header.length :], header.length + 1):
        line = line.strip()
        if line and line[0] != "%":
            rows.append(line)
            numbers.append(number)
    if not rows:
        raise InputError(f"File {arff} must hold rows after @data. Received: none.")
    read = _read_sparse if rows[0][0] == "{" else _read_dense
    table = read(arff, rows, numbers, header)
    labels = table[:, chosen]
    labels = labels.toarray() if scipy.sparse.issparse(labels) else labels
    wrong = np.argwhere((labels != 0) & (labels != 1))
    if wrong.size:
        row, label = wrong[0]
        name = header.names[np.flatnonzero(chosen)[label]]
        _fail(arff, numbers[row], f"label {name!r} must be 0 or 1", f"{labels[row, label]:g}")
    return MultiLabelTable(
        table[:, ~chosen],
        labels.astype("uint8"),
        [name for name, is_label in zip(header.names, chosen, strict=True) if not is_label],
        [name for name, is_label in zip(header.names, chosen, strict=True) if is_label],
    )


class _Header(NamedTuple):
    """The attributes' names, which of them are {0,1}, and the lines up to @data."""

    names: list[str]
    binary: np.ndarray
    length: int


def _fail(file: pathlib.Path, line: int, wrong: str, received: str) -> NoReturn:
    received = received if len(received) <= 60 else f"{received[:57]}..."
    raise InputError(f"File {file}, line {line}: {wrong}. Received: {received}.")


def _text(file: pathlib.Path) -> str:
    try:
        if file.suffix == ".gz":
            with gzip.open(file) as stream:
                content = stream.read()
        else:
            content = file.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"File {file} cannot be read: {error}.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Older files are Latin-1, in which every byte is a character.
        return content.decode("latin-1")


def _read_header(file: pathlib.Path, lines: list[str]) -> _Header:
    names, binary = {}, []
    for number, line in enumerate(lines, 1):
        line = line.strip()
        word = line.lower()
        if not line or line[0] == "%" or word.startswith("@relation"):
            continue
        if word.startswith("@data"):
            return _Header(list(names), np.array(binary, bool), number)
        parts = _ATTRIBUTE.fullmatch(line)
        if parts is None:
            _fail(file, number, "the header must hold @attribute NAME TYPE, then @data", line)
        name, kind = parts.groups()
        if name[0] in "'\"":
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
        if name in names:
            _fail(file, number, f"attribute {name!r} is there already, in line {names[name]}", line)
        names[name] = number
        binary.append(_BINARY.match(kind) is not None)
        if not binary[-1] and not _NUMERIC.match(kind):
            _fail(
                file, number, f"attribute {name!r} must be numeric, real, integer or {{0,1}}", kind
            )
    raise InputError(f"File {file} must hold a line @data after its attributes. Received: none.")


def _label_columns(arff: pathlib.Path, xml: pathlib.Path, names: list[str]) -> np.ndarray:
    """Which attributes are labels, bool `(attributes,)`."""
    columns = {name: column for column, name in enumerate(names)}
    chosen = np.zeros(len(names), bool)
    for name, line in _read_xml(xml):
        if name not in columns:
            _fail(xml, line, f"a label must be an attribute of {arff}", repr(name))
        if chosen[columns[name]]:
            _fail(xml, line, "a label must be named once", repr(name))
        chosen[columns[name]] = True
    if not chosen.any() or chosen.all():
        raise InputError(
            f"File {xml} must name at least one of the {len(names)} attributes of {arff} as a "
            f"label, and leave at least one as a feature. Received: {chosen.sum()} labels."
        )
    return chosen


def _read_xml(file: pathlib.Path) -> list[tuple[str, int]]:
    """(name, line) of every label."""
    labels = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "label":
            line = parser.CurrentLineNumber
            if "name" not in attributes:
                _fail(file, line, "a label must have a name", ", ".join(attributes) or "none")
            labels.append((attributes["name"], line))

    parser.StartElementHandler = start
    try:
        parser.Parse(file.read_bytes(), True)
    except OSError as error:
        raise InputError(f"File {file} cannot be read: {error}.") from error
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        _fail(file, error.lineno, "the XML is damaged", reason)
    return labels


def _read_sparse(
    file: pathlib.Path, rows: list[str], numbers: list[int], header: _Header
) -> scipy.sparse.csr_matrix:
    for row, line in enumerate(rows):
        if not _SPARSE_ROW.fullmatch(line):
            rows[row] = _sparse_row(file, numbers[row], line)
    pairs = _numbers(rows).reshape(-1, 2)
    counts = np.array([0 if line == "{}" else line.count(",") + 1 for line in rows])
    columns, values = pairs[:, 0].astype("int64"), pairs[:, 1]
    row_of = np.repeat(np.arange(len(rows)), counts)
    width = len(header.names)
    beyond = np.flatnonzero(columns >= width)
    if beyond.size:
        first = beyond[0]
        _fail(
            file,
            numbers[row_of[first]],
            f"attribute numbers must lie in 0..{width - 1}, for the header has {width} attributes",
            f"{columns[first]}",
        )
    _check_values(file, numbers, header, row_of, columns, values)
    cells = row_of * width + columns
    order = np.argsort(cells, kind="stable")
    twice = np.flatnonzero(np.diff(cells[order]) == 0)
    if twice.size:
        first = order[twice[0]]
        _fail(
            file, numbers[row_of[first]], "an attribute has two values", f"{columns[first]} twice"
        )
    matrix = scipy.sparse.csr_matrix(
        (values.astype("float32"), (row_of, columns)), shape=(len(rows), width)
    )
    matrix.eliminate_zeros()
    return matrix


def _sparse_row(file: pathlib.Path, number: int, line: str) -> str:
    """A row written otherwise than most, as most are written."""
    if line[0] != "{":
        _fail(file, number, "a file has either sparse or dense rows, and its first is sparse", line)
    if line[-1] != "}" or line.count("{") != 1 or line.count("}") != 1:
        _fail(file, number, "a sparse row must be {index value, ...}, whole", f"... {line[-20:]}")
    body = line[1:-1].strip()
    entries = []
    for entry in body.split(",") if body else ():
        parts = _SPARSE_ENTRY.fullmatch(entry.strip())
        if parts is None:
            _fail(
                file, number, "a sparse row must be {index value, ...}", repr(entry.strip()) or "''"
            )
        entries.append(f"{parts[1]} {_value(file, number, parts[2])}")
    return "{" + ",".join(entries) + "}"


def _read_dense(
    file: pathlib.Path, rows: list[str], numbers: list[int], header: _Header
) -> np.ndarray:
    width = len(header.names)
    for row, line in enumerate(rows):
        if not _DENSE_ROW.fullmatch(line):
            if line[0] == "{":
                wrong = "a file has either sparse or dense rows, and its first is dense"
                _fail(file, numbers[row], wrong, line)
            values = (_value(file, numbers[row], part.strip()) for part in line.split(","))
            line = rows[row] = ",".join(values)
        if line.count(",") + 1 != width:
            wrong = f"a dense row must have {width} values, one per attribute"
            _fail(file, numbers[row], wrong, f"{line.count(',') + 1} values")
    table = _numbers(rows).reshape(len(rows), width)
    strange = header.binary & (table != 0) & (table != 1)
    strange |= np.abs(table) > _LARGEST
    for row in np.flatnonzero(strange.any(axis=1))[:1]:
        row_of = np.full(width, row)
        _check_values(file, numbers, header, row_of, np.arange(width), table[row])
    return table.astype("float32")


def _value(file: pathlib.Path, number: int, text: str) -> str:
    """A number, perhaps in quotes."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text == "?":
        _fail(file, number, "a value is missing, which is not supported", "?")
    if not re.fullmatch(_NUMBER, text, re.ASCII):
        _fail(file, number, "a value must be a finite number", repr(text))
    return text


def _numbers(rows: list[str]) -> np.ndarray:
    """All numbers of the rows, one after the other, float64."""
    return np.fromstring(" ".join(rows).translate(_TO_SPACES), sep=" ")


def _check_values(
    file: pathlib.Path,
    numbers: list[int],
    header: _Header,
    row_of: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
) -> None:
    """Every value is finite as float32, and those of {0,1} attributes have no other."""
    wrong = np.flatnonzero(header.binary[columns] & (values != 0) & (values != 1))
    if wrong.size:
        name = header.names[columns[wrong[0]]]
        line = numbers[row_of[wrong[0]]]
        _fail(file, line, f"attribute {name!r} must be 0 or 1", f"{values[wrong[0]]:g}")
    large = np.flatnonzero(np.abs(values) > _LARGEST)
    if large.size:
        line = numbers[row_of[large[0]]]
        _fail(file, line, "a value must be finite in float32", f"{values[large[0]]:g}")
