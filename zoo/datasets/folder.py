"""The user's own images: a folder tree SPLIT/CLASS/*.png, jpg and so on."""

import concurrent.futures
import os
import pathlib
import random
import unicodedata
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from zoo.datasets.array_rows import ArrayRows, FileRows, fits_memory
from zoo.datasets.checks import find_shape
from zoo.datasets.image_files import no_image, read_header, read_image
from zoo.datasets.kinds import ImageData
from zoo.datasets.options import Options
from zoo.datasets.originals import DamagedDataError
from zoo.datasets.own_files import IMAGE_SUFFIXES, find_folder
from zoo.datasets.pixels import fit_images
from zoo.errors import InputError

_VALIDATION = ("validation", "val", "valid")
# How many of the files that are left out for one reason are named.
_NAMED = 3


class _Split(NamedTuple):
    """The images of a split and their class numbers, in the order of the rows.

    `size` is the height and width of all files of the set, or (None, None).
    """

    files: list[pathlib.Path]
    labels: np.ndarray
    size: tuple[int | None, int | None] = (None, None)

    def in_memory(self, shape: tuple[int, int, int]) -> ArrayRows:
        images = np.empty((len(self.files), *shape), "uint8")

        def read(row: int) -> None:
            images[row] = read_image(self.files[row], shape)

        self._each(read)
        return ArrayRows(images, self.labels)

    def streamed(self, shape: tuple[int, int, int]) -> FileRows:
        # Images of one size are resized in the graph, all at once: in Python it is some twenty
        # calls an image.
        own = shape if None in self.size else (*self.size, shape[-1])

        def read(rows: np.ndarray) -> np.ndarray:
            pixels = np.empty((len(rows), *own), "uint8")
            try:
                for place, row in enumerate(rows):
                    pixels[place] = read_image(self.files[row], own)
            except DamagedDataError as error:
                # By this name `fit` knows what a person may be told of what stopped a graph.
                raise InputError(str(error)) from error
            return pixels

        def images(rows: tf.Tensor) -> tf.Tensor:
            pixels = tf.numpy_function(read, [rows], tf.uint8, stateful=False)
            return fit_images(tf.ensure_shape(pixels, (None, *own)), shape)

        # A damaged file is named now, not in the middle of an epoch.
        self._each(lambda row: read_image(self.files[row], own) is None)
        return FileRows(images, shape, self.labels)

    def _each(self, function: Callable[[int], object]) -> None:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(function, range(len(self.files))):
                pass


class _Tree:
    """What a folder holds, and what of it is left out, by the reason."""

    def __init__(self, name: str):
        self.name = name
        self.root = find_folder(name.removeprefix("folder:"))
        self.left_out: dict[str, list[str]] = {}

    def splits(self) -> dict[str, str]:
        """The zoo's name of each split, by its folder's."""
        present = [entry.name for entry in self._folders(self.root, "in no class folder")]
        validation = [split for split in _VALIDATION if split in present]
        other = set(present) - {"train", "test", *validation}
        if not {"train", "test"} <= set(present) or len(validation) > 1 or other:
            classes = (
                "; if these are the classes, move them into train, and a part of each into test"
            )
            raise InputError(
                f"Data set {self.name!r} must hold the folders train and test, optionally one of "
                f"{', '.join(_VALIDATION)}, and no others. "
                f"Received: {', '.join(present) or 'no folders'}"
                f"{classes if present and not {'train', 'test'} & set(present) else ''}."
            )
        named = dict.fromkeys(validation, "validation")
        return {"train": "train", **named, "test": "test"}

    def images(self, split: str) -> dict[str, list[pathlib.Path]]:
        """The images of a split by class, sorted.

        Systems write a letter with an accent as one sign or as two; a class has it as one.
        """
        folders = self._folders(self.root / split, "in no class folder")
        named: dict[str, pathlib.Path] = {}
        for folder in folders:
            name = unicodedata.normalize("NFC", folder.name)
            if name in named:
                raise InputError(
                    f"Data set {self.name!r}: class folders of {split} must not be spelled alike. "
                    f"Received: {ascii(named[name].name)} and {ascii(folder.name)}; merge them."
                )
            named[name] = folder
        return {name: self._files(named[name]) for name in sorted(named)}

    def tell(self) -> None:
        """Warns once of all that is left out."""
        parts = []
        for reason, names in self.left_out.items():
            more = ", ..." if len(names) > _NAMED else ""
            parts.append(f"{len(names)} {reason} ({', '.join(names[:_NAMED])}{more})")
        if parts:
            warnings.warn(f"Data set {self.name!r} leaves out: {'; '.join(parts)}.", stacklevel=5)

    def _folders(self, folder: pathlib.Path, reason: str) -> list[pathlib.Path]:
        entries = self._entries(folder)
        return [entry for entry in entries if os.path.isdir(entry) or self._leave(reason, entry)]

    def _files(self, folder: pathlib.Path) -> list[pathlib.Path]:
        files = []
        for entry in self._entries(folder):
            if os.path.isdir(entry):
                self._leave("folders within a class", entry)
            elif not entry.name.lower().endswith(IMAGE_SUFFIXES):
                self._leave("of another kind", entry)
            elif not os.path.isfile(entry):
                self._leave("no regular files", entry)
            else:
                files.append(entry)
        return files

    def _entries(self, folder: pathlib.Path) -> list[pathlib.Path]:
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            raise InputError(f"Folder {folder} cannot be read: {error.strerror}.") from error
        return [entry for entry in entries if entry.name[0] != "." or self._leave("hidden", entry)]

    def _leave(self, reason: str, entry: pathlib.Path) -> None:
        self.left_out.setdefault(reason, []).append(str(entry.relative_to(self.root)))


