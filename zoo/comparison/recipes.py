"""Several recipes, one after the other: what is missing is trained, and the table fills."""

import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import keras

from zoo.comparison.progress import Lines, Progress, TimeLeft, quiet_tensorflow
from zoo.comparison.reduction_cache import code_sizes, reduce_data_sets
from zoo.comparison.run_plan import PlannedRun, check_runs, place, plan_runs
from zoo.comparison.score_table import Compared, score_table
from zoo.distribution import choose_strategy
from zoo.distribution.multi_worker import cluster_of
from zoo.errors import InputError, NonFiniteLossError
from zoo.files import claimed, sweep, whole_file
from zoo.kinds import task_of_scores
from zoo.recipe import Recipe
from zoo.report import write_report
from zoo.report.merged_seeds import merge_seeds
from zoo.report.scores import notes_on
from zoo.training import run
from zoo.training.run_folder import Run, held_recipe, read_run
from zoo.training.tracking import check_trackers


def compare_recipes(
    recipes: str | Recipe | Sequence[str | Recipe],
    output: str | os.PathLike,
    seeds: int = 1,
    settings: Mapping[str, Any] | None = None,
    strategy: str = "auto",
    *,
    reducers: bool = True,
    stream: TextIO | None = None,
    track: Sequence[str] = (),
) -> list[Compared]:
    """Trains each recipe with each seed, skips what is done, and sets the scores side by side.

    Stopped at any moment, it goes on where it was when it is called again in the same way: whole
    epochs are not trained twice. A run is exactly what `zoo.training.run` gives. The folder gets

    * runs/MODEL/DATASET/seed_SEED: the run folders;
    * results/MODEL/DATASET.json: the results.json of the recipe's finished seeds in one, a score
      for each, seconds and images per second their means, versions and hardware those of the
      first; renewed after each run;
    * table.md: the table, renewed after each run;
    * reductions/DATASET.npz: the reducers' codes of each data set, kept;
    * report/index.html: the report on all finished runs, written at the end.

    A run that diverges is noted, and the others go on; the next call takes it up again from its
    last whole epoch.

    Args:
        recipes: names, patterns over the zoo's recipes such as `"*/digits"`, or recipes.
        output: the folder; new or empty, or one of an earlier call.
        seeds: runs per recipe: those with the recipe's seed, the next one, and so on.
        settings: what `Recipe.override` takes, for every recipe.
        strategy: one of `distribution.STRATEGIES`.
        reducers: whether the report also shows the reducers of `zoo.evaluation.reducers`.
        stream: where progress and table are printed; None is standard output.
        track: trackers that each run is logged to, as for `zoo.training.run`.

    Returns:
        The recipes in the order of the table, with what became of them.

    Raises:
        InputError: a mistake in a recipe, a setting or the data, or a folder that holds something
            else. Nothing is trained then, not even the recipes without a mistake.
    """
    output = pathlib.Path(output)
    if cluster_of(choose_strategy(strategy)) is not None:
        raise InputError(
            "A comparison runs on one machine: each worker would write its table. Received: "
            f"strategy={strategy!r} with several workers; train recipes on them one by one."
        )
    check_trackers(track)
    with claimed(output), Lines(stream) as lines:
        plan = plan_runs(recipes, output, seeds, settings)
        sweep(output, "table.md", "reductions/*", "results/**/*.json", "report/*")
        return _compare(output, plan, strategy, reducers, track, lines)


def _compare(
    output: pathlib.Path,
    plan: Sequence[PlannedRun],
    strategy: str,
    reducers: bool,
    track: Sequence[str],
    lines: Lines,
) -> list[Compared]:
    board = _Board(output, plan)
    missing = [each for each in plan if not each.done]
    rows = check_runs(missing, strategy, lambda name: lines.status(f"checking {name}"))
    (output / "runs").mkdir(exist_ok=True)
    board.write()
    board.show_row(lines, [each for each in plan if each.done])
    progress = Progress(missing, rows, lines, board.time_left())
    for each in missing:
        _train(each, strategy, track, progress, board)
        board.write()
        board.show_row(lines, [each])
    if missing:
        compared = board.compared()
        lines.print("\n" + score_table(compared).text())
        for note in notes_on([each.run for each in compared if each.run]):
            lines.print(note)
    _write_report(output, board, reducers, lines)
    return board.compared()


def finished_runs(folder: str | os.PathLike) -> list[pathlib.Path]:
    """The folders of the finished runs of a comparison; of any other folder that itself."""
    folder = pathlib.Path(folder)
    if (folder / "recipe.json").exists() or not (folder / "runs").is_dir():
        return [folder]
    found = sorted(file.parent for file in (folder / "runs").rglob("results.json"))
    if not found:
        raise InputError(f"The comparison in {folder} has no finished run yet.")
    return found


def check_none_diverged(compared: Sequence[Compared]) -> None:
    """Raises `NonFiniteLossError`, with their names and seeds, where runs diverged."""
    diverged = [f"{each.recipe.name} (seed {seed})" for each in compared for seed in each.diverged]
    if diverged:
        runs = sum(each.seeds for each in compared)
        raise NonFiniteLossError(f"{len(diverged)} of {runs} runs diverged: {', '.join(diverged)}.")


