"""The `zoo` command: parsing and printing. What it does is in the other rooms."""

import logging
import os
import sys

from zoo.cli.commands import COMMANDS, after_interruption
from zoo.cli.mistakes import check_options
from zoo.cli.parser import check_given, make_parser
from zoo.errors import (
    InputError,
    MissingDataError,
    NonFiniteLossError,
    StorageError,
    WorkerLostError,
    printable,
    tensorflow_error,
)
from zoo.interruption import Terminated, end_quietly, unwinding


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line; returns its exit code.

    Returns:
        0; 1 for training that broke off, and for what could not be stored; 2 for bad input; 130
        and 143 where it was interrupted, by Ctrl-C or SIGTERM.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed, as a daemon's; else the next file that is opened would be it.
            setattr(sys, name, open(os.devnull, "w"))
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete  # Only where a shell asks how a command goes on.

        argcomplete.autocomplete(parser)
    options = parser.parse_args(arguments)
    if not options.verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        # Its Python tells of retracing, and of each part of a model that is only half there.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        with unwinding():
            check_given(options)
            check_options(options)
            COMMANDS[options.command](options)
            sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has enough, as in `zoo list | head`. What is left is not flushed at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (InputError, NonFiniteLossError, WorkerLostError, OSError, *_no_memory()) as error:  # type: ignore[misc]
        print(f"{_fresh_line(error)}zoo: {_sentence(error)}", file=sys.stderr)
        return 2 if isinstance(error, InputError) and not isinstance(error, StorageError) else 1
    except KeyboardInterrupt as error:
        print(f"\nzoo: interrupted; {printable(after_interruption(options))}", file=sys.stderr)
        return 143 if isinstance(error, Terminated) else 130
    finally:
        end_quietly()
    return 0


def _no_memory() -> tuple[type[BaseException], ...]:
    return MemoryError, *tensorflow_error("ResourceExhaustedError")


def _sentence(error: BaseException) -> str:
    if isinstance(error, _no_memory()):
        return "There is not enough memory."
    if isinstance(error, OSError):
        return printable(f"{error.filename or 'Input or output'}: {error.strerror or error}.")
    # Which files are missing is a line of its own.
    lines = str(error).split("\n") if isinstance(error, MissingDataError) else [error]
    return "\n".join(map(printable, lines))


def _fresh_line(error: BaseException) -> str:
    """Training leaves a line that it would write over."""
    return "\n" if isinstance(error, NonFiniteLossError | WorkerLostError) else ""
