"""The catalogue of entry points: names, look-up and `create_model`."""

import fnmatch
import inspect
from collections.abc import Callable
from typing import Any

from zoo.errors import InputError, check_choice
from zoo.models import ZooModel

_ENTRY_POINTS: dict[str, Callable[..., ZooModel]] = {}


def register_model(function: Callable[..., ZooModel]) -> Callable[..., ZooModel]:
    """Registers an entry point under the function's own name."""
    if function.__name__ in _ENTRY_POINTS:
        raise InputError(f"There is a model named {function.__name__!r} already.")
    _ENTRY_POINTS[function.__name__] = function
    return function


def list_models(pattern: str = "*") -> list[str]:
    """The names of the registered models that match a shell pattern, sorted."""
    return sorted(fnmatch.filter(_ENTRY_POINTS, pattern))


def entry_point(name: str) -> Callable[..., ZooModel]:
    """The registered function of a name; `InputError` names the nearest one if there is none."""
    check_choice("model", name, _ENTRY_POINTS)
    return _ENTRY_POINTS[name]


def create_model(name: str, **arguments: Any) -> ZooModel:
    """Builds a model by its name: `create_model("se_co", input_shape=(28, 28, 1), num_classes=10)`.

    Args:
        name: one of `list_models()`.
        **arguments: the entry point's own; see its docstring.

    Returns:
        An uncompiled model with built networks.

    Raises:
        InputError: an unknown name, an unknown or missing argument, or a bad value.
    """
    function = entry_point(name)
    parameters = inspect.signature(function).parameters
    for argument in arguments:
        check_choice(f"argument of {name!r}", argument, parameters)
    missing = [
        key
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty and key not in arguments
    ]
    if missing:
        raise InputError(f"Model {name!r} also needs: {', '.join(missing)}.")
    return function(**arguments)


def takes_arguments_of(builder: Callable) -> Callable:
    """Lets a function that passes its further arguments on show those of `builder` as its own.

    So the arguments that many entry points share stand in one place, and `create_model`, recipes
    and `help` know them all the same. Arguments with a leading underscore are not for users.
    """

    def decorate(function: Callable) -> Callable:
        signature = inspect.signature(function)
        kept = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        taken = {parameter.name for parameter in kept}
        more = [
            parameter.replace(kind=parameter.KEYWORD_ONLY)
            for parameter in inspect.signature(builder).parameters.values()
            if parameter.name not in taken
        ]
        shown = [parameter for parameter in [*kept, *more] if not parameter.name.startswith("_")]
        function.__signature__ = signature.replace(parameters=shown)
        return function

    return decorate
