"""The original files of a data set: which are wanted, which are there, are they whole."""

import hashlib
import json
import pathlib
from typing import Any

import requests

from zoo.errors import InputError, MissingDataError

# Seconds to wait for a server before it counts as out of reach.
_PATIENCE = 10


class DamagedDataError(InputError):
    """A file of a data set that is not what it should be; the message names it."""


def check_originals(
    builder: Any, manual: pathlib.Path | None, downloads: pathlib.Path, all_wanted: bool
) -> None:
    """Makes sure that preparing can begin.

    A builder with a method `find_originals` looks for its files itself. For the others, every
    original file that is there is compared, size and SHA-256, with what TFDS has on record. If
    files are missing, either nothing may be downloaded (a manual folder was given), or their
    server must answer; TFDS by itself tries for minutes.

    Args:
        builder: the TFDS builder.
        manual: folder with original files; None to download them.
        downloads: where TFDS keeps what it downloads for this set.
        all_wanted: whether every file on record is needed; for sets of which only TFDS knows,
            some may belong to other versions.

    Raises:
        DamagedDataError: a file has the wrong size or checksum.
        MissingDataError: files are missing.
    """
    if hasattr(builder, "find_originals"):
        # The zoo's own builders, whose files the user fetches by hand.
        builder.find_originals(manual)
        return
    wanted = wanted_files(builder)
    there = _downloaded(downloads)
    if manual is not None:
        there |= {name: manual / name for name in wanted if (manual / name).is_file()}
    for name in wanted.keys() & there.keys():
        _check_file(builder.name, there[name], wanted[name][1])
    missing = {name: source for name, source in wanted.items() if name not in there}
    if not missing:
        return
    if manual is not None and (all_wanted or len(missing) == len(wanted)):
        where = f"are not in {manual} (with a folder of original files given, none is downloaded)"
    elif not _reachable(next(iter(missing.values()))[0]):
        where = "cannot be downloaded, for their server does not answer"
    else:
        return
    raise MissingDataError(missing_message(builder, missing, where))


def wanted_files(builder: Any) -> dict[str, tuple[str, Any]]:
    """(URL, size and checksum) of every original file that TFDS has on record, by file name."""
    recorded = (builder.url_infos or {}).items()
    return {info.filename: (url, info) for url, info in recorded if info.filename}


def missing_message(builder: Any, missing: dict[str, tuple[str, Any]], where: str) -> str:
    """What is missing, where it was looked for, where it comes from, and what to do."""
    files = [
        f"{name}: {int(info.size)} bytes, sha256 {info.checksum}, from {url}"
        for name, (url, info) in sorted(missing.items())
    ]
    return missing_files_message(builder, files, where)


def missing_files_message(builder: Any, files: list[str], where: str) -> str:
    """The same in three lines, given what is to be said of each of the missing files."""
    return "\n".join(
        [
            f"Data set {builder.name!r} is not prepared in {builder.data_dir}, and these of its "
            f"original files {where}:",
            f"  {'; '.join(files)}",
            f"Put them into a folder MANUAL_DIR/{manual_folders(builder)[0]} and give MANUAL_DIR "
            "as `manual_dir` or in ZOO_MANUAL_DIR, or give the folder that holds the prepared set "
            "as `data_dir` or in TFDS_DATA_DIR.",
        ]
    )


def manual_folders(builder: Any) -> tuple[str, ...]:
    """Names of the folder of a set's original files: its own, unless it shares another's."""
    return getattr(builder, "manual_folders", (builder.name,))


def not_found(manual: pathlib.Path | None) -> str:
    """Where files that are fetched by hand were looked for in vain, for `missing_files_message`."""
    return f"are not in {manual}" if manual else "must be fetched by hand (no folder was given)"


def _downloaded(downloads: pathlib.Path) -> dict[str, pathlib.Path]:
    """Files that TFDS downloaded before, by their original name."""
    found = {}
    for note in downloads.rglob("*.INFO"):
        file = note.with_suffix("")
        name = json.loads(note.read_text()).get("original_fname")
        if file.is_file() and name:
            found[name] = file
    return found


def _check_file(data_set: str, path: pathlib.Path, expected: Any) -> None:
    size = path.stat().st_size
    checksum = None
    if size == int(expected.size):
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
    if checksum != expected.checksum:
        received = f"{size} bytes" + (f", sha256 {checksum}" if checksum else "")
        raise DamagedDataError(
            f"File {path} of data set {data_set!r} is damaged or not the original: expected "
            f"{int(expected.size)} bytes, sha256 {expected.checksum}. Received: {received}."
        )


def _reachable(url: str) -> bool:
    """Whether the server of `url` answers at all, through the proxy if one is set."""
    if not url.startswith("http"):
        return True
    try:
        requests.head(url, timeout=_PATIENCE)
    except requests.RequestException:
        return False
    return True
