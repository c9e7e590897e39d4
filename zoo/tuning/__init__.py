"""Searches over the values that a recipe names in its `search`, with keras-tuner."""

from zoo.errors import check_installed

check_installed("keras_tuner", "tuning", "keras-tuner, by which the zoo tunes,")

# Only now: the extra may be missing.
# ruff: noqa: E402
from zoo.tuning.recipe_hypermodel import RecipeHyperModel, hypermodel
from zoo.tuning.search import tune
from zoo.tuning.search_file import started_recipe
