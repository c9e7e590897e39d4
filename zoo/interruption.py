"""Ctrl-C and SIGTERM, which end the `zoo` command: quietly until it has begun, later by unwinding.

Until then it imports TensorFlow, for seconds: there is nothing to unwind, and nothing to say.
"""

import contextlib
import os
import pathlib
import re
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does."""


def is_command() -> bool:
    """Whether this process is `zoo`, or `python -m zoo`, or a job of theirs."""
    file = pathlib.PurePath(sys.argv[0])
    if sys.argv[0] == "-m":
        # Python still looks for the module, whose name stands before the command's own arguments.
        return re.fullmatch("(-[a-zA-Z]*m)?zoo", sys.orig_argv[-len(sys.argv)]) is not None
    return file.stem == "zoo" or file.parts[-2:] == ("zoo", "__main__.py")


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Inside, Ctrl-C raises `KeyboardInterrupt`, the first time, and SIGTERM `Terminated`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGINT) is _exit:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
    """Inside, they end the `zoo` command where it stands: it imports, and has begun nothing."""
    if not is_command() or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _end_at_once()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def starting(quiet: bool) -> Iterator[None]:
    """Inside, what imports TensorFlow ends at once; with `quiet` nobody hears of its start."""
    with ending_at_once(), contextlib.ExitStack() as stack:
        if quiet and "tensorflow" not in sys.modules:
            # Its libraries write to the stream itself, before a level of theirs counts.
            nowhere = stack.enter_context(open(os.devnull, "w"))
            before = os.dup(2)
            stack.callback(os.close, before)
            stack.callback(os.dup2, before, 2)
            os.dup2(nowhere.fileno(), 2)
        yield


def end_quietly() -> None:
    """The `zoo` command has said its last: what interrupts it now ends it where it stands."""
    if is_command() and threading.current_thread() is threading.main_thread():
        _end_at_once()


def _interrupt(number: int, frame: Any) -> NoReturn:
    # Whoever presses it again wants what is under way, and would break into it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _terminate(number: int, frame: Any) -> NoReturn:
    raise Terminated


def _exit(number: int, frame: Any) -> NoReturn:
    os._exit(128 + number)


def _end_at_once() -> dict[int, Any]:
    """From now on they end the process; returns what they did before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # What a shell runs in the background ignores Ctrl-C.
    heard = {number: done for number, done in before.items() if done != signal.SIG_IGN}
    for number in heard:
        signal.signal(number, _exit)
    return heard


if is_command():
    _end_at_once()
