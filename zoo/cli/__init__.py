"""The `zoo` command: parsing and printing. What it does is in the other rooms."""

import argparse
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
from zoo.files import is_output_full
from zoo.interruption import Terminated, end_quietly, is_command, unwinding

# Commands whose output is all that they do.
_ANSWERS = ("list", "show", "results")


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
    if is_command():
        # It stands on TensorFlow, whatever else its user works with.
        os.environ["KERAS_BACKEND"] = "tensorflow"
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete  # Only where a shell asks how a command goes on.

        argcomplete.autocomplete(parser)
    options = argparse.Namespace(command="")
    try:
        options = _parsed(parser, arguments)
        if not options.verbose:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            # Its Python tells of retracing, and of each part of a model that is only half there.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
        with unwinding():
            check_given(options)
            check_options(options)
            COMMANDS[options.command](options)
            sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has enough, as in `zoo list | head`. What is left is not flushed at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if options.command and options.command not in _ANSWERS:
            left = printable(after_interruption(options))
            print(f"zoo: nobody reads what it prints any more, so it ends; {left}", file=sys.stderr)
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


def _parsed(parser: argparse.ArgumentParser, arguments: list[str] | None) -> argparse.Namespace:
    try:
        return parser.parse_args(arguments)
    except SystemExit:
        # Help and versions are printed by now, if they can be.
        sys.stdout.flush()
        raise


def _no_memory() -> tuple[type[BaseException], ...]:
    return MemoryError, *tensorflow_error("ResourceExhaustedError")


def _sentence(error: BaseException) -> str:
    if isinstance(error, _no_memory()):
        return "There is not enough memory."
    if isinstance(error, OSError):
        where = error.filename or _unnamed(error)
        return printable(f"{where}: {error.strerror or error}.")
    # Which files are missing is a line of its own.
    lines = str(error).split("\n") if isinstance(error, MissingDataError) else [error]
    return "\n".join(map(printable, lines))


def _unnamed(error: OSError) -> str:
    """What an error of no file is about."""
    if isinstance(error, FileNotFoundError):
        return "The folder that the command was given in"
    return "What is printed" if is_output_full() else "Input or output"


def _fresh_line(error: BaseException) -> str:
    """Training leaves a line that it would write over."""
    return "\n" if isinstance(error, NonFiniteLossError | WorkerLostError) else ""
