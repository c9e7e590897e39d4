"""The pictures of one run on label sets or masks as the report's template takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoo.report import image_grids, structured_figures
from zoo.report.panels import address, both

# Masks in a row beside its name, and in a band of the run's own sheet.
_IN_A_ROW = 8
_IN_A_BAND = 6
MASK_COLOUR = (0.0, 0.9, 1.0)
TINT = 0.35


def label_sets(
    arrays: Mapping[str, np.ndarray],
    thresholds: Sequence[float] | None = None,
    resolution: int = 160,
) -> dict[str, Any] | None:
    """F1 and energy over the step of inference, and F1 over the threshold, where there are such.

    Args:
        arrays: Of the run, as `zoo.evaluation.evaluate_label_sets` gives them.
        thresholds: The chosen one of each seed; pictures are those of the first.
        resolution: Dots per inch.

    Returns:
        `charts`: a title and pictures of each; `inference` and `threshold`: whether there are
        charts of either; `chosen`: the threshold in words, "" where it is not known.
    """
    charts = []
    for key, title, height, span in (
        ("step_f1", "F1 over the steps", "F1", structured_figures.F1_SPAN),
        ("step_energies", "energy over the steps", "energy", 0.0),
    ):
        values = arrays.get(key, np.empty(0))
        if values.size:
            line = structured_figures.Line(np.arange(values.size), values)
            draw = structured_figures.step_chart
            images = both(draw, [line], height, span, resolution=resolution)
            charts.append({"title": title, "images": images})
    inference = bool(charts)
    chosen = thresholds[0] if thresholds else None
    scores = arrays.get("threshold_f1", np.empty(0))
    held_out = "thresholds" in arrays and scores.size > 0
    if held_out:
        draw = structured_figures.threshold_chart
        images = both(draw, arrays["thresholds"], scores, chosen, resolution=resolution)
        charts.append({"title": "F1 over the threshold", "images": images})
    if not charts:
        return None
    return {
        "charts": charts,
        "inference": inference,
        "threshold": held_out,
        "chosen": "" if chosen is None else f"{chosen:.2f}",
    }


def has_masks(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether there are images with true and predicted masks."""
    keys = {"originals", "true_masks", "predicted_masks"}
    return keys <= arrays.keys() and all(arrays[key].size for key in keys)


def shown_masks(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, true and predicted masks that fill one row."""
    return tuple(arrays[key][:_IN_A_ROW] for key in ("originals", "true_masks", "predicted_masks"))


def masks(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """A sheet in bands of three rows: images, their true masks and the predicted ones."""
    if not has_masks(arrays):
        return None
    rows = [arrays[key] for key in ("originals", "true_masks", "predicted_masks")]
    sheet = image_grids.banded_grid(rows, columns=_IN_A_BAND)
    return {"image": address(sheet), "count": len(rows[0])}


def refined_masks(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """A row for each shown step of inference: the mask of that step over the images.

    Returns:
        `rows`: the step's name and a picture, the true masks last where they are known;
        `middle`: whether only the middle of each image is seen.
    """
    steps = arrays.get("mask_steps", np.empty(0))
    if not steps.size:
        return None
    images = arrays["mask_originals"][:_IN_A_ROW]
    numbers = arrays["mask_step_numbers"].tolist()
    named = [(f"step {number}", mask) for number, mask in zip(numbers, steps, strict=True)]
    true = arrays.get("true_masks", np.empty((0, 0, 0, 1)))
    if len(true) == len(steps[0]):
        named.append(("true masks", _middle(true, images.shape[1:3])))
    return {
        "rows": [
            {"name": name, "image": address(_strip(over_images(images, mask[:_IN_A_ROW])))}
            for name, mask in named
        ],
        "middle": bool(true.size) and true.shape[1:3] != images.shape[1:3],
        "true": named[-1][0] == "true masks",
    }


def over_images(images: np.ndarray, masks: np.ndarray, tile: int = 112) -> np.ndarray:
    """Lays soft masks over their images: a tint as strong as the mask, and an outline at 0.5.

    Args:
        images: `(n, height, width, channels)` in [0, 1], gray or color.
        masks: `(n, height, width, 1)` in [0, 1]; NaN is no mask.
        tile: About how many pixels wide an image becomes, see `zoo.report.image_grids.scaled`.

    Returns:
        Color images `(n, height, width, 3)` of that size. The outline lies inside of the mask,
        and not along the border of the image.
    """
    images = image_grids.scaled(np.clip(np.nan_to_num(images), 0.0, 1.0), tile)
    masks = image_grids.scaled(np.clip(np.nan_to_num(masks), 0.0, 1.0), tile)
    if images.shape[-1] < 3:
        images = np.repeat(images.mean(-1, keepdims=True), 3, axis=-1)
    share = TINT * masks
    tinted = (1 - share) * images[..., :3] + share * np.array(MASK_COLOUR)
    return np.where(_outline(masks > 0.5, max(1, tile // 50)), np.array(MASK_COLOUR), tinted)


def _outline(hard: np.ndarray, width: int) -> np.ndarray:
    """The pixels of a mask that lie within `width` of what does not belong to it."""
    inside = hard
    for _ in range(width):
        padded = np.pad(inside, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        inside = (
            inside
            & padded[:, :-2, 1:-1]
            & padded[:, 2:, 1:-1]
            & padded[:, 1:-1, :-2]
            & padded[:, 1:-1, 2:]
        )
    return hard & ~inside


def _middle(masks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    top, left = ((side - part) // 2 for side, part in zip(masks.shape[1:3], size, strict=True))
    return masks[:, top : top + size[0], left : left + size[1]]


def _strip(images: np.ndarray) -> bytes:
    return image_grids.image_sheet(images, columns=len(images))
