"""Files of rows and of pixels: NumPy's .npy and .npz, and tables of numbers as text."""

import codecs
import csv
import io
import os
import pathlib
import re
import unicodedata

import numpy as np

from zoo.datasets.arff_header import NUMBER
from zoo.datasets.table_columns import MISSING, POINT
from zoo.errors import InputError, first_line

ARRAY_SUFFIXES = (".npy", ".npz")
TABLE_SUFFIXES = (*ARRAY_SUFFIXES, ".csv", ".tsv", ".txt")
# The array of an .npz file with several that is meant.
_NAMES = ("x", "features", "images", "arr_0")
_DELIMITERS = (",", ";", "\t", "|")
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GZIP = b"\x1f\x8b"
_is_number = re.compile(NUMBER, re.ASCII)
_LARGEST = np.finfo("float32").max
# From so many columns on, 0, 1, 2 ... is a header without doubt.
_LONG = 10


def read_rows(file: pathlib.Path, size: int) -> np.ndarray:
    """Rows of numbers, float32 `(n, size)`, of an .npy or .npz file or else of text.

    Text has a row a line, with commas, semicolons, tabs, bars or blanks between the numbers. Lines
    that begin with # and blank ones are passed over, and so is a header: a first line without a
    number, or 0, 1, 2 ... as pandas names columns. Numbers may be quoted.

    Raises:
        InputError: it holds something else, another number of columns, or a number that is missing
            or not finite in float32; the message names row and column, both from 1.
    """
    if file.suffix.lower() in ARRAY_SUFFIXES:
        rows = np.atleast_2d(read_array(file))
        if rows.shape[1:] != (size,):
            raise InputError(
                f"The model takes rows of {size} features. Received in {file}: shape {rows.shape}."
            )
    else:
        rows = _read_text(file, size)
    if not len(rows):
        raise InputError(f"{file} must hold rows of numbers. Received: none.")
    # A NaN fails the comparison.
    for row, column in np.argwhere(~(np.abs(rows) <= _LARGEST))[:1] + 1:
        value = rows[row - 1, column - 1]
        raise InputError(
            f"{file} must hold numbers that are finite in float32. "
            f"Received in row {row}, column {column}: {value:g}."
        )
    return rows.astype("float32")


