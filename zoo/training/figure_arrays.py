"""The arrays of figures.npz, from which a report draws: what they are, and that they fit."""

from collections.abc import Mapping

import numpy as np

from zoo.errors import InputError

_KINDS = {"numbers": "fiu", "whole numbers": "iu"}

# By what is evaluated: kind and shape. A size of one name is the same in all arrays, and "..." are
# further sizes. An array stands behind those that its sizes are compared with.
FIGURE_ARRAYS = {
    "codes": {
        "codes": "numbers (codes, size, ...)",
        "labels": "whole numbers (codes)",
        "originals": "numbers (images, height, width, channels)",
        "reconstructions": "numbers (images, height, width, channels)",
        "corrupted": "numbers (corrupted, height, width, channels)",
        "corrupted_reconstructions": "numbers (corrupted, height, width, channels)",
        "samples": "numbers (samples, height, width, channels)",
        "traversals": "numbers (traversals, steps, height, width, channels)",
        "traversal_steps": "numbers (...)",
    },
    "classes": {
        "confusion": "whole numbers (classes, classes)",
        "calibration": "numbers (bins, 3)",
        "generated": "numbers (generated, height, width, channels)",
    },
    "label_sets": {
        "thresholds": "numbers (thresholds)",
        "threshold_f1": "numbers (thresholds)",
        "step_f1": "numbers (iterates)",
        "step_energies": "numbers (iterates)",
    },
    "masks": {
        "true_masks": "numbers (images, height, width, 1)",
        "predicted_masks": "numbers (images, height, width, 1)",
        "mask_originals": "numbers (middles, middle_height, middle_width, channels)",
        "mask_steps": "numbers (mask_steps, middles, middle_height, middle_width, 1)",
        "mask_step_numbers": "whole numbers (mask_steps)",
    },
}
# The arrays without which another one says nothing.
NEEDED = {
    "true_masks": ("originals",),
    "predicted_masks": ("originals",),
    "mask_steps": ("mask_originals", "mask_step_numbers"),
}


def check_figures(arrays: Mapping[str, np.ndarray], name: str) -> None:
    """Raises `InputError` with the first array that is missing or not as `FIGURE_ARRAYS` says.

    Args:
        arrays: of a figures.npz; others than those of `FIGURE_ARRAYS` may be among them.
        name: of the file, for the error.
    """
    sizes: dict[str, int] = {}
    for table in FIGURE_ARRAYS.values():
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
