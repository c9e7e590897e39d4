"""The `zoo` command: parsing only; what it does is in training, report and the registry."""

import argparse
import pathlib
import sys
from typing import TYPE_CHECKING

from zoo.errors import InputError, NonFiniteLossError, WorkerLostError

if TYPE_CHECKING:
    from zoo.recipe import Recipe


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line; returns 0, 1 for training that broke off, 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except InputError as error:
        print(f"zoo: {error}", file=sys.stderr)
        return 2
    except (NonFiniteLossError, WorkerLostError) as error:
        print(f"\nzoo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        again = "the same command" if options.command is _compare else "`--resume`"
        whole = "trial" if options.command is _tune else "epoch"
        print(f"\nzoo: interrupted; {again} goes on from the last whole {whole}.", file=sys.stderr)
        return 130
    return 0


def _list(options: argparse.Namespace) -> None:
    if options.what == "models":
        from zoo.registry import list_models as names
    elif options.what == "estimators":
        from zoo.registry import list_estimators as names
    elif options.what == "recipes":
        from zoo.recipe import list_recipes as names
    else:
        from zoo.datasets import list_datasets as names
    print("\n".join(names()))


def _recipe(options: argparse.Namespace) -> "Recipe":
    """The recipe of a command line, with its data set and its settings."""
    import dataclasses

    from zoo.recipe import load_recipe

    recipe = load_recipe(options.recipe)
    if options.dataset:
        # Published numbers of one data set say nothing about another.
        recipe = dataclasses.replace(
            recipe,
            name=f"{recipe.name.partition('/')[0]}/{options.dataset}",
            dataset=options.dataset,
            target={},
            source="",
        )
    return recipe.override(dict(map(_setting, options.set)))


def _train(options: argparse.Namespace) -> None:
    from zoo.recipe import read_recipe

    recipe = _recipe(options)
    output = pathlib.Path(options.output or pathlib.Path("runs", *recipe.name.split("/", 1)))
    if options.resume and not options.set and (output / "recipe.json").is_file():
        held = read_recipe(output / "recipe.json")
        # The settings of the first call need not be given again.
        recipe = held if held.name == recipe.name else recipe

    from zoo.distribution import choose_strategy, is_chief
    from zoo.training import run

    results = run(recipe, output, resume=options.resume, strategy=options.strategy)
    if not is_chief(choose_strategy(options.strategy)):
        return  # The chief says it once, and has the folder.
    _print_scores(results, recipe.target)
    print(f"run folder: {output}")


def _evaluate(options: argparse.Namespace) -> None:
    from zoo.training import evaluate_run

    results = evaluate_run(options.run)
    _print_scores(results, {})


def _report(options: argparse.Namespace) -> None:
    from zoo.report import write_report
    from zoo.report.page import read_runs
    from zoo.report.published_tables import tables_as_text

    reductions = None
    if options.reducers:
        from zoo.comparison.reduction_cache import reduce_runs

        reductions = reduce_runs(options.runs, pathlib.Path(options.output, "reductions"))
    print(f"report: {write_report(options.runs, options.output, reductions)}")
    if tables := tables_as_text(read_runs(options.runs)):
        print(f"\n{tables}")


def _compare(options: argparse.Namespace) -> None:
    from zoo.comparison.recipes import compare_recipes

    compared = compare_recipes(
        options.recipes,
        options.output,
        seeds=options.seeds,
        settings=dict(map(_setting, options.set)),
        strategy=options.strategy,
        reducers=not options.no_reducers,
    )
    diverged = [f"{e.recipe.name} (seed {seed})" for e in compared for seed in e.diverged]
    if diverged:
        runs = sum(e.seeds for e in compared)
        raise NonFiniteLossError(f"{len(diverged)} of {runs} runs diverged: {', '.join(diverged)}.")


def _tune(options: argparse.Namespace) -> None:
    from zoo.tuning import tune
    from zoo.tuning.search_file import read_search_file

    recipe = _recipe(options)
    output = pathlib.Path(options.output or pathlib.Path("runs", "tune", *recipe.name.split("/")))
    if options.resume and not options.set and (held := read_search_file(output)) is not None:
        # The settings of the first call need not be given again.
        recipe = held.recipe if held.recipe.name == recipe.name else recipe
    found = tune(
        recipe,
        output,
        trials=options.trials,
        tuner=options.tuner,
        objective=options.objective,
        resume=options.resume,
        strategy=options.strategy,
    )
    if found:
        print(f"table and plot: {output / 'trials.csv'}, {output / 'trials.png'}")
        print(f"zoo train {found['best_recipe']}")


def _export(options: argparse.Namespace) -> None:
    from zoo.serving import export_run

    version = export_run(
        options.run, options.output, version=options.version, images=options.images
    )
    print(f"SavedModel: {version}")


def _predict(options: argparse.Namespace) -> None:
    from zoo.serving import predict

    for line in predict(options.saved_model, options.inputs, options.output):
        print(line)


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set wants KEY=VALUE. Received: {text!r}.")
    return key.strip(), value.strip()


def _print_scores(results: dict, target: dict) -> None:
    from zoo.report.scores import comparable_target, rows_as

    target = comparable_target(target, results["scores"])
    minutes, speed = results["seconds"] / 60, results["images_per_second"]
    rows, unit = results["train_rows"], rows_as(results["scores"])
    print(f"{results['recipe']}: {rows} training {unit}, {minutes:.1f} minutes, {speed} {unit}/s")
    width = max(map(len, results["scores"]), default=0) + 2
    for name, values in results["scores"].items():
        published = f"   published {target[name]:.4f}" if name in target else ""
        print(f"  {name:<{width}}{values[0]:>9.4f}{published}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zoo", description="Networks that learn together.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="names of models, estimators, recipes or data sets")
    kinds = ("models", "estimators", "recipes", "datasets")
    listing.add_argument("what", nargs="?", default="models", choices=kinds)
    listing.set_defaults(command=_list)

    train = commands.add_parser("train", help="train a recipe and score it")
    _add_recipe(train)
    train.add_argument("--output", metavar="DIR", help="the run folder (default: runs/RECIPE)")
    train.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    strategies = "auto, one, mirrored or multi_worker (several machines, by TF_CONFIG or Slurm)"
    train.add_argument("--strategy", default="auto", help=strategies)
    train.set_defaults(command=_train)

    evaluate = commands.add_parser("evaluate", help="score the model of a run again")
    evaluate.add_argument("run", metavar="RUN")
    evaluate.set_defaults(command=_evaluate)

    report = commands.add_parser("report", help="one HTML page about one or more runs")
    report.add_argument("runs", nargs="+", metavar="RUN")
    report.add_argument("--output", required=True, metavar="DIR")
    report.add_argument(
        "--reducers",
        action="store_true",
        help="beside the models: PCA, LDA, t-SNE, NCA, Isomap, UMAP",
    )
    report.set_defaults(command=_report)

    compare = commands.add_parser(
        "compare", help="train several recipes, and set them side by side"
    )
    recipes = "NAME, PATH:NAME or a quoted pattern such as '*/digits'"
    compare.add_argument("recipes", nargs="+", metavar="RECIPE", help=recipes)
    compare.add_argument("--seeds", type=int, default=1, metavar="N", help="runs of each recipe")
    compare.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="as for train, in every recipe",
    )
    compare.add_argument("--strategy", default="auto", help="auto, one or mirrored")
    compare.add_argument("--output", required=True, metavar="DIR", help="new, or one to go on in")
    compare.add_argument("--no-reducers", action="store_true", help="leave PCA and its like out")
    compare.set_defaults(command=_compare)

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
    tune.set_defaults(command=_tune)

    export = commands.add_parser("export", help="a SavedModel of a run, for TensorFlow Serving")
    export.add_argument("run", metavar="RUN")
    export.add_argument("--output", required=True, metavar="DIR", help="saved_models/NAME")
    export.add_argument("--version", type=int, metavar="N", help="default: the next one")
    export.add_argument(
        "--images",
        default="float",
        help="what is sent: float in [0, 1], uint8, or encoded (PNG and JPEG files)",
    )
    export.set_defaults(command=_export)

    predict = commands.add_parser("predict", help="ask an exported model about files")
    predict.add_argument("saved_model", metavar="SAVED_MODEL", help="saved_models/NAME[/VERSION]")
    files = "PNG or JPEG images; .npy or .csv for rows of features"
    predict.add_argument("inputs", nargs="+", metavar="FILE", help=files)
    predict.add_argument("--output", metavar="DIR", help="where reconstructions and masks go")
    predict.set_defaults(command=_predict)
    return parser


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    """The arguments that `_recipe` reads."""
    parser.add_argument("recipe", metavar="RECIPE", help="NAME, PATH:NAME or a run's recipe.json")
    parser.add_argument("--dataset", help="another data set: a name, a TFDS name or folder:PATH")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="replace a field of the recipe or an argument of its model",
    )


if __name__ == "__main__":
    sys.exit(main())
