"""Classifiers of Table 2 protocol by protocol: all labels, few labels, few images."""

import re
from collections.abc import Sequence
from typing import Any

from zoo.report.scores import mark_best
from zoo.report.tables import Cells, Heading, PublishedTable
from zoo.training.finished_runs import Run

# Data sets that are a part of another one, by the other one's name and what they have of it.
SUBSETS = {"mnist_2k2k": ("mnist", "2,000 / 2,000 images")}
ALL_LABELS = "all labels"

# What a published number of MNIST was measured with. Those of the auto-classifiers and of the CNN
# are the slides' own.
_PUBLISHED_UNDER = {
    "Maxout Networks": "all labels; the slides misread 0.94 % error, an accuracy of 0.9906",
    "VAE (M1 + M2)": "all labels",
    "VAT": "all labels",
    "CatGAN": "all labels",
    "Ladder Networks": "all labels",
    "Task-Oriented GAN": "a small training set, of which no more is known; ours are 1,000 labels",
    "SRC": "2,000 / 2,000 images, as are CRC and KENRR",
}


def protocol_of(run: Run) -> tuple[str, str]:
    """The data set a run is of, whole, and what the run had of it."""
    results = run.results
    dataset, part = SUBSETS.get(results["dataset"], (results["dataset"], ALL_LABELS))
    labelled = results.get("labelled_rows", results.get("train_rows"))
    if labelled != results.get("train_rows"):
        part = f"{labelled:,} labels"
    return dataset, part


def in_protocol_table(run: Run) -> bool:
    """Whether a run had few labels or few images: what it reaches is no cell of Table 2."""
    return protocol_of(run)[1] != ALL_LABELS


def protocol_table(
    runs: Sequence[Run],
    systems: Sequence[tuple[Run, str | None]],
    cells: Cells,
) -> PublishedTable | None:
    """A line for each system, a column for each protocol, ours beside the published number.

    A published number stands in the column of the protocol that it was published under. The first
    column is the one that all can be compared in. Bold is the best of a column.

    Args:
        runs: all runs of the report, by whose places the cells name theirs.
        systems: the runs with an `accuracy`, each with the slides' name of its system, in their
            order; `None` for none of them.
        cells: see `Cells`.

    Returns:
        The table, over the data sets of which a run had few labels or images; `None` if none had.
    """
    few = [protocol_of(run)[0] for run, _ in systems if in_protocol_table(run)]
    datasets = list(dict.fromkeys(few))
    if not datasets:
        return None
    chosen = [each for each in systems if protocol_of(each[0])[0] in datasets]
    parts = sorted({protocol_of(run)[1] for run, _ in chosen} | {ALL_LABELS}, key=_place)
    groups = []
    for dataset in datasets:
        lines: dict[tuple[str | None, str], dict[str, dict[str, Any]]] = {}
        for run, system in chosen:
            whole, part = protocol_of(run)
            cell = cells.get(("accuracy", run.results["dataset"], run.label))
            if whole == dataset and cell:
                name = re.sub(r"_\d+$", "", run.label)
                line = lines.setdefault((system, name), {})
                # A second run of the same system and protocol gets a line of its own.
                if part in line:
                    line = lines.setdefault((system, run.label), {})
                line[part] = dict(cell)
        for part in parts:
            mark_best([line[part] for line in lines.values() if part in line], runs)
        rows = [
            (Heading(system or name, name if system else ""), [line.get(p) for p in parts])
            for (system, name), line in lines.items()
        ]
        groups.append((dataset, rows))
    met = (
        {heading.title for _, rows in groups for heading, _ in rows} if "mnist" in datasets else ()
    )
    under = [f"{system}: {text}" for system, text in _PUBLISHED_UNDER.items() if system in met]
    return PublishedTable(
        None,
        "Accuracy of classification by protocol",
        "Model",
        [Heading(part) for part in parts],
        groups,
        "Shares of test images given their right class; without labels the other training images "
        f"are there all the same, and {ALL_LABELS!r} is the protocol common to all",
        "column",
        [f"Published under: {'; '.join(under)}."] if under else [],
    )


def _place(part: str) -> tuple[int, int]:
    """All labels first, then fewer and fewer, then parts of the images."""
    number = int(re.sub(r"\D", "", part.split(" ")[0]) or 0)
    if part == ALL_LABELS:
        return 0, 0
    return (1, -number) if part.endswith("labels") else (2, 0)
