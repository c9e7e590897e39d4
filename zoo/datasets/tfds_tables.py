"""Tables of tensorflow-datasets: rows of numbers and categories with a class each."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from zoo.datasets.kinds import TableData
from zoo.datasets.options import Options
from zoo.datasets.preparing import check_rows, whole_split
from zoo.datasets.reading import splits_of
from zoo.datasets.tables import from_table

# Texts, images and the like are others, also where they stand on one of these.
_CELLS = (tfds.features.Tensor, tfds.features.Scalar, tfds.features.ClassLabel)


class Layout(NamedTuple):
    """Where a set has its table: the key of the class, and the features beside it by their path."""

    target: str
    cells: Mapping[tuple[str, ...], Any]


def find_layout(builder: Any) -> Layout | None:
    """The table of a set; None of a set that is none.

    The class is the second of the set's supervised keys, or else its only ClassLabel. All that
    stands beside it (of supervised keys the first) must be numbers, truth values, strings and
    ClassLabels: single ones, rows of a known length, or a dict of both.
    """
    features = dict(builder.info.features or {})
    keys = builder.info.supervised_keys
    if keys and len(keys) == 2 and all(isinstance(key, str) for key in keys):
        target, given = keys[1], {keys[0]: features[keys[0]]}
    else:
        classes = [key for key, kind in features.items() if type(kind) is _CELLS[2]]
        target = classes[0] if len(classes) == 1 else None
        given = {key: kind for key, kind in features.items() if key != target}
    cells: dict[tuple[str, ...], Any] = {}
    # Sorted: what is read back of files has no order.
    for key, kind in sorted(given.items()):
        inner = sorted(kind.items()) if isinstance(kind, tfds.features.FeaturesDict) else ()
        cells |= {(key, name): each for name, each in inner} or {(key,): kind}
    is_class = target is not None and _is_cell(features[target]) and not features[target].shape
    return (
        Layout(target, cells) if is_class and cells and all(map(_is_cell, cells.values())) else None
    )


def _is_cell(kind: Any) -> bool:
    return type(kind) in _CELLS and (kind.shape == () or len(kind.shape) == 1 and kind.shape[0])


def read_table(name: str, builder: Any, layout: Layout, options: Options) -> TableData:
    """The table of a prepared builder.

    A row of n numbers is n columns, NAME_0 to NAME_n-1. A ClassLabel is a category by its names,
    missing where it is -1. Of a set with one split a fifth of the rows is the test split, as
    `zoo.datasets.from_table` has it, which also refuses missing cells.

    Raises:
        InputError: no train split, nothing to test on, or what `from_table` refuses.
        DamagedDataError: a prepared file cannot be read to its end.
    """
    own = list(builder.info.splits)
    tables = {}
    for split, part in ({"train": own[0]} if len(own) == 1 else splits_of(name, builder)).items():
        with whole_split(name, builder, part, split) as (stream, count):
            rows = list(stream.as_numpy_iterator())
            check_rows(len(rows), count)
        tables[split] = {
            title: column
            for path, kind in layout.cells.items()
            for title, column in _columns(path[-1], kind, [_at(row, path) for row in rows])
        }
        target = builder.info.features[layout.target]
        tables[split] |= _columns(layout.target, target, [row[layout.target] for row in rows])
    categories = [path[-1] for path, kind in layout.cells.items() if type(kind) is _CELLS[2]]
    return from_table(
        **tables, target=layout.target, categorical=categories, name=name, **vars(options)
    )


def _at(row: Any, path: Sequence[str]) -> Any:
    for key in path:
        row = row[key]
    return row


def _columns(name: str, kind: Any, cells: list[Any]) -> list[tuple[str, list[Any]]]:
    """The columns of a feature: their names, and their cells."""
    if kind.shape:
        columns = np.stack(cells).T.tolist()
        return [(f"{name}_{place}", column) for place, column in enumerate(columns)]
    if type(kind) is _CELLS[2]:
        return [(name, [kind.int2str(cell) if cell >= 0 else None for cell in cells])]
    return [(name, [cell.decode() if isinstance(cell, bytes) else cell.item() for cell in cells])]
