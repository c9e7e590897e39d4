"""Finished run folders as zoo.training leaves them, read and checked."""

import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from zoo.errors import InputError

_RESULTS_KEYS = {
    "recipe": str,
    "model": str,
    "dataset": str,
    "train_rows": int,
    "seeds": list,
    "scores": dict,
    "versions": object,
    "hardware": object,
    "seconds": object,
    "images_per_second": object,
}


class Run(NamedTuple):
    """What a finished run folder says.

    `label` is the recipe's name without its data set: `se_co/mnist` is `se_co` on `mnist`.
    `history` is term -> one value per epoch. `arrays` is empty where there are no pictures.
    """

    folder: pathlib.Path
    label: str
    recipe: dict[str, Any]
    results: dict[str, Any]
    history: dict[str, list[float]]
    arrays: dict[str, np.ndarray]


def read_run(folder: str | os.PathLike[str]) -> Run:
    """Reads a finished run folder; raises `InputError` where it is not one."""
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"There is no run folder {str(folder)!r}. Received: {str(folder)!r}.")
    needed = ("recipe.json", "history.json", "results.json")
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{str(folder)!r} is not the folder of a finished run: it lacks {', '.join(missing)}."
        )
    results = _read_json(folder / "results.json", _RESULTS_KEYS)
    recipe = _read_json(folder / "recipe.json", {})
    history = _read_json(folder / "history.json", {})
    recipe["target"] = recipe.get("target") or {}
    _check(
        folder / "recipe.json",
        "target",
        isinstance(recipe["target"], dict) and _are_numbers(recipe["target"].values()),
        "numbers by metric name",
    )
    for metric, values in results["scores"].items():
        right = isinstance(values, list) and len(values) > 0 and _are_numbers(values)
        _check(folder / "results.json", f"scores.{metric}", right, "a list with a number per seed")
    for key in ("seconds", "images_per_second"):
        right = results[key] is None or _are_numbers([results[key]])
        _check(folder / "results.json", key, right, "a number")
    for term, values in history.items():
        right = isinstance(values, list) and _are_numbers(values)
        _check(folder / "history.json", term, right, "a list with a number per epoch")
    label = results["recipe"].removesuffix("/" + results["dataset"])
    arrays = _read_arrays(folder / "figures.npz")
    return Run(folder, label, recipe, results, history, arrays)


def merge_seeds(runs: Sequence[Run]) -> list[Run]:
    """Makes one run of those that repeat a recipe with another seed.

    Runs belong together when their recipes agree in all but `seed`, they were trained on as many
    rows of the same data set, and no seed occurs twice: a seed that is given again stays a run of
    its own, or it would count double in the mean.

    Args:
        runs: Finished runs, as `read_run` gives them.

    Returns:
        As many runs or fewer, in the order in which each recipe first occurs. A merged run has
        the `seeds` and each metric's `scores` of its parts one after the other; its `seconds` and
        `images_per_second` are their means; folder, history, arrays and all else are those of the
        part that was given first.
    """
    groups: dict[str, list[list[Run]]] = {}
    merged: list[list[Run]] = []
    for run in runs:
        # Runs of before recipes had a system repeat those that name it.
        same = {k: v for k, v in run.recipe.items() if k not in ("seed", "system")}
        trained = [run.results.get(key) for key in ("dataset", "train_rows", "labelled_rows")]
        groups_of_recipe = groups.setdefault(json.dumps([same, trained], sort_keys=True), [])
        for group in groups_of_recipe:
            taken = [seed for one in group for seed in one.results["seeds"]]
            if taken and not any(seed in taken for seed in run.results["seeds"]):
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
    return runs[0]._replace(results=results)


def _read_json(path: pathlib.Path, keys: dict[str, type]) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{str(path)!r} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{str(path)!r} must hold a JSON object. Received: {content!r:.60}.")
    missing = [key for key in keys if key not in content]
    if missing:
        raise InputError(f"{str(path)!r} lacks the key {', '.join(map(repr, missing))}.")
    for key, kind in keys.items():
        _check(path, key, isinstance(content[key], kind), f"of type {kind.__name__}")
    return content


def _check(path: pathlib.Path, key: str, right: bool, wanted: str) -> None:
    if not right:
        raise InputError(f"{str(path)!r}: the key {key!r} must be {wanted}.")


