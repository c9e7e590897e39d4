"""Kinds of task: all that is particular to models that are for the same, in one value each.

The tasks of the zoo itself stand in `zoo/tasks/`. Rooms below that one know a task by its name.
"""

import dataclasses
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from zoo.errors import InputError, check_choice

# The published cut of a soft mask.
MASK_THRESHOLD = 0.5


@dataclasses.dataclass(frozen=True)
class Metric:
    """How a score is named, rounded and judged, wherever it is shown.

    Args:
        name: among the scores of a run.
        title: in tables.
        meaning: what it is, in half a sentence.
        digits: behind the point.
        higher_is_better: None where it is not judged.
    """

    name: str
    title: str
    meaning: str = ""
    digits: int = 4
    higher_is_better: bool | None = True


class Column(NamedTuple):
    """A column of a comparison: the first of `metrics` that was measured, and those `beside` it."""

    title: str
    metrics: tuple[str, ...]
    beside: tuple[str, ...] = ()


def _nothing(model: Any, data: Any) -> None:
    """What `finish` does where nothing is left to do."""


class Answer(NamedTuple):
    """What a served model says of a row.

    text: what `zoo predict` prints of it.
    picture: (height, width, channels) in [0, 1], or None.
    values: texts and numbers by the column of a table.
    """

    text: str
    picture: Any = None
    values: Mapping[str, Any] = types.MappingProxyType({})


def _outputs(served: Any, rows: Any) -> Iterator[Answer]:
    """What `describe` says where nothing better is known: the outputs by name."""
    answers = served.ask("serving_default", rows)
    for row in range(len(rows)):
        values = {name: value[row] for name, value in answers.items()}
        yield Answer(
            ", ".join(f"{name} {value}" for name, value in values.items()),
            values={name: value.item() for name, value in values.items() if value.ndim == 0},
        )


def _no_tables(runs: Any, cells: Any) -> list[Any]:
    return []


@dataclasses.dataclass(frozen=True)
class Task:
    """What models are for, and all that follows from it.

    Args:
        name: as models and data sets name it.
        metrics: of the scores, the first that by which models are compared.
        score: (model, data, seed) -> `zoo.evaluation.Evaluation`, on the test rows.
        image_metrics: further ones, of images that are made; in tables they come last.
        data: the task of the data sets that it runs on, by name; its own where left out.
        needs: what these data sets have, in words.
        rows: what to call the rows of such a data set.
        finish: (model, data), once trained and before it is saved, as a threshold is chosen.
        objectives: metrics by name; a search goes by the first that a model reports of held-out
            rows, and by the loss where it reports none of them.
        held_out: (true, predicted) -> the first objective of held-out rows, for models that do not
            report it.
        answer: (model, prediction) -> the outputs by name of a served model; where a model gives
            a dict they are its own.
        labels: what the labels are called that a served model takes.
        names: what the names of a data set are names of.
        describe: (`zoo.serving.prediction.Served`, rows) -> for each row an `Answer`, or its first
            parts.
        arrays: of its figures, by name their kind and shape, "numbers (images, height, width, 1)"
            or "whole numbers (...)": a size of one name is the same in all arrays, and "..." are
            further sizes. An array stands behind those that its sizes are compared with.
        panels: `zoo.report.panels.Panel`s of a run's own section, as far as it has the arrays.
        beside: those in which several runs of a data set stand side by side.
        columns: of a comparison; left out, one of the first metric and one of the first of images.
        reduced: whether a comparison sets the reducers of dimension beside such models.
        tables: (runs, cells) -> `zoo.report.tables.PublishedTable`s.
    """

    name: str
    metrics: tuple[Metric, ...]
    score: Callable[..., Any]
    image_metrics: tuple[Metric, ...] = ()
    data: str = ""
    needs: str = "rows of its own kind"
    rows: str = "rows"
    finish: Callable[[Any, Any], None] = _nothing
    objectives: tuple[str, ...] = ()
    held_out: Callable[[Any, Any], float] | None = None
    answer: Callable[[Any, Any], dict[str, Any]] = lambda model, prediction: {
        "predictions": prediction
    }
    labels: str = "labels"
    names: str = "classes"
    describe: Callable[[Any, Any], Iterable[tuple[Any, ...]]] = _outputs
    arrays: Mapping[str, str] = dataclasses.field(default_factory=dict)
    panels: tuple[Any, ...] = ()
    beside: tuple[Any, ...] = ()
    columns: tuple[Column, ...] = ()
    reduced: bool = False
    tables: Callable[[Sequence[Any], Mapping[Any, Any]], list[Any]] = _no_tables

    def __post_init__(self) -> None:
        if not self.data:
            object.__setattr__(self, "data", self.name)
        if not self.columns:
            first = [metrics[0].name for metrics in (self.metrics, self.image_metrics) if metrics]
            object.__setattr__(self, "columns", tuple(Column(name, (name,)) for name in first))

    def __str__(self) -> str:
        return self.name.replace("_", " ")

    def check_data(self, data: Any, what: str) -> None:
        """Raises `InputError` where a data set is not of the kind that `what` runs on."""
        if data.task.name != self.data:
            raise InputError(f"{what} needs {self.needs}. Received: {data_in_words(data)}.")


def data_in_words(data: Any) -> str:
    """A data set and its task, as the end of a sentence."""
    return f"data set {data.name!r}, whose task is {data.task}"


def task_of(model: Any, data: Any = None) -> Task:
    """The task that a model declares, or that of the data set for what is no model of the zoo.

    Raises:
        InputError: a model of the zoo that declares none.
    """
    task = getattr(model, "task", data and data.task)
    if task is None:
        raise InputError(
            f"{type(model).__name__} does not say what it is for: give the class a `task`, one of "
            "`zoo.tasks` or of your own."
        )
    return task


class TaskNamed:
    """An attribute that is the task of a name, looked up when it is asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Task:
        return find_task(self.name)


_TASKS: dict[str, Task] = {}


def register_task(task: Task) -> Task:
    """Makes a task known by its name; returns it.

    Raises:
        InputError: there is one of that name.
    """
    if task.name in _TASKS:
        raise InputError(f"There is a task named {task.name!r} already.")
    _TASKS[task.name] = task
    return task


def find_task(name: str) -> Task:
    """The task of a name; `InputError` where there is none."""
    check_choice("task", name, _TASKS)
    return _TASKS[name]


def list_tasks() -> list[Task]:
    """All tasks, in the order in which they were registered."""
    return list(_TASKS.values())


def known_metrics() -> dict[str, Metric]:
    """The metrics of all tasks by name, in the order of tables."""
    by_task = [task.metrics for task in list_tasks()]
    by_task += [task.image_metrics for task in list_tasks()]
    return {metric.name: metric for metrics in by_task for metric in metrics}


def task_of_scores(scores: Iterable[str]) -> Task:
    """The task whose metrics fit the scores of a run best; its files do not name it."""
    found = set(scores)
    return max(
        list_tasks(),
        key=lambda task: sum(m.name in found for m in (*task.metrics, *task.image_metrics)),
    )
