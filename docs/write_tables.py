"""Writes the numbers of the tables of results anew: published ones, and those of recipes/results.

    python docs/write_tables.py

Which systems and data sets a table has stays as it is: an empty cell is no recipe, one with a dash
a recipe without numbers. A dagger behind a number: the recipe has changed since it was measured.
"""

import json
import pathlib
import re
from collections.abc import Iterator

import numpy as np

import zoo
from zoo.comparison.measured import counted

RESULTS = pathlib.Path(__file__).parent / "results.md"
# What benchmarks/table_codes.py wrote: by set and system an accuracy for each fold.
CODES = RESULTS.parents[1] / "benchmarks" / "table_codes.json"
CODED = {
    "se_co": "SE (co)",
    "lda": "LDA",
    "nca": "NCA",
    "pca": "PCA",
    "umap": "UMAP, told the classes",
    "se_co_few": "SE* (co), a fifth of the labels",
    "pca_few": "PCA, a fifth of the labels",
}
# The metrics of a cell, by the name in the comment above the table.
METRICS = {
    "table-1": ("separability_accuracy", "reconstruction_error"),
    "table-2": ("accuracy",),
    "label-sets": ("example_f1",),
    "masks": ("mean_iou",),
    "representation": ("accuracy",),
    "few-labels": ("accuracy",),
    "generators": ("generator_ratio",),
    "support-vector-machines": ("accuracy",),
    "tables-1": ("separability_accuracy", "reconstruction_error"),
    "tables-2": ("accuracy",),
}
# By the title of a column: the data set, and what the name of a recipe ends in.
SETS = {
    "MNIST, 2,000 / 2,000": "mnist_2k2k",
    "100 labels": "mnist",
    "1,000 labels": "mnist",
    "CIFAR-10, 4,000 labels": "cifar10",
    "SVHN": "svhn_cropped",
    "PneumoniaMNIST": "pneumonia_mnist",
    "Weizmann horses": "weizmann_horse",
    "breast cancer": "breast_cancer",
    "bibtex classes": "bibtex_classes",
}
ENDINGS = {"100 labels": "_100", "1,000 labels": "_1000", "CIFAR-10, 4,000 labels": "_4000"}
# Recipes of data sets whose original files are not to be had.
NOT_HAD = ("*/svhn_cropped", "*/bookmarks")
# The metric of each column where a line is one recipe.
CLASS_METRICS = {"F1": "macro_f1", "precision": "macro_precision", "recall": "macro_recall"}


def cells(text: str) -> Iterator[tuple[int, int, str, list[str], bool]]:
    """Each cell of numbers: its line, its place there, the recipe, the metrics, and whether the
    published numbers stand in it too."""
    name, head = "", []
    for number, line in enumerate(text.splitlines()):
        if found := re.fullmatch(r"<!-- (.*) -->", line):
            name, head = found[1], []
        elif not line.startswith("|") or not (name in METRICS or name in ("table-3", "robustness")):
            continue
        elif not head:
            head = _split(line)
        elif not line.startswith("|---"):
            _, recipe, *values = _split(line)
            for place, (title, value) in enumerate(zip(head[2:], values, strict=True), 2):
                if not value:
                    continue
                if name in METRICS:
                    dataset = SETS.get(title, re.sub(r"cifar_", "cifar", _plain(title)))
                    full = f"{recipe.strip('`')}{ENDINGS.get(title, '')}/{dataset}"
                    yield number, place, full, list(METRICS[name]), name != "generators"
                else:
                    metric = CLASS_METRICS.get(title) or re.findall(r"`(.*?)`", title)[0]
                    yield number, place, recipe.strip("`"), [metric], name == "table-3"


def written(text: str) -> str:
    """The text with the numbers of its tables as they are now."""
    lines = text.splitlines(keepends=True)
    for number, place, recipe, metrics, published in cells(text):
        row = _split(lines[number])
        row[place] = _cell(recipe, metrics, published)
        lines[number] = f"| {' | '.join(row)} |\n"
    numbers, measured, reached = counted(zoo.results(exclude=NOT_HAD))
    counts = f"Of {numbers} published numbers {measured} are measured and {reached} reached"
    lines[:] = [re.sub(r"Of \d+ published numbers .*? reached", counts, line) for line in lines]
    codes = r"(?<=<!-- table-codes -->\n).*?(?=\n\n)"
    return re.sub(codes, _table_of_codes(), "".join(lines), flags=re.DOTALL)


def _table_of_codes() -> str:
    """Means and deviations over five folds, of the sets that have as many."""
    held = json.loads(CODES.read_text()) if CODES.exists() else {}
    sets = ("wine", "breast_cancer", "digits_vectors", "bibtex_classes")
    rows = [["codes of", *(name.replace("_", " ") for name in sets)], ["---"] * (len(sets) + 1)]
    for system, title in CODED.items():
        folds = ([fold[system] for fold in held.get(name, ()) if system in fold] for name in sets)
        cells = (f"{np.mean(f):.4f} ± {np.std(f):.4f}" if len(f) == 5 else "–" for f in folds)
        rows.append([title, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(recipe: str, metrics: list[str], published: bool) -> str:
    found = {row.metric: row for row in zoo.results(recipe)}
    # Without a separator of its own, a model's codes are separated by the probe.
    probe = {m: found.get("probe_accuracy") for m in metrics if "accuracy" in m}
    rows = [found.get(metric) or probe.get(metric) for metric in metrics]
    aims = [f"{row.published:.4f}" for row in rows if row and row.published]
    ours = [row.measured if row else None for row in rows]
    changed = "†" if any(row.otherwise for row in found.values()) else ""
    if not published:
        return "–" if None in ours else f"{ours[0]:.4f}{changed}"
    measured = [] if None in ours else [f"**{' / '.join(f'{n:.4f}' for n in ours)}**{changed}"]
    return "<br>".join([" / ".join(aims)] * bool(aims) + measured) or "–"


def _split(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip()[1:-1].split("|")]


def _plain(title: str) -> str:
    return title.lower().replace("-", "_")


if __name__ == "__main__":
    RESULTS.write_text(written(RESULTS.read_text()))
