"""Priors on codes: TFP distributions that codes are drawn from, or are made to look like."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo import probability as tfd
from zoo.errors import InputError, check_choice, check_number, check_width


def standard_normal(code_size: int) -> "tfd.Distribution":
    """N(0, I) on codes of `code_size` numbers."""
    check_width("code_size", code_size)
    return tfd.Independent(tfd.Normal(tf.zeros(code_size), tf.ones(code_size)), 1)


def gaussian_mixture(
    code_size: int, num_components: int = 10, radius: float = 4.0, scale: float = 0.5
) -> "tfd.Distribution":
    """A mixture of Gaussians, equally likely, on a circle of the first two code dimensions.

    Component k of K has its mean at `radius · (cos 2πk/K, sin 2πk/K)` with the standard deviation
    `scale`; code dimensions beyond the first two are N(0, 1). Ten of them in two dimensions are
    the prior of Makhzani et al., Adversarial autoencoders, 2015, figure 2.

    Raises:
        InputError: a code of fewer than two numbers, no component, or a negative radius or scale.
    """
    check_width("code_size", code_size, minimum=2)
    check_width("num_components", num_components)
    check_number("radius", radius)
    check_number("scale", scale, minimum=1e-6)
    angles = 2 * math.pi * np.arange(num_components) / num_components
    means = np.zeros((num_components, code_size), "float32")
    means[:, 0], means[:, 1] = radius * np.cos(angles), radius * np.sin(angles)
    scales = np.ones((num_components, code_size), "float32")
    scales[:, :2] = scale
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=tf.zeros(num_components)),
        tfd.Independent(tfd.Normal(means, scales), 1),
    )


PRIORS = {"standard_normal": standard_normal, "gaussian_mixture": gaussian_mixture}


def prior_on_codes(prior: "str | dict | tfd.Distribution", code_size: int) -> "tfd.Distribution":
    """The prior as a distribution: by name, from its configuration, or any TFP distribution.

    Raises:
        InputError: an unknown name, no TFP distribution, or one whose events are no codes of
            `code_size` numbers.
    """
    if isinstance(prior, str):
        check_choice("prior", prior, PRIORS)
        return PRIORS[prior](code_size)
    if isinstance(prior, dict) and "distribution" in prior:
        prior = from_config(prior)
    if not isinstance(prior, tfd.Distribution):
        raise InputError(
            f"`prior` must be one of {', '.join(PRIORS)} or a TFP distribution. "
            f"Received: prior={prior!r}."
        )
    if tuple(prior.event_shape) != (code_size,) or prior.batch_shape.rank != 0:
        raise InputError(
            f"The prior's events must be codes of shape ({code_size},), one distribution for all. "
            f"Received: event shape {tuple(prior.event_shape)}, batch shape "
            f"{tuple(prior.batch_shape)}."
        )
    return prior


def draw(distribution: "tfd.Distribution", shape: Any, seeds: keras.random.SeedGenerator) -> Any:
    """Draws of a distribution, one for each entry of `shape`, from the generator's next seed."""
    seed = tf.cast(seeds.next(), "int32")
    return distribution.sample(shape, seed=seed)


def to_config(distribution: "tfd.Distribution") -> dict[str, Any]:
    """A TFP distribution as plain values: its class's name and its parameters.

    Raises:
        InputError: a class of one's own, or a parameter that is no number, text, type, tensor or
            distribution, nor a list of them.
    """
    kind = type(distribution).__name__
    if getattr(tfd, kind, None) is not type(distribution):
        raise InputError(
            f"A prior is saved by its class's name in tfp.distributions. Received: {kind}."
        )
    parameters = {
        key: _plain(kind, key, value)
        for key, value in distribution.parameters.items()
        if value is not None
    }
    return {"distribution": kind, "parameters": parameters}


def from_config(config: dict[str, Any]) -> "tfd.Distribution":
    """The distribution of `to_config`'s values."""
    kind = getattr(tfd, config["distribution"])
    return kind(**{key: _value(value) for key, value in config["parameters"].items()})


def _plain(kind: str, key: str, value: Any) -> Any:
    if isinstance(value, tfd.Distribution):
        return to_config(value)
    if isinstance(value, list | tuple):
        return [_plain(kind, key, each) for each in value]
    if isinstance(value, tf.DType):
        return {"dtype": value.name}
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray | tf.Tensor | tf.Variable | keras.Variable | np.generic):
        array = keras.ops.convert_to_numpy(value)
        return {"array": array.tolist(), "dtype": array.dtype.name}
    raise InputError(
        "A prior is saved by its parameters: numbers, texts, tensors and distributions. Received: "
        f"{kind} with {key}={value!r}."
    )


def _value(value: Any) -> Any:
    if isinstance(value, dict) and "distribution" in value:
        return from_config(value)
    if isinstance(value, dict) and "array" in value:
        return tf.constant(np.asarray(value["array"], value["dtype"]))
    if isinstance(value, dict):
        return tf.as_dtype(value["dtype"])
    return [_value(each) for each in value] if isinstance(value, list) else value
