"""The most memory that this process has held at a time."""

import contextlib
import pathlib

_PROCESS = pathlib.Path("/proc/self")


def forget_peak() -> None:
    """Counts anew from here on, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5")


def peak_memory() -> int | None:
    """Bytes held at most since `forget_peak`; None where the system does not say."""
    with contextlib.suppress(OSError):
        for line in (_PROCESS / "status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "VmHWM":
                return int(rest.split()[0]) * 1024
    return None
