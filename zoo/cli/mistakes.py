"""What of a command is seen to be wrong before TensorFlow is loaded, which takes seconds.

The rooms that do the work check it again, with all that only they can know.
"""

import glob
import json
import os
import pathlib
from argparse import Namespace
from collections.abc import Mapping, Sequence

from zoo.cli.parser import read_shard
from zoo.datasets import names
from zoo.errors import InputError, check_choice, check_count
from zoo.files import check_begun, check_output, check_unclaimed
from zoo.recipe import Recipe
from zoo.registry import pretrained
from zoo.serving.versions import find_export, is_served
from zoo.settings.choices import (
    IMAGE_INPUTS,
    MOST_JOBS,
    MOST_SEEDS,
    MOST_SHARDS,
    STRATEGIES,
    TUNERS,
    check_trackers,
)

_CHOICES: Mapping[str, tuple[str, Sequence[str]]] = {
    "strategy": ("strategy", STRATEGIES),
    "tuner": ("tuner", TUNERS),
    "images": ("kind of images", IMAGE_INPUTS),
}
_LIMITS: Mapping[str, Mapping[str, int]] = {
    "seeds": {"maximum": MOST_SEEDS},
    "jobs": {"maximum": MOST_JOBS},
    "trials": {},
}


def check_options(options: Namespace) -> None:
    """Raises `InputError` where an option has a value that no command takes."""
    given = {name: value for name, value in vars(options).items() if value is not None}
    for name, (what, allowed) in _CHOICES.items():
        if name in given:
            check_choice(what, given[name], allowed)
    for name, limit in _LIMITS.items():
        if name in given:
            check_count(name, given[name], **limit)
    if shard := read_shard(given.get("shard")):
        number, count = shard
        check_count("shards", count, maximum=MOST_SHARDS)
        check_count("shard", number, maximum=count)
    check_trackers(given.get("track", ()))


def check_asked(model: str, inputs: Sequence[str]) -> None:
    """Raises `InputError` where `zoo predict` has no model, or a file that is not there."""
    if is_served(model):
        with pretrained.suggesting(model):
            find_export(model)
    else:
        pretrained.check_run(model)
    for file in inputs:
        path = os.path.expanduser(file)
        if not os.path.exists(path) and not glob.glob(path, recursive=True):
            raise InputError(f"There is no file {file}.")


def check_started(options: Namespace, recipe: Recipe, output: pathlib.Path, first: str) -> None:
    """Raises `InputError` where there can be no such data set, or a folder is not as it should be.

    Args:
        options: of `zoo train` or `zoo tune`.
        recipe: what is to be trained.
        output: where; free, or with `--resume` not.
        first: the file by which it holds a run or a search.
    """
    names.check_name(recipe.dataset)
    names.check_outside(recipe.dataset, output)
    several = {"TF_CONFIG", "KERASTUNER_ORACLE_IP"} & os.environ.keys()
    if several or options.strategy == "multi_worker":
        # The others may have begun, as they should.
        return
    check_unclaimed(output)
    what = "run" if options.command == "train" else "search"
    held = check_output(output, first, what)
    name = _name_in(output / first) if held else None
    # Of a damaged file its reader tells more.
    if name is not None or not held:
        check_begun(output, what, name, options.resume)


def _name_in(file: pathlib.Path) -> str | None:
    """The recipe's name in recipe.json or search.json; None where it is damaged."""
    try:
        held = json.loads(file.read_bytes())
        return str(held.get("recipe", held)["name"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
