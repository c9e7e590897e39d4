"""The numbers that papers and slides report, by system and data set (recipes/published.csv)."""

import csv
import functools
import importlib.resources
from typing import Any


def published(system: str, dataset: str) -> dict[str, float]:
    """The published numbers of a system on a data set, by metric."""
    return {row["metric"]: float(row["value"]) for row in _published_rows(system, dataset)}


def published_fields(system: str, dataset: str, title: str | None = None) -> dict[str, Any]:
    """What a recipe says of published numbers: `system`, `target` and `source`.

    Args:
        system: the row's name in recipes/published.csv; there need be none.
        dataset: the data set.
        title: the recipe's `system`, where it is another.
    """
    rows = _published_rows(system, dataset)
    return {
        "system": system if title is None else title,
        "target": published(system, dataset),
        "source": rows[0]["source"] if rows else "",
    }


def published_place(system: str) -> int:
    """The place of a system among those of recipes/published.csv; behind them if it is none."""
    systems = list(dict.fromkeys(row["system"] for row in _all_published_rows()))
    return systems.index(system) if system in systems else len(systems)


def _published_rows(system: str, dataset: str) -> list[dict[str, str]]:
    rows = _all_published_rows()
    return [row for row in rows if (row["system"], row["dataset"]) == (system, dataset)]


@functools.cache
def _all_published_rows() -> list[dict[str, str]]:
    text = importlib.resources.files("zoo.recipes").joinpath("published.csv").read_text()
    return list(csv.DictReader(text.splitlines()))
