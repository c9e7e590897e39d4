"""The catalogue of entry points: their names, their arguments, and what stands behind them.

The names are known without TensorFlow: those of the zoo from the text of `zoo/entry_points/`, those
of installed packages from their entry-point groups `zoo.models` and `zoo.estimators`. What stands
behind a name is imported when it is asked for.
"""

import ast
import fnmatch
import functools
import importlib
import importlib.metadata
import importlib.resources
import inspect
import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from zoo.errors import InputError, check_choice
from zoo.registry import pretrained as trained
from zoo.settings import is_same, is_simple

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

    from zoo.models import ZooModel

# Arguments of entry points that the data gives.
OF_DATA = ("input_shape", "num_classes", "num_labels", "categories")
# As recipes/arguments.json has them.
_TYPES = {
    **{each.__name__: each for each in (int, float, bool, str)},
    "None": None,
    "Sequence[int]": Sequence[int],
}

_MODELS: dict[str, Callable[..., Any]] = {}
_ESTIMATORS: dict[str, Callable[..., Any]] = {}


class _Place(NamedTuple):
    """Where the entry point of a name is: importing `module` registers it."""

    estimator: bool
    module: str
    line: str


def register_model(function: Callable[..., "ZooModel"]) -> Callable[..., "ZooModel"]:
    """Registers an entry point under the function's own name.

    In a script or a notebook the model is known to the process that runs it, and a run on it says
    in its recipe.json which file that was. In a file that is given as PATH:NAME it is known to the
    command too. An installed package makes its models known everywhere by the entry-point group
    `zoo.models`, where each has its name and its module:

        [project.entry-points."zoo.models"]
        my_model = "my_package.models"

    Args:
        function: takes `input_shape`, `num_classes` or `num_labels`, as far as it states them, of
            the data, and all else with a default; returns a model of the zoo, not compiled.

    Raises:
        InputError: there is one of that name.
    """
    return _register(_MODELS, function)


def register_estimator(
    function: Callable[..., "ClassifierMixin"],
) -> Callable[..., "ClassifierMixin"]:
    """Registers an entry point of a scikit-learn classifier, which is fitted in one go.

    Its arguments are `num_classes` and whatever it is set by; what it returns takes images as
    the zoo's data sets have them, (rows, height, width, channels), and class numbers. Packages
    have the entry-point group `zoo.estimators`, see `register_model`.
    """
    return _register(_ESTIMATORS, function)


def _register(table: dict[str, Callable], function: Callable) -> Callable:
    name = function.__name__
    place, known = _places().get(name), (_MODELS | _ESTIMATORS).get(name)
    package = (function.__module__ or "").partition(".")[0]
    if known is not None:
        clash = name not in table or not is_same(known, function)
    else:
        wanted = place and (place.estimator, place.module.partition(".")[0])
        clash = wanted not in (None, (table is _ESTIMATORS, package))
    if clash:
        raise InputError(f"There is a model named {name!r} already.")
    table[name] = function
    return function


@functools.cache
def _places() -> dict[str, _Place]:
    """The entry points of the zoo and of installed packages by name."""
    decorators = {"register_model": False, "register_estimator": True}
    found = {}
    for file in importlib.resources.files("zoo.entry_points").iterdir():
        if not file.name.endswith(".py"):
            continue
        module = f"zoo.entry_points.{file.name.removesuffix('.py')}"
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for decorator in map(ast.unparse, node.decorator_list):
                if decorator in decorators:
                    line = _first_line(ast.get_docstring(node))
                    found[node.name] = _Place(decorators[decorator], module, line)
    for group in ("zoo.models", "zoo.estimators"):
        for point in importlib.metadata.entry_points(group=group):
            place = _Place("estim" in group, point.module, f"Of {point.module}.")
            found.setdefault(point.name, place)
    return found


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _names(estimators: bool) -> set[str]:
    known = _ESTIMATORS if estimators else _MODELS
    return {name for name, place in _places().items() if place.estimator == estimators} | set(known)


def list_models(
    pattern: str | Sequence[str] = "*", exclude: str | Sequence[str] = (), pretrained: bool = False
) -> list[str]:
    """The names of the registered models that match, sorted.

    Args:
        pattern: a shell pattern such as `se_*`, or several, of which one must match.
        exclude: patterns of which none may match.
        pretrained: those of trained models instead, MODEL/DATASET, as `zoo.load_pretrained` and
            the `weights` of `create_model` take them.
    """
    names = trained.registry() if pretrained else _names(estimators=False)
    return matching(names, pattern, exclude)


def list_estimators(
    pattern: str | Sequence[str] = "*", exclude: str | Sequence[str] = ()
) -> list[str]:
    """The names of the registered estimators that match, as for `list_models`."""
    return matching(_names(estimators=True), pattern, exclude)


def described(name: str) -> str:
    """A line on a model or an estimator."""
    function = (_MODELS | _ESTIMATORS).get(name)
    return _first_line(function.__doc__) if function else _places()[name].line


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
    return name in _names(estimators=True)


def entry_point(name: str) -> Callable[..., Any]:
    """The registered function of a name, of a model or of an estimator.

    Raises:
        InputError: there is none; the message names the nearest one.
    """
    check_choice("model", name, _names(estimators=False) | _names(estimators=True))
    if name not in _MODELS | _ESTIMATORS:
        place = _places()[name]
        function = getattr(importlib.import_module(place.module), name, None)
        if function is None:
            raise InputError(
                f"The module {place.module} has no {name!r}, which it should register."
            )
        (_ESTIMATORS if place.estimator else _MODELS)[name] = function
    return (_MODELS | _ESTIMATORS)[name]


def settable(name: str) -> dict[str, Any]:
    """What a text can set of an entry point, with its types: all but objects, and what data gives.

    Those of the zoo stand in recipes/arguments.json too, which docs/write_arguments.py writes: a
    mistake is found without TensorFlow.

    Raises:
        InputError: there is no such entry point.
    """
    written = _written("arguments.json").get(name)
    if written is not None and name not in _MODELS | _ESTIMATORS:
        return {
            key: functools.reduce(operator.or_, map(_TYPES.__getitem__, text.split(" | ")))
            for key, text in written.items()
        }
    parameters = inspect.signature(entry_point(name)).parameters
    return {
        key: parameter.annotation
        for key, parameter in parameters.items()
        if key not in OF_DATA and is_simple(parameter.annotation)
    }


def void_arguments(entry_point: Callable, given: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of an entry point that say nothing beside those given, and where that is so.

    Args:
        entry_point: a function that `takes` its arguments, or another, which has none of these.
        given: arguments; what is left out has its default.
    """
    known = inspect.signature(entry_point).parameters
    found = {}
    for name, others in getattr(entry_point, "only", {}).items():
        values = {other: given.get(other, known[other].default) for other in others}
        if not any(values[other] in others[other] for other in others):
            where = " and ".join(f"{other}={value!r}" for other, value in values.items())
            found[name] = f"with {where}"
    for names, networks in getattr(entry_point, "built", {}).items():
        networks = networks.split()
        if all(given.get(each) is not None for each in networks):
            where = "beside " + " and ".join(f"`{each}`" for each in networks)
            found |= dict.fromkeys(names.split(), where)
    return found


def parameters() -> dict[str, int]:
    """The numbers that are trained, an adversary's too, by the recipe of a model."""
    return _written("parameters.json")


@functools.cache
def _written(file: str) -> dict[str, Any]:
    """What docs/write_arguments.py has written."""
    text = importlib.resources.files("zoo.recipes").joinpath(file).read_text("utf-8")
    return json.loads(text)
