"""Runs that repeat a recipe with another seed, as one."""

import dataclasses
import json
from collections.abc import Sequence

import numpy as np

from zoo.settings import changed
from zoo.training.finished_runs import Run
from zoo.training.row_signatures import learned_alike, scored_alike


def merge_seeds(runs: Sequence[Run]) -> list[Run]:
    """Makes one run of those that repeat a recipe with another seed.

    Runs belong together when their recipes agree in all but `seed`, they were trained on the
    same rows of the same data set and scored on the same test rows, and no seed occurs twice: a
    seed that is given again stays a run of its own, or it would count double in the mean.

    Args:
        runs: Finished runs, as `read_run` gives them.

    Returns:
        As many runs or fewer, in the order in which each recipe first occurs. A merged run has
        the `seeds` and each metric's `scores` of its parts one after the other; its `seconds` and
        `images_per_second` are their means, its `peak_memory` the largest; folder, history, arrays
        and all else are those of the part that was given first.
    """
    groups: dict[str, list[list[Run]]] = {}
    merged: list[list[Run]] = []
    for run in runs:
        # Runs of before recipes had a system repeat those that name it.
        silent = {"seed": 0, "system": "", "origin": "", "chosen": "", "search": {}}
        silent |= {"sources": {}, "definitions": {}}
        same = dataclasses.replace(run.recipe, **silent).compared()
        trained = [run.results[key] for key in ("dataset", "train_rows", "labelled_rows")]
        # Earlier runs lack these; a class of one's own may have changed between two seeds.
        trained += [run.results.get(key) for key in ("input_shape", "parameters")]
        groups_of_recipe = groups.setdefault(json.dumps([same, trained]), [])
        for group in groups_of_recipe:
            taken = [seed for one in group for seed in one.results["seeds"]]
            known_seed = any(seed in taken for seed in run.results["seeds"])
            edited = changed(group[0].recipe.definitions, run.recipe.definitions)
            alike = all(
                same_rows(run.results, group[0].results)
                for same_rows in (scored_alike, learned_alike)
            )
            if taken and not known_seed and alike and not edited:
                group.append(run)
                break
        else:
            groups_of_recipe.append([run])
            merged.append(groups_of_recipe[-1])
    return [_merge(group) for group in merged]


def _merge(runs: list[Run]) -> Run:
    if len(runs) == 1:
        return runs[0]
    results = dict(runs[0].results)
    results["seeds"] = [seed for run in runs for seed in run.results["seeds"]]
    names = dict.fromkeys(name for run in runs for name in run.results["scores"])
    results["scores"] = {
        name: [value for run in runs for value in run.results["scores"].get(name, [])]
        for name in names
    }
    for key in ("seconds", "images_per_second"):
        known = [run.results[key] for run in runs if run.results[key] is not None]
        results[key] = float(np.mean(known)) if known else None
    results["peak_memory"] = max(run.results.get("peak_memory") or 0 for run in runs) or None
    return runs[0]._replace(results=results)
