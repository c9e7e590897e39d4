"""What each command asks of the other rooms, and what it prints of their answers."""

import pathlib
import shlex
from argparse import Namespace

from zoo import comparison, datasets, distribution, registry, report, serving, training
from zoo.cli.parser import read_settings
from zoo.cli.scores import results_as_text, scores_as_text
from zoo.errors import InputError, printable
from zoo.recipe import Recipe, list_recipes, load_recipe
from zoo.report.scores import notes_on


def list_names(options: Namespace) -> None:
    """`zoo list`."""
    names = {
        "models": registry.list_models,
        "estimators": registry.list_estimators,
        "recipes": list_recipes,
        "datasets": datasets.list_datasets,
    }
    print("\n".join(registry.matching(names[options.what](), options.pattern, options.exclude)))


def show_results(options: Namespace) -> None:
    """`zoo results`."""
    rows = comparison.results(options.pattern, options.exclude)
    if not rows:
        raise InputError(
            f"No recipe with a published or measured number matches {options.pattern!r}; "
            "`zoo list recipes` names all."
        )
    if options.csv is not None:
        comparison.write_csv(rows, options.csv)
        print(printable(f"table: {options.csv}"))
        return
    print(results_as_text(rows))


def train(options: Namespace) -> None:
    """`zoo train`."""
    recipe = _recipe(options)
    output = _train_output(options, recipe)
    if options.resume and not options.set:
        recipe = training.started_recipe(recipe, output)
    results = training.run(recipe, output, resume=options.resume, strategy=options.strategy)
    if distribution.is_chief(distribution.choose_strategy(options.strategy)):
        # The chief says it once, and has the folder.
        print(scores_as_text(results, recipe.target))
        print(printable(f"run folder: {output}"))


def evaluate(options: Namespace) -> None:
    """`zoo evaluate`."""
    print(scores_as_text(training.evaluate_run(options.run), {}))


def write_report(options: Namespace) -> None:
    """`zoo report`."""
    reductions = None
    if options.reducers:
        folder = pathlib.Path(options.output, "reductions")
        reductions = comparison.reduce_runs(options.runs, folder)
    print(printable(f"report: {report.write_report(options.runs, options.output, reductions)}"))
    runs = report.read_runs(options.runs)
    if tables := report.tables_as_text(runs):
        print(f"\n{tables}")
    for note in notes_on(runs):
        print(printable(note))


def compare(options: Namespace) -> None:
    """`zoo compare`."""
    compared = comparison.compare_recipes(
        options.recipes,
        options.output,
        seeds=options.seeds,
        settings=read_settings(options.set),
        strategy=options.strategy,
        reducers=not options.no_reducers,
    )
    comparison.check_none_diverged(compared)


def tune(options: Namespace) -> None:
    """`zoo tune`."""
    from zoo import tuning

    recipe = _recipe(options)
    output = _tune_output(options, recipe)
    if options.resume and not options.set:
        recipe = tuning.started_recipe(recipe, output)
    found = tuning.tune(
        recipe,
        output,
        trials=options.trials,
        tuner=options.tuner,
        objective=options.objective,
        resume=options.resume,
        strategy=options.strategy,
    )
    if found:
        table = f"table and plot: {output / 'trials.csv'}, {output / 'trials.png'}"
        print(printable(table))
        print(f"zoo train {printable(shlex.quote(found['best_recipe']))}")


def export(options: Namespace) -> None:
    """`zoo export`."""
    version = serving.export_run(
        options.run,
        options.output,
        version=options.version,
        images=options.images,
        license=options.license,
    )
    print(printable(f"SavedModel: {version}"))


def predict(options: Namespace) -> None:
    """`zoo predict`."""
    for line in serving.predict(options.saved_model, options.inputs, options.output):
        print(line)


COMMANDS = {
    "list": list_names,
    "results": show_results,
    "train": train,
    "evaluate": evaluate,
    "report": write_report,
    "compare": compare,
    "tune": tune,
    "export": export,
    "predict": predict,
}


def _train_output(options: Namespace, recipe: Recipe) -> pathlib.Path:
    return pathlib.Path(options.output or comparison.place(pathlib.Path("runs"), recipe.name))


def _tune_output(options: Namespace, recipe: Recipe) -> pathlib.Path:
    folder = pathlib.Path("runs", "tune")
    return pathlib.Path(options.output or comparison.place(folder, recipe.name))


def after_interruption(options: Namespace) -> str:
    """What a command that was interrupted has left, and what goes on with it."""
    command = options.command
    if command == "compare":
        return "the same command goes on from the last whole epoch."
    if command in ("train", "tune"):
        output, (file, whole) = {
            "train": (_train_output, ("recipe.json", "epoch")),
            "tune": (_tune_output, ("search.json", "trial")),
        }[command]
        try:
            begun = (output(options, _recipe(options)) / file).exists()
        except InputError:
            begun = False
        if begun:
            return f"`--resume` goes on from the last whole {whole}."
        return "nothing was begun yet; give the same command again."
    return "what it has written is whole; give the same command again."


def _recipe(options: Namespace) -> Recipe:
    """The recipe of a command line, with its data set and its settings."""
    recipe = load_recipe(options.recipe)
    if options.dataset is not None:
        recipe = recipe.on(options.dataset)
    return recipe.override(read_settings(options.set))
