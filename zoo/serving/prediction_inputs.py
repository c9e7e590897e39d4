"""What `zoo predict` is given: files, folders and patterns; and where its pictures go."""

import glob
import os
import pathlib
import warnings
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from zoo.datasets.checks import check_images
from zoo.datasets.image_files import read_image
from zoo.datasets.own_files import IMAGE_SUFFIXES
from zoo.datasets.pixels import resize
from zoo.datasets.row_files import ARRAY_SUFFIXES, TABLE_SUFFIXES, read_array, read_rows
from zoo.datasets.table_columns import Column, features_of
from zoo.datasets.text_tables import read_named
from zoo.errors import InputError, check_path
from zoo.files import check_folder

# How a table of answers begins, by its suffix.
HEADS = {".csv": "file,row,", ".json": '[\n {\n  "file": '}
# Rows that a model is asked of at once.
_BATCH = 256


class Inputs:
    """The files that a model is asked about, in order, and their rows.

    Files that hold several rows are read at once: a mistake in them is found before the first
    answer.

    Args:
        given: files, folders, of which all files are taken that the model can be asked about, and
            patterns such as "scans/*.png"; tables of answers are taken by their own names alone.
        shape: of a row: (features,) or (height, width, channels).
        columns: of a table, by which a text file with a header is read.

    Raises:
        InputError: there is no such file, or it holds no rows that the model takes.
    """

    def __init__(
        self,
        given: Sequence[str | os.PathLike],
        shape: tuple[int, ...],
        columns: Sequence[Column] = (),
    ):
        if not given:
            raise InputError("There is nothing to predict: give at least one file.")
        self._shape, self._columns = shape, columns
        suffixes = TABLE_SUFFIXES if len(shape) == 1 else (*IMAGE_SUFFIXES, *ARRAY_SUFFIXES)
        found = [file for each in given for file in _files(str(each), suffixes)]
        self.files = list(dict.fromkeys(found))
        self._places = {_place(file): file for file in self.files}
        self._places |= {file.resolve(): file for file in self.files}
        self.rows = {file: self._read(file) for file in self.files if not self.is_image(file)}

    def is_image(self, file: pathlib.Path) -> bool:
        """Whether a file is one image, which is read when its turn comes."""
        return len(self._shape) > 1 and file.suffix.lower() not in ARRAY_SUFFIXES

    def batches(self, file: pathlib.Path) -> Iterator[np.ndarray]:
        """The rows of a file, some at a time."""
        if self.is_image(file):
            yield read_image(file, self._shape)[np.newaxis]
            return
        rows = self.rows[file]
        for start in range(0, len(rows), _BATCH):
            yield rows[start : start + _BATCH]

    def look_at_images(self) -> None:
        """Reads all images once: one that is damaged is told of before the first answer."""
        for file in filter(self.is_image, self.files):
            read_image(file, self._shape)

    def outputs(self, folder: pathlib.Path) -> Mapping[tuple[pathlib.Path, int], pathlib.Path]:
        """The picture of each (file, row from 1): FOLDER/STEM.png, or STEM-ROW.png of arrays.

        Raises:
            InputError: the folder can be none, or a picture would take the place of an input or of
                another picture.
        """
        check_folder(folder)
        outputs, made_of = {}, {}
        for file in self.files:
            rows = [""] if self.is_image(file) else range(1, len(self.rows[file]) + 1)
            for row in rows:
                path = folder / (f"{file.stem}-{row}.png" if row else f"{file.stem}.png")
                if file != made_of.setdefault(path, file):
                    raise InputError(
                        f"{made_of[path]} and {file} would both give {path}; ask about them one "
                        "after the other, with an output folder each."
                    )
                self.check_free(path)
                outputs[file, row or 1] = path
        return outputs

    def check_free(self, path: pathlib.Path) -> None:
        """Raises `InputError` where an output would take the place of an input."""
        taken = self._places.get(_place(path)) or self._places.get(path.resolve())
        if taken:
            raise InputError(
                f"{path} would take the place of the input {taken}; give another --output."
            )

    def _read(self, file: pathlib.Path) -> np.ndarray:
        if len(self._shape) == 1:
            if self._columns and file.suffix.lower() not in ARRAY_SUFFIXES:
                table = read_named(file, [column.name for column in self._columns])
                if table is not None:
                    return features_of(self._columns, table, str(file), first=1)
            return read_rows(file, self._shape[0])
        return read_images(file, self._shape)


def read_images(file: pathlib.Path, shape: tuple[int, int, int]) -> np.ndarray:
    """Images `(n, *shape)` of an .npy or .npz file, uint8 or float32.

    It holds uint8 or floats in [0, 1]: `(n, h, w, c)`, which are brought to the shape as files are;
    or, of the size of the shape, one image with or without its channels, or several gray ones.

    Raises:
        InputError: it holds something else.
    """
    images = read_array(file)
    if images.dtype == bool:
        images = images * np.uint8(255)
    if images.shape in (shape, shape[:2]):
        images = images.reshape(1, *shape[:2], -1)
    if images.ndim != 4 and images.shape[1:] != shape[:2]:
        raise InputError(
            f"The model takes images of shape (n, {', '.join(map(str, shape))}). "
            f"Received in {file}: shape {images.shape}."
        )
    return resize(check_images(str(file), images), shape)


def shown(file: pathlib.Path) -> str:
    """A file's name as it can be printed, also where it is no UTF-8."""
    return str(file).encode("utf-8", "backslashreplace").decode()


def _files(given: str, suffixes: tuple[str, ...]) -> list[pathlib.Path]:
    path = check_path(given)
    if os.path.isdir(path):
        return _files_below(path, suffixes)
    if os.path.isfile(path):
        return [path]
    if os.path.exists(path):
        raise InputError(f"{given} is no regular file.")
    matching = glob.glob(str(path), recursive=True) if glob.has_magic(given) else []
    # Through links in circles a file has many names, of which the shortest is meant.
    paths = [pathlib.Path(each) for each in sorted(matching, key=len, reverse=True)]
    by_place = {_place(each): each for each in paths}
    files = [each for each in sorted(by_place.values()) if each.is_file()]
    files = [each for each in files if not _is_answers(each)]
    if not files:
        raise InputError(f"There is no file {given}.")
    return files


def _files_below(folder: pathlib.Path, suffixes: tuple[str, ...]) -> list[pathlib.Path]:
    """The files of a folder and those below it that have the suffixes; links are not followed."""
    found, left_out = [], []
    for place, folders, names in os.walk(folder):
        # In place: hidden folders are not gone through.
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for file in (pathlib.Path(place, name) for name in sorted(names)):
            fits = file.suffix.lower() in suffixes and file.name[0] != "." and os.path.isfile(file)
            (found if fits and not _is_answers(file) else left_out).append(file)
    if not found:
        raise InputError(f"Folder {folder} holds no files of {', '.join(suffixes)}.")
    if left_out:
        names = ", ".join(shown(file) for file in left_out[:3])
        more = ", ..." if len(left_out) > 3 else ""
        text = (
            f"Of folder {folder} {len(left_out)} files of other kinds are left out: {names}{more}."
        )
        warnings.warn(text, stacklevel=2)
    return found


def _is_answers(file: pathlib.Path) -> bool:
    """Whether a file is a table that `zoo predict` has written."""
    head = HEADS.get(file.suffix.lower(), "").encode()
    if not head:
        return False
    with open(file, "rb") as content:
        return content.read(len(head)) == head


def _place(path: pathlib.Path) -> pathlib.Path:
    """Where a file stands, itself a link or not."""
    return path.parent.resolve() / path.name
