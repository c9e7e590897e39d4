"""The reducers' codes of data sets in files, computed once and kept."""

import hashlib
import os
import pathlib
import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from zoo.errors import InputError
from zoo.evaluation.reducers import (
    read_reductions,
    read_test_rows,
    reduce_all,
    write_reductions,
)
from zoo.files import claimed, sweep
from zoo.kinds import task_of_scores
from zoo.recipe import Recipe
from zoo.training.building import load_data
from zoo.training.finished_runs import Run, read_run
from zoo.training.row_signatures import check_rows, scored_alike


def reduce_data_sets(
    recipes: Iterable[Recipe],
    folder: str | os.PathLike,
    tell: Callable[[str], None] = lambda _: None,
    sizes: Mapping[str, Collection[int]] = types.MappingProxyType({}),
    scored: Mapping[str, Mapping[str, Any]] = types.MappingProxyType({}),
) -> dict[str, pathlib.Path]:
    """Computes `zoo.evaluation.reducers` on data sets; a file that has what is asked for is kept.

    Args:
        recipes: recipes that read the data sets; of each data set, the first one serves.
        folder: where the files go, named after the data sets.
        tell: called with a line for each data set that is reduced.
        sizes: data set -> sizes of codes that the reducers are scored with too, see `code_sizes`.
        scored: data set -> results of a run beside which the reducers are to stand, and so of the
            same test rows, see `first_results`.

    Returns:
        Data set -> its file, for `zoo.report.write_report`.

    Raises:
        InputError: data that is missing or damaged, or has other test rows than a run was scored
            on; or a folder that cannot be written.
    """
    first: dict[str, Recipe] = {}
    for recipe in recipes:
        first.setdefault(recipe.dataset, recipe)
    files = {}
    for dataset, recipe in first.items():
        file = files[dataset] = pathlib.Path(folder) / f"{_file_name(dataset)}.npz"
        wanted, results = set(sizes.get(dataset, ())), scored.get(dataset, {})
        if not file.is_file() or not _is_of(file, wanted, results):
            tell(f"reducing {dataset}")
            data = load_data(recipe)
            rows = check_rows(results, data)
            write_reductions(file, reduce_all(data, sizes=wanted), rows)
    return files


def _file_name(dataset: str) -> str:
    """The name of a data set, which may be that of a path, as one of a file of its own."""
    name = re.sub(r"[^\w.-]", "_", dataset)
    # A path that is no UTF-8 is refused where it is read.
    digest = hashlib.sha256(os.fsencode(dataset)).hexdigest()[:8]
    return name if name == dataset else f"{name}-{digest}"


def _is_of(file: pathlib.Path, sizes: set[int], results: Mapping[str, Any]) -> bool:
    """Whether reductions are whole, those of the rows of a run, and with codes of all sizes."""
    try:
        has = {size for each in read_reductions(file).values() for size, _ in each.wider}
    except InputError:
        return False
    return sizes <= has and scored_alike(results, {"test_rows": read_test_rows(file)})


def first_results(runs: Iterable[Run]) -> dict[str, dict[str, Any]]:
    """By data set the results of the first run on it."""
    results: dict[str, dict[str, Any]] = {}
    for run in runs:
        results.setdefault(run.recipe.dataset, run.results)
    return results


def code_sizes(runs: Iterable[Run]) -> dict[str, set[int]]:
    """By data set the sizes of the codes of runs that a common probe has scored."""
    sizes: dict[str, set[int]] = {}
    for run in runs:
        if "probe_accuracy" in run.results["scores"] and "codes" in run.arrays:
            sizes.setdefault(run.recipe.dataset, set()).add(run.arrays["codes"].shape[1])
    return sizes


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
        sizes, scored = code_sizes(of_classes), first_results(of_classes)
        return reduce_data_sets(recipes, folder, sizes=sizes, scored=scored)
