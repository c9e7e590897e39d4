"""Commands in processes of their own, which need not import TensorFlow: `zygote.py` forks them."""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

ZYGOTE = pathlib.Path(__file__).with_name("zygote.py")


@dataclasses.dataclass(frozen=True)
class Ended:
    """A process that is over: its exit code, how long it took, and what it printed."""

    code: int
    seconds: float
    stdout: str
    stderr: str


class Forks:
    """Forks a process for each command, until it is closed.

    Args:
        folder: where they run, and for what they print.
        environment: variables of theirs.
    """

    def __init__(self, folder: pathlib.Path, **environment: str) -> None:
        self.printed = [folder / "stdout", folder / "stderr"]
        self.zygote = subprocess.Popen(
            [sys.executable, ZYGOTE],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            text=True,
        )

    def run(self, what, arguments, killed_after=None, file_limit=0) -> Ended:
        """Runs a command, killed after some seconds or never."""
        begun = time.monotonic()
        asked = [what, list(map(str, arguments)), file_limit, *map(str, self.printed)]
        self.zygote.stdin.write(json.dumps(asked) + "\n")
        self.zygote.stdin.flush()
        process = int(self.zygote.stdout.readline())
        if killed_after is not None:
            time.sleep(killed_after)
            with contextlib.suppress(ProcessLookupError):  # It was faster.
                os.kill(process, signal.SIGKILL)
        code = int(self.zygote.stdout.readline())
        seconds = time.monotonic() - begun
        return Ended(code, seconds, *(path.read_text() for path in self.printed))

    def close(self) -> None:
        self.zygote.stdin.close()
        self.zygote.wait(60)
