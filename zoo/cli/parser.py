"""The command line: commands with their arguments."""

import argparse
import importlib.metadata
import platform
from typing import Any

from zoo.errors import InputError
from zoo.settings.choices import TRACKERS

_RECIPE = "NAME (`zoo list recipes`), PATH:NAME of a Python file, or a run's recipe.json"
_DATASET = (
    "another data set: a name (`zoo list datasets`); blocks/ROWS; the name of a TFDS set, as NAME "
    "or NAME/CONFIG; folder:PATH of images PATH/SPLIT/CLASS/*; csv:PATH#CLASS of a table, or a "
    "folder of train.csv and test.csv, with the column of the class; npz:PATH of arrays; arff:PATH "
    "of label sets in Mulan's form"
)
_STRATEGY = "auto, one, mirrored (all GPUs)%s (default: %%(default)s)"
_SEVERAL = ", or multi_worker (several machines, by TF_CONFIG or Slurm)"
_RUN = "the folder of a run"
_PRETRAINED = ", or the name of a trained model (`zoo list pretrained`)"


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; what it gives has the `command` by name."""
    parser = argparse.ArgumentParser(
        prog="zoo",
        description="Networks that learn together.",
        epilog="`zoo COMMAND --help` has examples of each command.",
    )
    parser.add_argument("--version", action=_Versions, nargs=0, help="of zoo and what it stands on")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    listing = _command(
        commands, "list", "models, estimators, recipes, data sets, trained models, a line on each",
        "list models 'se_*'", "list recipes '*/mnist' --exclude '*_mae/*'",
    )  # fmt: skip
    kinds = ("models", "estimators", "recipes", "datasets", "pretrained")
    listing.add_argument(
        "what", nargs="?", default="models", choices=kinds, help="default: %(default)s"
    )
    _add_pattern(listing)
    listing.add_argument("--names", action="store_true", help="the names alone, for scripts")

    show = _command(
        commands, "show", "what a recipe sets, aims at and has measured",
        "show se_co/digits", "show mine.py:my_model/digits",
    )  # fmt: skip
    _add_recipe_name(show)

    results = _command(
        commands, "results", "published and measured numbers of recipes",
        "results 'se_*'", "results '*/mnist' --csv mnist.csv",
    )  # fmt: skip
    _add_pattern(results)
    results.add_argument("--csv", metavar="FILE", help="all metrics as a table of a file")

    train = _command(
        commands, "train", "train a recipe and score it",
        "train se_co/digits --output runs/co --open",
        "train ae/digits --set code_size=8 --set epochs=10 --dataset folder:images",
    )  # fmt: skip
    _add_recipe(train)
    train.add_argument("--output", metavar="DIR", help="the run folder (default: runs/RECIPE)")
    train.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    train.add_argument("--strategy", default="auto", help=_STRATEGY % _SEVERAL)
    train.add_argument("--open", action="store_true", help="then open its report in a browser")
    _add_track(train)

    evaluate = _command(
        commands, "evaluate", "score the model of a run again",
        "evaluate runs/co", "evaluate runs/vae --generation",
    )  # fmt: skip
    _add_run(evaluate, _PRETRAINED)
    evaluate.add_argument(
        "--generation",
        action="store_true",
        help="also FID and KID of what it generates and rebuilds, by a small network of the "
        "zoo's own; of a data set with known factors MIG and DCI",
    )

    report = _command(
        commands, "report", "one HTML page about one or more runs",
        "report runs/co runs/ae --output runs/report",
        "report runs/comparison --output runs/report --reducers",
    )  # fmt: skip
    report.add_argument("runs", nargs="+", metavar="RUN", help=f"{_RUN}, or of a comparison")
    report.add_argument("--output", required=True, metavar="DIR", help="where index.html goes")
    report.add_argument(
        "--reducers",
        action="store_true",
        help="beside the models: PCA, LDA, t-SNE, NCA, Isomap, UMAP",
    )

    compare = _command(
        commands, "compare", "train several recipes, and set them side by side",
        "compare se_co/digits vae/digits --seeds 2 --output runs/two",
        "compare 'ac_*/digits' --set epochs=5 --jobs 2 --output runs/digits",
    )  # fmt: skip
    _add_recipe_name(compare, "NAME, PATH:NAME or a quoted pattern such as '*/digits'", nargs="+")
    compare.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="runs of each recipe (default: 1)"
    )
    _add_settings(compare, "as for train, in every recipe")
    compare.add_argument("--strategy", default="auto", help=_STRATEGY % "")
    compare.add_argument("--output", required=True, metavar="DIR", help="new, or one to go on in")
    jobs = "runs at a time, each with its share of the cores, or GPUs (default: 1)"
    compare.add_argument("--jobs", type=int, default=1, metavar="N", help=jobs)
    shard = "the I-th of N commands that share a folder, as tasks of an array job do"
    compare.add_argument("--shard", metavar="I/N", help=shard)
    compare.add_argument("--no-reducers", action="store_true", help="leave PCA and its like out")
    _add_track(compare)

    tune = _command(
        commands, "tune", "search for better values of a recipe",
        "tune se_co/digits --trials 6 --output runs/tuned", "tune se_co/digits --tuner hyperband",
    )  # fmt: skip
    _add_recipe(tune)
    most = "at most (default: 20; with hyperband all that it plans)"
    tune.add_argument("--trials", type=int, metavar="N", help=most)
    tune.add_argument("--tuner", help="bayesian (default), hyperband or random")
    measured = "NAME[:min|max] of held-out rows (default: that of the model's kind)"
    tune.add_argument("--objective", metavar="NAME", help=measured)
    tune.add_argument("--output", metavar="DIR", help="default: runs/tune/RECIPE")
    tune.add_argument("--resume", action="store_true", help="go on with a search that was stopped")
    tune.add_argument("--strategy", default="auto", help="of a trial: " + _STRATEGY % "")
    _add_track(tune)

    export = _command(
        commands, "export", "a SavedModel of a run, for TensorFlow Serving",
        "export runs/co --output saved_models/digits",
        "export cnn/cifar10 --output saved_models/photographs --images encoded",
    )  # fmt: skip
    _add_run(export, _PRETRAINED)
    export.add_argument("--output", required=True, metavar="DIR", help="saved_models/NAME")
    export.add_argument("--version", type=int, metavar="N", help="default: the next one")
    export.add_argument(
        "--images",
        default="float",
        help="what is sent: float in [0, 1], uint8, or encoded (PNG and JPEG files) "
        "(default: %(default)s)",
    )
    export.add_argument("--license", metavar="TEXT", help="of the weights, for the model card")

    predict = _command(
        commands, "predict", "ask an exported or a trained model about files",
        "predict saved_models/digits digit.png",
        "predict cnn/cifar10 'scans/*.png'",
    )  # fmt: skip
    predict.add_argument(
        "saved_model", metavar="MODEL", help=f"saved_models/NAME[/VERSION], a run{_PRETRAINED}"
    )
    files = "images, folders or quoted patterns of them; .npy, .npz; .csv for rows of features"
    predict.add_argument("inputs", nargs="+", metavar="FILE", help=files)
    output = "a folder for reconstructions and masks, or FILE.csv or FILE.json for a table"
    predict.add_argument("--output", metavar="PATH", help=output)
    return parser


class _Versions(argparse.Action):
    """Prints the versions of what is installed, which nothing of it is imported for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        packages = {"zoo": "autonet-zoo", "TensorFlow": "tensorflow", "Keras": "keras"}
        found = [f"{name} {importlib.metadata.version(key)}" for name, key in packages.items()]
        print(*found, f"Python {platform.python_version()}", sep="\n")
        parser.exit()


