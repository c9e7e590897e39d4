"""The folder of a served model: a folder for each version."""

import os
import pathlib

from zoo.registry.pretrained import registry


def is_served(saved_model: str | os.PathLike) -> bool:
    """Whether this is no run and no name of a trained model, so that it should be an export."""
    given = pathlib.Path(saved_model)
    is_run = (given / "recipe.json").is_file()
    return not is_run and (str(saved_model) not in registry() or given.exists())


def versions_in(folder: pathlib.Path) -> list[int]:
    """The versions that a folder holds, in ascending order."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdecimal())
