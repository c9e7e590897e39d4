"""What stands before the rows of a multi-label table: attributes, and which of them are labels."""

import codecs
import gzip
import os
import pathlib
import re
import unicodedata
import zlib
from typing import NamedTuple, NoReturn
from xml.parsers import expat

import numpy as np

from zoo.errors import InputError

# Possessive throughout: a text that does not match is given up after one look at it.
NUMBER = r"[-+]?+(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-+]?+\d++)?+"
QUOTED = r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+\""""
_ATTRIBUTE = re.compile(rf"@attribute\s++({QUOTED}|[^\s{{'\"][^\s{{]*+)\s*+(\S.*+)", re.I)
_VALUE = re.compile(rf"\s*+({QUOTED}|[^,{{}}]*+)\s*+([,}}])")
_NUMERIC = re.compile(r"(?:numeric|real|integer)\b", re.I)
# A word of its own behind the name and a colon.
_LABEL_COUNT = re.compile(r":(?:[^:]*\s)?-C\s++([-+]?\d{1,9})(?=[\s'\"]|$)")
_ENCODING = re.compile(rb"""<\?xml[^>]{1,200}?\bencoding\s*=\s*["']([A-Za-z][\w.-]*)""")
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Of Python, and not of files.
_NO_ENCODINGS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
# What is 0 and what is 1, in words.
_WORDS = (("0", "1"), ("false", "true"), ("f", "t"), ("no", "yes"), ("n", "y"), ("off", "on"))


class Attribute(NamedTuple):
    """A column of the file.

    Attributes:
        name: its name.
        codes: for an attribute of named values the number of each: 0 and 1 where they say false
            and true, else their places; None for one of numbers.
        binary: whether the values say false and true.
        line: where it stands in the file.
    """

    name: str
    codes: dict[str, int] | None
    binary: bool
    line: int

    @property
    def named(self) -> bool:
        """Whether its values are names, each of which gets a column."""
        return self.codes is not None and not self.binary

    @property
    def in_numbers(self) -> bool:
        """Whether its values are written as numbers, and mean them."""
        numbers = (re.fullmatch(NUMBER, value, re.ASCII) for value in self.codes or ())
        return not self.named and all(numbers)

    @property
    def first(self) -> int:
        """What it is where a sparse row leaves it out: 0, or the first of its values."""
        return next(iter(self.codes.values())) if self.codes else 0


class Header(NamedTuple):
    """The attributes, how many are labels by -C of MEKA (0: not said), and the lines to @data."""

    attributes: list[Attribute]
    label_count: int
    length: int


def fail(file: pathlib.Path, line: int, wrong: str, received: str) -> NoReturn:
    """Raises `InputError` with file and line."""
    wrong, received = (
        text if len(text) <= most else f"{text[: most - 3]}..."
        for text, most in ((wrong, 300), (received, 60))
    )
    raise InputError(f"File {file}, line {line}: {wrong}. Received: {received}.")


def read_bytes(file: pathlib.Path) -> bytes:
    """The bytes of a regular file, unzipped where its name ends in .gz."""
    try:
        if os.path.exists(file) and not os.path.isfile(file):
            raise OSError("it is no regular file")
        if file.suffix.lower() == ".gz":
            with gzip.open(file) as stream:
                return stream.read()
        return file.read_bytes()
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"File {file} cannot be read: {error}.") from error


def read_text(file: pathlib.Path, encoding: str) -> str:
    """The text of an ARFF file: in UTF-8 or UTF-16, else in the encoding of its XML; composed."""
    content = read_bytes(file)
    for each in (_BOMS.get(content[:2], "utf-8-sig"), encoding):
        try:
            return unicodedata.normalize("NFC", content.decode(each))
        except UnicodeError:
            continue
    # Older files are Latin-1, in which every byte is a character.
    return content.decode("latin-1")


def unquoted(text: str) -> str:
    """A name or value without its quotes and escapes."""
    if text[:1] not in ("'", '"'):
        return text.strip()
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])


def read_header(file: pathlib.Path, lines: list[str]) -> Header:
    """The lines of a file up to @data."""
    attributes: dict[str, Attribute] = {}
    label_count = 0
    for number, line in enumerate(lines, 1):
        line = line.strip()
        word = line[:10].lower()
        if not line or line[0] == "%":
            continue
        if word.startswith("@relation"):
            if counted := _LABEL_COUNT.search(line):
                label_count = int(counted[1])
            continue
        if word.startswith("@data"):
            return Header(list(attributes.values()), label_count, number)
        parts = _ATTRIBUTE.fullmatch(line)
        if parts is None:
            fail(file, number, "the header must hold @attribute NAME TYPE, then @data", line)
        name, kind = unquoted(parts[1]), parts[2]
        if name in attributes:
            there = f"attribute {name!r} is there already, in line {attributes[name].line}"
            fail(file, number, there, line)
        attributes[name] = _read_attribute(file, number, name, kind)
    raise InputError(f"File {file} must hold a line @data after its attributes. Received: none.")


