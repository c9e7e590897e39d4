"""The command line: commands with their arguments."""

import argparse

from zoo.errors import InputError


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; what it gives has the `command` by name."""
    parser = argparse.ArgumentParser(prog="zoo", description="Networks that learn together.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    listing = commands.add_parser("list", help="names of models, estimators, recipes or data sets")
    kinds = ("models", "estimators", "recipes", "datasets")
    listing.add_argument("what", nargs="?", default="models", choices=kinds)
    _add_pattern(listing)

    results = commands.add_parser("results", help="published and measured numbers of recipes")
    _add_pattern(results)
    results.add_argument("--csv", metavar="FILE", help="all metrics as a table of a file")

    train = commands.add_parser("train", help="train a recipe and score it")
    _add_recipe(train)
    train.add_argument("--output", metavar="DIR", help="the run folder (default: runs/RECIPE)")
    train.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    strategies = "auto, one, mirrored or multi_worker (several machines, by TF_CONFIG or Slurm)"
    train.add_argument("--strategy", default="auto", help=strategies)

    evaluate = commands.add_parser("evaluate", help="score the model of a run again")
    evaluate.add_argument("run", metavar="RUN")

    report = commands.add_parser("report", help="one HTML page about one or more runs")
    report.add_argument("runs", nargs="+", metavar="RUN")
    report.add_argument("--output", required=True, metavar="DIR")
    report.add_argument(
        "--reducers",
        action="store_true",
        help="beside the models: PCA, LDA, t-SNE, NCA, Isomap, UMAP",
    )

    compare = commands.add_parser(
        "compare", help="train several recipes, and set them side by side"
    )
    recipes = "NAME, PATH:NAME or a quoted pattern such as '*/digits'"
    compare.add_argument("recipes", nargs="+", metavar="RECIPE", help=recipes)
    compare.add_argument("--seeds", type=int, default=1, metavar="N", help="runs of each recipe")
    _add_settings(compare, "as for train, in every recipe")
    compare.add_argument("--strategy", default="auto", help="auto, one or mirrored")
    compare.add_argument("--output", required=True, metavar="DIR", help="new, or one to go on in")
    compare.add_argument("--no-reducers", action="store_true", help="leave PCA and its like out")

    tune = commands.add_parser("tune", help="search for better values of a recipe")
    _add_recipe(tune)
    most = "at most (default: 20; with hyperband all that it plans)"
    tune.add_argument("--trials", type=int, metavar="N", help=most)
    tune.add_argument("--tuner", help="bayesian (default), hyperband or random")
    measured = "NAME[:min|max] of held-out rows (default: that of the model's kind)"
    tune.add_argument("--objective", metavar="NAME", help=measured)
    tune.add_argument("--output", metavar="DIR", help="default: runs/tune/RECIPE")
    tune.add_argument("--resume", action="store_true", help="go on with a search that was stopped")
    tune.add_argument("--strategy", default="auto", help="of a trial: auto, one or mirrored")

    export = commands.add_parser("export", help="a SavedModel of a run, for TensorFlow Serving")
    export.add_argument("run", metavar="RUN")
    export.add_argument("--output", required=True, metavar="DIR", help="saved_models/NAME")
    export.add_argument("--version", type=int, metavar="N", help="default: the next one")
    export.add_argument(
        "--images",
        default="float",
        help="what is sent: float in [0, 1], uint8, or encoded (PNG and JPEG files)",
    )

    export.add_argument("--license", metavar="TEXT", help="of the weights, for the model card")

    predict = commands.add_parser("predict", help="ask an exported model about files")
    predict.add_argument("saved_model", metavar="SAVED_MODEL", help="saved_models/NAME[/VERSION]")
    files = "images, folders or quoted patterns of them; .npy, .npz; .csv for rows of features"
    predict.add_argument("inputs", nargs="+", metavar="FILE", help=files)
    predict.add_argument("--output", metavar="DIR", help="where reconstructions and masks go")
    return parser


def _add_pattern(parser: argparse.ArgumentParser) -> None:
    help = "names that match, quoted: 'se_*', '*/mnist'"
    parser.add_argument("pattern", nargs="?", default="*", metavar="PATTERN", help=help)
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN")


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    """The recipe to take, and what to replace in it."""
    parser.add_argument("recipe", metavar="RECIPE", help="NAME, PATH:NAME or a run's recipe.json")
    parser.add_argument("--dataset", help="another data set: a name, a TFDS name or folder:PATH")
    _add_settings(parser, "replace a field of the recipe or an argument of its model")


def _add_settings(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=meaning,
    )


def check_given(options: argparse.Namespace) -> None:
    """Raises `InputError` where an argument is an empty text, as an unset variable leaves it."""
    for name, value in vars(options).items():
        if "" in (value if isinstance(value, list) else [value]):
            raise InputError(f"The argument `{name}` must not be empty. Received: ''.")


def read_settings(texts: list[str]) -> dict[str, str]:
    """What `--set` was given, by key.

    Raises:
        InputError: a text without a key and a value.
    """
    for text in texts:
        if "=" not in text:
            raise InputError(f"--set wants KEY=VALUE. Received: {text!r}.")
    return {key.strip(): value.strip() for key, _, value in (text.partition("=") for text in texts)}
