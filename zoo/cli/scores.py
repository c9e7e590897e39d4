"""Scores of one run, and numbers of many recipes, as text."""

from collections.abc import Mapping, Sequence
from typing import Any

import zoo
from zoo.comparison.measured import Measured, counted
from zoo.errors import printable


def scores_as_text(results: Mapping[str, Any], target: Mapping[str, float]) -> str:
    """What was run, and a line for each score, with the published number where there is one.

    Args:
        results: of `zoo.training.run`.
        target: of the recipe.
    """
    scores = results["scores"]
    minutes, speed = results["seconds"] / 60, results["images_per_second"]
    name, rows = printable(results["recipe"]), results["train_rows"]
    unit = zoo.report.rows_as(scores)
    memory = results.get("peak_memory")
    held = f", {memory / 1e9:.2f} GB at most" if memory else ""
    lines = [f"{name}: {rows} training {unit}, {minutes:.1f} minutes, {speed} {unit}/s{held}"]
    if results.get("overridden"):
        lines.append(printable(f"other than the recipe: {zoo.report.overridden_as_text(results)}"))
    width = max(map(len, scores), default=0) + 2
    for name, values in scores.items():
        published = f"   published {target[name]:.4f}" if name in target else ""
        lines.append(f"  {name:<{width}}{values[0]:>9.4f}{published}")
    return "\n".join(lines)


def results_as_text(rows: Sequence[Measured]) -> str:
    """A line for each published number, and for the first metric of a recipe without any.

    Below stands how many published numbers there are, are measured, and are reached, if any.
    """
    aims = {row.recipe for row in rows if row.published is not None}
    first = {row.recipe: row for row in reversed(rows)}
    header = ["recipe", "metric", "published", "measured", "spread", "seeds", "minutes"]
    lines = []
    for row in rows:
        if row.published is None and (row.recipe in aims or row is not first[row.recipe]):
            continue
        numbers = [row.published, row.measured, row.spread]
        texts = ["–" if number is None else f"{number:.4f}" for number in numbers]
        minutes = "–" if row.minutes is None else f"{row.minutes:.1f}"
        lines.append([row.recipe, row.metric, *texts, str(row.seeds or "–"), minutes])
    table = zoo.comparison.ScoreTable(header, lines).text()
    published, measured, reached = counted(rows)
    counts = f"{published} published, {measured} measured, {reached} reached"
    return f"{table}\n\n{counts}" if published else table
