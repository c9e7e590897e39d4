"""A table of ours beside the published numbers: what it holds, and itself as aligned text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from zoo.errors import width_of
from zoo.training.finished_runs import Run

# (metric, data set, name of a run) -> the row of `zoo.report.scores.compare`.
Cells = Mapping[tuple[str, str, str], dict[str, Any]]


class Heading(NamedTuple):
    """A line or a column: its title, and the run's name where the title is a published one."""

    title: str
    label: str = ""


class PublishedTable(NamedTuple):
    """A table of published numbers: texts, and the rows of `compare` as cells.

    `number` is the table's in the slides, `None` where it has none there. `groups` holds (title,
    lines), the title "" where the lines are not grouped; a line is (`Heading`, cells), with a row
    of `zoo.report.scores.compare` or `None` for each column. `caption` says what a cell is, and
    `best_of` where bold is the best: "column" or "line".
    """

    number: int | None
    title: str
    corner: str
    columns: list[Heading]
    groups: list[tuple[str, list[tuple[Heading, list[dict[str, Any] | None]]]]]
    caption: str
    best_of: str
    notes: list[str]

    @property
    def name(self) -> str:
        """The title, behind the number where there is one."""
        return self.title if self.number is None else f"Table {self.number}. {self.title}"


def in_order(met: Iterable[str], known: Sequence[str]) -> list[str]:
    """The names that were met, each once: known ones first in their order, then as they came."""
    met = dict.fromkeys(met)
    return [name for name in known if name in met] + [name for name in met if name not in known]


def system_table(
    metric: str,
    systems: Sequence[tuple[Run, str | None]],
    known: Sequence[str],
    datasets: Sequence[str],
    cells: Cells,
    **parts: Any,
) -> PublishedTable:
    """A line for each name of a run, and a column for each data set met; bold is a column's best.

    Args:
        metric: of all cells.
        systems: runs, each with the published name of its system, or `None` for none.
        known: the published names in their order; other lines stand below.
        datasets: the data sets of the papers in their order; others stand behind.
        cells: see `Cells`.
        parts: what else a `PublishedTable` has.
    """
    columns = in_order((run.results["dataset"] for run, _ in systems), datasets)
    places = {system: place for place, system in enumerate(known)}
    named = {run.label: system for run, system in systems}
    lines = [
        (
            Heading(system or label, label if system else ""),
            [cells.get((metric, dataset, label)) for dataset in columns],
        )
        for label, system in sorted(named.items(), key=lambda each: places.get(each[1], len(known)))
    ]
    return PublishedTable(
        **parts,
        corner="Model",
        columns=list(map(Heading, columns)),
        groups=[("", lines)],
        best_of="column",
    )


def as_text(table: PublishedTable) -> str:
    """Returns a table in aligned columns, its name above and its notes below.

    A cell is ours, followed by the published number in brackets where there is one.
    """
    rows = [[table.corner, *_names(table.columns)]]
    for title, lines in table.groups:
        if title:
            rows.append([title] + [""] * len(table.columns))
        indent = "  " if title else ""
        names = _names([heading for heading, _ in lines])
        for name, (_, cells) in zip(names, lines, strict=True):
            rows.append([indent + name, *map(_cell, cells)])
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    aligned = [
        "  ".join(
            text + " " * (width - width_of(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([f"{table.name}: ours (published)", *aligned, *table.notes])


def _names(headings: Sequence[Heading]) -> list[str]:
    """Titles, with the run's name where a title occurs twice."""
    titles = [heading.title for heading in headings]
    return [
        f"{title} [{label}]" if label and titles.count(title) > 1 else title
        for title, label in headings
    ]


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    published = f" ({row['published']})" if row["published"] != "–" else ""
    return row["ours"] + published
