"""zoo/files.py: a reader sees the old file or the new one, and nothing else."""

import os
import signal

import pytest

import zoo
from zoo.files import check_output, leftovers, locked, whole_file, whole_folder, write_first


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


def test_what_a_kill_leaves_is_found_by_its_name(tmp_path):
    killed(tmp_path / "results.json")
    for name in (".notes.txt", ".7-notes.txt", ".x-results.json", "7-results.json"):
        (tmp_path / name).write_text("mine")
    [left] = leftovers(tmp_path, ["recipe.json", "results.json"])
    assert left.name.endswith("-results.json") and left.read_text() == "half"
    assert leftovers(tmp_path / "none", ["results.json"]) == []


@pytest.mark.parametrize("links", [True, False])
def test_the_first_file_is_written_by_one(links, tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    target = tmp_path / "run" / "recipe.json"
    write_first(target, "ours")
    assert target.read_text() == "ours" and names(target.parent) == ["recipe.json"]
    if links:
        with pytest.raises(FileExistsError):
            write_first(target, "theirs")
        assert target.read_text() == "ours" and names(target.parent) == ["recipe.json"]
    with pytest.raises(zoo.InputError, match="Cannot write to output folder .*/recipe.json/run"):
        write_first(target / "run" / "recipe.json", "{}")


def test_a_file_is_locked_by_one_and_free_after_its_end(tmp_path):
    file = tmp_path / "recipe.json"
    file.write_text("{}")
    with pytest.raises(zoo.InputError, match=f"{tmp_path} is in use"), locked(file), locked(file):
        pass
    with locked(file):
        pass
    assert file.read_text() == "{}" and names(tmp_path) == ["recipe.json"]


def test_an_output_folder_is_free_held_or_refused(tmp_path):
    assert not check_output(tmp_path / "none", "recipe.json", "run")
    (tmp_path / ".7-recipe.json").write_text("half")
    assert not check_output(tmp_path, "recipe.json", "run")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(zoo.InputError, match="is not empty and holds no run"):
        check_output(tmp_path, "recipe.json", "run")
    with pytest.raises(zoo.InputError, match="notes.txt is a file; give a folder"):
        check_output(tmp_path / "notes.txt", "recipe.json", "run")
    (tmp_path / "recipe.json").write_text("{}")
    assert check_output(tmp_path, "recipe.json", "run")


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
