"""zoo/files.py: a reader sees the old file or the new one, and nothing else."""

import contextlib
import errno
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading

import pytest
import tensorflow as tf

import zoo
from zoo.files import (
    check_output,
    check_unclaimed,
    claimed,
    storing,
    sweep,
    whole_file,
    whole_folder,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=[None, "old"])
def target(request, tmp_path):
    """A file that is not there yet, or has an old content; it and that content."""
    file = tmp_path / "results.json"
    if request.param:
        file.write_text(request.param)
    return file, request.param


def content(file):
    return file.read_text() if file.exists() else None


def test_the_new_file_appears_when_the_block_ends_and_the_old_one_stays_until_then(target):
    file, old = target
    with whole_file(file) as path:
        path.write_text("new")
        assert content(file) == old
    assert content(file) == "new" and names(file.parent) == ["results.json"]


def test_a_block_that_fails_or_writes_nothing_changes_nothing(target):
    file, old = target
    with pytest.raises(RuntimeError, match="the disk is full"), whole_file(file) as path:
        path.write_text("half")
        raise RuntimeError("the disk is full")
    with pytest.raises(FileNotFoundError), whole_file(file):
        pass
    assert content(file) == old and names(file.parent) == (["results.json"] if old else [])


@pytest.mark.parametrize("name", ["model.keras", "epoch-0001.weights.h5", "figures.npz"])
def test_the_temporary_name_keeps_folder_and_suffixes_and_is_hidden(name, tmp_path):
    with whole_file(tmp_path / name) as path:
        assert path.parent == tmp_path  # A rename across file systems would not be atomic.
        assert path.name.startswith(".") and path.name.endswith(name)
        path.write_text("")


def test_missing_folders_are_made_and_a_plain_string_will_do(tmp_path):
    file = tmp_path / "deep" / "down" / "results.json"
    with whole_file(os.fspath(file)) as path:
        path.write_text("new")
    assert file.read_text() == "new"


def test_a_link_stays_one_and_a_pipe_takes_what_is_written(tmp_path):
    for name, target in (("link", "file"), ("dangling", "new")):
        path = tmp_path / name
        path.symlink_to(target)
        if name == "link":
            (tmp_path / target).write_text("old")
        with whole_file(path) as temporary:
            temporary.write_text("new")
        assert path.is_symlink() and (tmp_path / target).read_text() == "new"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with whole_file(pipe) as temporary:
        temporary.write_text("new")
    reader.join(60)
    assert read == ["new"] and pipe.is_fifo()
    assert names(tmp_path) == ["dangling", "file", "link", "new", "pipe"]


def killed(file):
    """A process that is killed while it writes a file."""
    child = os.fork()
    if not child:
        with whole_file(file) as path:
            path.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def test_a_kill_while_it_is_written_leaves_the_old_file(target):
    file, old = target
    killed(file)
    assert content(file) == old
    with whole_file(file) as path:
        path.write_text("new")
    assert content(file) == "new"


