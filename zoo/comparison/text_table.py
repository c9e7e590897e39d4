"""A table as text, aligned for a terminal or in Markdown; nothing here needs TensorFlow."""

from collections.abc import Sequence
from typing import NamedTuple

from zoo.errors import width_of


class ScoreTable(NamedTuple):
    """Texts by column; `rows` are as long as `header`."""

    header: list[str]
    rows: list[list[str]]

    def text(self) -> str:
        """Aligned columns, numbers to the right."""
        return "\n".join([self.head(), *map(self.line, range(len(self.rows)))])

    def head(self) -> str:
        """The header and a rule, with the columns of `text`."""
        return self._align(self.header) + "\n" + "  ".join("-" * width for width in self._widths())

    def line(self, number: int) -> str:
        """One row, with the columns of `text`."""
        return self._align(self.rows[number])

    def markdown(self) -> str:
        """A table of GitHub's Markdown."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [self.header, rule, *self.rows]
        return "".join(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
            for cells in lines
        )

    def _widths(self) -> list[int]:
        return [max(map(width_of, column)) for column in zip(self.header, *self.rows, strict=True)]

    def _align(self, cells: Sequence[str]) -> str:
        padded = [
            (" " * (width - width_of(cell)) + cell) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, self._widths(), strict=True))
        ]
        return "  ".join(padded).rstrip()
