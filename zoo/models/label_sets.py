"""Sets of labels: what every model that predicts them does alike, thresholds among it."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError
from zoo.metrics.structured_scores import THRESHOLDS, best_threshold


def add_threshold(model: keras.Model) -> keras.Variable:
    """The variable, saved with the model, above which a soft label counts as given: 0.5."""
    return model.add_weight(
        name="threshold",
        shape=(),
        initializer=keras.initializers.Constant(0.5),
        trainable=False,
        dtype="float32",
    )


def hard(soft: Any, threshold: float) -> np.ndarray:
    """1 where a soft label lies above the threshold, else 0, float32."""
    return (np.asarray(soft) > threshold).astype("float32")


def predict_labels(model: keras.Model, x: Any, **settings: Any) -> np.ndarray:
    """Label sets, 0 or 1, of inputs: `predict` above the model's threshold."""
    return hard(model.predict(x, **{"verbose": 0, **settings}), float(model.threshold.numpy()))


def choose_threshold(
    model: keras.Model, x: Any, y: Any, grid: Sequence[float] = THRESHOLDS, **settings: Any
) -> float:
    """The threshold of a grid with the best example-averaged F1; the model keeps it.

    Args:
        model: with a `threshold`.
        x: inputs, of rows held out of the training rows.
        y: their label sets, {0, 1}.
        grid: thresholds in [0, 1].
        **settings: of `predict`.

    Raises:
        InputError: as for `zoo.metrics.best_threshold`.

    Warns:
        UserWarning: the threshold is the lowest or the highest of the grid.
    """
    soft = model.predict(x, **{"verbose": 0, **settings})
    threshold, _ = best_threshold(y, soft, thresholds=grid)
    if threshold in (min(grid), max(grid)):
        warnings.warn(
            f"The best threshold, {threshold:g}, is at the end of the grid: the model may be "
            "undertrained, or the grid too short.",
            stacklevel=3,
        )
    model.threshold.assign(threshold)
    return threshold


def check_label_sets(y: Any, shape: tuple[int, ...], rows: int | None = None) -> None:
    """Raises `InputError` unless the array `y` holds label sets of a shape, in [0, 1].

    Anything that is not an array (a tf.data.Dataset carries its labels itself) passes.
    """
    if not isinstance(y, np.ndarray | list | tuple) and not keras.ops.is_tensor(y):
        return
    y = np.asarray(y)
    if y.dtype.kind not in "biuf" or y.shape[1:] != tuple(shape):
        raise InputError(f"{_expected(shape)} Received: {y.dtype.name} of shape {y.shape}.")
    if rows is not None and len(y) != rows:
        raise InputError(
            f"Every row needs its labels. Received: {rows} rows and labels for {len(y)}."
        )
    outside = ~((y >= 0) & (y <= 1)) if y.dtype.kind == "f" else (y < 0) | (y > 1)
    if y.dtype.kind != "b" and outside.any():
        row = int(np.nonzero(outside)[0][0])
        raise InputError(f"{_expected(shape)} Received: {y[outside][0]:g} in row {row}.")


def as_label_sets(y: Any, shape: tuple[int, ...]) -> Any:
    """Labels as float32, checked in the step too: a data set comes past `check_label_sets`."""
    if y is None:
        raise InputError(f"{_expected(shape)} Received: no labels; call fit(x, y).")
    y = tf.convert_to_tensor(y)
    if tuple(y.shape[1:]) != tuple(shape):
        raise InputError(f"{_expected(shape)} Received: labels of shape {tuple(y.shape)}.")
    y = tf.cast(y, "float32")
    good = tf.reduce_all((y >= 0.0) & (y <= 1.0))
    with tf.control_dependencies([tf.debugging.Assert(good, [_expected(shape)])]):
        return tf.identity(y)


def _expected(shape):
    expected = ", ".join(map(str, ("batch_size", *shape)))
    return f"Expected label sets of shape ({expected}), every label from 0 to 1."
