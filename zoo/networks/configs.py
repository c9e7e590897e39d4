"""The config of a layer or model: the arguments of its constructors, which are said once."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras


def constructor_config(instance: Any, above: type) -> dict[str, Any]:
    """The arguments of an object's constructors, by what its attributes of the same names hold.

    A class that decides an argument of its parent itself names it in `decided`.

    Args:
        instance: keeps each argument in an attribute of its name.
        above: the class whose own `get_config` knows the rest; its subclasses are read.
    """
    classes = [each for each in reversed(type(instance).__mro__) if issubclass(each, above)]
    decided = {name for each in classes for name in vars(each).get("decided", ())}
    names = dict.fromkeys(
        name
        for each in classes[1:]
        if "__init__" in vars(each)
        for name, parameter in inspect.signature(each.__init__).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD and name not in {"self", *decided}
    )
    return {name: _plain(getattr(instance, name)) for name in names}


def constructor_parameters(kind: type) -> dict[str, inspect.Parameter]:
    """What a class takes, with what it passes on to its bases by `**kwargs`, by name."""
    found: dict[str, inspect.Parameter] = {}
    for each in kind.__mro__:
        if "__init__" in vars(each):
            own = inspect.signature(each.__init__).parameters
            found = {**own, **found}
            if "kwargs" not in own:
                break
    return {key: found[key] for key in found if key not in ("self", "args", "kwargs")}


class ConfiguredLayer(keras.layers.Layer):
    """A layer whose config is what its constructor was given."""

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, keras.layers.Layer)}


def _plain(value: Any) -> Any:
    if hasattr(value, "get_config"):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return keras.activations.serialize(value) if inspect.isfunction(value) else value
