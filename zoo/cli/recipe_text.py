"""A recipe as text: in one line, and in full."""

import dataclasses
import shlex
from collections.abc import Mapping
from typing import Any

from zoo import registry
from zoo.comparison.measured import Measured, results
from zoo.datasets.names import origin_of
from zoo.errors import printable
from zoo.recipe import SAID_OF_IT, Recipe, list_recipes, load_recipe
from zoo.registry import pretrained


def recipe_line(name: str) -> str:
    """What is trained, and the first number that is published or measured of it."""
    recipe = load_recipe(name)
    line = recipe.system or registry.described(recipe.model).rstrip(".")
    rows = results(name)
    numbers = [_number(row) for row in rows[:1]]
    return "; ".join([line, *numbers])


def _number(row: Measured) -> str:
    parts = [("published", row.published), ("measured", row.measured)]
    found = [f"{word} {number:.4f}" for word, number in parts if number is not None]
    return f"{row.metric} {', '.join(found)}"


def recipe_as_text(recipe: Recipe, given: str) -> str:
    """What a recipe is on, what it sets other than by default, and its numbers.

    `given` is what a command calls it: its name, or where it is.
    """
    rows = results(recipe.name) if recipe.name in list_recipes() else []
    lines = [f"{recipe.name}: {recipe.system or recipe.model} on {recipe.dataset}"]
    lines += [f"  {registry.described(recipe.model)}"]
    origin = origin_of(recipe.dataset)
    if origin.source:
        lines += [f"  {recipe.dataset}: license {origin.license}; {origin.source}"]
    if not recipe.overridden() and recipe.name in (counts := registry.parameters()):
        lines += [f"  {counts[recipe.name]:,} parameters"]
    lines += ["", "other than by default:"]
    fixed = ("name", "origin", "model", "dataset", "model_arguments", "search", *SAID_OF_IT)
    settings = {
        field.name: getattr(recipe, field.name)
        for field in dataclasses.fields(recipe)
        if field.name not in fixed and getattr(recipe, field.name) != field.default
    }
    lines += _aligned({**settings, **recipe.model_arguments})
    if recipe.chosen:
        lines += ["", f"settings chosen {recipe.chosen}"]
    if recipe.search:
        lines += ["", "worth tuning:", *_aligned(recipe.search)]
    target = {name: f"{value:.4f}" for name, value in recipe.target.items()}
    if target:
        lines += ["", f"published ({recipe.source}):", *_aligned(target)]
    measured = [row for row in rows if row.measured is not None]
    if measured:
        minutes = measured[0].minutes
        how = f"{measured[0].seeds} seed{'s' * (measured[0].seeds != 1)}"
        how += f", {minutes} minutes each" if minutes is not None else ""
        how += f", with {measured[0].otherwise}" if measured[0].otherwise else ""
        lines += ["", f"measured ({how}):"]
        lines += _aligned({row.metric: _with_spread(row) for row in measured})
    if recipe.name in pretrained.registry():
        lines += ["", f"trained, to take home: {pretrained.described(recipe.name)}"]
        lines += [f'  zoo.load_pretrained("{recipe.name}")']
    lines += ["", f"  zoo train {shlex.quote(given)}"]
    return "\n".join(map(printable, lines))


def _with_spread(row: Measured) -> str:
    return f"{row.measured:.4f}" + ("" if row.spread is None else f" ± {row.spread:.4f}")


def _aligned(values: Mapping[str, Any]) -> list[str]:
    width = max(map(len, values), default=0) + 2
    return [f"  {name:<{width}}{value}" for name, value in values.items()]
