"""The catalogue of entry points: names, look-up, `create_model` and `create_estimator`."""

import fnmatch
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tensorflow as tf
from sklearn.base import ClassifierMixin

from zoo.errors import InputError, check_choice
from zoo.models import ZooModel
from zoo.settings.sources import is_same

_MODELS: dict[str, Callable[..., ZooModel]] = {}
_ESTIMATORS: dict[str, Callable[..., ClassifierMixin]] = {}


def register_model(function: Callable[..., ZooModel]) -> Callable[..., ZooModel]:
    """Registers an entry point under the function's own name."""
    return _register(_MODELS, function)


def register_estimator(
    function: Callable[..., ClassifierMixin],
) -> Callable[..., ClassifierMixin]:
    """Registers an entry point of a scikit-learn classifier, which is fitted in one go.

    Its arguments are `num_classes` and whatever it is set by; what it returns takes images as
    the zoo's data sets have them, (rows, height, width, channels), and class numbers.
    """
    return _register(_ESTIMATORS, function)


def _register(table: dict[str, Callable], function: Callable) -> Callable:
    name = function.__name__
    known = (_MODELS | _ESTIMATORS).get(name)
    if known is not None and (name not in table or not is_same(known, function)):
        raise InputError(f"There is a model named {name!r} already.")
    table[name] = function
    return function


def list_models(pattern: str | Sequence[str] = "*", exclude: str | Sequence[str] = ()) -> list[str]:
    """The names of the registered models that match, sorted.

    Args:
        pattern: a shell pattern such as `se_*`, or several, of which one must match.
        exclude: patterns of which none may match.
    """
    return matching(_MODELS, pattern, exclude)


def list_estimators(
    pattern: str | Sequence[str] = "*", exclude: str | Sequence[str] = ()
) -> list[str]:
    """The names of the registered estimators that match, as for `list_models`."""
    return matching(_ESTIMATORS, pattern, exclude)


def matching(
    names: Iterable[str], pattern: str | Sequence[str] = "*", exclude: str | Sequence[str] = ()
) -> list[str]:
    """The names that match one of the patterns and none of those to exclude, sorted."""

    def any_of(patterns: str | Sequence[str], name: str) -> bool:
        given = [patterns] if isinstance(patterns, str) else patterns
        return any(fnmatch.fnmatchcase(name, each) for each in given)

    return sorted(name for name in names if any_of(pattern, name) and not any_of(exclude, name))


def is_estimator(name: str) -> bool:
    """Whether a name is that of an estimator, and not of a model."""
    return name in _ESTIMATORS


def entry_point(name: str) -> Callable[..., ZooModel | ClassifierMixin]:
    """The registered function of a name, of a model or of an estimator.

    Raises:
        InputError: there is none; the message names the nearest one.
    """
    both = _MODELS | _ESTIMATORS
    check_choice("model", name, both)
    return both[name]


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
    if name in _ESTIMATORS:
        raise InputError(f"{name!r} is an estimator, which `create_estimator` makes.")
    return _create(name, arguments)


def create_estimator(name: str, **arguments: Any) -> ClassifierMixin:
    """Makes an estimator by its name: `create_estimator("src", num_classes=10, lambda1=0.2)`.

    Args:
        name: one of `list_estimators()`.
        **arguments: the entry point's own; see its docstring.

    Returns:
        A scikit-learn classifier, not fitted.

    Raises:
        InputError: an unknown name, an unknown or missing argument, or a bad value.
    """
    check_choice("estimator", name, _ESTIMATORS)
    return _create(name, arguments)


def _create(name: str, arguments: dict[str, Any]) -> Any:
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
        raise InputError(f"{name!r} also needs: {', '.join(missing)}.")
    try:
        return function(**arguments)
    except (tf.errors.OpError, MemoryError, OverflowError) as error:
        too_large = isinstance(error, tf.errors.ResourceExhaustedError) or "2**63" in str(error)
        if isinstance(error, tf.errors.OpError) and not too_large:
            raise
        sizes = ", ".join(f"{key}={value!r:.40}" for key, value in arguments.items())
        raise InputError(
            f"There is not enough memory for {name!r} of such a size. Received: {sizes}."
        ) from error
