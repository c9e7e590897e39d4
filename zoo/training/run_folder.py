"""The folder of a run while it is trained: who may use it, and what is kept there."""

import contextlib
import json
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

from zoo.errors import InputError, StorageError
from zoo.files import (
    check_begun,
    check_output,
    check_unclaimed,
    claimed,
    sweep,
    whole_file,
)
from zoo.recipe import OF_FILES, Recipe, read_recipe
from zoo.settings import changed, read_json
from zoo.training.finished_runs import read_run
from zoo.training.run_results import write_json

# In the order in which they are written; the last one says that the run is finished.
FILES = (
    "recipe.json", "model.keras", "model.npz", "history.json", "curves.png", "figures.npz",
    "results.json",
)  # fmt: skip


def held_recipe(folder: pathlib.Path) -> Recipe | None:
    """The recipe of the run in an output folder, with configs of objects; None where it is free.

    Raises:
        InputError: the folder is a file, or holds something else than a run.
    """
    file = "recipe.json"
    return read_recipe(folder / file, False) if check_output(folder, file, "run") else None


def check_same(folder: pathlib.Path, held: Recipe, recipe: Recipe) -> None:
    """Raises `InputError` where the run in a folder is not one of this recipe."""
    # What a search would vary says nothing of one run.
    differing = [field for field in recipe.differing(held) if field != "search"]
    if differing:
        raise InputError(
            f"Output folder {folder} holds another run: {held.name} with another "
            f"{', '.join(differing)}; give another --output, or the recipe and the settings it was "
            "started with."
        )


def check_same_definitions(folder: pathlib.Path, recipe: Recipe) -> None:
    """Raises `InputError` where code of one's own has changed since the run in a folder began."""
    held = held_recipe(folder)
    if edited := changed(held.definitions if held else {}, recipe.definitions):
        raise InputError(
            f"{', '.join(edited)} changed since the run in {folder} began; put it back as it was, "
            "or give another --output."
        )


def is_finished(folder: pathlib.Path) -> bool:
    """Whether the run in a folder came to its end."""
    return (folder / "results.json").exists()


@contextlib.contextmanager
def resumed(folder: pathlib.Path, recipe: Recipe) -> Iterator[dict[str, Any] | None]:
    """Keeps the folder of a run for this process; gives the results where it is finished.

    What a killed process has left there is removed.

    Raises:
        InputError: the folder holds no run or another one, or another process has it.
    """
    held = held_recipe(folder)
    check_begun(folder, "run", held and held.name, resume=True)
    check_same(folder, held, recipe)
    with contextlib.ExitStack() as claim:
        try:
            claim.enter_context(kept(folder))
        except StorageError:
            # What is finished is only read, which a read-only disk allows.
            if not is_finished(folder):
                raise
        if not is_finished(folder):
            yield None
            return
        run = read_run(folder)
        if run.file.exists():
            run.check_file()
        yield run.results


@contextlib.contextmanager
def begun(folder: pathlib.Path, recipe: Recipe) -> Iterator[None]:
    """Keeps a free folder for this process, and writes recipe.json into it.

    Raises:
        InputError: the folder is not free any more, or cannot be written.
    """
    with kept(folder):
        _check_holds_none(folder)
        with whole_file(folder / "recipe.json") as path:
            path.write_text(recipe.to_json())
        yield


def keep_sources(folder: pathlib.Path, recipe: Recipe) -> None:
    """Writes down where the files of one's own are that a run goes on with."""
    file = folder / "recipe.json"
    held, now = read_json(file, dict), json.loads(recipe.to_json())
    if held.get("sources") != now["sources"]:
        write_json(file, {**held, **{field: now[field] for field in OF_FILES}})


def check_free(folder: pathlib.Path) -> None:
    """Raises `InputError` unless a new run may begin in a folder."""
    check_unclaimed(folder)
    _check_holds_none(folder)


def _check_holds_none(folder: pathlib.Path) -> None:
    held = held_recipe(folder)
    check_begun(folder, "run", held and held.name, resume=False)


@contextlib.contextmanager
def kept(folder: pathlib.Path) -> Iterator[None]:
    """Keeps the folder of a run for this process, without what a killed one has left there.

    Raises:
        InputError: another process has it, or its files are not of one run.
        StorageError: it cannot be written.
    """
    with claimed(folder):
        sweep(folder, *FILES, "checkpoint/*")
        if is_finished(folder) and (folder / "checkpoint").exists():
            # As a kill leaves it. Of a folder with files of another run it is all there is.
            read_run(folder, scored=False).check_file()
            shutil.rmtree(folder / "checkpoint", ignore_errors=True)
        yield
