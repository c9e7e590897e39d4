"""The runs of a comparison: recipes by name or pattern, seeds and folders, checked beforehand."""

import dataclasses
import fnmatch
import json
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras

from zoo import distribution
from zoo.datasets import SplitData
from zoo.errors import InputError, check_count
from zoo.recipe import Recipe, list_recipes, load_recipe, published_place, read_recipe
from zoo.registry import is_estimator
from zoo.training.building import DATA_FIELDS, build, build_estimator, load_data


class PlannedRun(NamedTuple):
    """One recipe with one seed, the folder it goes to, and whether it is finished there."""

    recipe: Recipe
    folder: pathlib.Path
    done: bool


def select_recipes(recipes: str | Recipe | Sequence[str | Recipe]) -> list[Recipe]:
    """The recipes of names and patterns, each once, in the order given.

    Args:
        recipes: what `load_recipe` takes, a `Recipe` itself, or a shell pattern over
            `list_recipes()`, for example `"*/digits"`. A pattern stands for its recipes by data
            set, and within one in the order of the published tables (recipes/published.csv).

    Raises:
        InputError: none given, no such recipe, a pattern that matches none, or two recipes of one
            name.
    """
    recipes = [recipes] if isinstance(recipes, str | Recipe) else list(recipes)
    if not recipes:
        raise InputError("A comparison needs at least one recipe. Received: none.")
    chosen: dict[str, Recipe] = {}
    for given in recipes:
        for recipe in [given] if isinstance(given, Recipe) else _expand(given):
            if chosen.setdefault(recipe.name, recipe) != recipe:
                raise InputError(
                    f"Recipes of a comparison must differ in name. Received: two {recipe.name!r}."
                )
    return list(chosen.values())


def plan_runs(
    recipes: str | Recipe | Sequence[str | Recipe],
    output: str | os.PathLike,
    seeds: int = 1,
    settings: Mapping[str, Any] | None = None,
) -> list[PlannedRun]:
    """The runs of a comparison, seed by seed: a table with every recipe is there soonest.

    Run i of a recipe has the seed `recipe.seed + i` and the folder
    `output/runs/MODEL/DATASET/seed_SEED`. The precision `"auto"` is that of the recipe's runs in
    `output`, if there is one.

    Args:
        recipes: see `select_recipes`.
        output: the folder of the comparison.
        seeds: runs per recipe.
        settings: what `Recipe.override` takes, for every recipe.

    Raises:
        InputError: a mistake in one of these, or `output` or the folder of a run holds something
            else; nothing is written.
    """
    output = pathlib.Path(output)
    check_count("seeds", seeds)
    _check_output(output)
    by_recipe = []
    for recipe in select_recipes(recipes):
        try:
            recipe = recipe.override(settings or {})
            each = [dataclasses.replace(recipe, seed=recipe.seed + i) for i in range(seeds)]
        except InputError as error:
            raise InputError(f"{recipe.name}: {error}") from error
        folders = [place(output / "runs", recipe.name) / f"seed_{one.seed}" for one in each]
        held = [_held(folder) for folder in folders]
        if recipe.precision == "auto":
            # Seeds in several precisions would have no common mean.
            precision = next((other.precision for other in held if other), "auto")
            each = [dataclasses.replace(one, precision=precision) for one in each]
        by_recipe.append(list(map(_planned, each, folders, held)))
    return [run for same_seed in zip(*by_recipe, strict=True) for run in same_seed]


