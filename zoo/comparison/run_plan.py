"""The runs of a comparison: recipes, seeds and folders, checked beforehand."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import keras

from zoo import distribution
from zoo.comparison.selection import naming, place, select_recipes
from zoo.datasets.names import check_outside
from zoo.errors import InputError, check_count
from zoo.files import check_output
from zoo.recipe import Recipe
from zoo.settings.choices import MOST_SEEDS
from zoo.training.building import DATA_FIELDS, load_data
from zoo.training.finished_runs import Run
from zoo.training.learners import learner_of
from zoo.training.row_signatures import content_of, learned_alike, scored_alike, signature_of
from zoo.training.run_folder import check_same, held_recipe, is_finished


class PlannedRun(NamedTuple):
    """One recipe with one seed, the folder it goes to, and whether it is finished there."""

    recipe: Recipe
    folder: pathlib.Path
    done: bool


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
    check_count("seeds", seeds, maximum=MOST_SEEDS)
    check_output(output, "runs", "comparison")
    by_recipe = []
    taken: dict[pathlib.Path, str] = {}
    for recipe in select_recipes(recipes, settings):
        other_name = taken.setdefault(place(output / "runs", recipe.name), recipe.name)
        if other_name != recipe.name:
            raise InputError(
                f"The runs of {other_name!r} and {recipe.name!r} would share a folder, as names of "
                "folders do not hold all characters; give one of them another name."
            )
        with naming(recipe):
            check_outside(recipe.dataset, output)
            each = [dataclasses.replace(recipe, seed=recipe.seed + i) for i in range(seeds)]
        folders = [place(output / "runs", recipe.name) / f"seed_{one.seed}" for one in each]
        held = [held_recipe(folder) for folder in folders]
        if recipe.precision == "auto":
            # Seeds in several precisions would have no common mean.
            precision = next((other.precision for other in held if other), "auto")
            each = [dataclasses.replace(one, precision=precision) for one in each]
        by_recipe.append([])
        for one, folder, other in zip(each, folders, held, strict=True):
            if other is not None:
                check_same(folder, other, one)
            by_recipe[-1].append(PlannedRun(one, folder, is_finished(folder)))
    return [run for same_seed in zip(*by_recipe, strict=True) for run in same_seed]


def check_runs(
    runs: Sequence[PlannedRun],
    strategy: str = "auto",
    tell: Callable[[str], None] = lambda _: None,
    finished: Mapping[str, Run] = MappingProxyType({}),
) -> dict[str, int]:
    """Loads the data and builds the model of each recipe once, so that a mistake shows at once.

    Args:
        runs: the runs to be trained.
        strategy: one of `distribution.STRATEGIES`.
        tell: called with the name of each recipe as its turn comes.
        finished: a run of another seed by the recipe's name, where there is one.

    Returns:
        Training rows by the recipe's name.

    Raises:
        InputError: data that is missing or damaged, or other than that of a finished run; or what
            `zoo.training.building.build` or `build_estimator` refuses.
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
        with naming(recipe):
            try:
                if key != loaded:
                    data = None  # Two large sets at a time may be one too many.
                    data, loaded = load_data(recipe), key
                if recipe.name in finished:
                    _check_same_rows(data, finished[recipe.name])
                with scope():
                    learner_of(recipe.model).make(recipe, data)
            finally:
                keras.utils.clear_session()
        rows[recipe.name] = data.rows["train"]
    return rows


def _check_same_rows(data: Any, run: Run) -> None:
    """Raises `InputError` where another seed has learned from other data, or was scored on it."""
    results = run.results
    same_number = data.rows["train"] == results["train_rows"]
    found = {"test_rows": signature_of(data), "content": content_of(data)}
    if not (same_number and scored_alike(found, results) and learned_alike(found, results)):
        raise InputError(
            f"{data.name!r} has other rows than when {run.folder} was trained, and seeds of two "
            "data sets have no mean; remove that run, or give another --output."
        )