def load_folder(
    name: str,
    image_shape: tuple[int, int, int] | None,
    in_memory: bool | None,
    options: Options,
) -> ImageData:
    """Image data from a tree of files.

    If all images are gray they get one channel, otherwise three. If all have one size it is their
    shape, unless another one is asked for. What lies in the tree and is no image of a class is
    left out, with a warning that names it. Every file is decoded once before training, also where
    rows are streamed, so that a damaged one is named before an epoch has begun.

    Args:
        name: "folder:PATH".
        image_shape: (height, width, channels) wanted; None keeps theirs.
        in_memory: whether to hold the pixels in memory; None does so up to 4 GiB.
        options: see `Options`.

    Raises:
        InputError: a split is missing, the splits have other classes, a class has no training
            image, or a file is none; the message names it.
        DamagedDataError: a file cannot be decoded to its end.
    """
    tree = _Tree(name)
    names = tree.splits()
    images = {split: tree.images(split) for split in names}
    _check_classes(name, images)
    class_names = list(images["train"])
    splits = {names[split]: _in_order(split, images[split]) for split in images}
    headers = {_header(file) for split in splits.values() for file in split.files}
    tree.tell()
    channels, sizes = max(header[2] for header in headers), {header[:2] for header in headers}
    size = sizes.pop() if len(sizes) == 1 else (None, None)
    shape = find_shape(name, (*size, channels), image_shape)
    if in_memory is None:
        in_memory = fits_memory(sum(len(split.files) for split in splits.values()), shape)
    make = _Split.in_memory if in_memory else _Split.streamed
    rows = {split: make(files._replace(size=size), shape) for split, files in splits.items()}
    return ImageData(name, rows, options, class_names)


def _check_classes(name: str, images: dict[str, dict[str, list[pathlib.Path]]]) -> None:
    train = images["train"]
    for split, classes in images.items():
        if list(classes) != list(train):
            raise InputError(
                f"Data set {name!r}: every split must have the classes of train, "
                f"{', '.join(train) or 'none'}. "
                f"Received in {split}: {', '.join(classes) or 'none'}."
            )
    if len(train) < 2:
        raise InputError(
            f"Data set {name!r}: train must hold at least two class folders. "
            f"Received: {', '.join(train) or 'none'}."
        )
    for each in train:
        try:
            each.encode()
        except UnicodeEncodeError:
            raise InputError(
                f"Data set {name!r}: the name of a class folder must be UTF-8. Received: {each!r}."
            ) from None
    for split, classes in images.items():
        empty = [each for each in classes if not classes[each]]
        # Of some class there may be nothing to test on; there must be something to learn from.
        if empty and (split == "train" or len(empty) == len(classes)):
            raise InputError(
                f"Data set {name!r}: the class folders of {split} must hold images "
                f"({', '.join(IMAGE_SUFFIXES)}). Received: none in {', '.join(empty)}."
            )


def _in_order(split: str, classes: dict[str, list[pathlib.Path]]) -> _Split:
    """The rows in the order that TFDS's `ImageFolder` has: shuffled by the split's name."""
    rows = [(file, number) for number, files in enumerate(classes.values()) for file in files]
    random.Random(split).shuffle(rows)
    return _Split([file for file, _ in rows], np.array([number for _, number in rows], "int64"))


def _header(file: pathlib.Path) -> tuple[int, int, int]:
    try:
        return read_header(file)
    except OSError as error:
        raise no_image(file, error) from None
