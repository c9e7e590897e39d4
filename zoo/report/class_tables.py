"""Tables 2 and 3 of the slides, which are of classifiers, filled with our runs."""

from collections.abc import Sequence

from zoo.report.protocols import in_protocol_table, protocol_table
from zoo.report.scores import mark_best
from zoo.report.tables import Cells, Heading, PublishedTable, in_order, system_table
from zoo.training.finished_runs import Run

_DATASETS = ("mnist", "pneumonia_mnist", "fashion_mnist", "cifar10")
# By entry point, in the order of Table 3; Table 2 has the classifier on its own behind the others.
_SYSTEMS = {
    "cnn": "Independent CNN",
    "ac_co_v1": "AC (co) v1",
    "ac_co_v2": "AC (co) v2",
    "ac_nc_v1": "AC (nc) v1",
    "ac_nc_v2": "AC (nc) v2",
}
# The slides quote all but the first from ten papers, and give their accuracy alone.
_WITHOUT_IMAGES = {
    "cnn": "Independent CNN",
    "maxout": "Maxout Networks",
    "m1m2": "VAE (M1 + M2)",
    "vat": "VAT",
    "catgan": "CatGAN",
    "task_oriented_gan": "Task-Oriented GAN",
    "ladder": "Ladder Networks",
    "src": "SRC",
    "crc": "CRC",
}
# By kernel.
_KENRR = {
    "linear": "KENRR (Linear)",
    "polynomial": "KENRR (POLY)",
    "rbf": "KENRR (RBF)",
    "hellinger": "KENRR (Hellinger)",
}
_ROWS = [f"{_SYSTEMS[ac]}, {error}" for ac in [*_SYSTEMS][1:] for error in ("MSE", "MAE")]
_ROWS += [*_WITHOUT_IMAGES.values(), *_KENRR.values()]
_MEASURES = {"macro_f1": "F1 score", "macro_precision": "Precision", "macro_recall": "Recall"}

_SWAPPED = (
    "The slides' rows headed Precision and Recall are swapped, and each published number stands "
    "here under its right name: on a test set with as many images of each class macro recall "
    'equals accuracy, and the slides\' "Precision" of Fashion-MNIST and CIFAR-10 is the accuracy '
    "of Table 2 digit for digit."
)
_MISPRINT = (
    'The 0.9933 that the slides give for "AC (nc) v2, MAE" on pneumonia_mnist repeats the cell of '
    "MNIST and is no multiple of 1/624, although there are 624 test images: a misprint."
)


def class_tables(runs: Sequence[Run], cells: Cells) -> list[PublishedTable]:
    """Table 2, Table 3 and the table by protocol, those for which there are runs.

    Table 2 has a line for each name under which a run of all labels has an `accuracy`, and a column
    for each data set met; bold is the best of a column. Runs of few labels or of few images stand
    in the table of `zoo.report.protocols`. Table 3 has for each data set the lines F1 score,
    precision and recall (means over classes), and a column for each system of the slides, the
    auto-classifiers with the squared error alone; bold is the best of a line.
    """
    tables = [_accuracies(runs, cells), _class_means(runs, cells), _by_protocol(runs, cells)]
    return [table for table in tables if table]


def _accuracies(runs: Sequence[Run], cells: Cells) -> PublishedTable | None:
    shown = [(run, _system(run)) for run in _classifying(runs) if not in_protocol_table(run)]
    if not shown:
        return None
    misprinted = any(
        system == "AC (nc) v2, MAE" and run.results["dataset"] == "pneumonia_mnist"
        for run, system in shown
    )
    return system_table(
        "accuracy",
        shown,
        _ROWS,
        _DATASETS,
        cells,
        number=2,
        title="Accuracy of classification",
        caption="Shares of test images given their right class, by system and data set",
        notes=[_MISPRINT] if misprinted else [],
    )


def _by_protocol(runs: Sequence[Run], cells: Cells) -> PublishedTable | None:
    systems = [(run, _system(run)) for run in _classifying(runs)]
    systems.sort(key=lambda each: _ROWS.index(each[1]) if each[1] else len(_ROWS))
    return protocol_table(runs, systems, cells)


def _classifying(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if "accuracy" in run.results["scores"]]


def _class_means(runs: Sequence[Run], cells: Cells) -> PublishedTable | None:
    chosen = [
        run
        for run in runs
        if run.recipe.model in _SYSTEMS
        and not _of_absolute_errors(run)
        and not in_protocol_table(run)
        and not _MEASURES.keys().isdisjoint(run.results["scores"])
    ]
    if not chosen:
        return None
    order = list(_SYSTEMS)
    labels = {run.label: run.recipe.model for run in chosen}
    labels = dict(sorted(labels.items(), key=lambda item: order.index(item[1])))
    groups = []
    for dataset in in_order((run.results["dataset"] for run in chosen), _DATASETS):
        lines = []
        for metric, title in _MEASURES.items():
            found = [cells.get((metric, dataset, label)) for label in labels]
            line = [cell and dict(cell) for cell in found]
            # `compare` ranked the auto-classifiers with the absolute error among them.
            mark_best([cell for cell in line if cell], runs)
            lines.append((Heading(title), line))
        groups.append((dataset, lines))
    swapped = any(
        cell and cell["published"] != "–"
        for _, lines in groups
        for _, line in lines[1:]
        for cell in line
    )
    return PublishedTable(
        3,
        "F1 score, precision and recall, means over the classes",
        "Data set",
        [Heading(_SYSTEMS[model], label) for label, model in labels.items()],
        groups,
        "The auto-classifiers with the squared error beside the classifier on its own",
        "line",
        [_SWAPPED] if swapped else [],
    )


def _of_absolute_errors(run: Run) -> bool:
    return "_mae" in run.label or run.recipe.model_arguments.get("reconstruction_loss") == "mae"


def _system(run: Run) -> str | None:
    """The slides' name of a run, `None` where it is none of their systems."""
    model = run.recipe.model
    if model == "kenrr":
        return _KENRR.get(run.recipe.model_arguments.get("kernel", "rbf"))
    if model in _WITHOUT_IMAGES or model not in _SYSTEMS:
        return _WITHOUT_IMAGES.get(model)
    return f"{_SYSTEMS[model]}, {'MAE' if _of_absolute_errors(run) else 'MSE'}"
