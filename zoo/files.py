"""Files and folders that are there whole or not at all, and that one process writes at a time."""

import contextlib
import datetime
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from zoo.errors import InputError, StorageError, tensorflow_error

# The file by which a process holds a folder; it says whose it is.
CLAIM = ".claim"
# What a disk says where nothing is wrong of what was asked for.
_STORAGE = ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS", "EACCES", "EPERM", "EMFILE", "ENFILE")
_STORAGE = {getattr(errno, name) for name in _STORAGE if hasattr(errno, name)}


@contextlib.contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A temporary path beside `path` that takes its place only when the block ends well.

    The temporary name keeps the suffixes of `path`, which tell Keras the format. A reader sees the
    old file or the new one, never a part, also when the process is killed. A link stays one, and
    what it leads to is the file; a pipe or a device takes what was written at the end.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        # Else the name of the temporary file would be told.
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        with tempfile.TemporaryDirectory() as folder:
            temporary = pathlib.Path(folder, path.name)
            yield temporary
            with temporary.open("rb") as content, path.open("wb") as taker:
                shutil.copyfileobj(content, taker)
        return
    if path.is_symlink():
        path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A temporary folder beside `path` that is renamed to it only when the block ends well.

    A reader sees no folder or the whole one. Folders above it that were made for it are removed
    again when the block fails.
    """
    path = pathlib.Path(path)
    with _made(path.parent):
        temporary = path.with_name(f".{os.getpid()}-{path.name}")
        try:
            temporary.mkdir()
            yield temporary
            os.rename(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _made(folder: pathlib.Path) -> Iterator[None]:
    """A folder that is there; what was made of it and is empty at the end is removed again."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for each in made:
            with contextlib.suppress(OSError):
                # Only what is empty can be removed so.
                each.rmdir()


def sweep(folder: pathlib.Path, *patterns: str) -> None:
    """Removes what `whole_file` and `whole_folder` were writing when they were killed.

    Args:
        folder: the folder, which no other process is writing into, or none.
        patterns: glob patterns of what may be written there, for example `"checkpoint/*"`.
    """
    for pattern in patterns:
        *above, name = pattern.split("/")
        for path in folder.glob("/".join([*above, f".*-{name}"])):
            if re.match(r"\.\d+-", path.name):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def check_folder(folder: pathlib.Path) -> None:
    """Raises `InputError` where an output can be no folder: a file, a link to nothing, no name."""
    with storing(folder):
        found = folder.exists()
    if found and not folder.is_dir():
        raise InputError(f"Output {folder} is a file; give a folder.")
    if not found and folder.is_symlink():
        raise InputError(f"Output {folder} is a link to {os.readlink(folder)}, which is not there.")


def check_output(folder: pathlib.Path, first: str, what: str) -> bool:
    """Whether an output folder holds one already, known by what is written first; else it is free.

    Raises:
        InputError: it can be no folder, or holds something else than `what`.
    """
    check_folder(folder)
    if (folder / first).exists():
        return True
    ours = re.compile(rf"\.\d+-{re.escape(first)}|{re.escape(CLAIM)}")
    if not all(ours.fullmatch(path.name) for path in folder.glob("*")):
        raise InputError(
            f"Output folder {folder} is not empty and holds no {what}; remove it, or give another."
        )
    return False


