"""A process that has imported the zoo and forks one that runs a command each time it is asked.

Each line of its input is a JSON list: what to run, and its arguments. It answers with the number
of the process, and when that is over with its exit code. TensorFlow starts no thread before its
first operation, so to fork is safe.
"""

import json
import os
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
    what, arguments, log = json.loads(line)
    child = os.fork()
    if not child:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        code = 70
        try:
            code = run(what, arguments)
        finally:
            sys.stdout.flush()
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
