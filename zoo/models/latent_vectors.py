"""Latent vectors: what the generators of images beside a classifier are given."""

from typing import Any

import keras
import tensorflow as tf

from zoo import priors
from zoo import probability as tfd
from zoo.errors import InputError


def uniform_prior(latent_size: int, num_classes: int = 0) -> "tfd.Distribution":
    """`latent_size` numbers from U(0, 1) and, behind them, the one-hot vector of a class.

    The classes are equally likely; with `num_classes` 0 there is none.
    """
    numbers = tfd.Independent(tfd.Uniform(tf.zeros(latent_size), tf.ones(latent_size)), 1)
    if not num_classes:
        return numbers
    classes = tfd.OneHotCategorical(logits=tf.zeros(num_classes), dtype=tf.float32)
    return tfd.Blockwise([numbers, classes])


def draw(prior: "tfd.Distribution", x: Any, seeds: keras.random.SeedGenerator) -> Any:
    """A draw of `prior` for each row of `x`, float32."""
    return tf.cast(priors.draw(prior, tf.shape(x)[:1], seeds), "float32")


def check_generator(
    generator: keras.Model, image_shape: tuple[int, ...], num_classes: int = 0
) -> None:
    """Raises `InputError` unless a network turns latent vectors into images of a shape.

    Args:
        generator: built model.
        image_shape: the classifier's.
        num_classes: of the label vector behind the drawn numbers, of which there is at least one.
    """
    taken, made = generator.input_shape, generator.output_shape
    is_vector = isinstance(taken, tuple) and len(taken) == 2
    if not is_vector or taken[1] <= num_classes or tuple(made[1:]) != tuple(image_shape):
        label = f" and label vectors of length {num_classes}" if num_classes else ""
        raise InputError(
            f"The generator must turn drawn numbers{label}, side by side, into images of the "
            f"classifier's shape {tuple(image_shape)}. Received: a network that turns "
            f"{tuple(taken[1:])} into {tuple(made[1:])}."
        )


def check_image_discriminator(discriminator: keras.Model, image_shape: tuple[int, ...]) -> None:
    """Raises `InputError` unless a network turns images of a shape into one logit."""
    shapes = tuple(discriminator.input_shape[1:]), tuple(discriminator.output_shape[1:])
    if shapes != (tuple(image_shape), (1,)):
        raise InputError(
            f"The discriminator must turn images of the classifier's shape {tuple(image_shape)} "
            f"into one logit. Received: a network that turns {shapes[0]} into {shapes[1]}."
        )