def read_array(file: pathlib.Path) -> np.ndarray:
    """The array of numbers in an .npy file, or the one of an .npz file that is meant.

    Raises:
        InputError: it holds none.
    """
    try:
        if not os.path.isfile(file):
            raise OSError("it is no regular file")
        array = np.load(file, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            with array as archive:
                names = archive.files
                chosen = names if len(names) == 1 else [name for name in _NAMES if name in names]
                if not chosen:
                    known = ", ".join(names) or "none"
                    raise ValueError(f"of its arrays ({known}) none is called {_NAMES[0]!r}")
                array = np.asarray(archive[chosen[0]])
        if array.dtype.kind not in "buif":
            raise ValueError(f"its array is of dtype {array.dtype}")
    # NumPy and zipfile raise what they like at damaged files.
    except Exception as error:
        raise InputError(
            f"{file} must be an array of numbers as .npy or .npz: {first_line(error).rstrip('.')}."
        ) from error
    return array


def _read_text(file: pathlib.Path, size: int) -> np.ndarray:
    lines = [line for line in read_lines(file) if line.strip() and line.lstrip()[0] != "#"]
    rows = _cells(file, lines, size)
    if rows and _is_header(file, rows, size):
        rows = rows[1:]
    table = np.empty((len(rows), size), "float64")
    for number, cells in enumerate(rows, 1):
        if len(cells) != size:
            raise InputError(
                f"The model takes rows of {size} features. Received in row {number} of {file}: "
                f"{len(cells)} cells."
            )
        for column, cell in enumerate(cells):
            if not _is_number.fullmatch(cell):
                raise InputError(
                    f"{file} must hold rows of numbers, {POINT}. "
                    f"Received in row {number}, column {column + 1}: {_short(cell)}."
                )
        table[number - 1] = cells
    return table


def read_lines(file: pathlib.Path) -> list[str]:
    """The lines of a text file of any usual encoding, without their ends, letters composed."""
    if file.exists() and not file.is_file():
        raise InputError(f"{file} cannot be read: it is no regular file.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    if content[:2] == _GZIP:
        raise InputError(f"{file} must hold text. Received: what gzip has packed; unpack it.")
    for encoding in (_BOMS.get(content[:2], "utf-8-sig"), "latin-1"):
        try:
            # StringIO knows all ends of lines, and leaves those within quotes to csv.
            text = io.StringIO(content.decode(encoding), newline=None)
            return unicodedata.normalize("NFC", text.getvalue()).split("\n")
        except UnicodeError:
            continue
    return []


def stated_delimiter(lines: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """What may stand between cells, the one of a first line "sep=;" alone, and the other lines."""
    stated = re.fullmatch(r"sep=(.)", lines[0].strip(), re.IGNORECASE) if lines else None
    return ((stated[1],), lines[1:]) if stated else (_DELIMITERS, lines)


def split_cells(file: pathlib.Path, lines: list[str], delimiter: str) -> list[list[str]]:
    """The rows as lists of texts; a cell in quotes may go on in the next line.

    Raises:
        InputError: a quote that is never closed, or more behind it, or a byte 0.
    """
    ended = (line + "\n" for line in lines)
    reader = csv.reader(ended, delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    begins = 0
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            begins = reader.line_num
        if any("\0" in cell for row in rows for cell in row):
            raise csv.Error("it has a byte 0")
    except csv.Error as error:
        # Up to the end, or to as much as a cell may hold.
        is_open = any(words in str(error) for words in ("unexpected end", "field limit"))
        fault = "a quote is never closed" if is_open else str(error)
        at = f", in the row that begins {_short(lines[begins])}" if begins < len(lines) else ""
        raise InputError(f"{file} must hold a table: {fault}{at}.") from error
    return rows


def _cells(file: pathlib.Path, lines: list[str], size: int) -> list[list[str]]:
    """The rows as lists of texts, by the separator that makes `size` of the first line."""
    delimiters, lines = stated_delimiter(lines)

    def split(lines: list[str], delimiter: str | None) -> list[list[str]]:
        if delimiter is None:
            return [line.split() for line in lines]
        rows = split_cells(file, lines, delimiter)
        # A separator at the end of a line begins no column.
        return [row[:-1] if len(row) == size + 1 and not row[-1] else row for row in rows]

    def fit(delimiter: str | None) -> tuple[int, int, int]:
        """How well the first lines come apart: rows of the size, with numbers, and cells."""
        try:
            rows = split(lines[:20], delimiter)
        except InputError:
            # A cell may go on behind them.
            return 0, 0, 0
        whole = [row for row in rows if len(row) == size]
        numbers = sum(_is_number.fullmatch(cell) is not None for row in whole for cell in row)
        return numbers, len(whole), sum(map(len, rows))

    # None: blanks.
    return split(lines, max((*delimiters, None), key=fit))


def _is_header(file: pathlib.Path, rows: list[list[str]], size: int) -> bool:
    """Whether the first row names columns."""
    first = rows[0]
    if len(first) == size + 1 and not first[0]:
        raise InputError(
            f"The model takes rows of {size} features. Received in {file}: {size + 1} columns, the "
            "first without a name, as pandas writes its index; write it with index=False."
        )
    if not any(says_number(cell) for cell in first):
        return True
    names_columns = first == [str(column) for column in range(size)]
    return names_columns and is_header_of_numbers(file, rows)


def is_header_of_numbers(file: pathlib.Path, rows: list[list[str]]) -> bool:
    """Whether a first row of numbers, which are names of all the columns, is their header.

    Raises:
        InputError: it may as well be a row.
    """
    first, others = rows[0], rows[1:]
    if len(first) == 1 or not others:
        return False
    if len(first) < _LONG and all(cell.lstrip("+-").isdecimal() for row in others for cell in row):
        raise InputError(
            f"The first line of {file}, {', '.join(first)}, may be a header or a row: take it out, "
            "or give it a decimal point."
        )
    return True


def says_number(cell: str) -> bool:
    """Whether a cell is a number, if not as it is to be written, or stands in place of one."""
    try:
        float(cell or "nan")
    except ValueError:
        digits = any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))
        return digits or cell.lower() in MISSING | {"-", "true", "false"}
    return True


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else f"{cell[:37]}...")
