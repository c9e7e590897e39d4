"""The reducers' codes of data sets in files, computed once and kept."""

import os
import pathlib
import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from zoo.evaluation.reducers import read_reductions, reduce_all, write_reductions
from zoo.files import claimed, sweep
from zoo.kinds import task_of_scores
from zoo.recipe import Recipe
from zoo.training.building import load_data
from zoo.training.run_folder import Run, read_run


def reduce_data_sets(
    recipes: Iterable[Recipe],
    folder: str | os.PathLike,
    tell: Callable[[str], None] = lambda _: None,
    sizes: Mapping[str, Collection[int]] = types.MappingProxyType({}),
) -> dict[str, pathlib.Path]:
    """Computes `zoo.evaluation.reducers` on data sets; a file that has what is asked for is kept.

    Args:
        recipes: recipes that read the data sets; of each data set, the first one serves.
        folder: where the files go, named after the data sets.
        tell: called with a line for each data set that is reduced.
        sizes: data set -> sizes of codes that the reducers are scored with too, see `code_sizes`.

    Returns:
        Data set -> its file, for `zoo.report.write_report`.

    Raises:
        InputError: data that is missing or damaged, or a folder that cannot be written.
    """
    first: dict[str, Recipe] = {}
    for recipe in recipes:
        first.setdefault(recipe.dataset, recipe)
    files = {}
    for dataset, recipe in first.items():
        # A data set may be named after a path.
        name = re.sub(r"[^\w.-]", "_", dataset)
        files[dataset] = pathlib.Path(folder) / f"{name}.npz"
        wanted = set(sizes.get(dataset, ()))
        if not files[dataset].is_file() or not wanted <= _sizes_in(files[dataset]):
            tell(f"reducing {dataset}")
            write_reductions(files[dataset], reduce_all(load_data(recipe), sizes=wanted))
    return files


def code_sizes(runs: Iterable[Run]) -> dict[str, set[int]]:
    """By data set the sizes of the codes of runs that a common probe has scored."""
    sizes: dict[str, set[int]] = {}
    for run in runs:
        if "probe_accuracy" in run.results["scores"] and "codes" in run.arrays:
            sizes.setdefault(run.recipe.dataset, set()).add(run.arrays["codes"].shape[1])
    return sizes


def _sizes_in(file: pathlib.Path) -> set[int]:
    return {size for each in read_reductions(file).values() for size, _ in each.wider}


def reduce_runs(
    runs: Sequence[str | os.PathLike], folder: str | os.PathLike
) -> dict[str, pathlib.Path]:
    """`reduce_data_sets` for the data sets of finished run folders, but for label sets and masks.

    A reducer tells classes apart, and these have none.

    Raises:
        InputError: also where one of `runs` is no finished run.
    """
    read = map(read_run, runs)
    of_classes = [run for run in read if task_of_scores(run.results["scores"]).data == "classes"]
    folder = pathlib.Path(folder)
    with claimed(folder, wait=True):
        sweep(folder, "*.npz")
        recipes = [run.recipe for run in of_classes]
        return reduce_data_sets(recipes, folder, sizes=code_sizes(of_classes))
