"""What is wanted of a benchmark, printed beside what it measured."""

import sys
from typing import NoReturn

_missed: list[str] = []


def hold(
    what: str, found: float, at_least: float | None = None, at_most: float | None = None
) -> None:
    """Prints a number beside its bar, and notes where it is missed.

    Args:
        what: the number's name.
        found: the number.
        at_least: the least that is wanted, if any.
        at_most: the most.
    """
    bars = {"at least": at_least, "at most": at_most}
    wanted = " and ".join(f"{how} {bar:g}" for how, bar in bars.items() if bar is not None)
    held = (at_least is None or found >= at_least) and (at_most is None or found <= at_most)
    print(f"{what}: {found:.3g} (wanted: {wanted}){'' if held else '  MISSED'}", flush=True)
    if not held:
        _missed.append(what)


def leave() -> NoReturn:
    """Ends a benchmark, by the exit code 1 where it has missed a bar."""
    sys.exit(bool(_missed))
