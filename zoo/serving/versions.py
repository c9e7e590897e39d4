"""The folder of a served model: a folder for each version."""

import os
import pathlib

from zoo.errors import InputError
from zoo.registry.pretrained import registry

# What answers need to know, within a version.
ABOUT = "assets.extra/zoo.json"


def is_served(saved_model: str | os.PathLike) -> bool:
    """Whether this is no run and no name of a trained model, so that it should be an export."""
    given = pathlib.Path(saved_model)
    is_run = (given / "recipe.json").is_file()
    return not is_run and (str(saved_model) not in registry() or given.exists())


def find_export(saved_model: str | os.PathLike) -> pathlib.Path:
    """The folder of an exported model: that of its newest version, or of the version given.

    Raises:
        InputError: it holds none.
    """
    folder = pathlib.Path(saved_model)
    versions = [path for path in _numbered(folder) if path.is_dir()]
    if not (folder / "saved_model.pb").is_file() and versions:
        folder = max(versions, key=lambda path: int(path.name))
    if not (folder / ABOUT).is_file():
        why = f"it has no {ABOUT}" if folder.exists() else "there is no such folder"
        raise InputError(
            f"{saved_model} holds no model that `zoo export` wrote or `zoo train` finished, or a "
            f"damaged one: {why}."
        )
    return folder


def versions_in(folder: pathlib.Path) -> list[int]:
    """The numbers that a folder has no room for, in ascending order: a file may be in the way."""
    return sorted(int(path.name) for path in _numbered(folder))


def _numbered(folder: pathlib.Path) -> list[pathlib.Path]:
    # Python takes digits of every script, as no server does.
    paths = folder.iterdir() if folder.is_dir() else ()
    return [path for path in paths if path.name.isascii() and path.name.isdecimal()]
