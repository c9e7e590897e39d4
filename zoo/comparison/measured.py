"""What the zoo's recipes have measured, beside what is published of them."""

import csv
import dataclasses
import fnmatch
import functools
import importlib.resources
import json
import operator
import os
import pathlib
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zoo.files import check_replaced, whole_file
from zoo.recipe import Recipe, list_recipes, load_recipe


@dataclasses.dataclass(frozen=True)
class Measured:
    """One number of one recipe: a system, a data set and a metric.

    Args:
        system: the name that the published tables have for it; else the recipe's first part.
        dataset: the data set.
        metric: as in results.json.
        published: the published number, or None.
        measured: the mean over the seeds of recipes/results, or None where it was not measured.
        spread: the standard deviation over the seeds (n - 1), or None of one seed.
        seeds: how many runs.
        train_rows: rows that they learned from.
        epochs: passes over them, or None of what is fitted in one go.
        minutes: of training, a run.
        recipe: its name.
        source: where the published number stands.
        chosen: how the settings were chosen, where the recipe says so.
        otherwise: with which other settings than the recipe's today it was measured, as `--set` has
            them.
    """

    system: str
    dataset: str
    metric: str
    published: float | None
    measured: float | None
    spread: float | None
    seeds: int
    train_rows: int | None
    epochs: int | None
    minutes: float | None
    recipe: str
    source: str
    chosen: str
    otherwise: str

    @property
    def reached(self) -> bool:
        """Whether the measured number, rounded as published ones are, is at least as good."""
        if self.published is None or self.measured is None:
            return False
        better = operator.le if self.metric.endswith("_error") else operator.ge
        return better(round(self.measured, 4), self.published)


def results(
    pattern: str | Sequence[str] = "*", exclude: str | Sequence[str] = ()
) -> list[Measured]:
    """Every number that the zoo's own recipes have measured, and every published one they aim at.

    Args:
        pattern: shell patterns of recipe names, as for `zoo.list_recipes`.
        exclude: patterns of what is left out.
    """
    rows: list[Measured] = []
    for name in list_recipes(pattern, exclude):
        rows += _of_recipe(load_recipe(name), _kept().get(name, {}))
    return rows


def counted(rows: Sequence[Measured]) -> tuple[int, int, int]:
    """How many published numbers there are, how many are measured, and how many reached."""
    published = [row for row in rows if row.published is not None]
    measured = sum(row.measured is not None for row in published)
    return len(published), measured, sum(row.reached for row in published)


def write_csv(rows: Sequence[Measured], path: str | os.PathLike) -> None:
    """The rows as a table with a head; an empty cell is a number that there is not.

    Raises:
        InputError: there is another file than such a table.
    """
    names = [field.name for field in dataclasses.fields(Measured)]
    check_replaced(pathlib.Path(path), ",".join(names[:3]), "table of results")
    with whole_file(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)


def _of_recipe(recipe: Recipe, kept: Mapping[str, Any]) -> Iterator[Measured]:
    scores = kept.get("scores", {})
    # What the run's recipe had otherwise then, and what the command overrode.
    changed = {**_changed().get(recipe.name, {}), **kept.get("overridden", {})} if kept else {}
    minutes = round(kept["seconds"] / 60, 1) if kept.get("seconds") else None
    for metric in dict.fromkeys([*recipe.target, *scores]):
        found = scores.get(metric, ())
        yield Measured(
            system=recipe.system or recipe.name.partition("/")[0],
            dataset=recipe.dataset,
            metric=metric,
            published=recipe.target.get(metric),
            measured=round(statistics.fmean(found), 6) if found else None,
            spread=round(statistics.stdev(found), 6) if len(found) > 1 else None,
            seeds=len(found),
            train_rows=kept.get("train_rows"),
            epochs=kept.get("epochs"),
            minutes=minutes,
            recipe=recipe.name,
            source=recipe.source if metric in recipe.target else "",
            chosen=kept.get("chosen") or recipe.chosen,
            otherwise=", ".join(f"{key}={value}" for key, value in changed.items()),
        )


@functools.cache
def _changed() -> dict[str, dict[str, Any]]:
    """By recipe what its results were measured with, where the recipe has changed since."""
    return json.loads(importlib.resources.files("zoo.recipes").joinpath("changed.json").read_text())


@functools.cache
def _kept() -> dict[str, dict[str, Any]]:
    folder = importlib.resources.files("zoo.recipes").joinpath("results")
    files = (file for model in folder.iterdir() if model.is_dir() for file in model.iterdir())
    found = [json.loads(file.read_text()) for file in files if fnmatch.fnmatch(file.name, "*.json")]
    return {results["recipe"]: results for results in found}
