"""One HTML page over finished runs: ours beside the published numbers, and what was learned."""

import base64
import csv
import dataclasses
import importlib.resources
import io
import json
import os
import pathlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from zoo.datasets.names import check_outside
from zoo.errors import InputError
from zoo.evaluation.reducers import read_reductions
from zoo.files import claimed, sweep, whole_file
from zoo.kinds import known_metrics, list_tasks
from zoo.recipe import Recipe
from zoo.report import panels
from zoo.report.merged_seeds import merge_seeds
from zoo.report.published_tables import published_tables
from zoo.report.robustness import robustness
from zoo.report.scores import (
    compare,
    corruption_of,
    matrix,
    notes_on,
    overridden_as_text,
    rows_as,
)
from zoo.report.side_by_side import beside_panels, side_by_side
from zoo.training.finished_runs import Run, read_run


def write_report(
    runs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    reductions: Mapping[str, str | os.PathLike[str]] | None = None,
) -> pathlib.Path:
    """Writes one self-contained HTML page about finished runs.

    The table sets each score (mean ± sample standard deviation where there are several seeds)
    beside the recipe's published number. Several models of one data set are also drawn side by
    side. The page needs no other file and no network.

    Args:
        runs: Run folders, in the order of the page. Those that repeat a recipe with another seed
            become one, see `zoo.report.merged_seeds.merge_seeds`.
        output: A folder; made where it is missing. Its `index.html` is replaced in one step.
        reductions: Data set -> the file of its reducers, as `write_reductions` wrote it; they are
            drawn beside the super-encoders of that data set.

    Returns:
        The path of the page, `output/index.html`.

    Raises:
        InputError: no run is given, a folder is not a finished run, one of its files is damaged,
            `reductions` names a data set of none of the runs, or `output` cannot be written or
            holds an `index.html` of something else. Nothing is written then.
    """
    merged = read_runs(runs)
    output = pathlib.Path(output)
    for run in merged:
        check_outside(run.recipe.dataset, output)
    page = _render(merged, _read_reductions(reductions or {}, merged))
    with claimed(output, wait=True):
        _check_page(output / "index.html")
        sweep(output, "index.html")
        with whole_file(output / "index.html") as temporary:
            temporary.write_text(page, encoding="utf-8", errors="replace")
    return output / "index.html"


def _check_page(page: pathlib.Path) -> None:
    """Raises `InputError` where a page stands that is no report: a site's, for example."""
    if page.is_file() and b"zoo report</title>" not in page.read_bytes():
        raise InputError(
            "A report replaces an earlier one, and no other page; give a folder of its own. "
            f"Received: {page}, which is none."
        )


def read_runs(folders: Sequence[str | os.PathLike[str]]) -> list[Run]:
    """Reads run folders as a report shows them: one run per recipe, each with a name of its own.

    Args:
        folders: Run folders; those that repeat a recipe with another seed become one run.

    Returns:
        Runs in the order of the folders, whose label and data set together occur once.

    Raises:
        InputError: no folder is given, one is not a finished run, or one of its files is damaged.
    """
    folders = [folders] if isinstance(folders, str | os.PathLike) else list(folders)
    if not folders:
        raise InputError("A report needs at least one run folder. Received: none.")
    return _name_apart(merge_seeds([read_run(folder) for folder in folders]))


def _name_apart(runs: list[Run]) -> list[Run]:
    """Adds the folder, and where that does not help a number, to names that occur twice."""
    for name in ("folder", "number"):
        taken = Counter((run.label, run.results["dataset"]) for run in runs)
        for number, run in enumerate(runs):
            if taken[run.label, run.results["dataset"]] > 1:
                apart = run.folder.resolve().name if name == "folder" else f"no. {number + 1}"
                runs[number] = run._replace(label=f"{run.label} ({apart})")
    return runs


