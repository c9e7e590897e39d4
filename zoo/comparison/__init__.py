"""Several recipes and seeds, trained one after the other and set side by side."""

from zoo.comparison.measured import Measured, results, write_csv
from zoo.comparison.recipes import check_none_diverged, compare_recipes
from zoo.comparison.reduction_cache import reduce_runs
from zoo.comparison.run_plan import place
from zoo.comparison.score_table import Compared
