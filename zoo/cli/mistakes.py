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
from zoo.files import check_output, check_unclaimed
from zoo.recipe import Recipe
from zoo.registry import pretrained
from zoo.serving.versions import find_export, is_served
from zoo.settings.choices import IMAGE_INPUTS, STRATEGIES, TUNERS, check_trackers

_CHOICES: Mapping[str, tuple[str, Sequence[str]]] = {
    "strategy": ("strategy", STRATEGIES),
    "tuner": ("tuner", TUNERS),
    "images": ("kind of images", IMAGE_INPUTS),
}


def check_options(options: Namespace) -> None:
    """Raises `InputError` where an option has a value that no command takes."""
    given = {name: value for name, value in vars(options).items() if value is not None}
    for name, (what, allowed) in _CHOICES.items():
        if name in given:
            check_choice(what, given[name], allowed)
    for name, most in {"seeds": 10_000, "jobs": 1_000, "trials": 2**31 - 1}.items():
        if name in given:
            check_count(name, given[name], maximum=most)
    if "shard" in given:
        number, count = read_shard(given["shard"])
        check_count("shards", count, maximum=10_000)
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
    several = {"TF_CONFIG", "KERASTUNER_ORACLE_IP"} & os.environ.keys()
    if several or options.strategy == "multi_worker":
        # The others may have begun, as they should.
        return
    check_unclaimed(output)
    what = "run" if options.command == "train" else "search"
    held = check_output(output, first, what)
    if options.resume and not held:
        raise InputError(f"Nothing to resume: {output} holds no {what}.")
    if held and not options.resume and (name := _name_in(output / first)):
        raise InputError(
            f"Output folder {output} already holds a {what} of {name}; give another --output, or "
            "--resume to go on with it."
        )


def _name_in(file: pathlib.Path) -> str | None:
    """The recipe's name in recipe.json or search.json; None where it is damaged."""
    try:
        held = json.loads(file.read_bytes())
        return str(held.get("recipe", held)["name"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
