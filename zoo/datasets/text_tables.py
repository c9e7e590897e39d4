"""Text files with a header: columns of texts by their names."""

import pathlib
from collections.abc import Sequence

from zoo.datasets.row_files import (
    is_header_of_numbers,
    read_lines,
    says_number,
    split_cells,
    stated_delimiter,
)
from zoo.errors import InputError


def read_csv(file: pathlib.Path) -> dict[str, list[str]]:
    """The columns of a text file by the names of its first line, cells as texts.

    Between the cells stand commas, semicolons, tabs or bars, whichever the first line has most of,
    or what a line "sep=;" before it says; cells may be quoted. Blank lines are passed over, and
    those at the beginning that begin with #, but where the last of them is the header.

    Raises:
        InputError: no header with names that differ, no row, a row of another length, or a quote
            that is never closed.
    """
    return _columns(file, _cells(file))


def read_named(file: pathlib.Path, names: Sequence[str]) -> dict[str, list[str]] | None:
    """The columns of a text file whose first line has one of `names`; None of rows of numbers.

    Raises:
        InputError: it names others alone, it has numbers that are all the names and may be a row,
            or what `read_csv` refuses.
    """
    rows = _cells(file)
    first = rows[0] if rows else []
    known = set(names) & set(first)
    if known and not all(map(says_number, first)):
        return _columns(file, rows)
    # Names that are numbers: a row may hold some of them by chance.
    if known == set(names) and is_header_of_numbers(file, rows):
        return _columns(file, rows)
    if first and not any(map(says_number, first)):
        raise InputError(
            f"The first line of {file} must name the columns {', '.join(names)[:200]}. Received: "
            f"{', '.join(map(repr, first))[:200]}."
        )
    return None


def _columns(file: pathlib.Path, rows: list[list[str]]) -> dict[str, list[str]]:
    if len(rows) < 2:
        raise InputError(f"{file} must hold a header and rows. Received: {len(rows)} lines.")
    header = rows[0]
    if "" in header or len(set(header)) < len(header):
        raise InputError(
            f"The first line of {file} must name each column, by names that differ. Received: "
            f"{', '.join(map(repr, header))[:200]}."
        )
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(header):
            raise InputError(
                f"{file} has {len(header)} columns. Received in row {number}: {len(row)} cells."
            )
    columns = zip(*rows[1:], strict=True)
    return {name: list(column) for name, column in zip(header, columns, strict=True)}


def _cells(file: pathlib.Path) -> list[list[str]]:
    """The rows of a text file, that of the header among them."""
    lines = read_lines(file)
    first = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    delimiters, lines = stated_delimiter(lines[first:])
    table = (n for n, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#")
    begin = next(table, len(lines))
    if begin == len(lines):
        return []
    delimiter = max(delimiters, key=lines[begin].count)
    # Blank lines go only now: within quotes they belong to a cell.
    rows = [row for row in split_cells(file, lines[begin:], delimiter) if any(row) or len(row) > 1]
    if comments := [line for line in lines[:begin] if line.strip()]:
        # NumPy writes names so.
        header = [cell.strip() for cell in comments[-1].lstrip(" #").split(delimiter)]
        are_names = len(header) == len(rows[0]) and not any(map(says_number, header))
        if are_names and any(map(says_number, rows[0])):
            rows = [header, *rows]
    return rows
