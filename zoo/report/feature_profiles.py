"""Rows of features drawn as profiles: a place for each feature, in deviations from its mean."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoo.report import figures
from zoo.report.panels import both, class_legend

# More names would run into each other, and lines of more places would be noise.
_NAMED, _SHOWN = 32, 64
_STEPS_SHOWN = 4


def class_profiles(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """What the generator makes of each class's own label vector."""
    if "class_profiles" not in arrays or not _has_units(arrays):
        return None
    profiles = _scaled(arrays, arrays["class_profiles"])
    legend = class_legend(range(len(profiles)), arrays.get("class_names"), longest_mark=40)
    lines = [(entry["name"], figures.class_style(entry["label"])[0]) for entry in legend]
    return {
        "title": "A profile for each class",
        "images": both(profile_lines, profiles, lines, _names(arrays)),
        "caption": "What the generator makes of each class's own label vector, feature by feature, "
        "in standard deviations from the mean of the training rows.",
    }


def row_traversals(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """A row as one dimension of its code is moved."""
    walks = arrays.get("row_traversals", np.empty((0, 0, 0)))
    if not walks.size or not _has_units(arrays):
        return None
    steps = arrays.get("traversal_steps", np.arange(walks.shape[1])).ravel()
    shown = np.unique(np.linspace(0, walks.shape[1] - 1, _STEPS_SHOWN + 1).astype(int))
    lines = [
        (f"{steps[step]:+.1f}", figures.PALETTE[place % len(figures.PALETTE)])
        for place, step in enumerate(shown)
    ]
    rows = _scaled(arrays, walks[0][shown])
    return {
        "title": "A walk through the code",
        "images": both(profile_lines, rows, lines, _names(arrays)),
        "caption": "What is decoded as the dimension in which the codes vary most is moved by so "
        "many of its deviations, feature by feature, in standard deviations from the mean.",
    }


def feature_errors(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """How well each feature is rebuilt."""
    if "feature_errors" not in arrays or not _has_units(arrays):
        return None
    errors = arrays["feature_errors"]
    relative = errors / arrays["feature_deviations"]
    worst = int(relative.argmax())
    names = _names(arrays)
    return {
        "title": "Errors by feature",
        "images": both(profile_lines, relative[np.newaxis], [("", figures.PALETTE[0])], names),
        "caption": "The root of the mean squared error of what is rebuilt of the test rows, in "
        "standard deviations of the feature: 1 is no better than its mean. The largest, in the "
        f"feature's own unit: {names[worst]}, {errors[worst]:.4g}.",
    }


def profile_lines(
    profiles: np.ndarray,
    lines: Sequence[tuple[str, str]],
    names: Sequence[str],
    dark: bool = False,
    resolution: int = 160,
) -> bytes:
    """A line for each profile (profiles, features); at most 64 features.

    Args:
        profiles: In deviations.
        lines: Name and color of each; a name that is empty is left out of the legend.
        names: Of the features.
        dark: Light ink, for a dark page.
        resolution: Dots per inch.

    Returns:
        A PNG with a transparent ground.
    """
    shown = min(_SHOWN, profiles.shape[1])
    figure, axes = figures.new_axes(7.2, 3.2, dark, resolution)
    places = np.arange(shown)
    style = {"lw": 1.5, "ms": 4, "path_effects": figures.outline(dark)}
    for profile, (name, colour) in zip(profiles, lines, strict=True):
        axes.plot(places, profile[:shown], "o-", color=colour, label=name or None, **style)
    figures.finish_axes(axes, dark, "", "deviations")
    if shown <= _NAMED:
        labels = [name if len(name) < 25 else f"{name[:22]}..." for name in names[:shown]]
        axes.set_xticks(places, labels, rotation=60, ha="right", fontsize=8)
    if any(name for name, _ in lines):
        axes.legend(frameon=False, labelcolor=figures.ink(dark), fontsize=9)
    return figures.png(figure)


def _has_units(arrays):
    return {"feature_means", "feature_deviations"} <= arrays.keys()


def _scaled(arrays, rows):
    return (rows - arrays["feature_means"]) / arrays["feature_deviations"]


def _names(arrays):
    count = len(arrays["feature_means"])
    names = arrays.get("feature_names", np.arange(count)).ravel()
    return [str(name) for name in names] if len(names) == count else list(map(str, range(count)))
