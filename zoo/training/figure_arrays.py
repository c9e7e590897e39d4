"""The arrays of figures.npz, from which a report draws: what they are, and that they fit."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from zoo.errors import InputError


class FigureArray(NamedTuple):
    """What an array is.

    `kind` is "numbers", "whole numbers" or "counts", which are whole numbers from 0. `shape` names
    its sizes: those of one name are the same in all arrays, a number is that size, and "..." is any
    further sizes. `needs` are the arrays without which it says nothing.
    """

    kind: str
    shape: str
    needs: tuple[str, ...] = ()


_IMAGES = FigureArray("numbers", "images height width channels")
_MASKS = FigureArray("numbers", "images height width 1", ("originals",))

# By what is evaluated. An array stands behind those that its sizes are compared with.
FIGURE_ARRAYS: dict[str, dict[str, FigureArray]] = {
    "codes": {
        "codes": FigureArray("numbers", "codes size ..."),
        "labels": FigureArray("whole numbers", "codes"),
        "originals": _IMAGES,
        "reconstructions": _IMAGES,
        "corrupted": FigureArray("numbers", "corrupted height width channels"),
        "corrupted_reconstructions": FigureArray("numbers", "corrupted height width channels"),
        "samples": FigureArray("numbers", "samples height width channels"),
        "traversals": FigureArray("numbers", "traversals steps height width channels"),
        "traversal_steps": FigureArray("numbers", "..."),
    },
    "classes": {
        "confusion": FigureArray("counts", "classes classes"),
        "calibration": FigureArray("numbers", "bins 3"),
        "generated": FigureArray("numbers", "generated height width channels"),
    },
    "label_sets": {
        "thresholds": FigureArray("numbers", "thresholds"),
        "threshold_f1": FigureArray("numbers", "thresholds"),
        "step_f1": FigureArray("numbers", "iterates"),
        "step_energies": FigureArray("numbers", "iterates"),
    },
    "masks": {
        "true_masks": _MASKS,
        "predicted_masks": _MASKS,
        "mask_originals": FigureArray("numbers", "middles middle_height middle_width channels"),
        "mask_steps": FigureArray(
            "numbers",
            "mask_steps middles middle_height middle_width 1",
            ("mask_originals", "mask_step_numbers"),
        ),
        "mask_step_numbers": FigureArray("whole numbers", "mask_steps"),
    },
}


def check_figures(arrays: Mapping[str, np.ndarray], name: str) -> None:
    """Raises `InputError` with the first array that is missing or not as `FIGURE_ARRAYS` says.

    Args:
        arrays: of a figures.npz; others than those of `FIGURE_ARRAYS` may be among them.
        name: of the file, for the error.
    """
    sizes: dict[str, int] = {}
    for table in FIGURE_ARRAYS.values():
        for key, wanted in table.items():
            if key not in arrays:
                continue
            for other in wanted.needs:
                if other not in arrays:
                    raise InputError(f"{name}: the key {other!r} is missing beside {key!r}.")
            if not _fits(arrays[key], wanted, sizes):
                known = [f"{part}={sizes[part]}" for part in wanted.shape.split() if part in sizes]
                raise InputError(
                    f"{name}: the key {key!r} must be {wanted.kind} of shape "
                    f"({', '.join(wanted.shape.split())}){' with ' * bool(known)}"
                    f"{', '.join(known)}. Received: {arrays[key].dtype} {arrays[key].shape}."
                )


def _fits(array: np.ndarray, wanted: FigureArray, sizes: dict[str, int]) -> bool:
    """Whether an array is as wanted; notes the sizes that are new."""
    parts = wanted.shape.split()
    shape = array.shape
    if parts[-1] == "...":
        parts = parts[:-1]
        shape = shape[: len(parts)]
    if len(shape) != len(parts):
        return False
    own = dict(sizes)
    for part, size in zip(parts, shape, strict=True):
        if size != (int(part) if part.isdecimal() else own.setdefault(part, size)):
            return False
    sizes |= own
    if wanted.kind == "counts" and array.dtype.kind == "i":
        return bool((array >= 0).all())
    return array.dtype.kind in ("fiu" if wanted.kind == "numbers" else "iu")
