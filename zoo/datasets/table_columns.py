"""Columns of a table: numbers and categories, and the features that are made of them."""

import collections
import dataclasses
import decimal
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from typing_extensions import TypedDict

from zoo.datasets.checks import check_apart
from zoo.errors import InputError, check_choice

# What stands in a cell that was never filled in, as programs write it.
MISSING = frozenset({"", "?", "na", "n/a", "nan", "-nan", "none", "null", "<na>", "#n/a", "#na"})
RULES = ("refuse", "impute")
# As row files say it too.
POINT = "decimals with a point"
# 1,234,567.8 and 1.234.567,8.
_THOUSANDS = re.compile(r"[+-]?\d{1,3}((,\d{3})+(\.\d*)?|(\.\d{3})+,\d*)", re.ASCII)
_LARGEST = float(np.finfo("float32").max)


class ColumnFields(TypedDict):
    """A column as files hold it."""

    name: str
    values: list[str]
    fill: float | str | None


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table: numbers, or a category of some values.

    name: as its header has it.
    values: of a category, as texts, sorted; none of a column of numbers.
    fill: what a missing cell is taken for, the median of the training rows or the most frequent
        value; None where a missing cell is refused.
    """

    name: str
    values: tuple[str, ...] = ()
    fill: float | str | None = None

    @classmethod
    def read(cls, held: Mapping[str, Any]) -> Self:
        """A column as files hold it, its fields by name."""
        return cls(held["name"], tuple(held["values"]), held["fill"])

    def with_values_of(self, cells: Sequence[Any]) -> Self:
        """The column with the values of further cells too, where it is a category."""
        more = {as_text(cell) for cell in cells if not is_missing(cell)} if self.values else set()
        return dataclasses.replace(self, values=tuple(sorted({*self.values, *more})))

    @property
    def feature_names(self) -> list[str]:
        """Of the features that it makes: one number, or one of 0 and 1 for each value."""
        return [f"{self.name}={value}" for value in self.values] or [self.name]

    def features(self, cells: Sequence[Any], where: str, first: int = 0) -> np.ndarray:
        """The features (rows, 1) or (rows, values), float32; the first row has the number `first`.

        Raises:
            InputError: a cell that is missing and not filled, no finite number, or a value that
                the training rows did not have; the sentence names column and row.
        """
        filled = [self.fill if is_missing(cell) else cell for cell in cells]
        for row, cell in enumerate(filled, first):
            if cell is None:
                what = "a missing cell; fill it, or train with missing='impute', which does"
                self._refuse(where, row, what)
        if self.values:
            return self._one_hot([as_text(cell) for cell in filled], where, first)
        numbers = np.empty((len(filled), 1), "float64")
        for row, cell in enumerate(filled):
            number = as_number(cell)
            if number is None or abs(number) > _LARGEST:
                how = f", {POINT}" if _has_comma(cell) else ""
                if number is not None:
                    how = f" that float32 holds, up to {_LARGEST:.2g}"
                what = f"{cell!r:.60}, and the column is of numbers{how}"
                self._refuse(where, first + row, what)
            numbers[row] = number
        return numbers.astype("float32")

    def _one_hot(self, cells: list[str], where: str, first: int) -> np.ndarray:
        place = {value: number for number, value in enumerate(self.values)}
        for row, cell in enumerate(cells, first):
            if cell not in place:
                known = ", ".join(self.values[:10])[:200]
                known += ", ..." if len(self.values) > 10 else ""
                odd = [value for value in self.values if as_number(value) is None]
                why = f", for {odd[0]!r:.60} is no number" if 0 < len(odd) < len(place) else ""
                self._refuse(where, row, f"{cell!r:.60}, and the column is one of {known}{why}")
        return np.eye(len(self.values), dtype="float32")[[place[cell] for cell in cells]]

    def _refuse(self, where: str, row: int, what: str) -> None:
        raise InputError(f"Column {self.name!r} of {where}, row {row}: {what}.")


def learn_columns(
    table: Mapping[str, Sequence[Any]],
    categorical: Sequence[str] = (),
    missing: str = "refuse",
    rows: Sequence[int] | None = None,
) -> list[Column]:
    """The columns of training rows, numbers first.

    A column is of numbers where each cell that is not missing is one, and it is not named as
    categorical; a category otherwise. A column that is the same in all rows stays: a later row may
    differ.

    Args:
        table: by the name of a column its cells: numbers, truth values or texts.
        categorical: names of columns whose numbers are names.
        missing: `"refuse"`, or `"impute"`: numbers take the median of the training rows, categories
            their most frequent value (of equal ones the first).
        rows: the number of each row, by which messages name it; None: from 0.

    Raises:
        InputError: an unknown name or rule, columns that are missing as a whole, a category of one
            value alone, texts in a column whose cells are mostly numbers, or numbers with a comma,
            and that is not named as categorical, numbers so near to each other that float32 makes
            few of them, or two features of one name.
    """
    check_choice("missing", missing, RULES)
    for name in categorical:
        check_choice("name of a categorical column", name, list(table))
    columns = [
        _learn(name, cells, name in categorical, missing == "impute", rows)
        for name, cells in table.items()
    ]
    counts = collections.Counter(name for column in columns for name in column.feature_names)
    for name, times in counts.items():
        if times > 1:
            raise InputError(
                "The names of features, of a category COLUMN=VALUE, must differ; rename a column. "
                f"Received: {name!r} {times} times."
            )
    return sorted(columns, key=lambda column: bool(column.values))


def _learn(name, cells, is_category, imputes, rows):
    there = [cell for cell in cells if not is_missing(cell)]
    for cell in there:
        if isinstance(cell, list | tuple) or getattr(cell, "ndim", 0):
            raise InputError(
                f"Column {name!r} must have a number or a text in each cell. Received: "
                f"{type(cell).__name__}, {cell!r:.60}."
            )
    if not there:
        raise InputError(f"Column {name!r} has no cell that is filled in; leave it out.")
    numbers = [as_number(cell) for cell in there]
    odd = [cell for cell, number in zip(there, numbers, strict=True) if number is None]
    if not is_category and not odd:
        check_apart(np.array(numbers, "float64")[:, None], [name])
        return Column(name, fill=float(np.median(numbers)) if imputes else None)
    if not is_category and all(map(_is_infinite, odd)):
        raise InputError(f"Column {name!r} has {odd[0]!r:.60}, which is no finite number.")
    commas = all(map(_has_comma, odd))
    if not is_category and (commas or 2 * len(odd) < len(there)):
        row = next(row for row, cell in enumerate(cells) if cell is odd[0])
        row = row if rows is None else rows[row]
        how = (
            f"; write {POINT}" if commas else ", as most cells are; write it as one, leave it empty"
        )
        raise InputError(
            f"Column {name!r}, row {row}: {odd[0]!r:.60} is no number{how}, or name the column as "
            "categorical."
        )
    texts = [as_text(cell) for cell in there]
    values, counts = np.unique(texts, return_counts=True)
    if len(values) < 2:
        raise InputError(
            f"Column {name!r} is a category of one value, {str(values[0])!r:.60}, which tells "
            "nothing; leave it out."
        )
    fill = str(values[counts.argmax()]) if imputes else None
    return Column(name, tuple(map(str, values)), fill)


def features_of(
    columns: Sequence[Column], table: Mapping[str, Sequence[Any]], where: str, first: int = 0
) -> np.ndarray:
    """The features (rows, features) of a table, float32; columns beside those known are left out.

    `first` is the number of the first row, by which one that is refused is named.

    Raises:
        InputError: a column that is missing, or what `Column.features` refuses.
    """
    for column in columns:
        if column.name not in table:
            raise InputError(
                f"Column {column.name!r} is missing in {where}. Received: "
                f"{', '.join(map(str, table)) or 'no columns'}."
            )
    return np.hstack([column.features(table[column.name], where, first) for column in columns])


def is_missing(cell: Any) -> bool:
    """Whether a cell is empty: None, NaN of any type, masked, or one of the words for it."""
    # Of pandas the first says neither yes nor no to being equal to itself.
    if cell is None or cell is np.ma.masked or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    try:
        return not getattr(cell, "ndim", 0) and bool(cell != cell)
    except decimal.InvalidOperation:
        # So a signaling NaN answers.
        return True


def as_number(cell: Any) -> float | None:
    """The number that a cell is or says; None of any other. Truth values are 0 and 1."""
    try:
        number = float(cell) if np.isrealobj(cell) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None:
        return None
    # Python alone takes 1_0 for a number, and digits of other scripts.
    plain = not isinstance(cell, str) or "_" not in cell and cell.isascii()
    return number if plain and np.isfinite(number) else None


def _is_infinite(cell: Any) -> bool:
    try:
        return bool(np.isinf(float(cell)))
    except (TypeError, ValueError):
        return False
    except OverflowError:
        # An integer that is no float.
        return True


def _has_comma(cell: Any) -> bool:
    """Whether a text would be a number, but for a decimal comma or commas between thousands."""
    if not isinstance(cell, str):
        return False
    is_one = cell.count(",") == 1 and as_number(cell.replace(",", ".")) is not None
    return is_one or _THOUSANDS.fullmatch(cell.strip()) is not None


def as_text(cell: Any) -> str:
    """A cell as the value of a category: 3 and 3.0 are the same."""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()