def _train(
    planned: PlannedRun, strategy: str, track: Sequence[str], progress: Progress, board: "_Board"
) -> None:
    recipe, folder = planned.recipe, planned.folder
    follow = progress.begin()
    resume = held_recipe(folder) is not None
    try:
        with quiet_tensorflow():
            settings = {"strategy": strategy, "callbacks": [follow], "track": track, "verbose": 0}
            run(recipe, folder, resume=resume, **settings)
        board.add(planned)
    except NonFiniteLossError as error:
        board.diverged[recipe.name][recipe.seed] = str(error)
        progress.lines.print(f"{recipe.name}, seed {recipe.seed}: {error}")
    finally:
        # The graphs and the optimizer of a run are of no use to the next.
        keras.utils.clear_session()
    progress.end()


class _Board:
    """The recipes of a comparison with what is finished of them, and the files that say so."""

    def __init__(self, output: pathlib.Path, plan: Sequence[PlannedRun]) -> None:
        self._output, self._plan = output, plan
        self._finished: dict[pathlib.Path, Run] = {}
        self.diverged: dict[str, dict[int, str]] = {each.recipe.name: {} for each in plan}
        self._header = ""
        for each in plan:
            if each.done:
                self.add(each)

    def add(self, planned: PlannedRun) -> None:
        """Takes up a run that is finished."""
        # Only the report needs the pictures, and it reads them itself.
        self._finished[planned.folder] = read_run(planned.folder)._replace(arrays={})

    def finished(self) -> list[pathlib.Path]:
        """The folders of the finished runs, recipe by recipe."""
        names = list(self.diverged)
        folders = sorted(
            (names.index(each.recipe.name), number, each.folder)
            for number, each in enumerate(self._plan)
            if each.folder in self._finished
        )
        return [folder for _, _, folder in folders]

    def compared(self) -> list[Compared]:
        """The recipes, in the order in which they were given."""
        rows = []
        for name, diverged in self.diverged.items():
            runs = [each for each in self._plan if each.recipe.name == name]
            done = [self._finished[run.folder] for run in runs if run.folder in self._finished]
            merged = merge_seeds(done)
            if len(merged) > 1:
                raise InputError(
                    f"The seeds of {name} cannot be merged: their precision or their training "
                    f"rows differ. Received: {', '.join(str(one.folder) for one in merged)}."
                )
            run = merged[0] if merged else None
            rows.append(Compared(runs[0].recipe, len(runs), run, dict(diverged)))
        return rows

    def time_left(self) -> TimeLeft:
        """An estimate that knows the finished runs."""
        time_left = TimeLeft()
        for each in self._plan:
            if each.folder in self._finished:
                results = self._finished[each.folder].results
                if results["seconds"] and each.recipe.in_epochs:
                    images = results["train_rows"] * each.recipe.epochs
                    time_left.add_epochs(each, images, results["seconds"])
                elif results["seconds"]:
                    time_left.add_rest(results["seconds"])
        return time_left

    def write(self) -> None:
        """Renews the table and the results of all recipes."""
        compared = self.compared()
        for each in compared:
            if each.run is not None:
                path = place(self._output / "results", each.recipe.name)
                with whole_file(path.with_name(path.name + ".json")) as file:
                    file.write_text(json.dumps(each.run.results, indent=2) + "\n")
        with whole_file(self._output / "table.md") as file:
            file.write_text(_markdown(compared), encoding="utf-8")

    def show_row(self, lines: Lines, runs: Sequence[PlannedRun]) -> None:
        """Prints the rows of the recipes of some runs, below a header where it is a new one."""
        table = score_table(self.compared())
        names = list(self.diverged)
        for number in sorted({names.index(each.recipe.name) for each in runs}):
            if table.head() != self._header:
                self._header = table.head()
                lines.print("\n" + self._header)
            lines.print(table.line(number))


def _markdown(compared: Sequence[Compared]) -> str:
    text = score_table(compared).markdown()
    notes = [
        f"* `{each.recipe.name}`, seed {seed}: {message}\n"
        for each in compared
        for seed, message in each.diverged.items()
    ]
    notes += [f"* {note}\n" for note in notes_on([each.run for each in compared if each.run])]
    return text + ("\n" + "".join(notes) if notes else "")


def _write_report(output: pathlib.Path, board: _Board, reducers: bool, lines: Lines) -> None:
    folders = board.finished()
    if not folders:
        return
    reductions = {}
    if reducers:
        measured = [
            each
            for each in board.compared()
            if each.run and task_of_scores(each.run.results["scores"]).reduced
        ]
        reductions = reduce_data_sets(
            [each.recipe for each in measured],
            output / "reductions",
            lambda text: lines.status(text, at_once=True),
            code_sizes(each.run for each in measured),
        )
    lines.status("writing the report", at_once=True)
    lines.print(f"table: {output / 'table.md'}")
    lines.print(f"report: {write_report(folders, output / 'report', reductions)}")