def _read_reductions(
    paths: Mapping[str, str | os.PathLike[str]], runs: list[Run]
) -> dict[str, dict[str, Any]]:
    datasets = {run.results["dataset"] for run in runs}
    for dataset in paths:
        if dataset not in datasets:
            raise InputError(
                f"Reducers are drawn beside the runs of their data set. Received reductions of "
                f"{dataset!r}, and runs on {', '.join(sorted(datasets))}."
            )
    if not paths:
        return {}
    return {dataset: read_reductions(path) for dataset, path in paths.items()}


def _render(runs: list[Run], reductions: dict[str, dict[str, Any]]) -> str:
    import jinja2

    folder = importlib.resources.files("zoo.report.templates")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    compared = compare(runs)
    # Scores on corrupted images have a table of their own.
    groups = {
        dataset: [row for row in rows if not corruption_of(row["metric"])]
        for dataset, rows in compared.items()
    }
    shown = {row["metric"] for rows in groups.values() for row in rows}
    beside = {}
    for dataset in groups:
        beside[dataset] = side_by_side(_on(dataset, runs), reductions.get(dataset))
    # Where models stand side by side, each one's own section is folded up.
    models = Counter(run.results["dataset"] for run in runs)
    folded = {dataset for dataset, seen in beside.items() if seen and models[dataset] > 1}
    sections = [_section(run, run.results["dataset"] in folded) for run in runs]
    columns = {dataset: _columns(_on(dataset, runs)) for dataset in groups}
    return environment.get_template("report.html").render(
        groups=groups,
        matrices={dataset: matrix(rows) for dataset, rows in groups.items()},
        files={dataset: _table(rows, columns[dataset]) for dataset, rows in compared.items()},
        subject=_subject(runs),
        counted={dataset: _counted(_on(dataset, runs).values()) for dataset in groups},
        columns=columns,
        published_tables=published_tables(runs),
        robust={dataset: robustness(rows, runs) for dataset, rows in compared.items()},
        beside=beside,
        beside_panels=beside_panels(),
        metrics=[metric for name, metric in known_metrics().items() if name in shown],
        runs=sections,
        sheets=_sheets(sections),
        notes=notes_on(runs),
        borrowed=any("probe_accuracy" in run.recipe.target for run in runs),
        published=any(run.recipe.target for run in runs),
        several_seeds=any(len(v) > 1 for run in runs for v in run.results["scores"].values()),
    )


def _on(dataset: str, runs: Sequence[Run]) -> dict[int, Run]:
    """The runs on a data set by their number on the page."""
    return {n: run for n, run in enumerate(runs, 1) if run.results["dataset"] == dataset}


def _subject(runs: Sequence[Run]) -> str:
    datasets = dict.fromkeys(run.results["dataset"] for run in runs)
    return f"{_counted(runs)} on {', '.join(datasets)}"


def _counted(runs: Collection[Run]) -> str:
    """How many models there are with how many seeds, or the name where there is one."""
    models = list(dict.fromkeys(run.label for run in runs))
    seeds = [len(run.results["seeds"]) for run in runs]
    text = models[0] if len(models) == 1 else f"{len(models)} models"
    if max(seeds) == 1:
        return text
    return f"{text}, {'' if min(seeds) == max(seeds) else 'up to '}{max(seeds)} seeds"


def _columns(runs: Mapping[int, Run]) -> dict[str, dict[int, str]]:
    """What a table says of runs besides their scores, by title and run; none that is empty."""
    columns: dict[str, dict[int, str]] = {}
    for number, run in runs.items():
        results, codes = run.results, run.arrays.get("codes", np.empty(0))
        seconds = results["seconds"]
        facts = {
            "Parameters": _number(results.get("parameters")),
            "Code size": _number(codes.shape[1] if codes.size else None),
            "Epochs": _epochs(run),
            "Rows": _number(results["train_rows"]),
            "Minutes": seconds and f"{seconds / 60:,.{1 if seconds >= 60 else 2}f}",
        }
        for title, fact in facts.items():
            columns.setdefault(title, {}).update({number: str(fact)} if fact else {})
    return {title: facts for title, facts in columns.items() if facts}


