"""The arrays of figures.npz, from which a report draws: what they are, and that they fit."""

from collections.abc import Mapping

import numpy as np

from zoo.errors import InputError
from zoo.kinds import list_tasks

_KINDS = {"numbers": "fiu", "whole numbers": "iu"}

# The arrays without which another one says nothing.
NEEDED = {
    "true_masks": ("originals",),
    "predicted_masks": ("originals",),
    "mask_steps": ("mask_originals", "mask_step_numbers"),
}


def check_figures(arrays: Mapping[str, np.ndarray], name: str) -> None:
    """Raises `InputError` with the first array that is missing or not as its task says.

    Args:
        arrays: of a figures.npz; others than those of the tasks may be among them.
        name: of the file, for the error.
    """
    sizes: dict[str, int] = {}
    for table in (task.arrays for task in list_tasks()):
        for key in table.keys() & arrays.keys():
            for other in NEEDED.get(key, ()):
                if other not in arrays:
                    raise InputError(f"{name}: the key {other!r} is missing beside {key!r}.")
        for key, wanted in table.items():
            if key in arrays and not _fits(arrays[key], wanted, sizes):
                raise InputError(
                    f"{name}: the key {key!r} must be {wanted}, as many as in other arrays. "
                    f"Received: {arrays[key].dtype} {arrays[key].shape}."
                )
    if "confusion" in arrays and (arrays["confusion"] < 0).any():
        raise InputError(f"{name}: the key 'confusion' must be counts, from 0.")


def _fits(array: np.ndarray, wanted: str, sizes: dict[str, int]) -> bool:
    """Whether an array is as wanted; notes the sizes that are new."""
    kind, _, shape = wanted.rstrip(")").partition(" (")
    parts = shape.split(", ")
    given = array.shape
    if parts[-1] == "...":
        parts, given = parts[:-1], given[: len(parts) - 1]
    return (
        array.dtype.kind in _KINDS[kind]
        and len(given) == len(parts)
        and all(
            size == (int(part) if part.isdecimal() else sizes.setdefault(part, size))
            for part, size in zip(parts, given, strict=True)
        )
    )
