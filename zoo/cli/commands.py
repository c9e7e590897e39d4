"""What each command asks of the other rooms, and what it prints of their answers."""

import contextlib
import os
import pathlib
import shlex
import sys
import webbrowser
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

import zoo
from zoo import registry
from zoo.cli.mistakes import check_asked, check_started
from zoo.cli.parser import read_settings, read_shard
from zoo.cli.recipe_text import recipe_as_text, recipe_line
from zoo.cli.scores import results_as_text, scores_as_text
from zoo.datasets import names
from zoo.errors import InputError, printable
from zoo.files import check_finished, check_output
from zoo.interruption import starting
from zoo.recipe import Recipe, list_recipes, load_recipe
from zoo.registry import pretrained
from zoo.serving.versions import is_served

# What is asked of a room that stands on TensorFlow is `zoo.ROOM....`, behind `_start`.


def list_names(options: Namespace) -> None:
    """`zoo list`."""
    kinds: dict[str, tuple[Callable[[], Iterable[str]], Callable[[str], str]]] = {
        "models": (zoo.list_models, registry.described),
        "estimators": (zoo.list_estimators, registry.described),
        "recipes": (list_recipes, recipe_line),
        "datasets": (names.list_datasets, names.described),
        "pretrained": (pretrained.registry, pretrained.described),
    }
    found, describe = kinds[options.what]
    shown = registry.matching(found(), options.pattern, options.exclude)
    width = max(map(len, shown), default=0) + 2
    for name in shown:
        print(name if options.names else f"{name:<{width}}{describe(name)}".rstrip())


def show_recipe(options: Namespace) -> None:
    """`zoo show`."""
    with _starting(options):
        recipe = load_recipe(options.recipe)
    print(recipe_as_text(recipe, options.recipe))


def show_results(options: Namespace) -> None:
    """`zoo results`."""
    rows = zoo.results(options.pattern, options.exclude)
    if not rows:
        raise InputError(
            f"No recipe with a published or measured number matches {options.pattern!r}; "
            "`zoo list recipes` names all."
        )
    if options.csv is not None:
        zoo.comparison.write_csv(rows, options.csv)
        print(printable(f"table: {options.csv}"))
        return
    print(results_as_text(rows))


def train(options: Namespace) -> None:
    """`zoo train`."""
    recipe = _recipe(options)
    output = _train_output(options, recipe)
    check_started(options, recipe, output, "recipe.json")
    _start(options)
    if options.resume and not options.set:
        recipe = zoo.training.started_recipe(recipe, output)
    results = zoo.training.run(
        recipe,
        output,
        resume=options.resume,
        strategy=options.strategy,
        track=options.track,
        verbose=0 if options.quiet else 1 if sys.stdout.isatty() else 2,
    )
    if zoo.distribution.is_chief(zoo.distribution.choose_strategy(options.strategy)):
        # The chief says it once, and has the folder.
        print(scores_as_text(results, recipe.target))
        print(printable(f"run folder: {output}"))
        if options.open:
            page = zoo.report.write_report([output], output / "report")
            print(printable(f"report: {page}"))
            webbrowser.open(page.resolve().as_uri())


def evaluate(options: Namespace) -> None:
    """`zoo evaluate`."""
    pretrained.check_run(options.run)
    _start(options)
    print(scores_as_text(zoo.training.evaluate_run(options.run, generation=options.generation), {}))


def write_report(options: Namespace) -> None:
    """`zoo report`."""
    folders = [each for run in options.runs for each in zoo.comparison.finished_runs(run)]
    for folder in folders:
        check_finished(folder)
    _start(options)
    reductions = None
    if options.reducers:
        kept = pathlib.Path(options.output, "reductions")
        reductions = zoo.comparison.reduce_runs(folders, kept)
    print(printable(f"report: {zoo.report.write_report(folders, options.output, reductions)}"))
    runs = zoo.report.read_runs(folders)
    if tables := zoo.report.tables_as_text(runs):
        print(f"\n{tables}")
    for note in zoo.report.notes_on(runs):
        print(printable(note))