def place(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Where in a folder what is named MODEL/DATASET goes; `InputError` if that is outside."""
    path = folder.joinpath(*name.split("/", 1))
    inside = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))
    if pathlib.Path(inside).parts[:1] in ((), ("..",)):
        raise InputError(f"A recipe's name must be MODEL/DATASET. Received: {name!r}.")
    return path


def check_runs(
    runs: Sequence[PlannedRun], strategy: str = "auto", tell: Callable[[str], None] = lambda _: None
) -> dict[str, int]:
    """Loads the data and builds the model of each recipe once, so that a mistake shows at once.

    Args:
        runs: the runs to be trained.
        strategy: one of `distribution.STRATEGIES`.
        tell: called with the name of each recipe as its turn comes.

    Returns:
        Training rows by the recipe's name.

    Raises:
        InputError: data that is missing or damaged, or what `zoo.training.building.build` or
            `build_estimator` refuses.
    """
    scope = distribution.choose_strategy(strategy).scope
    first: dict[str, Recipe] = {}
    for run in runs:
        first.setdefault(run.recipe.name, run.recipe)
    rows: dict[str, int] = {}
    loaded: tuple[Any, ...] = ()
    data = None
    for recipe in first.values():
        tell(recipe.name)
        key = (recipe.dataset, *(getattr(recipe, field) for field in DATA_FIELDS))
        try:
            if key != loaded:
                data = None  # Two large sets at a time may be one too many.
                data, loaded = load_data(recipe), key
            _build(recipe, data, scope)
        except InputError as error:
            raise type(error)(f"{recipe.name}: {error}") from error
        finally:
            keras.utils.clear_session()
        rows[recipe.name] = data.rows["train"]
    return rows


def _build(recipe: Recipe, data: SplitData, scope: Callable) -> None:
    if is_estimator(recipe.model):
        build_estimator(recipe, data)
        return
    precision = distribution.choose_precision(recipe.precision)
    with scope():
        build(dataclasses.replace(recipe, precision=precision), data)


def _expand(name: str) -> list[Recipe]:
    if name.endswith(".json") or ".py:" in name or not set(name) & set("*?["):
        return [load_recipe(name)]
    names = fnmatch.filter(list_recipes(), name)
    if not names:
        raise InputError(
            f"No recipe matches the pattern {name!r}. There are: {', '.join(list_recipes())}."
        )

    found = map(load_recipe, names)
    return sorted(found, key=lambda each: (each.dataset, published_place(each.system), each.name))


def _check_output(output: pathlib.Path) -> None:
    if output.exists() and not output.is_dir():
        raise InputError(f"Output {output} is a file; give a folder.")
    if output.is_dir() and any(output.iterdir()) and not (output / "runs").is_dir():
        raise InputError(f"Output folder {output} is not empty and holds no comparison.")


def _held(folder: pathlib.Path) -> Recipe | None:
    """The recipe of the run in a folder."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, and a run is to have its folder there.")
    if (folder / "recipe.json").is_file():
        return read_recipe(folder / "recipe.json")
    if folder.is_dir() and not set(folder.iterdir()) <= set(leftovers(folder)):
        raise InputError(f"Output folder {folder} is not empty and holds no run.")
    return None


def leftovers(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files that `whole_file` was writing in a folder when it was killed."""
    return [path for path in folder.glob(".[0-9]*-*") if path.is_file()]


def _planned(recipe: Recipe, folder: pathlib.Path, held: Recipe | None) -> PlannedRun:
    if held is not None:
        ours, theirs = json.loads(recipe.to_json()), json.loads(held.to_json())
        differing = _differing(ours, theirs)
        if differing:
            raise InputError(
                f"{folder} holds another run of {held.name}, with another {', '.join(differing)}; "
                "give another --output, or the settings it was started with."
            )
    return PlannedRun(recipe, folder, held is not None and (folder / "results.json").is_file())


def _differing(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    fields = [field for field in ours | theirs if ours.get(field) != theirs.get(field)]
    if "model_arguments" in fields:
        ours, theirs = ours["model_arguments"], theirs["model_arguments"]
        names = [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name)]
        # An argument given as None differs from one left out.
        names = names or sorted(ours.keys() ^ theirs.keys())
        fields[fields.index("model_arguments")] = f"model_arguments ({', '.join(names)})"
    return fields
