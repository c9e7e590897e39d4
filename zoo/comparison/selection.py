"""The recipes that names and patterns stand for; no TensorFlow is needed to find a mistake."""

import fnmatch
from collections.abc import Sequence

from zoo.errors import InputError, check_choice
from zoo.recipe import Recipe, list_recipes, load_recipe, published_place


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