def check_replaced(file: pathlib.Path, head: str, what: str) -> None:
    """Raises `InputError` where something else stands in the place of a file to be written.

    Args:
        file: what is to be written; an earlier or an empty one is replaced.
        head: how it begins.
        what: what it is.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder; give a file for the {what}.")
    if file.is_file():
        with open(file, "rb") as content:
            held = content.read(len(head.encode()))
        if held and held != head.encode():
            raise InputError(f"{file} is there and is no {what}; remove it, or give another.")


def check_begun(folder: pathlib.Path, what: str, name: str | None, resume: bool) -> None:
    """Raises `InputError` where a folder is not free, or with `resume` holds nothing to go on with.

    Args:
        folder: the folder.
        what: what it may hold.
        name: of the one that it holds; None if it is free.
        resume: whether that shall go on.
    """
    if name is None and resume:
        raise InputError(f"Nothing to resume: {folder} holds no {what}.")
    if name is not None and not resume:
        raise InputError(
            f"Output folder {folder} already holds a {what} of {name}; give another --output, or "
            "--resume to go on with it."
        )


def check_finished(
    folder: pathlib.Path, needed: Sequence[str] = ("recipe.json", "history.json", "results.json")
) -> None:
    """Raises `InputError` where a folder lacks files of a finished run."""
    missing = [name for name in needed if not (folder / name).exists()]
    if missing:
        raise InputError(f"{folder} is no finished run: it has no {', '.join(missing)}.")


@contextlib.contextmanager
def claimed(folder: str | os.PathLike, wait: bool = False) -> Iterator[None]:
    """Holds a folder against other processes that claim it; a missing one is made.

    The claim is a lock on a file in it, which the system opens where a process ends, however it
    does. The file says who holds the folder, and is gone when it is free. A folder that was made
    for the claim and is still empty at the end is removed again.

    Args:
        folder: the folder.
        wait: until another process has let go of it.

    Raises:
        InputError: another process holds it, or it cannot be a folder.
        StorageError: it cannot be written.
    """
    folder = pathlib.Path(folder)
    check_handles()
    check_folder(folder)
    with storing(folder), _made(folder), _locked(folder / CLAIM, wait):
        yield


def check_unclaimed(folder: pathlib.Path) -> None:
    """Raises `InputError` where another process holds a folder, or it can be none."""
    check_folder(folder)
    with contextlib.suppress(OSError):
        # Only read, as a finished run may be where nothing can be written.
        with _opened(folder / CLAIM, os.O_RDONLY) as held:
            _lock(held, folder, wait=False)


@contextlib.contextmanager
def _locked(file: pathlib.Path, wait: bool) -> Iterator[None]:
    while True:
        # Its last holder may have removed the folder too, empty as it was.
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            # On NFS only a file that is open for writing can be locked.
            held = _opened(file, os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:
            continue
        with held:
            with contextlib.suppress(OSError):  # Not every file system has locks.
                _lock(held, file.parent, wait)
            if not _is_at(held, file):
                continue  # Its last holder has just removed it.
            try:
                held.truncate(0)
                owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
                held.write(f"{json.dumps(owner)}\n".encode())
                held.flush()
                yield
            finally:
                file.unlink(missing_ok=True)
            return


def _opened(file: pathlib.Path, how: int) -> BinaryIO:
    """A claim, open; what a link in its place leads to is never touched, nor a pipe waited for."""
    number = os.open(file, how | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    return os.fdopen(number, "rb" if how == os.O_RDONLY else "r+b", 0)


def _lock(held: BinaryIO, folder: pathlib.Path, wait: bool) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        held.seek(0)
        raise InputError(_in_use(folder, held.read(4096))) from None


def _is_at(held, file: pathlib.Path) -> bool:
    try:
        return os.path.samestat(os.fstat(held.fileno()), os.stat(file))
    except FileNotFoundError:
        return False


def _in_use(folder: pathlib.Path, claim: bytes) -> str:
    try:
        owner = json.loads(claim)
        age = datetime.timedelta(seconds=max(0, round(time.time() - owner["since"])))
        by = f"process {owner['pid']} on {owner['host']}, for {age} (h:mm:ss)"
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        by = "another process"  # Which has not come so far as to say it.
    return (
        f"Output folder {folder} is in use by {by}; wait for it to end, or give another --output."
    )


def check_handles(spare: int = 16) -> None:
    """Raises `StorageError` where hardly a file can be opened, of which TensorFlow would abort."""
    with contextlib.ExitStack() as opened:
        try:
            for _ in range(spare):
                opened.enter_context(open(os.devnull))
        except OSError as error:
            raise StorageError(f"Cannot open another file: {error.strerror}.") from error


@contextlib.contextmanager
def storing(folder: str | os.PathLike) -> Iterator[None]:
    """Says in one sentence why a folder cannot be written, and what the system refuses meanwhile.

    Raises:
        StorageError: the disk is full, read-only or damaged, or too many files are open.
        InputError: the folder cannot be one.
    """
    folder = str(folder)
    try:
        yield
    except (OSError, *tensorflow_error("OpError")) as error:
        refused = [os.strerror(number) for number in _STORAGE]
        number = getattr(error, "errno", None)
        reason = (
            os.strerror(number) if number else next((r for r in refused if r in str(error)), "")
        )
        file = getattr(error, "filename", None)
        if file is None and isinstance(error, OSError) and is_output_full():
            raise
        inside = file is None or str(file).startswith(folder) or folder.startswith(str(file))
        what = f"Cannot write to output folder {folder}" if inside else f"Cannot open {file}"
        if reason in refused:
            raise StorageError(f"{what}: {reason}.") from error
        if inside and isinstance(error, OSError) and file:
            # As it would be named, and is not while it is written.
            name = re.sub(r"^\.\d+-", "", pathlib.Path(str(file)).name)
            at = "" if str(file) == folder else f"{name}: "
            raise InputError(f"{what}: {at}{reason}.") from error
        raise


def sha256_of(file: str | os.PathLike) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def is_output_full() -> bool:
    """Whether what the process prints goes nowhere, as into a file on a full disk."""
    try:
        # Nothing where there is no output.
        print(end="", flush=True)
    except OSError:
        return True
    except ValueError:
        pass  # It is closed.
    return False
