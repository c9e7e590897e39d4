"""search.json: a search as it was asked for, and whether a folder is free for it."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Annotated

from annotated_types import MinLen

from zoo.errors import InputError, check_choice, check_count
from zoo.files import check_begun, check_output, whole_file
from zoo.recipe import Recipe, check_sources
from zoo.settings import read_json, sealed_json
from zoo.settings.choices import TUNERS
from zoo.training.held_out import DIRECTIONS, Objective

SEARCH = "search.json"


def as_text(objective: Objective) -> str:
    """NAME:DIRECTION."""
    return f"{objective.name}:{objective.direction}"


@dataclasses.dataclass(frozen=True)
class Search:
    """A search as asked.

    Attributes:
        recipe: with its `search`.
        trials: how many at most.
        tuner: "bayesian", "hyperband" or "random".
        objective: NAME:min or NAME:max.
        rows: by what the rows that train and judge are known again, by split.
    """

    __pydantic_config__ = {"extra": "forbid"}

    recipe: Recipe
    trials: int
    tuner: str
    objective: str
    rows: Mapping[str, Annotated[list[float], MinLen(1)]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_count("trials", self.trials)
        check_choice("tuner", self.tuner, TUNERS)
        check_choice("direction of the objective", self.objective.rpartition(":")[2], DIRECTIONS)

    def to_json(self) -> str:
        """The search as JSON text, sealed."""
        fields = vars(self) | {"recipe": json.loads(self.recipe.to_json())}
        return sealed_json(fields, indent=2) + "\n"

    def write(self, folder: pathlib.Path) -> None:
        """Writes search.json."""
        with whole_file(folder / SEARCH) as path:
            path.write_text(self.to_json())


def read_search_file(folder: str | os.PathLike) -> Search | None:
    """The search that an output folder holds, or None.

    Raises:
        InputError: its search.json is damaged.
    """
    path = pathlib.Path(folder, SEARCH)
    if not path.is_file():
        return None
    fields = read_json(path, Search)
    check_sources(path, fields["recipe"])
    return Search(**{**fields, "recipe": Recipe.from_values(fields["recipe"])})


def started_recipe(recipe: Recipe, folder: str | os.PathLike) -> Recipe:
    """The recipe that the search in a folder was started with, as `zoo.training.started_recipe`."""
    held = read_search_file(folder)
    return recipe if held is None or held.recipe.name != recipe.name else held.recipe


def find_search(folder: pathlib.Path, resume: bool) -> Search | None:
    """The search to go on with; None where a new one may begin.

    Raises:
        InputError: the folder is not free, or with `resume` holds no search.
    """
    check_output(folder, SEARCH, "search")
    held = read_search_file(folder)
    check_begun(folder, "search", held and held.recipe.name, resume)
    return held


def check_same(
    folder: pathlib.Path,
    held: Search,
    recipe: Recipe,
    trials: int | None,
    tuner: str | None,
    objective: str | None,
) -> None:
    """Raises `InputError` where a search is to go on with other settings; None is as held."""
    differing = recipe.differing(held.recipe)
    for name, value in (("trials", trials), ("tuner", tuner), ("objective", objective)):
        if value not in (None, getattr(held, name)):
            differing.append(f"{name} ({getattr(held, name)})")
    if differing:
        raise InputError(
            f"Output folder {folder} holds another search: {held.recipe.name} with another "
            f"{', '.join(differing)}; resume it with what it was started with."
        )
