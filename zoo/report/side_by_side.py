"""The models of one data set side by side, and beside the reducers of dimension."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoo.evaluation.reducers import Reduction
from zoo.kinds import list_tasks
from zoo.report import (
    figures,
    image_grids,
    latent_scatters,
    panels,
    structured_figures,
    structured_panels,
)
from zoo.training.finished_runs import Run

_SHOWN_IMAGES = 10
_REDUCERS = {
    "pca": "PCA",
    "lda": "LDA",
    "tsne": "t-SNE",
    "nca": "NCA",
    "isomap": "Isomap",
    "umap": "UMAP",
}


def side_by_side(
    runs: Mapping[int, Run], reductions: Mapping[str, Reduction] | None = None
) -> dict[str, Any] | None:
    """Sets the pictures of several models of one data set beside each other.

    Args:
        runs: The runs of the data set by their number on the page.
        reductions: Reducers' planes of the same data set by the reducer's name.

    Returns:
        What the template shows: `losses`, `scatters`, `reducers`, `widths` and by name what the
        tasks set `beside` each other, each empty where there is nothing to compare; `None` where
        there is nothing at all.
    """
    reductions = reductions or {}
    legend = _legend(runs, reductions)
    marks = {entry["label"]: entry["mark"] for entry in legend}
    several = runs if len(runs) > 1 else {}
    section = {
        "losses": _losses(several),
        "scatters": _scatters(several, marks),
        "reducers": _reducers(runs, reductions, marks),
        "widths": _same_widths(runs, reductions),
    }
    section |= {panel.name: panel.draw(several) for panel in beside_panels()}
    return section | {"legend": legend} if any(section.values()) else None


def beside_panels() -> list[panels.Panel]:
    """Those of all tasks, what is special to one of them before what many share."""
    tasks = reversed(list_tasks())
    return list(dict.fromkeys(panel for task in tasks for panel in task.beside))


def _legend(runs: Mapping[int, Run], reductions: Mapping[str, Reduction]) -> list[dict[str, Any]]:
    labels = [run.arrays["labels"] for run in runs.values() if panels.has_scatter(run.arrays)]
    labels += [reduction.labels for reduction in reductions.values()]
    names = [run.arrays["class_names"] for run in runs.values() if "class_names" in run.arrays]
    if not labels:
        return []
    return panels.class_legend(np.concatenate(labels), names[0] if names else None, longest_mark=2)


def _scatters(
    runs: Mapping[int, Run], marks: Mapping[int, str], draw: bool = True
) -> list[dict[str, Any]]:
    planes = []
    for number, run in runs.items():
        if panels.has_scatter(run.arrays):
            codes = run.arrays["codes"]
            plane = {"code_size": codes.shape[1]}
            if draw:
                plane = _plane(codes, run.arrays["labels"], marks)
            probes = run.results["scores"].get("probe_accuracy")
            probe = f"{np.mean(probes):.4f}" if probes else None
            planes.append(plane | {"label": run.label, "run": number, "probe": probe})
    return planes


def _plane(codes: np.ndarray, labels: np.ndarray, marks: Mapping[int, str]) -> dict[str, Any]:
    images = panels.both(latent_scatters.small_scatter, codes, labels, marks)
    return {
        "images": images,
        "points": len(codes),
        "code_size": codes.shape[1],
        "variance": _percent(latent_scatters.explained_variance(codes)),
    }


def _percent(share: float) -> str:
    return f"{100 * share:.0f} % of variance" if np.isfinite(share) else ""


def _reducers(
    runs: Mapping[int, Run], reductions: Mapping[str, Reduction], marks: Mapping[int, str]
) -> list[dict[str, Any]]:
    """The reducers' planes, then those of the models that separate classes themselves."""
    if not reductions:
        return []
    separating = {
        n: run for n, run in runs.items() if "separability_accuracy" in run.results["scores"]
    }
    planes = []
    for name, reduction in reductions.items():
        finite = np.isfinite(reduction.embedding).all(axis=1)
        points, labels = reduction.embedding[finite], reduction.labels[finite]
        if len(points) > 2:
            plane = _plane(points, labels, marks)
            told = {"label": _REDUCERS.get(name, name), "run": None, "seconds": reduction.seconds}
            told["variance"] = _percent(reduction.explained_variance)
            planes.append(plane | told | {"probe": f"{reduction.probe_accuracy:.4f}"})
    return planes + _scatters(separating, marks) if planes else []


def _same_widths(
    runs: Mapping[int, Run], reductions: Mapping[str, Reduction]
) -> dict[str, Any] | None:
    """The probe's accuracy of each model's code, and of reducers with as many dimensions."""
    wider = {name: dict(each.wider) for name, each in reductions.items() if each.wider}
    rows = []
    for plane in _scatters(runs, {}, draw=False) if wider else []:
        accuracies = [each.get(plane["code_size"]) for each in wider.values()]
        if plane["probe"] and None not in accuracies:
            rows.append(plane | {"reducers": [f"{each:.4f}" for each in accuracies]})
    return {"names": [_REDUCERS.get(name, name) for name in wider], "rows": rows} if rows else None


