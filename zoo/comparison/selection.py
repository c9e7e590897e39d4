"""The recipes that names and patterns stand for, and their folders; without TensorFlow."""

import contextlib
import fnmatch
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pathvalidate import sanitize_filename

from zoo.errors import InputError, check_choice
from zoo.published import published_place
from zoo.recipe import Recipe, list_recipes, load_recipe


def select_recipes(
    recipes: str | Recipe | Sequence[str | Recipe], settings: Mapping[str, Any] | None = None
) -> list[Recipe]:
    """The recipes of names and patterns, each once, in the order given.

    Args:
        recipes: what `load_recipe` takes, a `Recipe` itself, or a shell pattern over
            `list_recipes()`, for example `"*/digits"`. A pattern stands for its recipes by data
            set, and within one in the order of the published tables (recipes/published.csv).
        settings: what `Recipe.override` takes, for every recipe.

    Raises:
        InputError: none given, no such recipe, a pattern that matches none, two recipes of one
            name, or a setting that a recipe does not take.
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
    made: dict[str, Recipe] = {}
    for recipe in chosen.values():
        with naming(recipe):
            changed = recipe.override(settings) if settings else recipe
        if changed.name in made:
            raise InputError(
                "Recipes of a comparison must differ in name. Received: two that become "
                f"{changed.name!r} by {', '.join(settings or ())}."
            )
        made[changed.name] = changed
    return list(made.values())


@contextlib.contextmanager
def naming(recipe: Recipe) -> Iterator[None]:
    """Says of which recipe a mistake is."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"{recipe.name}: {error}") from error


def _expand(name: str) -> list[Recipe]:
    if name.endswith(".json") or ".py:" in name or not set(name) & set("*?["):
        return [load_recipe(name)]
    names = fnmatch.filter(list_recipes(), name)
    if not names:
        # The part that is no pattern may be the mistake.
        for what, number in (("data set", 2), ("system", 0)):
            part = name.partition("/")[number]
            if part and not set(part) & set("*?["):
                known = {each.partition("/")[number] for each in list_recipes()}
                check_choice(f"{what} of the pattern {name!r}:", part, known)
        raise InputError(f"No recipe matches the pattern {name!r}; `zoo list recipes` names all.")
    found = map(load_recipe, names)
    return sorted(found, key=lambda each: (each.dataset, published_place(each.system), each.name))


def place(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Where in a folder what is named MODEL/DATASET goes; `InputError` if that is outside.

    Its names are valid on every system: folder:PATH becomes folder_PATH.
    """
    path = folder.joinpath(*name.split("/", 1))
    inside = pathlib.PurePath(os.path.relpath(os.path.abspath(path), os.path.abspath(folder))).parts
    if inside[:1] in ((), ("..",)):
        raise InputError(f"A recipe's name must be MODEL/DATASET. Received: {name!r}.")
    if path.exists():
        # Made before names were changed.
        return path
    return folder.joinpath(*(sanitize_filename(each, "_", platform="universal") for each in inside))


def finished_runs(folder: str | os.PathLike) -> list[pathlib.Path]:
    """The folders of the finished runs of a comparison; of any other folder that itself."""
    folder = pathlib.Path(folder)
    if (folder / "recipe.json").exists() or not (folder / "runs").is_dir():
        return [folder]
    found = sorted(file.parent for file in (folder / "runs").rglob("results.json"))
    if not found:
        raise InputError(f"The comparison in {folder} has no finished run yet.")
    return found
