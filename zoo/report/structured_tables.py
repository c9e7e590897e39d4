"""Published numbers of label sets and of masks, and our runs beside them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from zoo.report.tables import Heading, PublishedTable

if TYPE_CHECKING:
    from zoo.training.run_folder import Run


class _Kind(NamedTuple):
    """One table: its metric, and the published names of systems and data sets in their order.

    `systems` is by the name of a recipe, `models` by its entry point, for recipes of other names.
    """

    metric: str
    title: str
    caption: str
    datasets: tuple[str, ...]
    systems: Mapping[str, str]
    models: Mapping[str, str]


# What a value network learned from, by the end of a recipe's name.
_GENERATORS = {
    f"dvn_{name}": f"DVN + {name.replace('_', ' ')}"
    for name in ("ground_truth", "inference", "adversarial", "value_gradient", "stratified")
}
_LABEL_SETS = {
    "mlp": "MLP",
    "spen": "SPEN",
    "spen_e2e": "SPEN (end-to-end)",
    "infnet": "InfNet",
    "dvn": "DVN",
}
_MASKS = {"fcn": "FCN", "adversarial_segmenter": "FCN + discriminator", "dvn_masks": "DVN"}

_KINDS = (
    _Kind(
        "example_f1",
        "F1 per example of label sets",
        "F1 scores of the test rows' label sets, means over the rows, by system and data set",
        ("blocks", "bibtex", "delicious", "bookmarks"),
        _LABEL_SETS | _GENERATORS,
        _LABEL_SETS,
    ),
    _Kind(
        "mean_iou",
        "Mean IoU of masks",
        "Intersection over union of mask and true mask, means over the test images, by system "
        "and data set",
        ("weizmann_horse",),
        _MASKS | {"dvn": "DVN"} | _GENERATORS,
        _MASKS,
    ),
)


def structured_tables(
    runs: "Sequence[Run]", cells: Mapping[tuple[str, str, str], dict[str, Any]]
) -> list[PublishedTable]:
    """Sets runs in the table of F1 of label sets, and in that of mean IoU of masks.

    A line is a name under which a run has the score, known systems first, and a column a data set
    met, known ones first; bold is the best of a column. Both were put together from several
    papers, which are named below.

    Args:
        runs: Finished runs with names that tell those of one data set apart.
        cells: (metric, data set, name of a run) -> the row of `zoo.report.scores.compare`.

    Returns:
        The tables for which there are such runs: none, one or both.
    """
    tables = [_table(kind, runs, cells) for kind in _KINDS]
    return [table for table in tables if table]


def _table(
    kind: _Kind, runs: "Sequence[Run]", cells: Mapping[tuple[str, str, str], dict[str, Any]]
) -> PublishedTable | None:
    chosen = [run for run in runs if kind.metric in run.results["scores"]]
    if not chosen:
        return None
    titles = {run.label: _system(kind, run) for run in chosen}
    known = list(dict.fromkeys(kind.systems.values()))
    places = {label: known.index(title) if title else len(known) for label, title in titles.items()}
    datasets = dict.fromkeys(run.results["dataset"] for run in chosen)
    columns = [name for name in kind.datasets if name in datasets]
    columns += [name for name in datasets if name not in kind.datasets]
    lines = [
        (
            Heading(titles[label] or label, label if titles[label] else ""),
            [cells.get((kind.metric, dataset, label)) for dataset in columns],
        )
        for label in sorted(titles, key=places.get)
    ]
    return PublishedTable(
        None,
        kind.title,
        "Model",
        list(map(Heading, columns)),
        [("", lines)],
        kind.caption,
        "column",
        _sources(kind.metric, chosen),
    )


def _system(kind: _Kind, run: "Run") -> str | None:
    """The published name of a run's system, `None` where it is none of them."""
    # What tells runs of one name apart stands in brackets behind it.
    name = run.label.partition(" (")[0]
    return kind.systems.get(name) or kind.models.get(run.recipe.model)


def _sources(metric: str, runs: "Sequence[Run]") -> list[str]:
    sources = [run.recipe.source for run in runs if metric in run.recipe.target]
    named = list(dict.fromkeys(source for source in sources if source))
    return [f"Published in: {'; '.join(named)}."] if named else []