def _are_numbers(values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The arrays of the pictures; those of a picture that cannot be drawn are left out."""
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except Exception as error:  # zipfile, zlib and numpy each have their own.
        raise InputError(f"{str(path)!r} is not a whole NumPy archive: {error}.") from error
    if {"codes", "labels"} <= arrays.keys():
        codes, labels = arrays["codes"], arrays["labels"]
        right = codes.ndim >= 2 and codes.dtype.kind in "fiu"
        _check(path, "codes", right, "numbers of shape (num_codes, code_size)")
        right = labels.shape == codes.shape[:1] and labels.dtype.kind in "iu"
        _check(path, "labels", right, "one whole number per row of 'codes'")
        codes = codes.reshape(len(codes), int(np.prod(codes.shape[1:])))
        finite = np.isfinite(codes).all(axis=1)
        arrays |= {"codes": codes[finite], "labels": labels[finite]}
    _check_classification(path, arrays)
    _check_label_sets(path, arrays)
    _check_masks(path, arrays)
    for above, below in (
        ("originals", "reconstructions"),
        ("corrupted", "corrupted_reconstructions"),
    ):
        if {above, below} <= arrays.keys():
            for key in (above, below):
                right = _are_images(arrays[key], 4) and arrays[key].shape == arrays[above].shape
                _check(path, key, right, "images (n, height, width, channels), as many of each")
    for key in ("samples", "generated"):
        if key in arrays:
            right = _are_images(arrays[key], 4)
            _check(path, key, right, "images (n, height, width, channels)")
    if "traversals" in arrays:
        right = _are_images(arrays["traversals"], 5)
        _check(path, "traversals", right, "images (rows, steps, height, width, channels)")
    if "traversal_steps" in arrays:
        right = arrays["traversal_steps"].dtype.kind in "fiu"
        _check(path, "traversal_steps", right, "numbers")
    return arrays


def _check_classification(path: pathlib.Path, arrays: dict[str, np.ndarray]) -> None:
    """Checks what a classifier adds: counts of right and wrong, and its calibration."""
    if "confusion" in arrays:
        confusion = arrays["confusion"]
        right = confusion.ndim == 2 and confusion.shape[0] == confusion.shape[1]
        right = right and confusion.dtype.kind in "iu" and (confusion >= 0).all()
        _check(path, "confusion", right, "counts (classes, classes), whole numbers from 0")
    if "calibration" in arrays:
        calibration = arrays["calibration"]
        right = calibration.ndim == 2 and calibration.shape[1] == 3
        right = right and calibration.dtype.kind in "fiu"
        _check(path, "calibration", right, "numbers (bins, 3)")


def _check_label_sets(path: pathlib.Path, arrays: dict[str, np.ndarray]) -> None:
    """Checks the curves of label sets: over the threshold, and over the step of inference."""
    for across, along in (("thresholds", "threshold_f1"), ("step_f1", "step_energies")):
        for key in (across, along):
            if key in arrays:
                right = arrays[key].ndim == 1 and arrays[key].dtype.kind in "fiu"
                right = right and arrays[key].shape == arrays.get(across, arrays[key]).shape
                _check(path, key, right, f"numbers (n,), as many as of {across!r}")


def _check_masks(path: pathlib.Path, arrays: dict[str, np.ndarray]) -> None:
    """Checks masks against the images that they are of."""
    for key, images, dimensions in (
        ("true_masks", "originals", 4),
        ("predicted_masks", "originals", 4),
        ("mask_steps", "mask_originals", 5),
    ):
        if key in arrays:
            right = images in arrays and _are_images(arrays[images], 4)
            _check(path, images, right, "images (n, height, width, channels)")
            right = _are_images(arrays[key], dimensions)
            right = right and arrays[key].shape[-4:] == (*arrays[images].shape[:3], 1)
            _check(path, key, right, f"a mask (height, width, 1) for each image of {images!r}")
    if "mask_steps" in arrays:
        numbers = arrays.get("mask_step_numbers", np.empty(0))
        right = numbers.shape == arrays["mask_steps"].shape[:1] and numbers.dtype.kind in "iu"
        _check(path, "mask_step_numbers", right, "a whole number for each of 'mask_steps'")


def _are_images(array: np.ndarray, dimensions: int) -> bool:
    return array.ndim == dimensions and array.dtype.kind in "fiu"
