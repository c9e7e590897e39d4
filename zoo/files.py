"""Files and folders that are there whole or not at all, and that one process writes at a time."""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
from collections.abc import Collection, Iterator

from zoo.errors import InputError


@contextlib.contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A temporary path beside `path` that takes its place only when the block ends well.

    The temporary name keeps the suffixes of `path`, which tell Keras the format. A reader sees the
    old file or the new one, never a part, also when the process is killed.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_first(file: pathlib.Path, text: str) -> None:
    """Writes the first file of an output folder; of several processes one does, and has the folder.

    Raises:
        FileExistsError: another one has.
        InputError: it cannot be written.
    """
    try:
        with whole_file(file) as temporary:
            temporary.write_text(text)
            try:
                os.link(temporary, file)
            except FileExistsError:
                raise
            except OSError:
                pass  # Not every file system has links.
    except FileExistsError:
        raise
    except OSError as error:
        raise InputError(
            f"Cannot write to output folder {file.parent}: {error.strerror}."
        ) from error


def leftovers(folder: pathlib.Path, names: Collection[str]) -> list[pathlib.Path]:
    """What `whole_file` was writing under these names when it was killed, in a folder or none."""
    found = ((path, re.fullmatch(r"\.\d+-(.+)", path.name)) for path in folder.glob(".*"))
    return [path for path, name in found if name and name[1] in names]


def check_output(folder: pathlib.Path, first: str, what: str) -> bool:
    """Whether an output folder holds one already, known by what is written first; else it is free.

    Raises:
        InputError: it is a file, or holds something else than `what`.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"Output {folder} is a file; give a folder.")
    if (folder / first).exists():
        return True
    if set(folder.glob("*")) - set(leftovers(folder, [first])):
        raise InputError(f"Output folder {folder} is not empty and holds no {what}.")
    return False


@contextlib.contextmanager
def locked(file: pathlib.Path) -> Iterator[None]:
    """Holds a file against other processes that lock it; the end of a process gives it free.

    Raises:
        InputError: another one holds it.
    """
    # On NFS only a file that is open for writing can be locked.
    with open(file, "r+b" if os.access(file, os.W_OK) else "rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"Output folder {file.parent} is in use by another process; wait for it to end, "
                "or give another --output."
            ) from None
        except OSError:
            pass  # Not every file system has locks.
        yield


@contextlib.contextmanager
def whole_folder(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A temporary folder beside `path` that is renamed to it only when the block ends well.

    A reader sees no folder or the whole one. Folders above it that were made for it are removed
    again when the block fails.
    """
    path = pathlib.Path(path)
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        temporary.mkdir()
        yield temporary
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):
                # Only what is empty can be removed so.
                folder.rmdir()
