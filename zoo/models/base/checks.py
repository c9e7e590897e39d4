"""Checks of the networks and layers that a model is made of."""

from collections.abc import Mapping
from typing import Any

import keras

from zoo.errors import InputError

# Layers that leave every number as it is, an activation where it is linear.
_KEEPING = (
    keras.layers.Activation,
    keras.layers.Cropping1D,
    keras.layers.Cropping2D,
    keras.layers.Dropout,
    keras.layers.Flatten,
    keras.layers.Identity,
    keras.layers.Permute,
    keras.layers.Reshape,
)


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
    for kind in {str(each.dtype) for each in getattr(network, "inputs", None) or ()}:
        if not kind.startswith(("float", "bfloat")):
            raise InputError(
                f"`{role}` must take floats, since a model gives it pixels in [0, 1] or numbers. "
                f"Received: a network with an Input of {kind}; leave out its dtype and a Rescaling."
            )
    halves = {each.dtype for each in network.trainable_variables} & {"float16", "bfloat16"}
    if halves:
        kind = halves.pop()
        raise InputError(
            f"`{role}` must keep its weights in float32, which half precision rounds steps away "
            f"from. Received: weights of {kind}; the policy 'mixed_{kind}' only computes in it."
        )
    if logits and (end := _end(network)):
        raise InputError(
            f"`{role}` must return logits, since the model applies the final activation itself. "
            f"Received: a network that ends in {end[0]!r} with a {end[1]}."
        )


def check_apart(networks: Mapping[str, keras.Model]) -> None:
    """Raises `InputError` for weights that two networks share.

    Each player moves its own, and a file holds them once: a shared layer would be moved by one
    player alone, and its model could be saved and never be loaded.
    """
    owners: dict[int, str] = {}
    for role, network in networks.items():
        for weight in network.weights:
            owner = owners.setdefault(id(weight), role)
            if owner != role:
                raise InputError(
                    f"Each network needs layers of its own. Received: {owner!r} and {role!r}, "
                    f"which share the weight {weight.path!r}."
                )


def _end(network: Any) -> tuple[str, str] | None:
    """Name and kind of the softmax or sigmoid that a network ends in; layers behind it that leave
    every number as it is do not count."""
    outputs = getattr(network, "outputs", None) or ()
    if len(outputs) != 1:
        return None
    tensor = outputs[0]
    while True:
        operation, node, _ = tensor._keras_history
        if isinstance(operation, keras.Model):
            return _end(operation)
        of_layer = getattr(getattr(operation, "activation", None), "__name__", "linear")
        kind = type(operation).__name__.lower() if of_layer == "linear" else of_layer
        if kind in ("softmax", "sigmoid"):
            return operation.name, kind
        inputs = operation._inbound_nodes[node].input_tensors if operation._inbound_nodes else ()
        if not isinstance(operation, _KEEPING) or of_layer != "linear" or len(inputs) != 1:
            return None
        tensor = inputs[0]
