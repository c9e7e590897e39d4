"""Inputs brought to mean 0 and variance 1 by what the training rows say, inside of a network."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
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
        """Takes the moments of rows (rows, features): an array, or batches of a finite stream.

        In float64, and over batches as of all rows at once: with n rows of mean m and variance v
        seen, and a batch of k with m', v' and s = k / (n + k),

            m ← m + s (m' - m),    v ← (1 - s) v + s v' + s (1 - s) (m' - m)²

        What is refused changes nothing.

        Reference: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
        computing sample variances", Stanford, 1979.

        Raises:
            InputError: no rows, others than the layer was built for, or such that are not finite; a
                feature whose variance float32 does not hold: it would be 0 in every row, or drowned
                by the others.
        """
        count, mean, variance, low, high = 0, 0.0, 0.0, np.inf, -np.inf
        # What overflows is said below.
        with np.errstate(over="ignore", invalid="ignore"):
            for batch in _batches(data):
                x = self._rows(batch)
                if not len(x):
                    continue
                over, size = self._reduce_axis, len(x)
                share, ours = size / (count + size), x.mean(axis=over)
                between = np.square(ours - mean) * share * (1 - share) if count else 0.0
                mean = mean + (ours - mean) * share if count else ours
                variance = variance * (1 - share) + x.var(axis=over) * share + between
                low, high = np.minimum(low, x.min(axis=over)), np.maximum(high, x.max(axis=over))
                count += size
            if not count:
                raise InputError("Inputs to standardize by must be rows. Received: none.")
            mean, found = np.asarray(mean, "float32"), np.asarray(variance, "float32")
        _refuse_first(~(np.isfinite(mean) & np.isfinite(found)), "large numbers", "larger")
        varies = np.asarray(high > low)
        _refuse_first(varies & (found < _SMALLEST_VARIANCE), "small differences", "smaller")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(np.where(found > 0, found, 1.0))
        self.finalize_state()

    def _rows(self, batch: Any) -> np.ndarray:
        """One batch, looked at; the layer is built for rows of its shape where it is not yet."""
        try:
            x = np.asarray(batch, "float64")
        except (TypeError, ValueError):
            given = type(batch).__name__
            raise InputError(
                f"Inputs to standardize by must be rows of numbers. Received: {given}."
            ) from None
        if x.ndim and not self.built:
            self.build((None, *x.shape[1:]))
        wanted = self._build_input_shape if self.built else ("rows", "features")
        if x.ndim != len(wanted) or any(x.shape[axis] != wanted[axis] for axis in self._keep_axis):
            raise InputError(
                f"Inputs to standardize by must be rows of shape {tuple(wanted[1:])}. Received: "
                f"shape {x.shape}."
            )
        finite = np.isfinite(x).all(axis=tuple(range(1, x.ndim)))
        if not finite.all():
            row = int(np.argmin(finite))
            raise InputError(
                f"Inputs to standardize by must be finite. Received: NaN or infinity in row {row}."
            )
        return x


def _batches(data):
    """The inputs of each batch of a stream; an array is one."""
    if isinstance(data, keras.utils.PyDataset) and data.num_batches is not None:
        data = (data[number] for number in range(data.num_batches))
    elif isinstance(data, tf.data.Dataset) and data.cardinality() != tf.data.INFINITE_CARDINALITY:
        data = iter(data)
    elif isinstance(data, tf.data.Dataset | keras.utils.PyDataset):
        raise InputError("Inputs to standardize by must end. Received: a stream without end.")
    if not isinstance(data, Iterator):
        return [data]
    batches = (keras.utils.unpack_x_y_sample_weight(batch)[0] for batch in data)
    return (tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x for x in batches)


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
    for layer in standardizations(model):
        layer.adapt(x)


def standardizations(model: keras.Model) -> list[Standardization]:
    """The layers of a model that `standardize` gives their moments."""
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if isinstance(layer, Standardization)]
