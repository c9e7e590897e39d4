"""The folder of a served model: a folder for each version."""

import os
import pathlib

from zoo.errors import InputError
from zoo.registry.pretrained import registry

# What answers need to know, within a version.
ABOUT = "assets.extra/zoo.json"
# What lies beside the versions.
SERVER_FILES = {"models.config", "batching.config", "README.md"}
# Any of which tells a run, also one that lacks others.
_OF_RUNS = ("recipe.json", "history.json", "results.json")


def is_served(saved_model: str | os.PathLike) -> bool:
    """Whether this is no run and no name of a trained model, so that it should be an export."""
    given = pathlib.Path(saved_model)
    is_run = any((given / name).is_file() for name in _OF_RUNS)
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


def check_versions(folder: pathlib.Path) -> None:
    """Raises `InputError` where an export would write into a folder of something else."""
    if versions_in(folder) or not folder.is_dir():
        return
    # What a killed export has left, and what it writes before the first version appears.
    left = [path.name for path in folder.iterdir() if path.name[0] != "."]
    config = folder / "models.config"
    is_ours = config.is_file() and config.read_bytes().startswith(b"model_config_list")
    if left and not (is_ours and set(left) <= SERVER_FILES):
        raise InputError(
            f"Output folder {folder} is not empty and holds no versions of a served model; give "
            "another."
        )


def versions_in(folder: pathlib.Path) -> list[int]:
    """The numbers that a folder has no room for, in ascending order: a file may be in the way."""
    return sorted(int(path.name) for path in _numbered(folder))


def _numbered(folder: pathlib.Path) -> list[pathlib.Path]:
    # Python takes digits of every script, as no server does.
    paths = folder.iterdir() if folder.is_dir() else ()
    return [path for path in paths if path.name.isascii() and path.name.isdecimal()]
