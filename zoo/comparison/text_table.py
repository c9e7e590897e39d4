"""A table as text, aligned for a terminal or in Markdown; nothing here needs TensorFlow."""

import html
from collections.abc import Sequence
from typing import NamedTuple

from zoo.errors import printable, width_of


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
        return "".join("| " + " | ".join(map(_in_markdown, cells)) + " |\n" for cells in lines)

    def _widths(self) -> list[int]:
        columns = zip(self.header, *self.rows, strict=True)
        return [max(width_of(printable(cell)) for cell in column) for column in columns]

    def _align(self, cells: Sequence[str]) -> str:
        padded = [
            (" " * (width - width_of(cell)) + cell) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(
                zip(map(printable, cells), self._widths(), strict=True)
            )
        ]
        return "  ".join(padded).rstrip()


def _in_markdown(cell: str) -> str:
    return html.escape(printable(cell), quote=False).replace("|", "\\|")