def compare(options: Namespace) -> None:
    """`zoo compare`."""
    settings, shard = read_settings(options.set), read_shard(options.shard)
    select = zoo.comparison.select_recipes
    with _starting(options):
        datasets = {recipe.dataset for recipe in select(options.recipes, settings)}
    for dataset in datasets:
        names.check_name(dataset)
    check_output(pathlib.Path(options.output), "runs", "comparison")
    _start(options)
    with _without_progress(options):
        compared = zoo.comparison.compare_recipes(
            options.recipes,
            options.output,
            seeds=options.seeds,
            settings=settings,
            strategy=options.strategy,
            jobs=options.jobs,
            shard=shard,
            reducers=not options.no_reducers,
            track=options.track,
        )
    if options.quiet:
        page = pathlib.Path(options.output, "report", "index.html")
        # Of shards the last one writes it.
        written = shard is None or page.exists()
        print(printable(f"report: {page}" if written else f"shard done: {options.output}"))
    zoo.comparison.check_none_diverged(compared)


def tune(options: Namespace) -> None:
    """`zoo tune`."""
    recipe = _recipe(options)
    output = _tune_output(options, recipe)
    check_started(options, recipe, output, "search.json")
    _start(options)
    if options.resume and not options.set:
        recipe = zoo.tuning.started_recipe(recipe, output)
    with _without_progress(options):
        found = zoo.tuning.tune(
            recipe,
            output,
            trials=options.trials,
            tuner=options.tuner,
            objective=options.objective,
            resume=options.resume,
            strategy=options.strategy,
            track=options.track,
        )
    if found:
        table = f"table and plot: {output / 'trials.csv'}, {output / 'trials.png'}"
        print(printable(table))
        print(f"zoo train {printable(shlex.quote(found['best_recipe']))}")


def export(options: Namespace) -> None:
    """`zoo export`."""
    pretrained.check_run(options.run)
    _start(options)
    version = zoo.serving.export_run(
        options.run,
        options.output,
        version=options.version,
        images=options.images,
        license=options.license,
    )
    print(printable(f"SavedModel: {version}"))


def predict(options: Namespace) -> None:
    """`zoo predict`."""
    check_asked(options.saved_model, options.inputs)
    _start_asking(options)
    for line in zoo.serving.predict(options.saved_model, options.inputs, options.output):
        print(printable(line))


@contextlib.contextmanager
def _without_progress(options: Namespace) -> Iterator[None]:
    """With `--quiet` what is printed meanwhile goes nowhere."""
    with contextlib.ExitStack() as stack:
        if options.quiet:
            nowhere = stack.enter_context(open(os.devnull, "w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
        yield


COMMANDS = {
    "list": list_names,
    "show": show_recipe,
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
    return pathlib.Path(options.output or zoo.comparison.place(pathlib.Path("runs"), recipe.name))


def _tune_output(options: Namespace, recipe: Recipe) -> pathlib.Path:
    folder = pathlib.Path("runs", "tune")
    return pathlib.Path(options.output or zoo.comparison.place(folder, recipe.name))


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
            # Before TensorFlow is there nothing is.
            begun = "tensorflow" in sys.modules
            begun = begun and (output(options, _recipe(options)) / file).exists()
        except InputError:
            begun = False
        if begun:
            return f"`--resume` goes on from the last whole {whole}."
        return "nothing was begun yet; give the same command again."
    return "what it has written is whole; give the same command again."


def _recipe(options: Namespace) -> Recipe:
    """The recipe of a command line, with its data set and its settings."""
    with _starting(options):
        recipe, settings = load_recipe(options.recipe), read_settings(options.set)
        if options.dataset is not None:
            if "dataset" in settings:
                raise InputError(
                    "The data set is given by `--dataset` and by `--set`; give it once. Received: "
                    f"{options.dataset} and {settings['dataset']}."
                )
            recipe = recipe.on(options.dataset)
        return recipe.override(settings)


def _starting(options: Namespace) -> AbstractContextManager[None]:
    """Inside TensorFlow may be loaded, also by a file or a package of the user's own."""
    return starting(quiet=not options.verbose)


def _start(options: Namespace) -> None:
    """Loads TensorFlow and what stands on it; without `--verbose` nobody hears of its start."""
    with _starting(options):
        zoo.load_rooms()


def _start_asking(options: Namespace) -> None:
    """Loads what a SavedModel needs: TensorFlow without Keras, of which it is nearly half."""
    if not is_served(options.saved_model):
        return _start(options)
    with _starting(options):
        if "tensorflow" not in sys.modules:
            # TensorFlow imports Keras where it can, and does without where it cannot.
            sys.modules["keras"] = None  # type: ignore[assignment]
            import tensorflow  # noqa: F401

            del sys.modules["keras"]
        _ = zoo.serving.predict
