"""Several recipes and seeds, trained one after the other and set side by side."""

from zoo.comparison.recipes import compare_recipes
from zoo.comparison.score_table import Compared
