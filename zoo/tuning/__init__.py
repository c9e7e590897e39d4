"""Searches over the values that a recipe names in its `search`, with keras-tuner."""

from zoo.tuning.recipe_hypermodel import RecipeHyperModel, hypermodel
from zoo.tuning.search import tune
from zoo.tuning.search_file import started_recipe
