"""TFDS builders, prepared: found on disk as a whole, or made from the original files."""

import contextlib
import errno
import importlib
import io
import os
import pathlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import requests
import tensorflow as tf

from zoo.datasets.names import unknown
from zoo.datasets.originals import (
    DamagedDataError,
    MissingDataError,
    check_originals,
    manual_folders,
    missing_message,
    wanted_files,
)
from zoo.errors import InputError, StorageError, check_path

try:
    import fcntl
except ImportError:  # Not a POSIX system: two runs must not prepare the same set at once.
    fcntl = None

# The zoo's own builders.
_OWN = {
    "bibtex": ("zoo.datasets.multi_label_builders", "Bibtex"),
    "bookmarks": ("zoo.datasets.multi_label_builders", "Bookmarks"),
    "delicious": ("zoo.datasets.multi_label_builders", "Delicious"),
    "digits": ("zoo.datasets.digits", "Digits"),
    "mnist_2k2k": ("zoo.datasets.mnist_2k2k", "Mnist2k2k"),
    "weizmann_horse": ("zoo.datasets.weizmann_horse", "WeizmannHorse"),
}
# What a full or read-only disk says, and a system without another file handle.
_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EMFILE, errno.ENFILE)
_REFUSALS = [os.strerror(number) for number in _NUMBERS]
# name, name/config or either with :version; no namespaces, whose builders live on servers.
_NAME = re.compile(r"\w+(/[\w.-]+)?(:\d+\.\d+\.\d+)?")


def find_builder(name: str, data_dir: str | None) -> Any:
    """The TFDS builder of a data set, prepared or not.

    Args:
        name: a TFDS name, or one of the zoo's own.
        data_dir: folder of prepared sets; None takes TFDS_DATA_DIR, else TFDS's own default.

    Raises:
        InputError: TFDS has no such set, or cannot make its builder.
    """
    import tensorflow_datasets as tfds

    # Read now: TFDS reads the variable when it is imported.
    data_dir = data_dir or os.environ.get("TFDS_DATA_DIR") or None
    if data_dir is not None:
        data_dir = str(check_path(data_dir))
    if name in _OWN:
        module, builder = _OWN[name]
        return getattr(importlib.import_module(module), builder)(data_dir=data_dir)
    try:
        if not _NAME.fullmatch(name):
            raise tfds.core.DatasetNotFoundError(name)
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        raise unknown(name) from None
    # A builder may need a package that is not installed, or refuse its configuration.
    except (ImportError, ValueError, AssertionError, RuntimeError) as error:
        raise InputError(f"TFDS cannot make data set {name!r}: {_first_line(error)}") from error


def prepare(builder: Any, manual_dir: str | None, all_wanted: bool) -> None:
    """Prepares a set, once, under a lock, unless it is prepared already.

    A prepared set is only looked at: no network, no original files. TFDS writes into a folder of
    another name and renames it at the end, so a preparation that was killed leaves nothing
    that could be taken for a prepared set.

    Args:
        builder: from `find_builder`.
        manual_dir: folder with a sub-folder of original files per set; None takes
            ZOO_MANUAL_DIR; if that is not set either, files are downloaded.
        all_wanted: see `check_originals`.

    Raises:
        DamagedDataError: a prepared or an original file is damaged.
        MissingDataError: original files are missing.
        StorageError: the disk is full or read-only, or too many files are open.
        InputError: the folder cannot be written to, or TFDS needs a package for this set.
    """
    if not _is_prepared(builder):
        manual_dir = manual_dir or os.environ.get("ZOO_MANUAL_DIR") or None
        manual = None
        if manual_dir is not None:
            manual = _manual_folder(builder, check_path(manual_dir))
        try:
            _make(builder, manual, all_wanted)
        except InputError:
            raise
        except Exception as error:
            # TFDS wraps what the system says, or TensorFlow writes.
            reason = next((reason for reason in _REFUSALS if reason in str(error)), None)
            if reason is None and not isinstance(error, OSError):
                raise
            what = f"Data set {builder.name!r} cannot be prepared in {builder.data_dir}"
            raise (StorageError if reason else InputError)(
                f"{what}: {reason or error}. Give a folder that can be written to as `data_dir` or "
                "in TFDS_DATA_DIR."
            ) from error
    _check_prepared(builder)


def _manual_folder(builder: Any, root: pathlib.Path) -> pathlib.Path:
    """The set's folder of original files; where it may have several names, the first in use."""
    folders = [root / name for name in manual_folders(builder)]
    in_use = (folder for folder in folders if any(folder.glob(f"{builder.name}*")))
    return next(in_use, folders[0])


def prepare_embedded(builder: Any) -> Any:
    """The embedded set's builder, prepared in its folder or, failing that, in a temporary one.

    The temporary folder lives as long as the process.
    """
    if _is_prepared(builder):
        _check_prepared(builder)
        return builder
    # It takes a second: TFDS's announcements and bars would take longer to read.
    with contextlib.redirect_stdout(io.StringIO()), _no_progress_bars():
        try:
            prepare(builder, None, all_wanted=True)
        except (OSError, InputError) as error:
            if isinstance(error, DamagedDataError):
                raise
            builder = type(builder)(data_dir=_temporary_folder())
            prepare(builder, None, all_wanted=True)
    return builder


_temporary: list[tempfile.TemporaryDirectory] = []


