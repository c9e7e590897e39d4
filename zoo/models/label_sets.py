"""Sets of labels: what every model that predicts them does alike, thresholds among it."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.metrics.structured_scores import THRESHOLDS, best_threshold
from zoo.models import allowed, gate


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
        InputError: as for `zoo.metrics.best_threshold`; inputs or labels that the model refuses.

    Warns:
        UserWarning: the threshold is the lowest or the highest of the grid.
    """
    y = np.asarray(model.take_labels(y))
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


def as_label_sets(y: Any, shape: tuple[int, ...]) -> Any:
    """Labels of a shape as float32.

    Raises:
        InputError: no labels, or labels of another shape.
    """
    taken = allowed.label_sets(shape)
    if y is None:
        raise taken.refused("no labels; call fit(x, y)")
    y = tf.convert_to_tensor(y)
    taken.check_kind(gate.shape_of(y), y.dtype.name)
    return tf.cast(y, "float32")
