"""The user's own images: a folder tree SPLIT/CLASS/*.png|jpg|jpeg."""

import pathlib
from typing import Any

from zoo.datasets.image_files import is_whole, read_header
from zoo.errors import InputError

_SUFFIXES = (".png", ".jpg", ".jpeg")
_VALIDATION = ("validation", "val", "valid")


def folder_builder(path: str) -> Any:
    """A TFDS `ImageFolder` over the tree, after a look at every file's header.

    If all images are gray they get one channel, otherwise three. If all have one size it becomes
    their shape; otherwise height and width stay open.

    Raises:
        InputError: a split is missing, the splits have other classes, there are no images, or a
            file is none; the message names it.
    """
    import tensorflow_datasets as tfds

    root = pathlib.Path(path).expanduser()
    if not root.is_dir():
        raise InputError(
            f"Data set 'folder:{path}': there is no such folder. Allowed: a folder that holds "
            "train/CLASS/*.png|jpg|jpeg and test/CLASS/*.png|jpg|jpeg."
        )
    splits = _find_splits(root)
    classes = {split: sorted(_folders(root / split)) for split in splits}
    for split in splits:
        if classes[split] != classes["train"]:
            raise InputError(
                f"Data set 'folder:{path}': every split must have the classes of train, "
                f"{', '.join(classes['train']) or 'none'}. "
                f"Received in {split}: {', '.join(classes[split]) or 'none'}."
            )
    if len(classes["train"]) < 2:
        raise InputError(
            f"Data set 'folder:{path}': train must hold at least two class folders. "
            f"Received: {', '.join(classes['train']) or 'none'}."
        )
    shapes = set()
    for split in splits:
        files = [file for name in classes[split] for file in _images(root / split / name)]
        if not files:
            raise InputError(
                f"Data set 'folder:{path}': the class folders of {split} must hold images "
                f"({', '.join(_SUFFIXES)}). Received: none."
            )
        shapes |= {_header(file) for file in files}
    channels = max(shape[2] for shape in shapes)
    sizes = {shape[:2] for shape in shapes}
    height, width = sizes.pop() if len(sizes) == 1 else (None, None)
    return tfds.ImageFolder(str(root), shape=(height, width, channels))


def _find_splits(root: pathlib.Path) -> list[str]:
    present = _folders(root)
    validation = [split for split in _VALIDATION if split in present]
    # ImageFolder takes every folder for a split, and its folders for classes.
    other = sorted(present - {"train", "test", *validation})
    if not {"train", "test"} <= present or len(validation) > 1 or other:
        raise InputError(
            f"Data set 'folder:{root}' must hold the folders train and test, optionally one of "
            f"{', '.join(_VALIDATION)}, and no others. "
            f"Received: {', '.join(sorted(present)) or 'no folders'}."
        )
    return ["train", *validation, "test"]


def _folders(path: pathlib.Path) -> set[str]:
    return {entry.name for entry in path.iterdir() if entry.is_dir()}


def _images(path: pathlib.Path) -> list[pathlib.Path]:
    return sorted(file for file in path.iterdir() if file.name.lower().endswith(_SUFFIXES))


def _header(file: pathlib.Path) -> tuple[int, int, int]:
    """(height, width, channels) by the file's header alone."""
    try:
        return read_header(file)
    except OSError as error:
        raise InputError(f"File {file} must be a PNG or JPEG image. Received: {error}.") from None


def broken_image(root: str) -> str | None:
    """The first file below `root` that cannot be decoded to its end, if there is one."""
    files = sorted(pathlib.Path(root).expanduser().rglob("*"))
    images = (file for file in files if file.name.lower().endswith(_SUFFIXES))
    return next((str(file) for file in images if not is_whole(file)), None)
