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
        print("\nzoo: interrupted; `--resume` goes on from the last whole epoch.", file=sys.stderr)
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

    print(f"report: {write_report(options.runs, options.output)}")


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set wants KEY=VALUE. Received: {text!r}.")
    return key.strip(), value.strip()


def _print_scores(results: dict, target: dict) -> None:
    from zoo.comparison import comparable_target

    target = comparable_target(target, results["scores"])
    minutes, speed = results["seconds"] / 60, results["images_per_second"]
    rows = results["train_rows"]
    print(f"{results['recipe']}: {rows} training images, {minutes:.1f} minutes, {speed} images/s")
    for name, values in results["scores"].items():
        published = f"   published {target[name]:.4f}" if name in target else ""
        print(f"  {name:<24}{values[0]:>9.4f}{published}")


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
    report.set_defaults(command=_report)
    return parser


if __name__ == "__main__":
    sys.exit(main())