def sheets(runs: Mapping[int, Run]) -> list[dict[str, Any]]:
    """A row of images put in, and below it a row for each model: what it made of them."""
    pairs: dict[str, list[tuple[int, str, np.ndarray, np.ndarray]]] = {}
    for number, run in runs.items():
        for title, above, below in panels.image_pairs(run.arrays):
            shown = above[:_SHOWN_IMAGES], below[:_SHOWN_IMAGES]
            pairs.setdefault(title, []).append((number, run.label, *shown))
    sheets = []
    for title, models in pairs.items():
        bands = _bands(models)
        rows = []
        for above, members in bands:
            rows += [_row(None, None, above), *(_row(*member) for member in members)]
        sheets.append({"title": title, "rows": rows, "same_images": len(bands) == 1})
    return sheets


def _bands(
    models: Sequence[tuple[int, str, np.ndarray, np.ndarray]],
) -> list[tuple[np.ndarray, list[tuple[int, str, np.ndarray]]]]:
    """Models that were given the same images, together under them."""
    bands: list[tuple[np.ndarray, list[tuple[int, str, np.ndarray]]]] = []
    for number, label, above, below in models:
        for images, members in bands:
            if np.array_equal(images, above, equal_nan=True):
                members.append((number, label, below))
                break
        else:
            bands.append((above, [(number, label, below)]))
    return bands


def _row(number: int | None, label: str | None, images: np.ndarray) -> dict[str, Any]:
    return {"label": label, "run": number, "image": _strip(images)}


def _strip(images: np.ndarray) -> str:
    return panels.address(image_grids.image_sheet(images, columns=len(images), tile=84))


def generated(runs: Mapping[int, Run]) -> list[dict[str, Any]]:
    """A sheet for the models of as many classes, with their names: a row of images per model."""
    sheets: dict[int, dict[str, Any]] = {}
    for panel in each(runs, panels.generated):
        sheet = {"names": panel["names"], "classes": panel["classes"], "rows": []}
        sheets.setdefault(panel["classes"], sheet)["rows"].append(panel)
    return list(sheets.values())


def steps(runs: Mapping[int, Run]) -> dict[str, Any] | None:
    """F1 over the step of inference, a line for each model that infers step by step."""
    values = {run.label: run.arrays.get("step_f1", np.empty(0)) for run in runs.values()}
    return _lines(
        values,
        "F1 over the steps of inference",
        "The F1 per example after each step of inference, from its start at step 0, on up to 500 "
        "test rows, for the models that infer step by step.",
        height="F1",
        span=structured_figures.F1_SPAN,
    )


def _losses(runs: Mapping[int, Run]) -> dict[str, Any] | None:
    """The loss over the epochs, a line for each model: of held-out rows where there are such."""
    held_out = any("val_loss" in run.history for run in runs.values())
    key, of = ("val_loss", "validation") if held_out else ("loss", "training")
    return _lines(
        {run.label: np.asarray(run.history.get(key, ()), "float64") for run in runs.values()},
        f"{of.capitalize()} loss of all models",
        f"The whole {of} loss after each epoch{', of the models with held-out rows' * held_out}. "
        "Objectives differ from model to model, so compare how far and how fast a line falls.",
        height="loss",
        epochs=True,
    )


def _lines(
    values: Mapping[str, np.ndarray], title: str, caption: str, epochs: bool = False, **options: Any
) -> dict[str, Any] | None:
    """A chart with a line for each name that has values, and its legend."""
    values = {name: heights for name, heights in values.items() if heights.size}
    if not values:
        return None
    styles = list(map(figures.class_style, range(len(values))))
    lines = [
        structured_figures.Line(np.arange(heights.size) + epochs, heights, colour, marker)
        for heights, (colour, marker, _) in zip(values.values(), styles, strict=True)
    ]
    draw = structured_figures.step_chart
    return {
        "title": title,
        "caption": caption,
        "images": panels.both(draw, lines, wide=True, epochs=epochs, **options),
        "legend": [
            {"name": name, "mark": name, "colour": colour, "shape": shape}
            for name, (colour, _, shape) in zip(values, styles, strict=True)
        ],
    }


def masks(runs: Mapping[int, Run]) -> list[dict[str, Any]]:
    """A sheet for the models given the same images: these, their masks, and a row for each."""
    models = []
    for number, run in runs.items():
        if structured_panels.has_masks(run.arrays):
            images, true, predicted = structured_panels.shown_masks(run.arrays)
            # Models share a sheet where both images and true masks are the same.
            given = np.concatenate([images, true], axis=-1)
            models.append((number, run.label, given, predicted))
    return [
        {
            "given": [("images", _strip(given[..., :-1])), ("true masks", _strip(given[..., -1:]))],
            "rows": [_row(*member) for member in members],
        }
        for given, members in _bands(models)
    ]


def each(runs: Mapping[int, Run], draw: Any) -> list[dict[str, Any]]:
    drawn = [(number, run.label, draw(run.arrays)) for number, run in runs.items()]
    return [panel | {"label": label, "run": number} for number, label, panel in drawn if panel]
