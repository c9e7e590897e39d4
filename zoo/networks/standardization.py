"""Inputs brought to mean 0 and variance 1 by what the training rows say, inside of a network."""

from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.errors import InputError

# The smallest deviation that a type still divides by; in float32 `adapt` refuses what is below.
_SMALLEST = {"float16": 1e-7}
_SMALLEST_VARIANCE = 1e-37


@keras.saving.register_keras_serializable(package="zoo")
class Standardization(keras.layers.Normalization):
    """x̃_j = (x_j - μ_j) / σ_j, with the mean and deviation of each feature over given rows.

    As `keras.layers.Normalization`, but for a feature that never changes in these rows σ_j is 1:
    Keras divides by 1e-7 there, and another value in a later row would drown all else. Until
    `adapt` was called it changes nothing.
    """

    def call(self, inputs):
        # From the weights: the constants that Keras keeps beside them go stale where weights
        # are set, and a traced function would never see new ones.
        mean, variance = (
            ops.cast(ops.reshape(weight, self._broadcast_shape), self.compute_dtype)
            for weight in (self.adapt_mean, self.adapt_variance)
        )
        return (inputs - mean) / ops.maximum(
            ops.sqrt(variance), _SMALLEST.get(self.compute_dtype, 1e-19)
        )

    def adapt(self, data: Any) -> None:
        """Takes the moments of rows (rows, features).

        Raises:
            InputError: a feature whose variance float32 does not hold; it would be 0 in every row,
                or drowned by the others.
        """
        # What overflows is said below.
        with np.errstate(over="ignore", invalid="ignore"):
            super().adapt(data)
        variance = self.adapt_variance
        found = ops.convert_to_numpy(variance)
        _refuse_first(~np.isfinite(found), "large numbers", "larger")
        if isinstance(data, np.ndarray) and len(data):
            varies = np.ptp(data, axis=tuple(range(data.ndim - 1))) > 0
            _refuse_first(varies & (found < _SMALLEST_VARIANCE), "small differences", "smaller")
        variance.assign(ops.where(variance.value > 0, variance.value, 1.0))
        self.finalize_state()


def _refuse_first(wrong, what, unit):
    for column in np.flatnonzero(wrong)[:1]:
        raise InputError(
            "Inputs to standardize by must have a variance that float32 holds. Received: too "
            f"{what} in column {column}; give them in a {unit} unit."
        )


def standardize(model: keras.Model, x: Any) -> None:
    """Gives every `Standardization` in the networks of a model the moments of its inputs.

    A run of a recipe does so with the training rows, before it trains.

    Args:
        model: a model of the zoo, or any Keras model.
        x: its inputs, training rows only.

    Raises:
        InputError: inputs that are not finite.
    """
    layers = standardizations(model)
    if not layers:
        return
    x = np.asarray(x, "float32")
    finite = np.isfinite(x).all(axis=tuple(range(1, x.ndim)))
    if not finite.all():
        row = int(np.argmin(finite))
        raise InputError(
            f"Inputs to standardize by must be finite. Received: NaN or infinity in row {row}."
        )
    for layer in layers:
        layer.adapt(x)


def standardizations(model: keras.Model) -> list[Standardization]:
    """The layers of a model that `standardize` gives their moments."""
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if isinstance(layer, Standardization)]
