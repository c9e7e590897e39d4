"""A process that has imported the zoo and forks one that runs a command each time it is asked.

Each line of its input is a JSON list: what to run, its arguments, the bytes that a file may have
(0: any), and the files for what it prints. It answers with the number of the process, and when that
is over with its exit code. TensorFlow starts no thread before its first operation, so to fork is
safe.
"""

import json
import os
import resource
import sys

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
    x, y = zoo.datasets.load("digits", data_dir=arguments[0]).arrays("train")
    print("rows", float(x.sum()), float(y.sum()), flush=True)
    return 0


for line in sys.stdin:
    what, arguments, limit, *printed = json.loads(line)
    child = os.fork()
    if not child:
        for number, path in enumerate(printed, 1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        if limit:
            # As a full disk does, it stops files from growing.
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        code = 70
        try:
            code = run(what, arguments)
        finally:
            sys.stdout.flush()
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
