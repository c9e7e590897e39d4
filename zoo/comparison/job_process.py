"""A process that trains runs of a comparison, as its parent tells it; TensorFlow comes later."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

import zoo
from zoo.interruption import Terminated, starting, unwinding
from zoo.recipe import Recipe


def work(parent: Connection, settings: dict[str, Any]) -> None:
    """Trains what it is told, one run after the other, until it is ended.

    It hears a recipe's JSON text and a folder, and tells ("at", epochs, seconds) as a `Follower`
    does, and last ("ended", what went wrong where the run diverged) or ("failed", the error).
    """
    # Ctrl-C goes to all processes of a terminal, and the parent ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with starting(quiet=os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "3"):
        zoo.load_rooms()
        jobs = importlib.import_module("zoo.comparison.jobs")
    with contextlib.suppress(Terminated, EOFError), unwinding():
        while True:
            text, folder = parent.recv()
            follower = jobs.Follower(lambda epochs, seconds: parent.send(("at", epochs, seconds)))
            try:
                told = "ended", jobs.train(Recipe.from_json(text), folder, follower, settings)
            except Exception as error:
                error.add_note(traceback.format_exc())
                told = "failed", error
            parent.send(told)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
