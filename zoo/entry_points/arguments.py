"""Entry points that say only what differs: their other arguments are those of what they build."""

import functools
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any

import keras

from zoo.errors import InputError
from zoo.models import MinMaxGame
from zoo.networks import augmentation, feature_scaling
from zoo.networks.configs import constructor_parameters
from zoo.registry import void_arguments

Network = keras.Model | None
Size = str | int | Sequence[int]

GAME = (MinMaxGame, "adversarial_loss adversary_steps")
# What is done to inputs before networks see them: images are changed, features standardized.
INPUTS = (augmentation, feature_scaling)


# The arguments that count only where others have certain values: {argument: {other: values}}.
Only = Mapping[str, Mapping[str, Sequence[str]]]
# The parts that arguments are for, names with spaces between: {arguments: parts}.
For = Mapping[str, str]


def takes(
    *sources: Callable | tuple[Callable, str],
    only: Only | None = None,
    built: For | None = None,
    **defaults: Any,
) -> Callable:
    """Gives a function the arguments of what it builds as its own.

    Beside them the function has the arguments that it states with a type. `**given` is what it
    does not want by name, and it is always called with every argument. A network that a class
    asks for may be left out: it is None then, for the function to build. The signature and the
    docstring, which must end with its own arguments if it describes any, tell all of them.

    Args:
        *sources: functions and classes, with all arguments of their own but `name`; or pairs of
            one and the names to take, with those that a class passes on to its bases. Of two
            sources with one name the first counts.
        only: {argument: {other: values}}, for an argument that says nothing unless one of the
            others has one of its values; it is refused elsewhere.
        built: {arguments: parts}, for arguments that say how these are built; they are refused
            where all the parts are given.
        **defaults: where they are others than the sources'.
    """

    def decorate(function: Callable) -> Callable:
        asked = inspect.signature(function)
        found = {
            key: each
            for key, each in asked.parameters.items()
            if each.annotation is not each.empty and each.kind is not each.VAR_KEYWORD
        }
        origins = {}
        for source in sources:
            builder, names = source if isinstance(source, tuple) else (source, None)
            known = parameters(builder, bases=names is not None)
            for name in names.split() if names else known:
                if name not in found:
                    found[name] = known[name]
                    origins[name] = getattr(builder, "origins", {}).get(name, _public(builder))
        shown = [_shown(each, defaults) for each in found.values()]
        signature = asked.replace(parameters=sorted(shown, key=lambda each: each.kind))

        @functools.wraps(function)
        def entry_point(*arguments: Any, **keywords: Any) -> Any:
            bound = signature.bind(*arguments, **keywords)
            bound.apply_defaults()
            for name, value in bound.arguments.items():
                if signature.parameters[name].annotation == Network:
                    _check_own(name, value)
            made = function(**bound.arguments)
            # Afterwards: the function knows which kinds there are, and says so of an unknown one.
            for name, where in void_arguments(entry_point, bound.arguments).items():
                check_void(bound.arguments, where, **{name: signature.parameters[name].default})
            return made

        entry_point.__signature__ = signature
        entry_point.__doc__ = _described(function.__doc__, signature, origins)
        entry_point.origins = origins
        entry_point.only = only or {}
        entry_point.built = built or {}
        return entry_point

    return decorate


def check_void(given: Mapping[str, Any], where: str, **defaults: Any) -> None:
    """Raises `InputError` for an argument that says nothing here, unless it is left as it is.

    0 and False are let pass: without noise or dropout there is indeed none.

    Args:
        given: the arguments of an entry point.
        where: what makes them void, as in "with variant='energy'".
        **defaults: the arguments that are void there, as they are by default.
    """
    for name, default in defaults.items():
        if given[name] and given[name] != default:
            raise InputError(
                f"`{name}` says nothing {where}; leave it out. Received: {name}={given[name]!r}."
            )


def _check_own(name: str, network: Any) -> None:
    if network is not None and not isinstance(network, keras.Model):
        raise InputError(
            f"`{name}` must be a built keras.Model. Received: {name}={network!r:.60}; leave it out "
            "for one of the zoo's."
        )


def call(builder: Callable, given: Mapping[str, Any], **own: Any) -> Any:
    """What a builder makes of those of the arguments given that it knows, and of its own."""
    known = parameters(builder)
    return builder(**{key: given[key] for key in given if key in known} | own)


def augmented(model: Callable, given: Mapping[str, Any], **networks: Any) -> Any:
    """A model with what is done to its inputs; random states are drawn after the networks'."""
    if "augmentation" not in networks:
        networks["augmentation"] = call(augmentation, given)
    return call(model, given, **networks, scaling=call(feature_scaling, given))


def parameters(builder: Callable, bases: bool = True) -> Mapping[str, Parameter]:
    """What a function or class takes, by name, with what a class passes on to its bases."""
    if not inspect.isclass(builder):
        found = inspect.signature(builder).parameters
    elif bases:
        found = constructor_parameters(builder)
    else:
        found = inspect.signature(builder.__init__).parameters
    return {key: found[key] for key in found if key not in ("self", "args", "kwargs", "name")}


def _shown(parameter: Parameter, defaults: Mapping[str, Any]) -> Parameter:
    """A parameter as an entry point has it: by keyword alone, unless it must be given."""
    annotation = parameter.annotation
    default = defaults.get(parameter.name, parameter.default)
    if annotation is keras.Model:
        annotation, default = Network, None
    required = default is parameter.empty
    kind = Parameter.POSITIONAL_OR_KEYWORD if required else Parameter.KEYWORD_ONLY
    return parameter.replace(annotation=annotation, default=default, kind=kind)


def _public(builder: Callable) -> str:
    """The name that users know: that of the package, where it has it too."""
    package = builder.__module__.rpartition(".")[0]
    module = package if hasattr(sys.modules[package], builder.__name__) else builder.__module__
    return f"{module}.{builder.__name__}"


def _described(text: str | None, signature: inspect.Signature, origins: Mapping[str, str]) -> str:
    """A docstring with a line for the arguments of each origin."""
    groups: dict[str, list[str]] = {}
    for name, parameter in signature.parameters.items():
        if parameter.annotation == Network:
            groups.setdefault("networks of your own, in place of those built", []).append(name)
        elif name in origins:
            groups.setdefault(f"as for `{origins[name]}`", []).append(name)
    # `python -OO` has none.
    text = inspect.cleandoc(text or "")
    lines = [text] if "\nArgs:\n" in text else [text, "\nArgs:"]
    for meaning, names in groups.items():
        line = f"{', '.join(names)}: {meaning}."
        lines.append(textwrap.fill(line, 96, initial_indent=" " * 4, subsequent_indent=" " * 8))
    return "\n".join(lines)
