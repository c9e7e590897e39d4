"""Settings: values that someone gave, brought to the type that is asked for."""

import ast
import types
import typing
from collections.abc import Sequence
from typing import Any

from zoo.errors import InputError

_SIMPLE = (int, float, bool, str, types.NoneType)


def is_simple(kind: Any) -> bool:
    """Whether a type is a number, text, truth value, None, whole numbers, or a union of them."""
    return all(part in _SIMPLE or part == Sequence[int] for part in _parts(kind))


def _parts(kind: Any) -> tuple[Any, ...]:
    union = isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union
    return typing.get_args(kind) if union else (kind,)


def typed(key: str, value: Any, kind: Any) -> Any:
    """`value` as one of the types of `kind`; `InputError` names the key where it is none."""
    parts = _parts(kind)
    for part in parts:
        if part is float and type(value) in (int, float):
            return float(value)
        if part == Sequence[int] and isinstance(value, list | tuple):
            if all(type(item) is int for item in value):
                return tuple(value)
        if part in _SIMPLE and type(value) is part:
            return value
    words = {float: "number", int: "integer", str: "text", bool: "true or false"}
    allowed = " or ".join(
        "None" if part is types.NoneType else words.get(part, "(integer, integer, ...)")
        for part in parts
    )
    raise InputError(f"`{key}` must be: {allowed}. Received: {key}={value}.")


def literal(text: str, kind: Any) -> Any:
    """What a text means: a literal, unless only a text will do."""
    if kind is str:
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
