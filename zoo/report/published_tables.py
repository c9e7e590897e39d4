"""The tables in which systems were published, filled with our runs beside those numbers."""

from collections.abc import Sequence

from zoo.kinds import list_tasks
from zoo.report.scores import compare
from zoo.report.tables import PublishedTable, as_text
from zoo.training.finished_runs import Run


def published_tables(runs: Sequence[Run]) -> list[PublishedTable]:
    """Sets runs in the tables of each task, as far as there are such runs.

    Args:
        runs: Finished runs with names that tell those of one data set apart, as
            `zoo.report.page.read_runs` gives them.
    """
    cells = {
        (row["metric"], dataset, runs[row["run"] - 1].label): row
        for dataset, rows in compare(runs).items()
        for row in rows
    }
    return [table for task in list_tasks() for table in task.tables(runs, cells)]


def tables_as_text(runs: Sequence[Run]) -> str:
    """Returns the tables of `published_tables` as `as_text` has them, "" where there are none."""
    return "\n\n".join(map(as_text, published_tables(runs)))
