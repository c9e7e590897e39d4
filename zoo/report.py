"""One HTML page over finished runs: ours beside the published numbers, and what was learned."""

import base64
import importlib.resources
import json
import os
import pathlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoo import figures
from zoo.comparison import METRICS, comparable_target, compare
from zoo.errors import InputError
from zoo.files import whole_file
from zoo.run_folder import Run, read_run


def write_report(
    runs: Sequence[str | os.PathLike[str]], output: str | os.PathLike[str]
) -> pathlib.Path:
    """Writes one self-contained HTML page about finished runs.

    The table sets each score (mean ± sample standard deviation where there are several seeds)
    beside the recipe's published number. The page needs no other file and no network.

    Args:
        runs: Run folders, in the order of the page.
        output: A folder; made where it is missing. Its `index.html` is replaced in one step.

    Returns:
        The path of the page, `output/index.html`.

    Raises:
        InputError: no run is given, a folder is not a finished run, one of its files is damaged,
            or `output` cannot be written. Nothing is written then.
    """
    runs = [runs] if isinstance(runs, str | os.PathLike) else list(runs)
    if not runs:
        raise InputError("A report needs at least one run folder. Received: none.")
    output = pathlib.Path(output)
    if output.exists() and not output.is_dir():
        raise InputError(
            f"The output of a report must be a folder. Received: {str(output)!r}, which is a file."
        )
    page = _render(_name_apart([read_run(folder) for folder in runs]))
    try:
        with whole_file(output / "index.html") as temporary:
            temporary.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(
            f"Cannot write the report to {str(output)!r}: {error.strerror}. "
            "Name a folder that can be written."
        ) from error
    return output / "index.html"


def _name_apart(runs: list[Run]) -> list[Run]:
    """Adds the folder, and where that does not help a number, to names that occur twice."""
    for name in ("folder", "number"):
        taken = Counter((run.label, run.results["dataset"]) for run in runs)
        for number, run in enumerate(runs):
            if taken[run.label, run.results["dataset"]] > 1:
                apart = run.folder.resolve().name if name == "folder" else f"no. {number + 1}"
                runs[number] = run._replace(label=f"{run.label} ({apart})")
    return runs


def _render(runs: list[Run]) -> str:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = importlib.resources.files("zoo.templates").joinpath("report.html")
    groups = compare(runs)
    shown = {row["metric"] for rows in groups.values() for row in rows}
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        groups=groups,
        metrics=[metric for name, metric in METRICS.items() if name in shown],
        runs=[_section(run) for run in runs],
        borrowed=any(_target(run) != run.recipe["target"] for run in runs),
        published=any(run.recipe["target"] for run in runs),
        several_seeds=any(len(v) > 1 for run in runs for v in run.results["scores"].values()),
    )


def _target(run: Run) -> dict[str, float]:
    return comparable_target(run.recipe["target"], run.results["scores"])


def _section(run: Run) -> dict[str, Any]:
    """What the template shows of one run: facts, and pictures as data addresses."""
    arrays = run.arrays
    section: dict[str, Any] = {
        "label": run.label,
        "dataset": run.results["dataset"],
        "facts": _facts(run),
        "recipe": json.dumps(run.recipe, indent=2, ensure_ascii=False),
        "curves": _curves(run.history),
        "scatter": None,
        "grid": None,
    }
    # Two points always lie on a line, and say nothing.
    if {"codes", "labels"} <= arrays.keys() and len(arrays["codes"]) > 2 and arrays["codes"].size:
        section["scatter"] = _scatter(arrays["codes"], arrays["labels"], arrays.get("class_names"))
    if {"originals", "reconstructions"} <= arrays.keys() and arrays["originals"].size:
        images = arrays["originals"], arrays["reconstructions"]
        section["grid"] = _address(figures.reconstruction_grid(*images))
    return section


def _facts(run: Run) -> list[tuple[str, str]]:
    results, recipe = run.results, run.recipe
    labelled = results.get("labelled_rows", results["train_rows"])
    seconds, speed = results["seconds"], results["images_per_second"]
    epochs = max(map(len, run.history.values()), default=recipe.get("epochs"))
    facts = {
        "Data set": results["dataset"],
        "Training rows": f"{results['train_rows']:,}",
        "Labelled rows": f"{labelled:,}" if labelled != results["train_rows"] else None,
        "Epochs": epochs,
        "Batch size": recipe.get("batch_size"),
        "Seeds" if len(results["seeds"]) > 1 else "Seed": results["seeds"],
        "Time": seconds
        and (f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.0f} s"),
        "Speed": speed and f"{speed:,.0f} images/s",
        "Precision": results.get("precision"),
        "Hardware": results["hardware"],
        "Versions": results["versions"],
        "Published in": recipe["target"] and recipe.get("source"),
    }
    return [(name, _text(value)) for name, value in facts.items() if value]


def _text(value: object) -> str:
    """A fact in words: `{"keras": "3.15", "numpy": "2.4"}` is `keras 3.15 · numpy 2.4`."""
    if isinstance(value, dict):
        parts = [f"{key.replace('_', ' ')} {_text(part)}" for key, part in value.items() if part]
        return " · ".join(parts)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return str(value)


def _curves(history: dict[str, list[float]]) -> list[dict[str, Any]]:
    terms = dict.fromkeys(name.removeprefix("val_") for name in history)
    curves = []
    # The sum, its terms, the metrics, and what is neither.
    rank = {"loss": 0, "learning_rate": 3}
    for term in sorted(terms, key=lambda term: rank.get(term, 1 if term.endswith("_loss") else 2)):
        values = history.get(term, []), history.get("val_" + term, [])
        title = "total loss" if term == "loss" else term.replace("_", " ")
        curves.append({"title": title, "images": _both(figures.learning_curve, *values)})
    return curves


def _scatter(codes: np.ndarray, labels: np.ndarray, names: np.ndarray | None) -> dict[str, Any]:
    known = [] if names is None else [str(name) for name in names.ravel()]
    present = np.unique(labels).tolist()
    names = {c: known[c] if 0 <= c < len(known) else str(c) for c in present}
    # The picture's font has Latin letters only; other scripts get a number there, and the legend.
    plain = all(
        name.isprintable() and max(map(ord, name), default=0) < 0x250 for name in names.values()
    )
    marks = {c: names[c] if plain and len(names[c]) <= 14 else str(c) for c in present}
    legend = [
        {
            "name": names[c],
            "mark": marks[c],
            "colour": figures.class_style(c)[0],
            "shape": figures.class_style(c)[2],
        }
        for c in present
    ]
    return {
        "images": _both(figures.latent_scatter, codes, labels, marks),
        "legend": legend,
        "points": len(codes),
        "code_size": codes.shape[1],
    }


def _both(draw: Callable[..., bytes], *arguments: Any) -> dict[str, str]:
    """The same picture for a light and for a dark page."""
    return {
        "light": _address(draw(*arguments, dark=False)),
        "dark": _address(draw(*arguments, dark=True)),
    }


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
