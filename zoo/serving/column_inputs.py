"""How rows of a table reach a served model: one input for each of its columns."""

import re
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from zoo.datasets.table_columns import Column
from zoo.serving.image_inputs import ModelInput


def column_input(columns: Sequence[Column]) -> ModelInput:
    """The inputs of a model that was trained on a table.

    A column of numbers is float32 (batch,), a category strings (batch,), by the name of the column
    as TensorFlow has names: letters, digits and "_", which stands for all else; a number behind it
    tells columns apart that would be of one name. A missing cell is NaN, of a category "". It is
    filled as in training where that filled them; else it fails its batch, as a value does that no
    training row had.
    """
    names = _names(columns)
    kinds = ["string" if column.values else "float32" for column in columns]
    specs = {name: tf.TensorSpec((None,), kind) for name, kind in zip(names, kinds, strict=True)}

    def to_floats(*cells: Any) -> Any:
        parts = [_features(*each) for each in zip(columns, cells, strict=True)]
        return tf.concat(parts, axis=-1)

    examples = {
        name: column.values[0] for name, column in zip(names, columns, strict=True) if column.values
    }
    return ModelInput(specs, to_floats, examples)


def _features(column: Column, cells: Any) -> Any:
    if not column.values:
        is_missing = tf.math.is_nan(cells)
        refused = f"Column {column.name!r} has a missing cell or one that is no finite number."
        if column.fill is not None:
            cells = tf.where(is_missing, tf.cast(column.fill, "float32"), cells)
        finite = tf.reduce_all(tf.math.is_finite(cells))
        with tf.control_dependencies([tf.debugging.Assert(finite, [refused])]):
            return tf.identity(cells)[:, tf.newaxis]
    if column.fill is not None:
        cells = tf.where(cells == "", column.fill, cells)
    found = cells[:, tf.newaxis] == tf.constant(column.values)
    refused = f"Column {column.name!r} has a value that no training row had."
    known = tf.reduce_all(tf.reduce_any(found, axis=-1))
    with tf.control_dependencies([tf.debugging.Assert(known, [refused])]):
        return tf.cast(found, "float32")


def _names(columns: Sequence[Column]) -> list[str]:
    names: list[str] = []
    for column in columns:
        name = re.sub("[^a-zA-Z0-9_]", "_", column.name)
        # TensorFlow's begin with a letter.
        name = name if name[:1].isalpha() else f"column_{name}"
        plain, number = name, 1
        while name in names:
            number += 1
            name = f"{plain}_{number}"
        names.append(name)
    return names
