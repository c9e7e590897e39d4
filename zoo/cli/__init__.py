"""The `zoo` command: parsing and printing. What it does is in the other rooms."""

import sys

from zoo.cli.commands import COMMANDS
from zoo.cli.parser import make_parser
from zoo.errors import InputError, NonFiniteLossError, WorkerLostError


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line; returns 0, 1 for training that broke off, 2 for bad input."""
    options = make_parser().parse_args(arguments)
    try:
        COMMANDS[options.command](options)
    except InputError as error:
        print(f"zoo: {error}", file=sys.stderr)
        return 2
    except (NonFiniteLossError, WorkerLostError) as error:
        print(f"\nzoo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        again = "the same command" if options.command == "compare" else "`--resume`"
        whole = "trial" if options.command == "tune" else "epoch"
        print(f"\nzoo: interrupted; {again} goes on from the last whole {whole}.", file=sys.stderr)
        return 130
    return 0
