"""Losses between numbers: absolute, squared, root-mean-square and Huber's."""

import keras

from zoo.losses.base import SampleLoss
from zoo.losses.checks import check_same_shape


def root_mean_squared_error(y_true, y_pred):
    """Root of the mean squared error of each sample, in the unit of `y`.

    Formula: `sqrt(mean((y_true - y_pred)**2, axis=-1))`. Where a sample has no error at all, the
    gradient is taken to be 0 (the root alone would give NaN).

    Args:
        y_true: Targets of shape `(batch, ..., d)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value per sample, of shape `(batch, ...)`.

    Raises:
        InputError: for shapes that differ; `(batch,)` and `(batch, 1)` are one.

    Example:
        Errors 3 and 4: sqrt((9 + 16) / 2) = 3.5355.

        >>> float(root_mean_squared_error([[0.0, 0.0]], [[3.0, 4.0]])[0])
        3.535533905029297
    """
    mean = keras.ops.mean(_squared_error(y_true, y_pred), axis=-1)
    is_right = mean == 0
    # Both branches are differentiated: the one not taken must be finite, too. NaN stays NaN.
    return keras.ops.where(is_right, 0, keras.ops.sqrt(keras.ops.where(is_right, 1, mean)))


def sum_squared_error(y_true, y_pred):
    """Sum of squared errors of each sample: the L2 loss over the labels of a structured output.

    Formula: `sum((y_true - y_pred)**2, axis=-1)`, in the squared unit of `y`.

    Args:
        y_true: Targets of shape `(batch, ..., d)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value per sample, of shape `(batch, ...)`.

    Raises:
        InputError: for shapes that differ; `(batch,)` and `(batch, 1)` are one.

    Example:
        Errors 3 and 4: 9 + 16 = 25.

        >>> float(sum_squared_error([[0.0, 0.0]], [[3.0, 4.0]])[0])
        25.0

    Reference:
        J. Lanchantin, "Loss Functions for Deep Structured Models", equation 3.
    """
    return keras.ops.sum(_squared_error(y_true, y_pred), axis=-1)


@keras.saving.register_keras_serializable(package="zoo")
class RootMeanSquaredError(SampleLoss):
    """`root_mean_squared_error` with a reduction over samples (not the root of the batch's mean).

    Args:
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(root_mean_squared_error)


@keras.saving.register_keras_serializable(package="zoo")
class SumSquaredError(SampleLoss):
    """`sum_squared_error` with a reduction over samples.

    Args:
        reduction, name, dtype: As for any `keras.losses.Loss`.
    """

    function = staticmethod(sum_squared_error)


def _squared_error(y_true, y_pred):
    y_pred = keras.ops.convert_to_tensor(y_pred)
    y_pred = keras.ops.cast(y_pred, keras.backend.result_type(y_pred.dtype, float))
    y_true = keras.ops.cast(y_true, y_pred.dtype)
    # As Keras's own losses do: numbers (batch,) against a network's (batch, 1), or the reverse.
    if len(y_true.shape) == len(y_pred.shape) - 1 and y_pred.shape[-1] == 1:
        y_true = keras.ops.expand_dims(y_true, axis=-1)
    elif len(y_pred.shape) == len(y_true.shape) - 1 and y_true.shape[-1] == 1:
        y_pred = keras.ops.expand_dims(y_pred, axis=-1)
    check_same_shape("y_true", y_true, "y_pred", y_pred)
    return keras.ops.square(y_true - y_pred)
