"""The scores of several recipes as one table, for a terminal and in Markdown."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zoo.recipe import Recipe
from zoo.report.scores import METRICS, compare, metric_of
from zoo.training.run_folder import Run

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
        return [
            max(_width(row[i]) for row in [self.header, *self.rows])
            for i in range(len(self.header))
        ]

    def _align(self, cells: Sequence[str]) -> str:
        padded = [
            (" " * (width - _width(cell)) + cell) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, self._widths(), strict=True))
        ]
        return "  ".join(padded).rstrip()


def score_table(compared: Sequence[Compared]) -> ScoreTable:
    """Sets recipes below each other, their scores beside the published ones.

    The columns are the accuracy (of a classifier, of the model's own separator, else of the common
    probe), the F1 of label sets, the mean IoU of masks and the reconstruction error, each followed
    by the published number where a recipe has one, the other accuracies, averages and errors that
    were measured, the minutes of training, mean over seeds, and where there are several seeds or
    one diverged, how many are finished. A score is the mean over seeds followed by the sample
    standard deviation. Accuracy and error have a column also where none is known yet, unless label
    sets or masks are scored.
    """
    cells = [_cells(each) for each in compared]
    measured = {name for row in cells for name in row}
    order = [*METRICS, *sorted(measured - METRICS.keys())]
    columns = ["recipe", "accuracy", "published accuracy"]
    columns += [name for name in order if name.endswith("_accuracy") and name in measured]
    columns += [name for name in order if name.startswith("macro_") and name in measured]
    for name in _STRUCTURED:
        columns += [name, f"published {name}", *_STRUCTURED[name]]
    columns += ["error", "published error"]
    columns += [name for name in order if name.endswith("_error") and name in measured]
    columns += ["minutes", "seeds"]
    always = ["recipe", "minutes"]
    if measured.isdisjoint(_STRUCTURED):
        always += ["accuracy", "error"]
    columns = [name for name in columns if name in always or name in measured]
    columns = [name for name in columns if name not in ("separability_accuracy", _ERROR)]
    header = [_title(name) for name in columns]
    return ScoreTable(header, [[row.get(name, _NONE) for name in columns] for row in cells])


_ERROR = "reconstruction_error"
# What stands in the column "accuracy": the first that was measured or published.
_ACCURACIES = ("accuracy", "separability_accuracy", "probe_accuracy")
# The score by which label sets or masks are compared, and those that stand beside it.
_STRUCTURED = {
    "example_f1": ("label_f1", "micro_f1", "hamming_loss"),
    "mean_iou": ("global_iou",),
}


def _cells(compared: Compared) -> dict[str, str]:
    """The texts of one row by column; what is not known is left out."""
    recipe, run = compared.recipe, compared.run
    row = {"recipe": recipe.name}
    target = [name for name in _ACCURACIES if name in recipe.target]
    compared_by = {"accuracy": (target or _ACCURACIES)[0], "error": _ERROR}
    for column, metric in (compared_by | {name: name for name in _STRUCTURED}).items():
        if metric in recipe.target:
            digits = metric_of(metric).digits
            row |= {column: _NONE, f"published {column}": f"{recipe.target[metric]:.{digits}f}"}
    finished = 0
    if run is not None:
        finished = len(run.results["seeds"])
        scores = run.results["scores"]
        lines = {line["metric"]: line for lines in compare([run]).values() for line in lines}
        row |= {name: lines[name]["ours"] for name in scores}
        for column, metrics in (("accuracy", _ACCURACIES), ("error", (_ERROR,))):
            own = [row[name] for name in metrics if name in scores]
            row |= {column: own[0]} if own else {}
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


def _width(text: str) -> int:
    """Places on a terminal; East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
