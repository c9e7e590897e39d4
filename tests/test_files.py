"""zoo/files.py: a reader sees the old file or the new one, and nothing else."""

import os
import signal
import subprocess
import sys

import pytest

from zoo import files
from zoo.files import whole_file, whole_folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "results.json"
    with whole_file(target) as path:
        path.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert names(tmp_path) == ["results.json"]


def test_the_old_file_stays_until_then(tmp_path):
    target = tmp_path / "results.json"
    target.write_text("old")
    with whole_file(target) as path:
        path.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


@pytest.mark.parametrize("old", [None, "old"])
def test_a_block_that_fails_changes_nothing(old, tmp_path):
    target = tmp_path / "results.json"
    if old:
        target.write_text(old)
    with pytest.raises(RuntimeError, match="the disk is full"):
        with whole_file(target) as path:
            path.write_text("half")
            raise RuntimeError("the disk is full")
    assert names(tmp_path) == (["results.json"] if old else [])
    assert not old or target.read_text() == old


def test_a_block_that_writes_nothing_keeps_the_old_file(tmp_path):
    target = tmp_path / "results.json"
    target.write_text("old")
    with pytest.raises(FileNotFoundError):
        with whole_file(target):
            pass
    assert target.read_text() == "old"


@pytest.mark.parametrize("name", ["model.keras", "epoch-0001.weights.h5", "figures.npz"])
def test_the_temporary_name_keeps_folder_and_suffixes_and_is_hidden(name, tmp_path):
    with whole_file(tmp_path / name) as path:
        assert path.parent == tmp_path  # A rename across file systems would not be atomic.
        assert path.name.startswith(".") and path.name.endswith(name)
        path.write_text("")


def test_missing_folders_are_made_and_a_plain_string_will_do(tmp_path):
    target = tmp_path / "deep" / "down" / "results.json"
    with whole_file(os.fspath(target)) as path:
        path.write_text("new")
    assert target.read_text() == "new"


# The module alone: the package would import TensorFlow.
KILLED = """
import os, runpy, signal, sys
whole_file = runpy.run_path(sys.argv[1])["whole_file"]
with whole_file(sys.argv[2]) as path:
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_while_it_is_written_leaves_the_old_file(tmp_path):
    target = tmp_path / "results.json"
    target.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED, files.__file__, target], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    with whole_file(target) as path:
        path.write_text("new")
    assert target.read_text() == "new"


def test_the_folder_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "deep" / "1"
    with whole_folder(target) as path:
        (path / "part").write_text("new")
        assert not target.exists()
    assert names(target) == ["part"]
    assert names(target.parent) == ["1"]


def test_a_block_that_fails_leaves_no_folder_and_none_above_it(tmp_path):
    (tmp_path / "old").mkdir()
    for target in (tmp_path / "deep" / "deeper" / "1", tmp_path / "old" / "1"):
        with pytest.raises(RuntimeError), whole_folder(target) as path:
            (path / "part").write_text("new")
            raise RuntimeError
    assert names(tmp_path) == ["old"] and not names(tmp_path / "old")


def test_a_folder_that_another_has_made_meanwhile_stays(tmp_path):
    target = tmp_path / "1"
    with pytest.raises(OSError), whole_folder(target) as path:
        (path / "part").write_text("ours")
        target.mkdir()
        (target / "part").write_text("theirs")
    assert (target / "part").read_text() == "theirs" and names(tmp_path) == ["1"]
