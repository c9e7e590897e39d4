"""How likely a row is by what a decoder made: what every model with a likelihood does alike."""

from typing import Any

import keras
import tensorflow as tf

from zoo import probability as tfd
from zoo.errors import InputError, check_choice, check_number

LIKELIHOODS = ("bernoulli", "gaussian", "mse")
LEARNED = "learned"
# σ of a pixel in [0, 1], where none is given.
PIXEL_SCALE = 0.1


def add_likelihood(
    model: keras.Model, likelihood: str | None, likelihood_scale: float | str | None
) -> None:
    """Gives a model its `likelihood` and `likelihood_scale`, and where it is learned the weight.

    Args:
        model: has a `scaling`, or None for pixels and features in [0, 1].
        likelihood: one of `LIKELIHOODS`; None is Gaussian for standardized features, else
            Bernoulli.
        likelihood_scale: σ, or "learned"; None is learned for standardized features, else 0.1.

    Raises:
        InputError: an unknown likelihood, another one than the Gaussian for standardized features,
            a scale that is not positive, or one that is learned of `"mse"`.
    """
    scaled = model.scaling is not None
    if likelihood is None:
        likelihood = "gaussian" if scaled else "bernoulli"
    if likelihood_scale is None:
        likelihood_scale = LEARNED if scaled else PIXEL_SCALE
    check_choice("likelihood", likelihood, LIKELIHOODS)
    if scaled and likelihood != "gaussian":
        raise InputError(
            "Standardized features have a Gaussian likelihood; give features='unit' for such in "
            f"[0, 1]. Received: likelihood={likelihood!r}."
        )
    if likelihood == "mse" and likelihood_scale == LEARNED:
        # Without the normalizer of a density it would grow without end.
        raise InputError(
            "A scale is learned of a Gaussian likelihood; give likelihood='gaussian'. Received: "
            "likelihood_scale='learned' with likelihood='mse'."
        )
    if likelihood_scale != LEARNED:
        check_number("likelihood_scale", likelihood_scale, minimum=1e-6)
    model.likelihood, model.likelihood_scale = likelihood, likelihood_scale
    model.log_scale = None
    if likelihood_scale == LEARNED:
        model.log_scale = model.add_weight(
            shape=(), initializer="zeros", dtype="float32", name="log_likelihood_scale"
        )


def scale(model: keras.Model) -> Any:
    """σ of a model's Gaussian: given, or e to the power of the weight that learns it."""
    if model.log_scale is None:
        return model.likelihood_scale
    return tf.exp(tf.convert_to_tensor(model.log_scale.value))


def likelihood_of(model: keras.Model, outputs: Any) -> "tfd.Distribution":
    """p(x | what the decoder made), of rows as the model's networks see them.

    Of standardized features it is the density of these, not of those in their own units.
    """
    outputs = tf.cast(outputs, "float32")
    if model.scaling is not None:
        return model.scaling.likelihood(outputs, scale(model))
    axes = outputs.shape.rank - 1
    if model.likelihood == "bernoulli":
        return tfd.Independent(tfd.Bernoulli(logits=outputs), axes)
    return tfd.Independent(tfd.Normal(tf.sigmoid(outputs), scale(model)), axes)
