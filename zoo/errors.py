"""The errors a user can cause, each with one clear sentence, and the checks that raise them."""

import contextlib
import difflib
import importlib.util
import math
import numbers
import os
import pathlib
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

# Float32's largest number.
_LARGEST = 3.4028234663852886e38
# Of layers and codes. A layer from as many to as many would have 4 TB of weights.
WIDEST = 2**20
# Of layers or steps that a loop writes out one after the other: more would take hours to build.
LONGEST = 1000
# Bytes, of every common file system.
_LONGEST_NAME = 255
# How a graph begins what it says of bad input.
MARK = "InputError: "


class InputError(ValueError):
    """Bad input: the message says what was wrong, what was received and what is allowed.

    The command line prints the message alone and exits with code 2.
    """


class MissingDataError(InputError):
    """A data set that is not prepared, and cannot be: files are missing and cannot be fetched."""


class MissingPackageError(InputError, ImportError):
    """An optional package that is not installed; the message names the extra that has it."""


class StorageError(InputError):
    """What is right could not be stored: a full or read-only disk, too many open files.

    The command line prints the message alone and exits with code 1.
    """


class NonFiniteLossError(ArithmeticError):
    """A loss term turned NaN or infinite; the message names the step and the term."""


class WorkerLostError(RuntimeError):
    """A worker of a training on several machines is gone; the message names it."""


def check_installed(module: str, extra: str, what: str) -> None:
    """Raises `MissingPackageError` where a module of one of the zoo's extras is not installed."""
    if importlib.util.find_spec(module) is None:
        raise MissingPackageError(f"{what} is not installed: pip install 'autonet-zoo[{extra}]'.")


def tensorflow_error(name: str) -> tuple[type[BaseException], ...]:
    """For `except`: TensorFlow's error of a name; none while TensorFlow is not loaded."""
    tensorflow = sys.modules.get("tensorflow")
    return (getattr(tensorflow.errors, name),) if tensorflow else ()


@contextlib.contextmanager
def spoken() -> Iterator[None]:
    """Turns what stopped a graph into the `InputError` that it carries."""
    try:
        yield
    except tensorflow_error("OpError") as error:
        message = getattr(error, "message", "")
        if counted := re.search(r"expected to contain (\d+) .*contained (.+) elem", message):
            raise InputError(
                f"A stream must hold the rows that it says, or that `rows` said: {counted[1]}. "
                f"Received: {counted[2]}."
            ) from None
        said = re.search(rf"(\[?){MARK}(.*)", message)
        if said is None:
            raise
        text = said[2].removesuffix("]") if said[1] else said[2]
        raise InputError(sentence(text.replace("] [", " "))) from None


def sentence(*pieces: object) -> str:
    """Pieces of a sentence, with no space before a point."""
    return re.sub(r" +(?=[.;])", "", " ".join(map(str, pieces)))


def check_choice(argument: str, value: object, allowed: Iterable[str]) -> None:
    """Raises `InputError` unless `value` is one of `allowed`; suggests the nearest name.

    Of more than fifty names it gives the twelve nearest.
    """
    allowed = sorted(allowed)
    if isinstance(value, str) and value in allowed:
        return
    near = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    if len(allowed) > 50:
        shown = sorted(difflib.get_close_matches(str(value), allowed, n=12, cutoff=0.0))
        names = f"{', '.join(shown)} and {len(allowed) - len(shown)} more"
    else:
        names = ", ".join(allowed) or "none"
    raise InputError(f"Unknown {argument} {value!r:.120}.{hint} Allowed: {names}.")


def check_path(path: str) -> pathlib.Path:
    """The path that a user has typed, with ~ expanded; `InputError` if it cannot be one."""
    try:
        if not path or "\0" in path:
            raise ValueError("it holds a byte 0" if path else "it is empty")
        path.encode()
        if any(len(part.encode()) > _LONGEST_NAME for part in pathlib.PurePath(path).parts):
            raise ValueError(f"a name has more than {_LONGEST_NAME} bytes")
        # A name such as ~t.png, of nobody's home, is left as it is.
        return pathlib.Path(os.path.expanduser(path))
    except ValueError as error:
        is_text = not isinstance(error, UnicodeEncodeError)
        reason = str(error).rstrip(".") if is_text else "it is not UTF-8"
        raise InputError(f"There is no path {path!r}: {reason}.") from None


def check_count(argument: str, value: Any, minimum: int = 1, maximum: int = 2**31 - 1) -> None:
    """Raises `InputError` unless `value` is an integer in [`minimum`, `maximum`]."""
    number = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not number or not minimum <= value <= maximum:
        most = f" and at most {maximum}" if number and value > maximum else ""
        raise InputError(
            f"`{argument}` must be an integer of at least {minimum}{most}. "
            f"Received: {argument}={value!r:.60}."
        )


def check_flag(argument: str, value: object) -> None:
    """Raises `InputError` unless `value` is True or False: any text but "" would count as true."""
    # NumPy's own is called one or the other.
    if type(value).__name__ not in ("bool", "bool_"):
        raise InputError(f"`{argument}` must be True or False. Received: {argument}={value!r:.60}.")


def check_width(argument: str, value: object, minimum: int = 1) -> None:
    """`check_count` of what one layer has: a million at most, which fits where it is meant."""
    check_count(argument, value, minimum, WIDEST)


def check_length(argument: str, value: object) -> None:
    """`check_count` of what a loop writes out one after the other: a thousand at most."""
    check_count(argument, value, maximum=LONGEST)


def check_number(
    argument: str, value: Any, minimum: float = 0.0, maximum: float = math.inf
) -> None:
    """Raises `InputError` unless `value` is a number of float32 in [`minimum`, `maximum`]."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not number or not abs(value) <= _LARGEST or not minimum <= value <= maximum:
        limits = ""
        if math.isfinite(minimum):
            limits = f" of at least {minimum:g}"
        if math.isfinite(maximum):
            limits = f" between {minimum:g} and {maximum:g}"
        raise InputError(
            f"`{argument}` must be a finite number{limits}. Received: {argument}={value!r:.60}."
        )


def printable(text: object) -> str:
    """A text for one line of a terminal or a log: what is not printed stands as Python writes it.

    A name that someone gave may hold a line break, or what moves the cursor.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def width_of(text: str) -> int:
    """Places on a terminal; East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def first_line(error: Exception) -> str:
    """The first line of another library's message, without the configs that Keras adds to it."""
    text = str(error).rpartition("Exception encountered: ")[2].strip() or type(error).__name__
    if text.startswith("This file contains pickled (object) data"):
        # Of any file that is none of its own NumPy says so, and how to run what it may hold.
        return "it holds Python objects, or is no file of NumPy's."
    first, *rest = [line for line in map(str.strip, text.splitlines()) if line]
    if first.startswith("Exception encountered when calling"):
        # What it was stands below, in bold.
        first = re.sub("\x1b\\[[0-9;]*m", "", " ".join([first, *rest[:1]]))
    return first.partition(" Full object config")[0][:200]