def _command(commands: Any, name: str, help: str, *examples: str) -> argparse.ArgumentParser:
    """A command, whose help ends with examples."""
    parser = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog="examples:\n" + "\n".join(f"  zoo {each}" for each in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    said = parser.add_mutually_exclusive_group()
    said.add_argument("--quiet", action="store_true", help="the answer alone, without progress")
    said.add_argument("--verbose", action="store_true", help="also what TensorFlow says")
    return parser


def _add_pattern(parser: argparse.ArgumentParser) -> None:
    help = "names that match, quoted: 'se_*', '*/mnist' (default: all)"
    parser.add_argument("pattern", nargs="?", default="*", metavar="PATTERN", help=help)
    help = "names to leave out; may be given several times"
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help=help)


def _add_recipe_name(
    parser: argparse.ArgumentParser, help: str = _RECIPE, nargs: str | None = None
) -> None:
    name = "recipes" if nargs else "recipe"
    action = parser.add_argument(name, metavar="RECIPE", help=help, nargs=nargs)
    vars(action)["completer"] = _recipes


def _add_run(parser: argparse.ArgumentParser, or_else: str = "") -> None:
    parser.add_argument("run", metavar="RUN", help=f"{_RUN}{or_else}")


def _recipes(prefix: str, **_: Any) -> list[str]:
    """The recipes for the completion of a shell."""
    from zoo.recipe import list_recipes

    return list_recipes(f"{prefix}*")


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    """The recipe to take, and what to replace in it."""
    _add_recipe_name(parser)
    parser.add_argument("--dataset", help=_DATASET)
    _add_settings(parser, "replace a field of the recipe or an argument of its model")


def _add_settings(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"{meaning}; may be given several times",
    )


def _add_track(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--track",
        action="append",
        default=[],
        choices=TRACKERS,
        help="also log to it; each run writes TensorBoard's files anyway",
    )


def check_given(options: argparse.Namespace) -> None:
    """Raises `InputError` where an argument is an empty text, as an unset variable leaves it."""
    for name, value in vars(options).items():
        if "" in (value if isinstance(value, list) else [value]):
            raise InputError(f"The argument `{name}` must not be empty. Received: ''.")


def read_shard(text: str | None) -> tuple[int, int] | None:
    """What `--shard` was given."""
    if text is None:
        return None
    number, _, count = text.partition("/")
    if not (text.isascii() and number.isdecimal() and count.isdecimal()):
        raise InputError(f"--shard wants I/N, two whole numbers. Received: {text!r}.")
    return int(number), int(count)


def read_settings(texts: list[str]) -> dict[str, str]:
    """What `--set` was given, by key.

    Raises:
        InputError: a text without a key and a value, or a key that is given twice.
    """
    settings: dict[str, str] = {}
    for text in texts:
        key, separator, value = (part.strip() for part in text.partition("="))
        if not separator:
            raise InputError(f"--set wants KEY=VALUE. Received: {text!r}.")
        if key in settings:
            raise InputError(
                f"`{key}` is set twice; give it once. Received: {key}={settings[key]:.60} and "
                f"{key}={value:.60}."
            )
        settings[key] = value
    return settings
