"""Saved models: what can be loaded, and weights taken over by a model of other classes."""

import inspect
import os
import warnings
from collections.abc import Iterable
from typing import Any

import keras

from zoo.errors import InputError, first_line
from zoo.models import ZooModel
from zoo.settings import defined


def load_model(path: str | os.PathLike) -> ZooModel:
    """The model of a `.keras` file, loaded in Keras's safe mode.

    Raises:
        InputError: no such file, a damaged one, one that would run code, or no model of the zoo.
    """
    try:
        with warnings.catch_warnings():
            # A model to take home has no state of its optimizer, which begins anew.
            warnings.filterwarnings("ignore", ".*whereas the saved optimizer has 0 variables")
            model = keras.models.load_model(path, safe_mode=True)
    except Exception as error:  # zipfile, h5py and Keras each have their own.
        raise InputError(f"{path} cannot be loaded: {first_line(error)}") from error
    if not isinstance(model, ZooModel):
        raise InputError(f"{path} holds no model of the zoo. Received: {type(model).__name__}.")
    return model


def makers_of(model: ZooModel) -> list[Any]:
    """The classes of the layers of a model, and the functions that they hold."""
    layers = list(model._flatten_layers())
    held = (value for layer in layers for value in vars(layer).values())
    return [*map(type, layers), *filter(inspect.isfunction, held)]


def check_loads(model: ZooModel, sources: Iterable[str]) -> None:
    """Raises `InputError` for a model that could be trained and saved, but not loaded again.

    Args:
        model: what is to be trained.
        sources: the modules that define what it is made of.
    """
    runs_code = any(each.__name__ == "<lambda>" for each in makers_of(model))
    try:
        config = keras.saving.serialize_keras_object(model)
        if runs_code or sources:
            with defined(sources):
                keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception as error:  # As above, or whatever classes of one's own do.
        reason = (
            "a Python lambda in it would run code of its own; give it a name, and "
            "@keras.saving.register_keras_serializable()"
            if runs_code
            else first_line(error).rstrip(".")
        )
        raise InputError(
            f"This {type(model).__name__} could be trained, but not loaded: {reason}."
        ) from error


def start_from(model: ZooModel, twin: ZooModel, path: str | os.PathLike) -> ZooModel:
    """Gives a model the weights of a saved one; the head of another number of classes stays new.

    The head is every weight whose shape is another in a model of as many classes as the saved one:
    what ends in classes, and what begins with label vectors.

    Args:
        model: the model, which is returned.
        twin: the same with as many classes or labels as the saved one.
        path: a `.keras` file of networks of the same kind and size.

    Raises:
        InputError: the networks differ in more than that.
    """
    taken = []
    theirs = load_model(path).weights
    if len(theirs) != len(model.weights):
        raise InputError(
            "The weights are of other networks. Received: a model of "
            f"{len(model.weights)} weights for {len(theirs)}."
        )
    for own, same, other in zip(model.weights, twin.weights, theirs, strict=True):
        if same.shape != other.shape:
            raise InputError(
                f"The weights are of networks of another size: {other.path} is {other.shape} "
                f"there. Received: {own.shape}."
            )
        taken.append((other if own.shape == same.shape else own).numpy())
    model.set_weights(taken)
    return model
