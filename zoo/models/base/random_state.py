"""The state of random generators in saved models, which Keras leaves out of its files.

With it a resumed training draws the noise and dropout that an uninterrupted one would have drawn.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

_NAME = "seed_generator_state"


def states(model: keras.Model) -> list[keras.Variable]:
    """The states of all random generators of a model and its layers."""
    return [variable for variable in model.variables if variable.path.endswith(_NAME)]


def save(model: keras.Model, store: Any) -> None:
    """Adds the states to what `save_own_variables` stores."""
    for i, state in enumerate(states(model)):
        store[f"{_NAME}_{i}"] = ops.convert_to_numpy(state)


def load(model: keras.Model, store: Mapping[str, Any]) -> dict[str, Any]:
    """Restores the states; returns the rest of the store."""
    own = {key: store[key] for key in store.keys() if not key.startswith(_NAME)}
    held = states(model)
    if len(store.keys()) - len(own) != len(held):
        warnings.warn(
            "The file holds another number of random generators than the model; noise and "
            "dropout start anew.",
            stacklevel=3,
        )
    else:
        for i, state in enumerate(held):
            state.assign(store[f"{_NAME}_{i}"])
    return own
