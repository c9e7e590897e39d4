"""Settings: values that someone gave, brought to the type that is asked for."""

import ast
import contextlib
import hashlib
import json
import os
import pathlib
import types
import typing
from collections.abc import Container, Mapping, Sequence
from typing import Any

from zoo.errors import InputError

_SEAL = "digest"
_SIMPLE = (int, float, bool, str, types.NoneType)

# What arguments of models and entry points were called when files were written that must load.
FORMERLY = {
    "classification_weight": "separability_weight",
    "iterate_loss": "loss",
    "label_loss": "loss",
    "reconstruction_loss": "image_loss",
    "seed": "crop_seed",
    "units": "hidden",
    "variant": "reading",
    "xi": "difference",
}


def of_today(values: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """Values by argument, those under a former name of one that is known by its name of today."""
    names = {was: name for name, was in FORMERLY.items() if name in known and was not in known}
    return {names.get(key, key): value for key, value in values.items()}


def is_simple(kind: Any) -> bool:
    """Whether a type is a number, text, truth value, None, whole numbers, or a union of them."""
    return all(part in _SIMPLE or part == Sequence[int] for part in _parts(kind))


def is_number(kind: Any) -> bool:
    """Whether a type is a number, or None, and nothing else."""
    return set(_parts(kind)) <= {int, float, types.NoneType}


def _parts(kind: Any) -> tuple[Any, ...]:
    union = isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union
    return typing.get_args(kind) if union else (kind,)


def typed(key: str, value: Any, kind: Any) -> Any:
    """`value` as one of the types of `kind`; `InputError` names the key where it is none."""
    parts = _parts(kind)
    for part in parts:
        if part is float and type(value) in (int, float):
            with contextlib.suppress(OverflowError):
                return float(value)
        if part == Sequence[int] and isinstance(value, list | tuple):
            if all(type(item) is int for item in value):
                return tuple(value)
        if part in _SIMPLE and type(value) is part:
            return value
    words = {float: "finite number", int: "integer", str: "text", bool: "true or false"}
    allowed = " or ".join(
        "None" if part is types.NoneType else words.get(part, "(integer, integer, ...)")
        for part in parts
    )
    raise InputError(f"`{key}` must be: {allowed}. Received: {key}={str(value):.80}.")


# As JSON and YAML write them.
_WORDS = {"true": True, "false": False, "none": None, "null": None}


def literal(text: str, kind: Any) -> Any:
    """What a text means: a literal, unless only a text will do."""
    if kind is str:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def digest_of(values: Any) -> str:
    """The SHA-256 of plain values, however their JSON is laid out, in hexadecimal digits."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def sealed_json(values: Mapping[str, Any], **layout: Any) -> str:
    """The JSON text of plain values and their digest, by which `parse_json` knows them again.

    `layout` is what `json.dumps` takes.
    """
    plain = json.loads(json.dumps(values))
    return json.dumps({**plain, _SEAL: digest_of(plain)}, **layout)


def read_json(path: str | os.PathLike, kind: Any) -> Any:
    """What a JSON file holds, checked by `parse_json`."""
    try:
        text = pathlib.Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}.") from error
    return parse_json(text, kind, repr(str(path)))


def parse_json(text: str | bytes, kind: Any, name: str) -> Any:
    """The lists, dicts and plain values of a JSON text that agrees with a type.

    Args:
        text: the JSON; a seal of `sealed_json` is looked at and left out.
        kind: what it is to be: any type that pydantic knows, such as a TypedDict or a dataclass.
            A number is no text and no truth value; keys that a TypedDict lacks may be there.
        name: of what holds the text, for the error.

    Raises:
        InputError: one sentence with the name, the key, and what is wrong of it; or values that
            are not those that were sealed.
    """
    import pydantic  # It takes half a second, which `import zoo` need not pay.

    try:
        content = json.loads(text, object_pairs_hook=_of_keys_that_differ)
        # Half of a surrogate pair, as in a path that is no Unicode, is text to Python alone.
        seal = content.pop(_SEAL, None) if isinstance(content, dict) else None
        plain = json.dumps(content, ensure_ascii=False).encode(errors="replace")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON: {error}.") from error
    if seal is not None and seal != digest_of(content):
        raise InputError(f"{name} is not as it was written; somebody, or something, changed it.")
    try:
        pydantic.TypeAdapter(kind).validate_json(plain, strict=True)
    except pydantic.ValidationError as error:
        raise InputError(name + _fault(error.errors())) from error
    return content


def _of_keys_that_differ(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r:.80} is there twice")
    return made


def _fault(errors: Sequence[Any]) -> str:
    """What pydantic found, as the end of a sentence."""
    keys = [".".join(part for part in e["loc"] if isinstance(part, str)) for e in errors]
    missing = [repr(key) for key, e in zip(keys, errors, strict=True) if e["type"] == "missing"]
    if missing:
        return f" lacks the key {', '.join(missing)}."
    first = errors[0]
    if first["type"] == "value_error":
        return f": {first['ctx']['error']}"
    if not keys[0]:
        return f" must hold a JSON object. Received: {first['input']!r:.60}."
    wrong = first["msg"][0].lower() + first["msg"][1:]
    return f": the key {keys[0]!r:.80} is wrong: {wrong}. Received: {first['input']!r:.60}."
