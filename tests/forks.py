"""Processes of their own, which need not import TensorFlow: `zygote.py` forks them."""

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


@dataclasses.dataclass
class Process:
    """A process, its number, and once it is known to be over its exit code."""

    forks: "Forks"
    number: int
    code: int | None = None

    def poll(self) -> int | None:
        """Its exit code; None while it goes on."""
        if self.code is None:
            self.code = self.forks.ask("ended", self.number)
        return self.code

    def kill(self) -> None:
        # Its number is its own until it was asked for.
        if self.poll() is None:
            os.kill(self.number, signal.SIGKILL)

    def wait(self, limit: float = 300) -> int:
        """Its exit code; TimeoutError if it goes on for longer than so many seconds."""
        end = time.monotonic() + limit
        while self.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"process {self.number} is not over after {limit} s")
            time.sleep(0.005)
        return self.code


class Forks:
    """Forks a process whenever it is asked, until it is closed."""

    def __init__(self) -> None:
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        self.zygote = subprocess.Popen(
            [sys.executable, ZYGOTE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **quiet},
            text=True,
        )

    def ask(self, *words):
        self.zygote.stdin.write(json.dumps(words, default=str) + "\n")
        self.zygote.stdin.flush()
        return json.loads(self.zygote.stdout.readline())

    def start(self, what, arguments, printed, folder=".", file_limit=0, **environment) -> Process:
        """Starts a process.

        Args:
            what: "zoo", "data" (prepares the digits in a folder) or the file of a script.
            arguments: of the command line.
            printed: the files, or the one file or FIFO, for what it prints and for its errors.
            folder: where it runs.
            file_limit: the bytes that a file may have; 0 for any.
            **environment: variables of its own.
        """
        files = [printed] * 2 if isinstance(printed, os.PathLike) else printed
        arguments = list(map(str, arguments))
        settings = [what, arguments, files, folder, file_limit, environment]
        return Process(self, self.ask("start", *settings))

    def run(self, what, arguments, folder, killed_after=None, **settings) -> Ended:
        """Runs a process in a folder, killed after some seconds or never."""
        begun = time.monotonic()
        printed = [folder / f".std{kind}" for kind in ("out", "err")]
        process = self.start(what, arguments, printed, folder, **settings)
        if killed_after is not None:
            time.sleep(killed_after)
            process.kill()
        code = process.wait(600)
        seconds = time.monotonic() - begun
        return Ended(code, seconds, *(path.read_text() for path in printed))

    def close(self) -> None:
        self.zygote.stdin.close()
        self.zygote.wait(60)
