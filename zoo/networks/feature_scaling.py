"""Rows of a table as a model works on them, standardized, and back in their own units."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from zoo import probability as tfd
from zoo.errors import InputError, check_choice, check_count
from zoo.networks.standardization import Standardization

FEATURES = ("standardized", "unit")


@keras.saving.register_keras_serializable(package="zoo")
class FeatureScaling(Standardization):
    """Features standardized for a model's networks, and what these make brought back.

        x̃_j = (x_j - μ_j) / σ_j,    x̂_j = μ_j + σ_j · o_j

    for a column of numbers, where o is what a decoder or generator returns and μ and σ are the
    moments of training rows (σ is 1 where a feature never changes). A category of k values is k
    columns, one of which is 1, behind the numbers; they stay as they are, and of k outputs

        x̂ = softmax(o)

    is made. A model adapts it to its training rows in its first `fit`, where nobody did before,
    and saves it with its weights.

    Args:
        categories: how many columns each category has, in their order.

    Call arguments:
        x: (batch_size, features), finite.

    Returns:
        (batch_size, features), float32.

    Raises:
        InputError: a category of less than two columns, or more columns of categories than there
            are; from `adapt`, rows that are not finite.
    """

    def __init__(self, categories: Sequence[int] = (), **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        for width in categories:
            check_count("columns of a category", width, minimum=2)
        self.categories = tuple(categories)

    def build(self, input_shape) -> None:
        if sum(self.categories) > input_shape[-1]:
            raise InputError(
                f"There are {input_shape[-1]} features. Received: categories of "
                f"{sum(self.categories)} columns."
            )
        super().build(input_shape)

    @property
    def numbers(self) -> int:
        """How many columns are numbers; those of the categories stand behind them."""
        return self.adapt_mean.shape[0] - sum(self.categories)

    @property
    def is_adapted(self) -> bool:
        """Whether it has seen rows."""
        return bool(self.count.numpy())

    def check_adapted(self) -> None:
        """Raises `InputError` where it has seen no rows; a graph is not looked at."""
        if tf.executing_eagerly() and not self.is_adapted:
            raise InputError(
                "The model has seen no training rows, by whose units it standardizes features: "
                "`fit` it, or give rows to `model.scaling.adapt`."
            )

    def adapt(self, data: Any) -> None:
        """Takes the moments of rows: an array, or batches of a finite stream."""
        super().adapt(data)
        # Those of the categories stay as they are.
        ours = np.arange(self.adapt_mean.shape[0]) < self.numbers
        self.adapt_mean.assign(ops.where(ours, self.adapt_mean.value, 0.0))
        self.adapt_variance.assign(ops.where(ours, self.adapt_variance.value, 1.0))
        self.count.assign(1)
        self.finalize_state()

    def call(self, inputs, restore=False):
        if not restore:
            return super().call(inputs)
        return self.adapt_mean + inputs * ops.sqrt(self.adapt_variance)

    def made(self, outputs: Any) -> Any:
        """What networks made, (batch_size, features), as rows of the standardized kind."""
        parts = self._parts(ops.cast(outputs, "float32"))
        return ops.concatenate([parts[0], *map(ops.softmax, parts[1:])], axis=-1)

    def restored(self, outputs: Any) -> Any:
        """What networks made, in the units of the features; of categories the probabilities."""
        # As a call: only there are a layer's weights in its own type under mixed precision.
        return self(self.made(outputs), restore=True)

    def distance(self, name: str) -> Callable:
        """The loss between standardized rows and what networks made, by name: d(x̃, o).

            (Σ_j e(x̃_j, o_j) + Σ_c crossentropy(x̃_c, softmax(o_c))) / (numbers + categories)

        with e the squared ("mse") or absolute ("mae") error, and the cross-entropy in nats.
        """
        if name == "crossentropy":
            raise InputError(
                "Cross-entropy is of features in [0, 1]: give features='unit' for such, or "
                "reconstruction_loss='mse' or 'mae'. Received: reconstruction_loss='crossentropy'."
            )
        check_choice("reconstruction loss", name, ("mse", "mae"))
        error = ops.square if name == "mse" else ops.abs

        def loss(target, outputs):
            target = self._parts(ops.cast(target, "float32"))
            outputs = self._parts(ops.cast(outputs, "float32"))
            losses = [ops.sum(error(target[0] - outputs[0]), axis=-1)]
            losses += [
                ops.categorical_crossentropy(x, o, from_logits=True)
                for x, o in zip(target[1:], outputs[1:], strict=True)
            ]
            return sum(losses) / (self.numbers + len(self.categories))

        return loss

    def likelihood(self, outputs: Any, scale: Any) -> "tfd.Distribution":
        """p(x̃ | o): N(x̃_j; o_j, scale²) of numbers, and of categories their probabilities."""
        parts = self._parts(ops.cast(outputs, "float32"))
        numbers = tfd.Independent(tfd.Normal(parts[0], scale), 1)
        if not self.categories:
            return numbers
        kinds = [tfd.OneHotCategorical(logits=part, dtype=tf.float32) for part in parts[1:]]
        return tfd.Blockwise([numbers, *kinds] if self.numbers else kinds)

    def _parts(self, rows: Any) -> list[Any]:
        """The columns of numbers, and those of each category."""
        return tf.split(rows, [self.numbers, *self.categories], axis=-1)

    def get_config(self):
        return {**super().get_config(), "categories": self.categories}


def feature_scaling(
    input_shape: Sequence[int], features: str = "standardized", categories: Sequence[int] = ()
) -> FeatureScaling | None:
    """What a model does to rows of features before its networks see them; None for images.

    Args:
        input_shape: of a row.
        features: of rows (features,): `"standardized"`, finite numbers of any unit, of which the
            model makes those of mean 0 and variance 1, by its training rows; or `"unit"`, numbers
            in [0, 1], taken as they are, as pixels are.
        categories: how many columns each category has, behind the numbers; see `FeatureScaling`.

    Raises:
        InputError: another word, or categories of what is not standardized rows of features.
    """
    check_choice("features", features, FEATURES)
    if not isinstance(categories, list | tuple):
        raise InputError(
            "`categories` must list how many columns each has, as in [3, 2]. Received: "
            f"categories={categories!r:.60}."
        )
    if len(input_shape) == 1 and features == "standardized":
        return FeatureScaling(categories)
    if categories:
        raise InputError(
            "Only standardized features have categories. Received: "
            f"categories={tuple(categories)} of rows {tuple(input_shape)}."
        )
    return None
