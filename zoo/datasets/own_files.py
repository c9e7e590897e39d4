"""Which files a data set of one's own, KIND:PATH, is made of; found without TensorFlow."""

import os
import pathlib
import re

from zoo.errors import InputError, check_path

# Files of one's own images.
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
SPLITS = ("train", "test", "validation")
_PARTS = {"train": "-train", "validation": "-dev", "test": "-test"}


def find_folder(path: str) -> pathlib.Path:
    """The folder of "folder:PATH".

    Raises:
        InputError: there is none.
    """
    folder = check_path(path)
    if not folder.is_dir():
        raise InputError(
            f"Data set {f'folder:{path}'!r}: there is no such folder. Allowed: a folder that holds "
            f"train/CLASS/* and test/CLASS/*, images with {', '.join(IMAGE_SUFFIXES)}."
        )
    return folder


def path_and_column(text: str) -> tuple[str, str]:
    """The path of "csv:PATH#COLUMN&...", and what stands behind it.

    Of a path that holds "#" itself, the longest that is there.
    """
    parts = text.split("#")
    paths = ["#".join(parts[:end]) for end in range(len(parts), 0, -1)]
    path = next((each for each in paths if os.path.exists(os.path.expanduser(each))), parts[0])
    return path, text[len(path) + 1 :]


def find_csv(path: str) -> dict[str, pathlib.Path]:
    """The files of "csv:PATH" by split; one file is "train", of which test rows are cut.

    Raises:
        InputError: there is none, or a folder without train.csv and test.csv.
    """
    given = check_path(path)
    if not os.path.isdir(given):
        return {"train": _there(given)}
    files = {split: given / f"{split}.csv" for split in SPLITS}
    files = {split: file for split, file in files.items() if file.exists()}
    if "train" not in files or "test" not in files:
        raise InputError(
            f"The folder {given} must hold train.csv and test.csv. Received: "
            f"{', '.join(sorted(file.name for file in given.iterdir())[:5]) or 'nothing'}."
        )
    return files


def find_npz(path: str) -> pathlib.Path:
    """The file of "npz:PATH".

    Raises:
        InputError: there is none.
    """
    return _there(check_path(path))


def find_arff(path: str) -> tuple[pathlib.Path | None, dict[str, pathlib.Path]]:
    """The XML file of "arff:PATH", if there is one, and its tables as `find_tables` has them.

    PATH is with or without .arff or .arff.gz at its end.

    Raises:
        InputError: there are no tables.
    """
    given = check_path(path)
    stem = given.parent / re.sub(r"\.arff(\.gz)?$", "", given.name, flags=re.IGNORECASE)
    xml, files = _find(stem, ".xml"), find_tables(stem)
    if not files:
        missing = "no ARFF files" if xml else "no ARFF files and no XML file"
        raise InputError(
            f"Data set 'arff:{path}' needs {stem}.xml, and {stem}-train.arff and {stem}-test.arff "
            f"or {stem}.arff (each also as .arff.gz). Received: {missing}."
        )
    return xml, files


FINDERS = {"folder": find_folder, "csv": find_csv, "npz": find_npz, "arff": find_arff}


def find_tables(stem: pathlib.Path) -> dict[str, pathlib.Path]:
    """The ARFF files of STEM: train, test and perhaps validation; else whole; else none at all."""
    parts = {
        split: _find(stem, f"{part}.arff", f"{part}.arff.gz") for split, part in _PARTS.items()
    }
    if parts["train"] and parts["test"]:
        return {split: file for split, file in parts.items() if file}
    whole = _find(stem, ".arff", ".arff.gz")
    return {"whole": whole} if whole else {}


def _find(stem: pathlib.Path, *endings: str) -> pathlib.Path | None:
    """The first file STEM with one of the endings, else with one in other letters."""
    exact = (f"{stem.name}{ending}" for ending in endings)
    beside = sorted(os.listdir(stem.parent)) if os.path.isdir(stem.parent) else []
    alike = [
        name
        for ending in endings
        for name in beside
        if name.startswith(stem.name) and name[len(stem.name) :].lower() == ending
    ]
    files = (stem.parent / name for name in (*exact, *alike))
    return next((file for file in files if os.path.isfile(file)), None)


def _there(file: pathlib.Path) -> pathlib.Path:
    try:
        file.stat()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    return file