def test_what_a_kill_leaves_is_swept_by_its_name(tmp_path):
    for name in ("results.json", "deep/er/psnr.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        killed(tmp_path / name)
    (tmp_path / ".7-1").mkdir()
    (tmp_path / ".7-1" / "half").write_text("")
    mine = {".notes.txt", ".7-notes.txt", ".x-results.json", "7-results.json"}
    for name in mine:
        (tmp_path / name).write_text("mine")
    sweep(tmp_path, "results.json", "deep/**/*.json", "[0-9]*")
    assert set(names(tmp_path)) == mine | {"deep"} and not names(tmp_path / "deep" / "er")
    sweep(tmp_path / "none", "results.json")


HOLD = """
import sys, time
from zoo.files import claimed
with claimed(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds a folder of its making."""
    command = [sys.executable, "-c", HOLD, tmp_path / "run"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait(60)


def test_a_folder_is_held_by_one_until_it_ends_or_dies(holder, tmp_path):
    run = tmp_path / "run"
    words = f"{run} is in use by process {holder.pid} on {socket.gethostname()}, for 0:0"
    for refused in (lambda: claimed(run).__enter__(), lambda: check_unclaimed(run)):
        with pytest.raises(zoo.InputError, match=re.escape(words)):
            refused()
    holder.kill()
    with claimed(run, wait=True):
        assert names(run) == [".claim"]
        (run / "part").write_text("")
    assert names(run) == ["part"]
    check_unclaimed(run)


def test_a_folder_made_for_a_claim_is_gone_where_nothing_was_written(tmp_path):
    with pytest.raises(RuntimeError), claimed(tmp_path / "deep" / "run"):
        raise RuntimeError
    assert not names(tmp_path)
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file", tmp_path / "file" / "run", "/proc/run"):
        with pytest.raises(zoo.InputError, match=f"{output}"), claimed(output):
            pass


def test_a_claim_that_says_nothing_is_one_all_the_same(tmp_path):
    with claimed(tmp_path):
        (tmp_path / ".claim").write_text("{")
        with pytest.raises(zoo.InputError, match="in use by another process"), claimed(tmp_path):
            pass


@pytest.mark.parametrize(
    "said", [b"\xff", b'{"pid": 1, "host": "a", "since": 1e400}', b"[" * 9_999]
)
def test_whatever_a_claim_says_it_is_held(said, tmp_path):
    with claimed(tmp_path):
        (tmp_path / ".claim").write_bytes(said)
        for refused in (claimed(tmp_path).__enter__, lambda: check_unclaimed(tmp_path)):
            with pytest.raises(zoo.InputError, match="in use by another process"):
                refused()


def test_a_claim_that_is_a_link_leads_nowhere(tmp_path):
    (tmp_path / "precious").write_text("mine")
    for target in ("precious", "nothing"):
        (tmp_path / ".claim").symlink_to(tmp_path / target)
        with pytest.raises(zoo.InputError, match=f"{tmp_path}: .claim: Too many levels"):
            claimed(tmp_path).__enter__()
        (tmp_path / ".claim").unlink()
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_full_disk_of_what_is_printed_is_not_the_folders(tmp_path, monkeypatch):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OSError) as caught, storing(tmp_path):
            print("a line", flush=True)
        assert type(caught.value) is OSError
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()


def test_what_is_in_the_way_is_named(tmp_path):
    (tmp_path / "table.md").mkdir()
    with pytest.raises(zoo.InputError, match=f"{tmp_path}: table.md: Is a directory"):
        with storing(tmp_path), whole_file(tmp_path / "table.md"):
            pass


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE])
def test_what_the_system_refuses_is_one_sentence(number, tmp_path):
    with pytest.raises(zoo.StorageError, match=f"{tmp_path}: {os.strerror(number)}"):
        with storing(tmp_path):
            raise OSError(number, os.strerror(number))
    # TensorFlow has errors of its own.
    with pytest.raises(zoo.StorageError, match=os.strerror(number)), storing(tmp_path):
        raise tf.errors.UnknownError(None, None, f"{tmp_path}/x; {os.strerror(number)}")
    with pytest.raises(zoo.StorageError, match=f"/other: {os.strerror(number)}"):
        with storing(tmp_path):
            raise OSError(number, os.strerror(number), "/other")


def test_without_file_handles_nothing_is_begun(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    with contextlib.ExitStack() as held:
        try:
            with contextlib.suppress(OSError):
                while True:
                    held.enter_context(open(os.devnull))
            with pytest.raises(zoo.StorageError, match="Too many open files"):
                claimed(tmp_path / "run").__enter__()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not names(tmp_path)


def test_other_errors_are_not_the_folders(tmp_path):
    for error in (FileNotFoundError(errno.ENOENT, "no", "/other"), tf.errors.AbortedError):
        error = error if isinstance(error, OSError) else error(None, None, "other")
        with pytest.raises(type(error)), storing(tmp_path):
            raise error


def test_an_output_folder_is_free_held_or_refused(tmp_path):
    assert not check_output(tmp_path / "none", "recipe.json", "run")
    for left in (".7-recipe.json", ".claim"):
        (tmp_path / left).write_text("half")
        assert not check_output(tmp_path, "recipe.json", "run")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(zoo.InputError, match="is not empty and holds no run"):
        check_output(tmp_path, "recipe.json", "run")
    with pytest.raises(zoo.InputError, match="notes.txt is a file; give a folder"):
        check_output(tmp_path / "notes.txt", "recipe.json", "run")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(zoo.InputError, match="link is a link to .*gone, which is not there"):
        check_output(tmp_path / "link", "recipe.json", "run")
    for refusing in (check_unclaimed, lambda folder: claimed(folder).__enter__()):
        with pytest.raises(zoo.InputError, match="output folder .*: File name too long"):
            refusing(tmp_path / ("a" * 256))
    (tmp_path / "recipe.json").write_text("{}")
    assert check_output(tmp_path, "recipe.json", "run")


def test_the_folder_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "deep" / "1"
    with whole_folder(target) as path:
        (path / "part").write_text("new")
        assert not target.exists()
    assert names(target) == ["part"]
    assert names(target.parent) == ["1"]


def test_a_folder_in_the_place_of_a_file_is_told_by_its_own_name(tmp_path):
    with pytest.raises(IsADirectoryError) as caught, whole_file(tmp_path):
        raise AssertionError("nothing is to be written")
    assert caught.value.filename == str(tmp_path)


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