def _temporary_folder() -> str:
    if not _temporary:
        _temporary.append(tempfile.TemporaryDirectory(prefix="zoo-datasets-"))
    return _temporary[0].name


def _is_prepared(builder: Any) -> bool:
    return (builder.data_path / "dataset_info.json").exists()


def _make(builder: Any, manual: pathlib.Path | None, all_wanted: bool) -> None:
    # T17: TFDS unpacks files of a manual folder by base name, which several sets share.
    downloads = pathlib.Path(builder.data_dir_root) / "downloads" / manual_folders(builder)[0]
    check_originals(builder, manual, downloads, all_wanted)
    downloads.mkdir(parents=True, exist_ok=True)
    with _lock(downloads):
        made = pathlib.Path(builder.data_path)
        for left_over in (
            *downloads.glob("unpacked-*"),
            # The folder that TFDS renames at the end.
            *made.parent.glob(f"incomplete.*_{made.name}"),
        ):
            shutil.rmtree(left_over)
        if _is_prepared(builder):
            builder.info.read_from_directory(builder.data_dir)
            return
        if builder.data_path.exists():
            raise DamagedDataError(
                f"The prepared data set {builder.data_dir} is not whole: it has no "
                "dataset_info.json. Delete the folder, then load the set again."
            )
        with tempfile.TemporaryDirectory(dir=downloads, prefix="unpacked-") as unpacked:
            _download_and_prepare(builder, manual, downloads, unpacked)


def _download_and_prepare(
    builder: Any, manual: pathlib.Path | None, downloads: pathlib.Path, unpacked: str
) -> None:
    import tensorflow_datasets as tfds

    config = tfds.download.DownloadConfig(
        manual_dir=manual, extract_dir=unpacked, try_download_gcs=False
    )
    try:
        builder.download_and_prepare(download_dir=downloads, download_config=config)
    except tfds.download.download_manager.NonMatchingChecksumError as error:
        raise DamagedDataError(
            f"A downloaded file of data set {builder.name!r} is damaged: {_first_line(error)}"
        ) from error
    except (tfds.download.DownloadError, requests.RequestException) as error:
        where = f"could not be downloaded ({_first_line(error)})"
        raise MissingDataError(missing_message(builder, wanted_files(builder), where)) from error
    # This is how a builder asks for files that the user must fetch by hand.
    except AssertionError as error:
        raise MissingDataError(
            f"Data set {builder.name!r} is not prepared in {builder.data_dir}, and TFDS says: "
            f"{error}"
        ) from error
    except ImportError as error:
        raise InputError(
            f"TFDS needs another package to prepare data set {builder.name!r}: {error}"
        ) from error


@contextlib.contextmanager
def _lock(folder: pathlib.Path) -> Iterator[None]:
    """One process at a time; the system lets go of the lock when a process dies."""
    with (folder / "lock").open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _check_prepared(builder: Any) -> None:
    """Raises `DamagedDataError` if a file of the prepared set is missing or cut short."""
    for split in builder.info.splits.values():
        files = [pathlib.Path(path) for path in split.filepaths]
        missing = [str(path) for path in files if not path.is_file()]
        received = sum(path.stat().st_size for path in files if path.is_file())
        # The records alone, without what the file format adds.
        if missing or received < int(split.num_bytes):
            what = (
                f"{missing[0]} is missing"
                if missing
                else f"{files[0].name} and its like hold {received} bytes, fewer than the "
                f"{int(split.num_bytes)} of split {split.name!r}"
            )
            raise DamagedDataError(
                f"The prepared data set {builder.data_dir} is not whole: {what}. "
                "Delete the folder, then load the set again."
            )


def read_rows(builder: Any, split: str, decoders: dict | None = None) -> Any:
    """The rows of a prepared split, one by one in the order of its files, as `tf.data`."""
    import tensorflow_datasets as tfds

    config = tfds.ReadConfig(try_autocache=False, add_tfds_id=False)
    return builder.as_dataset(
        split=split, shuffle_files=False, read_config=config, decoders=decoders
    )


@contextlib.contextmanager
def whole_split(
    name: str, builder: Any, own_split: str, split: str | None = None
) -> Iterator[tuple[Any, int]]:
    """The rows of a prepared split and their number, for a block that reads them all.

    Args:
        name: what the set is called.
        builder: prepared.
        own_split: the builder's name of the split.
        split: the zoo's name of it, where it differs.

    Raises:
        DamagedDataError: the block could not read them to the end.
    """
    count = builder.info.splits[own_split].num_examples
    try:
        yield read_rows(builder, own_split), count
    # More rows than said do not fit; a damaged record or image stops TensorFlow.
    except (ValueError, tf.errors.OpError) as error:
        raise DamagedDataError(
            f"Data set {name!r} in {builder.data_dir} is damaged: split {split or own_split!r} "
            f"must have {count} rows, and cannot be read: {_reason(error)}."
        ) from error


def check_rows(received: int, wanted: int) -> None:
    """Raises `ValueError`, for `whole_split`, where a split has another number of rows."""
    if received != wanted:
        raise ValueError(f"it ends after row {received}")


def _reason(error: Exception) -> str:
    """TensorFlow's message without the names of its graph nodes."""
    return re.sub(r"^\{\{.*?\}\} | ?\[Op:.*", "", str(error), flags=re.DOTALL).splitlines()[0]


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    try:
        yield
    finally:
        tfds.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