def _read_attribute(file: pathlib.Path, number: int, name: str, kind: str) -> Attribute:
    if _NUMERIC.match(kind):
        return Attribute(name, None, False, number)
    wrong = f"attribute {name!r} must be numeric, real, integer or of values in braces"
    if kind[0] != "{":
        fail(file, number, f"{wrong} (text and dates are not read)", kind)
    values, at, end = [], 1, ","
    while end == ",":
        found = _VALUE.match(kind, at)
        if found is None:
            fail(file, number, f"{wrong}, closed by a brace", kind)
        values.append(unquoted(found[1]))
        at, end = found.end(), found[2]
    if kind[at:].strip()[:1] not in ("", "%") or len(set(values)) < len(values) or "" in values:
        fail(file, number, f"{wrong}, each once", kind)
    words = [_plain(value) for value in values]
    for false, true in _WORDS:
        if set(words) <= {false, true}:
            codes = {value: int(word == true) for value, word in zip(values, words, strict=True)}
            return Attribute(name, codes, True, number)
    return Attribute(name, {value: place for place, value in enumerate(values)}, False, number)


def _plain(value: str) -> str:
    """A word that says false or true, as `_WORDS` has it."""
    if re.fullmatch(NUMBER, value, re.ASCII) and float(value) in (0, 1):
        return f"{float(value):g}"
    return value.lower()


def label_columns(
    arff: pathlib.Path, header: Header, xml: pathlib.Path | None, named: list[tuple[str, int]]
) -> np.ndarray:
    """Which attributes are labels, bool `(attributes,)`: those named, else by -C."""
    columns = {attribute.name: column for column, attribute in enumerate(header.attributes)}
    chosen = np.zeros(len(columns), bool)
    for name, line in named:
        if name not in columns:
            fail(xml, line, f"a label must be an attribute of {arff}", repr(name))
        if chosen[columns[name]]:
            fail(xml, line, "a label must be named once", repr(name))
        chosen[columns[name]] = True
    count = header.label_count
    if xml is None and not count:
        raise InputError(
            f"The labels of {arff} must be named by an XML file of its name, or counted by -C in "
            "its @relation. Received: no XML file and no -C."
        )
    if xml is None:
        # MEKA's labels are the first ones, or with a minus the last.
        chosen[: max(count, 0)] = True
        chosen[len(chosen) + min(count, 0) if -count < len(chosen) else 0 :] = count < 0
    if not chosen.any() or chosen.all():
        raise InputError(
            f"File {xml or arff} must name at least one of the {len(columns)} attributes of {arff} "
            "as a label, and leave at least one as a feature. Received: "
            f"{chosen.sum() if xml else abs(count)} labels."
        )
    for column in np.flatnonzero(chosen):
        attribute = header.attributes[column]
        if attribute.named:
            pairs = ", ".join(f"{{{false},{true}}}" for false, true in _WORDS)
            wrong = f"label {attribute.name!r} must be of numbers, or of one of {pairs}"
            fail(arff, attribute.line, wrong, ",".join(attribute.codes))
    return chosen


def read_xml(file: pathlib.Path) -> tuple[list[tuple[str, int]], str]:
    """(name, line) of every label, and the encoding of the file."""
    content = read_bytes(file)
    said = _ENCODING.search(content[:400])
    encoding = _BOMS.get(content[:2]) or (said[1].decode() if said else "utf-8")
    try:
        info = codecs.lookup(encoding)
        if info.name in _NO_ENCODINGS:
            raise LookupError(f"unknown encoding: {encoding}")
        if info.name != "utf-8":
            content = content.decode(encoding).encode()
    except (LookupError, UnicodeError, ValueError) as error:
        fail(file, 1, "the XML must be in the encoding that it names", str(error))
    labels = []
    # Whatever the document says of its encoding: it is UTF-8 now.
    parser = expat.ParserCreate("utf-8")

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "label":
            line = parser.CurrentLineNumber
            if "name" not in attributes:
                fail(file, line, "a label must have a name", ", ".join(attributes) or "none")
            labels.append((unicodedata.normalize("NFC", attributes["name"]), line))

    parser.StartElementHandler = start
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        fail(file, error.lineno, "the XML is damaged", expat.ErrorString(error.code))
    return labels, encoding
