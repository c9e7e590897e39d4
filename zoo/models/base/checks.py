"""Checks of the networks and layers that a model is made of."""

from typing import Any

import keras

from zoo.errors import InputError


def built_layer(
    layer: keras.layers.Layer | None, shape: tuple[int, ...]
) -> keras.layers.Layer | None:
    """The layer, built for inputs of a shape: its weights must be there for the optimizer (T2)."""
    if layer is not None and not layer.built:
        layer.build(shape)
    return layer


def check_layer(argument: str, layer: Any) -> None:
    """Raises `InputError` unless `layer` is a Keras layer or None."""
    if layer is not None and not isinstance(layer, keras.layers.Layer):
        raise InputError(
            f"`{argument}` must be a Keras layer, for example keras.layers.GaussianNoise(0.5). "
            f"Received: {argument}={layer!r}."
        )


def check_network(role: str, network: Any, logits: bool) -> None:
    """Raises `InputError` unless `network` is built, of known shapes, and ends as its role asks."""
    if not isinstance(network, keras.Model) or not network.built:
        raise InputError(
            f"`{role}` must be a built keras.Model. Received: {role}={network!r}; "
            "networks of the zoo come from zoo.networks, your own need an Input or a call first."
        )
    if not hasattr(network, "output_shape"):
        raise InputError(
            f"`{role}` must be a Functional or Sequential model, whose shapes are known. Received: "
            f"{type(network).__name__}; wrap it: keras.Sequential([keras.Input(...), network])."
        )
    last = network.layers[-1] if network.layers else network
    activation = getattr(getattr(last, "activation", None), "__name__", "linear")
    if logits and (activation in ("softmax", "sigmoid") or type(last) is keras.layers.Softmax):
        raise InputError(
            f"`{role}` must return logits, since the model applies the final activation itself. "
            f"Received: a network that ends in {last.name!r} with a "
            f"{'softmax' if activation == 'linear' else activation}."
        )
