"""Scores of one run as text."""

from collections.abc import Mapping
from typing import Any

from zoo.report.scores import comparable_target, rows_as


def scores_as_text(results: Mapping[str, Any], target: Mapping[str, float]) -> str:
    """What was run, and a line for each score, with the published number where there is one.

    Args:
        results: of `zoo.training.run`.
        target: of the recipe.
    """
    scores = results["scores"]
    target = comparable_target(target, scores)
    minutes, speed = results["seconds"] / 60, results["images_per_second"]
    rows, unit = results["train_rows"], rows_as(scores)
    lines = [
        f"{results['recipe']}: {rows} training {unit}, {minutes:.1f} minutes, {speed} {unit}/s"
    ]
    width = max(map(len, scores), default=0) + 2
    for name, values in scores.items():
        published = f"   published {target[name]:.4f}" if name in target else ""
        lines.append(f"  {name:<{width}}{values[0]:>9.4f}{published}")
    return "\n".join(lines)
