"""Hinge losses of support vector machines: binary, and Crammer-Singer's and Weston-Watkins'."""

import math
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from zoo.errors import InputError, check_flag, check_number
from zoo.losses.base import SampleLoss
from zoo.losses.checks import as_floats, check_same_shape, require


def binary_hinge(y_true, y_pred, margin: float = 1.0, squared: bool = False):
    """Binary hinge: a score on the right side pays nothing once it is `margin` from zero.

    Formula: `max(0, margin - y * f)` with y in {-1, +1}, or its square. With `margin` 1 these are
    `keras.losses.hinge` and `keras.losses.squared_hinge`, which however take any labels.

    Args:
        y_true: Labels, all of them 0 or 1 (0 is then taken for -1), or all of them -1 or +1. Of
            shape `(batch,)`, or of that of `y_pred`.
        y_pred: Scores f, of shape `(batch,)`, `(batch, 1)`, or `(batch, ..., d)` for d machines
            over which the mean is taken.
        margin: At least 0.
        squared: Whether each hinge is squared.

    Returns:
        One value per sample, of shape `(batch,)` or `(batch, ...)`.

    Raises:
        InputError: for a margin that is negative, NaN or infinite, shapes that do not fit, and
            labels of other values or of both kinds (in a graph: an assertion).

    Example:
        Right by 2, right by 1/4, wrong by 1:

        >>> [float(value) for value in binary_hinge([1, 0, 0], [2.0, -0.25, 1.0])]
        [0.0, 0.75, 2.0]

    Reference: C. Cortes and V. Vapnik, "Support-vector networks", Machine Learning 20, 1995.
    """
    check_number("margin", margin)
    check_flag("squared", squared)
    y_pred = as_floats(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    # As Keras's own losses do: labels (batch,) against a network's (batch, 1).
    if len(y_true.shape) == len(y_pred.shape) - 1 and y_pred.shape[-1] == 1:
        y_true = ops.expand_dims(y_true, axis=-1)
    check_same_shape("y_true", y_true, "y_pred", y_pred)
    zero_one = ops.all(ops.logical_or(y_true == 0, y_true == 1))
    minus_plus = ops.all(ops.abs(y_true) == 1)
    y_true = require(
        ops.logical_or(zero_one, minus_plus),
        "`y_true` must be all 0 or 1, or all -1 or +1. Received: other labels, or both kinds.",
        y_true,
    )
    sign = ops.where(y_true > 0, ops.ones_like(y_true), -ops.ones_like(y_true))
    loss = ops.relu(margin - sign * y_pred)
    loss = ops.square(loss) if squared else loss
    return loss if len(loss.shape) < 2 else ops.mean(loss, axis=-1)


def crammer_singer_hinge(y_true, y_pred, margin: float = 1.0):
    """Multi-class hinge, maximum form: only the best wrong class pays.

    Formula: `max(0, margin + max_{t != y} s_t - s_y)`. Its mean over samples is scikit-learn's
    `hinge_loss`. `keras.losses.CategoricalHinge` is another loss: it takes the score 0 as that of
    one more wrong class.

    Args:
        y_true: Class numbers of shape `(batch,)` or `(batch, 1)`, or one-hot `(batch, classes)`.
        y_pred: Scores of shape `(batch, classes)`, of 2 classes at least; also with further axes
            between batch and classes, such as pixels.
        margin: At least 0.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for a margin that is negative, NaN or infinite, shapes that do not fit, and
            labels that are no classes (in a graph: an assertion).

    Example:
        No wrong score comes within 1 of that of class 0; Keras's would be 0.5.

        >>> float(crammer_singer_hinge([0], [[0.5, -3.0, -2.0]])[0])
        0.0

    Reference: K. Crammer and Y. Singer, "On the algorithmic implementation of multiclass
    kernel-based vector machines", JMLR 2, 2001.
    """
    check_number("margin", margin)
    true_class, y_pred, right = _true_class_and_scores(y_true, y_pred)
    # Keras refuses the maxima of no row, which a replica may have.
    wrong = tf.reduce_max(ops.where(true_class, -math.inf, y_pred), axis=-1)
    return ops.relu(margin + wrong - right)


def weston_watkins_hinge(y_true, y_pred, margin: float = 1.0):
    """Multi-class hinge, sum form: every wrong class that comes too near pays.

    Formula: `sum_{t != y} max(0, margin + s_t - s_y)`, a sum that is not divided by the number of
    classes. At least `crammer_singer_hinge`, and equal to it for two classes.

    Args:
        y_true: Class numbers of shape `(batch,)` or `(batch, 1)`, or one-hot `(batch, classes)`.
        y_pred: Scores of shape `(batch, classes)`, of 2 classes at least; also with further axes
            between batch and classes, such as pixels.
        margin: At least 0.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: as for `crammer_singer_hinge`.

    Example:
        (1 + 0 - 0.5) + (1 + 1 - 0.5) = 2, of which Crammer-Singer takes 1.5.

        >>> float(weston_watkins_hinge([0], [[0.5, 0.0, 1.0]])[0])
        2.0

    Reference: J. Weston and C. Watkins, "Support vector machines for multi-class pattern
    recognition", ESANN 1999.
    """
    check_number("margin", margin)
    true_class, y_pred, right = _true_class_and_scores(y_true, y_pred)
    hinges = ops.relu(margin + y_pred - ops.expand_dims(right, axis=-1))
    return ops.sum(ops.where(true_class, 0.0, hinges), axis=-1)


@keras.saving.register_keras_serializable(package="zoo")
class BinaryHinge(SampleLoss):
    """`binary_hinge` with a reduction over samples.

    Args:
        margin: At least 0.
        squared: Whether each hinge is squared.
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(binary_hinge)
    settings = ("margin", "squared")

    def __init__(self, margin: float = 1.0, squared: bool = False, **kwargs):
        super().__init__(**kwargs)
        check_number("margin", margin)
        check_flag("squared", squared)
        self.margin = margin
        self.squared = squared


@keras.saving.register_keras_serializable(package="zoo")
class CrammerSingerHinge(SampleLoss):
    """`crammer_singer_hinge` with a reduction over samples.

    Args:
        margin: At least 0.
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(crammer_singer_hinge)
    settings = ("margin",)

    def __init__(self, margin: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        check_number("margin", margin)
        self.margin = margin


@keras.saving.register_keras_serializable(package="zoo")
class WestonWatkinsHinge(SampleLoss):
    """`weston_watkins_hinge` with a reduction over samples.

    Args:
        margin: At least 0.
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(weston_watkins_hinge)
    settings = ("margin",)

    def __init__(self, margin: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        check_number("margin", margin)
        self.margin = margin


def _true_class_and_scores(y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
    # A mask of the true class, the scores, and the score of the true class.
    y_pred = as_floats(y_pred)
    classes = y_pred.shape[-1] if len(y_pred.shape) > 1 else None
    if classes is None or classes < 2:
        raise InputError(
            "`y_pred` must be scores of shape (batch_size, classes), of 2 classes at least. "
            f"Received: shape {tuple(y_pred.shape)}."
        )
    y_true = ops.cast(y_true, y_pred.dtype)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    if len(y_true.shape) == len(y_pred.shape) - 1:
        check_same_shape("y_true", y_true, "y_pred without its classes", y_pred[..., 0])
        true_class = ops.expand_dims(y_true, axis=-1) == ops.arange(classes, dtype=y_pred.dtype)
        valid = ops.any(true_class, axis=-1)
        sentence = (
            f"`y_true` must be whole class numbers from 0 to {classes - 1}. Received: others too."
        )
    else:
        check_same_shape("y_true", y_true, "y_pred", y_pred)
        true_class = y_true == 1
        zeros_and_ones = ops.all(ops.logical_or(y_true == 0, true_class), axis=-1)
        valid = ops.logical_and(zeros_and_ones, ops.sum(y_true, axis=-1) == 1)
        sentence = "One-hot `y_true` must hold one 1 per sample and else 0. Received: other rows."
    y_pred = require(ops.all(valid), sentence, y_pred)
    return true_class, y_pred, ops.sum(ops.where(true_class, y_pred, 0.0), axis=-1)
