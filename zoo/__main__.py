"""The `zoo` command: parsing only; what it does is in training, report and the registry."""

import argparse
import pathlib
import sys

from zoo.errors import InputError, NonFiniteLossError


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line; returns 0, 1 for training that diverged, 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except InputError as error:
        print(f"zoo: {error}", file=sys.stderr)
        return 2
    except NonFiniteLossError as error:
        print(f"\nzoo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        again = "the same command" if options.command is _compare else "`--resume`"
        print(f"\nzoo: interrupted; {again} goes on from the last whole epoch.", file=sys.stderr)
        return 130
    return 0


def _list(options: argparse.Namespace) -> None:
    if options.what == "models":
        from zoo.registry import list_models as names
    elif options.what == "recipes":
        from zoo.recipe import list_recipes as names
    else:
        from zoo.datasets import list_datasets as names
    print("\n".join(names()))


def _train(options: argparse.Namespace) -> None:
    import dataclasses

    from zoo.recipe import load_recipe, read_recipe

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
    recipe = recipe.override(dict(map(_setting, options.set)))
    output = pathlib.Path(options.output or pathlib.Path("runs", *recipe.name.split("/", 1)))
    if options.resume and not options.set and (output / "recipe.json").is_file():
        held = read_recipe(output / "recipe.json")
        # The settings of the first call need not be given again.
        recipe = held if held.name == recipe.name else recipe

    from zoo.training import run

    results = run(recipe, output, resume=options.resume, strategy=options.strategy)
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

    listing = commands.add_parser("list", help="the names of models, recipes or data sets")
    kinds = ("models", "recipes", "datasets")
    listing.add_argument("what", nargs="?", default="models", choices=kinds)
    listing.set_defaults(command=_list)

    train = commands.add_parser("train", help="train a recipe and score it")
    train.add_argument("recipe", metavar="RECIPE", help="NAME, PATH:NAME or a run's recipe.json")
    train.add_argument("--dataset", help="another data set: a name, a TFDS name or folder:PATH")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="replace a field of the recipe or an argument of its model",
    )
    train.add_argument("--output", metavar="DIR", help="the run folder (default: runs/RECIPE)")
    train.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    train.add_argument("--strategy", default="auto", help="auto, one or mirrored")
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


if __name__ == "__main__":
    sys.exit(main())
