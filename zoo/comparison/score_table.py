"""The scores of several recipes as one table, for a terminal and in Markdown."""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zoo.comparison.text_table import ScoreTable
from zoo.kinds import Column, known_metrics, list_tasks
from zoo.recipe import Recipe
from zoo.report.scores import compare, metric_of
from zoo.training.finished_runs import Run

_NONE = "–"


class Compared(NamedTuple):
    """What became of a recipe: its finished seeds as one run, and those that diverged.

    `run` is None before the first seed is finished; its `results` hold one score per seed.
    `diverged` is seed -> what went wrong.
    """

    recipe: Recipe
    seeds: int
    run: Run | None
    diverged: Mapping[int, str]


def score_table(compared: Sequence[Compared]) -> ScoreTable:
    """Sets recipes below each other, their scores beside the published ones.

    The columns are those of the tasks: the accuracy (of a classifier, of the model's own separator,
    else of the common probe), the F1 of label sets, the mean IoU of masks and the reconstruction
    error, each followed by the published number where a recipe has one, and by the scores beside it
    that were measured. Then come the minutes of training, mean over seeds, and where there are
    several seeds or one diverged, how many are finished. A star marks settings other than the
    recipe's, which `zoo.report.scores.notes_on` says. A score is the mean over seeds followed by
    the sample standard deviation, and by how many seeds have it where not all do. Accuracy and
    error have a column also where none is known yet, unless something else is scored.
    """
    columns = _columns()
    cells = [_cells(each, columns) for each in compared]
    measured = {name for row in cells for name in row}
    first = [column.title for column in list_tasks()[0].columns]
    others = {column.title for column in columns} - set(first)
    always = ["recipe", "minutes", *(first if measured.isdisjoint(others) else ())]
    names = ["recipe"]
    for column in columns:
        names += [column.title, f"published {column.title}", *column.beside]
    names = [name for name in (*names, "minutes", "seeds") if name in always or name in measured]
    return ScoreTable(
        [_title(name) for name in names],
        [[row.get(name, _NONE) for name in names] for row in cells],
    )


def _columns() -> list[Column]:
    """The columns of all tasks, those of one title as one; the first of each task comes first."""
    order = list(known_metrics())
    merged: dict[str, Column] = {}
    for places in itertools.zip_longest(*(task.columns for task in list_tasks())):
        for column in filter(None, places):
            held = merged.get(column.title, Column(column.title, ()))
            beside = sorted({*held.beside, *column.beside}, key=order.index)
            merged[column.title] = Column(
                column.title, (*held.metrics, *column.metrics), tuple(beside)
            )
    return list(merged.values())


def _cells(compared: Compared, columns: Sequence[Column]) -> dict[str, str]:
    """The texts of one row by column; what is not known is left out."""
    recipe, run = compared.recipe, compared.run
    row = {"recipe": recipe.name}
    for column in columns:
        for metric in [name for name in column.metrics if name in recipe.target][:1]:
            published = f"{recipe.target[metric]:.{metric_of(metric).digits}f}"
            row |= {column.title: _NONE, f"published {column.title}": published}
    finished = 0
    if run is not None:
        finished = len(run.results["seeds"])
        scores = run.results["scores"]
        lines = {line["metric"]: line for lines in compare([run]).values() for line in lines}
        for name in scores:
            some = lines[name]["seeds"]
            row[name] = lines[name]["ours"] + (f" ({some})" if some else "")
        for column in columns:
            own = [row[name] for name in column.metrics if name in scores]
            row |= {column.title: own[0]} if own else {}
        if run.results.get("overridden"):
            row["recipe"] += " *"
        if run.results["seconds"] is not None:
            row["minutes"] = f"{run.results['seconds'] / 60:.1f}"
    if compared.seeds > 1 or compared.diverged:
        row["seeds"] = f"{finished} of {compared.seeds}"
    if compared.diverged:
        row["seeds"] += f", {len(compared.diverged)} diverged"
    return row


def _title(column: str) -> str:
    if column.startswith("published "):
        return "published"
    return column.removesuffix("_accuracy").replace("reconstruction_", "").replace("_", " ")