def _number(count: int | None) -> str | None:
    return None if count is None else f"{count:,}"


def _epochs(run: Run) -> int | None:
    return max(map(len, run.history.values()), default=run.results.get("epochs"))


def _section(run: Run, folded: bool) -> dict[str, Any]:
    """What the template shows of one run: facts, and pictures as data addresses.

    A folded section leaves out what stands side by side already, and draws the rest coarser.
    """
    seeds = run.results["seeds"]
    # What is special to one task stands before what many share.
    tasks = reversed(list_tasks())
    drawn = [
        (panel.template, panel.draw(run, folded))
        for panel in dict.fromkeys(panel for task in tasks for panel in task.panels)
    ]
    return {
        "label": run.label,
        "dataset": run.results["dataset"],
        "folded": folded,
        "overridden": overridden_as_text(run.results),
        "facts": _facts(run),
        "first_seed": seeds[0] if len(seeds) > 1 else None,
        "recipe": json.dumps(_not_default(run.recipe), indent=2, ensure_ascii=False),
        "curves": panels.curves(run.history, panels.resolution(folded)),
        "panels": [(template, shown) for template, shown in drawn if shown],
    }


def _sheets(sections: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The images that a pointer over the scatters shows, each sheet once."""
    shown = [panel for section in sections for _, panel in section["panels"]]
    sheets = [panel["sheet"] for panel in shown if isinstance(panel, dict) and "sheet" in panel]
    return dict(pair for sheet in sheets for pair in sheet.items())


def _not_default(recipe: Recipe) -> dict[str, Any]:
    """The fields of a recipe that are not as by default, as JSON has them."""
    values = json.loads(recipe.to_json())
    defaults = {field.name: field.default for field in dataclasses.fields(Recipe)}
    return {name: value for name, value in values.items() if value not in (defaults[name], {})}


def _table(rows: Sequence[Mapping[str, Any]], more: Mapping[str, Mapping[int, str]]) -> str:
    """The rows of a data set, with what is said besides, as the address of a CSV file."""
    text = io.StringIO()
    columns = ("label", "metric", "ours", "published", "difference", "seeds")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *(title.lower() for title in more)])
    for row in rows:
        facts = [values.get(row["run"], "").replace(",", "") for values in more.values()]
        writer.writerow(["" if row[key] == "–" else row[key] for key in columns] + facts)
    return f"data:text/csv;base64,{base64.b64encode(text.getvalue().encode()).decode()}"


def _facts(run: Run) -> list[tuple[str, str]]:
    results, recipe = run.results, run.recipe
    labelled = results["labelled_rows"]
    seconds, speed = results["seconds"], results["images_per_second"]
    memory = results.get("peak_memory")
    facts = {
        "Data set": results["dataset"],
        "Training rows": f"{results['train_rows']:,}",
        "Labeled rows": f"{labelled:,}" if labelled != results["train_rows"] else None,
        "Parameters": _number(results.get("parameters")),
        "Epochs": _epochs(run),
        "Batch size": recipe.batch_size if "batch_size" in recipe.fields() else None,
        "Seeds" if len(results["seeds"]) > 1 else "Seed": results["seeds"],
        "Time per seed" if len(results["seeds"]) > 1 else "Time": seconds
        and (f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.0f} s"),
        "Speed": speed and f"{speed:,.0f} {rows_as(results['scores'])}/s",
        "Memory": memory and f"{memory / 1e9:.2f} GB at most",
        "Other than the recipe": overridden_as_text(results),
        "Settings chosen": results.get("chosen"),
        "Precision": results["precision"],
        "Hardware": results["hardware"],
        "Versions": results["versions"],
        "Published in": recipe.target and recipe.source,
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
