"""What only a process of its own can show: what it imports, and being killed."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from zoo.datasets import load

# Each takes a process of its own.
pytestmark = pytest.mark.full

SCRIPT = """
import os, signal, sys
import keras, tensorflow as tf
before = set(sys.modules)
import zoo.datasets
late = {"tensorflow_datasets", "sklearn", "PIL", "matplotlib"}
print("imported", sorted(late & (set(sys.modules) - before)))

from zoo.datasets.digits import Digits
whole = Digits._generate_examples
def killed_half_way(self, images, labels):
    for row, example in enumerate(whole(self, images, labels)):
        if row == 300:
            os.kill(os.getpid(), signal.SIGKILL)
        yield example
Digits._generate_examples = killed_half_way
sys.stdout.flush()
zoo.datasets.load("digits", data_dir=sys.argv[1])
"""


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(root), "CUDA_VISIBLE_DEVICES": ""},
    )
    return done, folder


def test_heavy_packages_are_imported_when_first_used(process):
    assert "imported []" in process[0].stdout, process[0].stderr


def test_a_set_killed_while_it_was_prepared_is_prepared_anew(process):
    done, folder = process
    assert done.returncode == -signal.SIGKILL, done.stderr
    left_over = [path.name for path in (folder / "digits").iterdir()]
    assert left_over and "1.0.0" not in left_over
    assert load("digits", data_dir=str(folder)).rows["test"] == 360
    assert (folder / "digits" / "1.0.0" / "dataset_info.json").exists()
