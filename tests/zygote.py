"""A process that has imported the zoo and forks one that runs something each time it is asked.

Each line of its input is a JSON list. "start", with what `forks.Forks.start` sends, is answered
with the number of the new process; "ended" and a number with its exit code, or null while it goes
on.
TensorFlow starts no thread before its first operation, so to fork is safe.
"""

import json
import os
import pathlib
import resource
import runpy
import sys
import traceback

import keras_tuner  # noqa: F401
import sklearn.linear_model  # noqa: F401
import sklearn.manifold  # noqa: F401
import tensorflow_datasets  # noqa: F401

import zoo
import zoo.tuning
from zoo.cli import main


def run(what, arguments):
    if what == "zoo":
        return main(arguments)
    if what == "data":
        x, y = zoo.datasets.load("digits", data_dir=arguments[0]).arrays("train")
        print("rows", float(x.sum()), float(y.sum()), flush=True)
        return 0
    sys.argv = [what, *arguments]
    sys.path.insert(0, str(pathlib.Path(what).parent))
    runpy.run_path(what, run_name="__main__")
    return 0


def start(what, arguments, printed, folder, limit, environment):
    """In the new process; returns its exit code."""
    os.chdir(folder)
    os.environ.update(environment)
    # One file for both is opened once, so that neither writes over the other.
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = {path: os.open(path, writing) for path in dict.fromkeys(printed)}
    for number, path in enumerate(printed, 1):
        os.dup2(files[path], number)
    if limit:
        # As a full disk does, it stops files from growing.
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return run(what, arguments)


for line in sys.stdin:
    word, *asked = json.loads(line)
    if word == "start":
        answer = os.fork()
        if not answer:
            code = 1
            try:
                code = start(*asked)
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            # At once: whoever is killed after the last line of a command had done all of it.
            os._exit(code)
    else:
        number, status = os.waitpid(asked[0], os.WNOHANG)
        answer = os.waitstatus_to_exitcode(status) if number else None
    print(json.dumps(answer), flush=True)
