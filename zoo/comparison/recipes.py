"""Several recipes in one folder: what is missing is trained, and the table fills."""

import contextlib
import functools
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import tensorflow as tf
from typing_extensions import TypedDict

from zoo.comparison.jobs import train_in_jobs, train_in_turn
from zoo.comparison.progress import Lines, Progress, TimeLeft
from zoo.comparison.reduction_cache import code_sizes, first_results, reduce_data_sets
from zoo.comparison.run_plan import PlannedRun, check_runs, plan_runs
from zoo.comparison.score_table import Compared, score_table
from zoo.comparison.selection import place
from zoo.distribution import choose_strategy
from zoo.distribution.multi_worker import cluster_of
from zoo.errors import InputError, NonFiniteLossError, check_count, printable
from zoo.files import claimed, sweep, whole_file
from zoo.kinds import task_of_scores
from zoo.recipe import OF_FILES, Recipe
from zoo.report import write_report
from zoo.report.merged_seeds import merge_seeds
from zoo.report.scores import notes_on
from zoo.settings import digest_of, read_json
from zoo.settings.choices import MOST_JOBS, MOST_SHARDS, check_trackers
from zoo.training.finished_runs import Run, read_run
from zoo.training.run_folder import is_finished
from zoo.training.run_results import write_json


def compare_recipes(
    recipes: str | Recipe | Sequence[str | Recipe],
    output: str | os.PathLike,
    seeds: int = 1,
    settings: Mapping[str, Any] | None = None,
    strategy: str = "auto",
    *,
    jobs: int = 1,
    shard: tuple[int, int] | None = None,
    reducers: bool = True,
    stream: TextIO | None = None,
    track: Sequence[str] = (),
) -> list[Compared]:
    """Trains each recipe with each seed, skips what is done, and sets the scores side by side.

    Stopped at any moment, it goes on where it was when it is called again in the same way: whole
    epochs are not trained twice. A run is exactly what `zoo.training.run` gives. The folder gets

    * runs/MODEL/DATASET/seed_SEED: the run folders;
    * results/MODEL/DATASET.json: the results.json of the recipe's finished seeds, of those that
      this call asks for, in one: a score for each, seconds and images per second their means,
      versions and hardware those of the first; renewed after each run;
    * table.md: the table, renewed after each run;
    * reductions/DATASET.npz: the reducers' codes of each data set, kept;
    * report/index.html: the report on all finished runs, written at the end.

    A run that diverges is noted, and the others go on; the next call takes it up again from its
    last whole epoch.

    With `jobs` so many processes train, each with its share of the cores and GPUs. With `shard`
    several calls share a folder, on one machine or more: call i of n trains the runs i, i + n,
    i + 2 n ... of the plan, leaves shards/i_of_n.json at its end, and whoever is last writes the
    report. The calls must differ in nothing else.

    Args:
        recipes: names, patterns over the zoo's recipes such as `"*/digits"`, or recipes.
        output: the folder; new or empty, or one of an earlier call.
        seeds: runs per recipe: those with the recipe's seed, the next one, and so on.
        settings: what `Recipe.override` takes, for every recipe.
        strategy: one of `distribution.STRATEGIES`; of a job, for its share of the GPUs.
        jobs: runs at a time. A process starts by importing the main module: a script calls this
            behind `if __name__ == "__main__"`.
        shard: (i, n) with 1 <= i <= n; None is all.
        reducers: whether the report also shows the reducers of `zoo.evaluation.reducers`.
        stream: where progress and table are printed; None is standard output.
        track: trackers that each run is logged to, as for `zoo.training.run`.

    Returns:
        The recipes in the order of the table, with what became of them.

    Raises:
        InputError: a mistake in a recipe, a setting or the data, or a folder that holds something
            else. Nothing is trained then, not even the recipes without a mistake (of this shard).
        WorkerLostError: a job's process was killed.
    """
    output = pathlib.Path(output)
    check_count("jobs", jobs, maximum=MOST_JOBS)
    number, count = shard or (1, 1)
    check_count("shards", count, maximum=MOST_SHARDS)
    check_count("shard", number, maximum=count)
    if jobs > 1 and tf.config.list_physical_devices("GPU"):
        # The jobs have them; a process that has used one already keeps it.
        with contextlib.suppress(RuntimeError):
            tf.config.set_visible_devices([], "GPU")
    if cluster_of(choose_strategy(strategy)) is not None:
        raise InputError(
            "A comparison runs on one machine: each worker would write its table. Received: "
            f"strategy={strategy!r} with several workers; train recipes on them one by one."
        )
    check_trackers(track)
    # Shards have the folder to themselves only while they write what is of all.
    alone = functools.partial(claimed, output, wait=True) if shard else contextlib.nullcontext
    with contextlib.nullcontext() if shard else claimed(output), Lines(stream) as lines:
        with alone():
            plan = plan_runs(recipes, output, seeds, settings)
            sweep(output, "table.md", "reductions/*", "results/**/*.json", "report/*", "shards/*")
        board = _Board(output, plan, f"{number}_of_{count}" if shard else "")
        missing = [each for each in plan[number - 1 :: count] if not each.done]
        scored = board.scored()
        rows = check_runs(missing, strategy, lambda name: lines.status(f"checking {name}"), scored)
        with alone():
            (output / "runs").mkdir(exist_ok=True)
            board.begin()
        board.show_row(lines, [each for each in plan if each.done])
        progress = Progress(missing, rows, lines, board.time_left(), jobs)
        train = train_in_turn if jobs == 1 else functools.partial(train_in_jobs, jobs=jobs)
        trained = train(missing, progress=progress, strategy=strategy, track=track)
        # A process that trains must not outlive a failure here.
        with contextlib.closing(trained):
            for planned, diverged in trained:
                if diverged is not None:
                    board.diverged[planned.recipe.name][planned.recipe.seed] = diverged
                    lines.print(f"{planned.recipe.name}, seed {planned.recipe.seed}: {diverged}")
                with alone():
                    board.write()
                board.show_row(lines, [planned])
        with alone():
            last = board.end()
            compared = board.compared()
            if missing:
                lines.print("\n" + score_table(compared).text())
                for note in notes_on([each.run for each in compared if each.run]):
                    lines.print(note)
            if last:
                _write_report(output, board, reducers, lines)
            else:
                lines.print(f"shard {number} of {count} is done; the last one writes the report")
        return compared


def check_none_diverged(compared: Sequence[Compared]) -> None:
    """Raises `NonFiniteLossError`, with their names and seeds, where runs diverged."""
    diverged = [f"{each.recipe.name} (seed {seed})" for each in compared for seed in each.diverged]
    if diverged:
        runs = sum(each.seeds for each in compared)
        raise NonFiniteLossError(f"{len(diverged)} of {runs} runs diverged: {', '.join(diverged)}.")


class _Shard(TypedDict):
    """What the file of a shard that has ended holds: whose plan, and what diverged of it."""

    plan: str
    diverged: dict[str, dict[str, str]]


class _Board:
    """The recipes of a comparison with what is finished of them, and the files that say so.

    `shard` is I_of_N, or "" of one that has no shards.
    """

    def __init__(self, output: pathlib.Path, plan: Sequence[PlannedRun], shard: str) -> None:
        self._output, self._plan, self._shard = output, plan, shard
        # Where files are may differ from machine to machine.
        recipes = [each.recipe.compared() for each in plan]
        run = [{key: each[key] for key in each.keys() - {*OF_FILES}} for each in recipes]
        self._digest = digest_of(run)
        self._finished: dict[pathlib.Path, Run] = {}
        self.diverged: dict[str, dict[int, str]] = {each.recipe.name: {} for each in plan}
        self._header = ""
        self._look()

    def _look(self) -> None:
        """Takes up the runs that are finished, also those of other shards."""
        for each in self._plan:
            if each.folder not in self._finished and is_finished(each.folder):
                # Only the report needs the pictures, and it reads them itself.
                self._finished[each.folder] = read_run(each.folder)._replace(arrays={})

    def begin(self) -> None:
        """The runs begin: what is written says so."""
        self._file(self._shard).unlink(missing_ok=True)
        self.write()

    def end(self) -> bool:
        """The runs have ended, with what diverged of them; returns whether those of all shards."""
        if not self._shard:
            return True
        write_json(self._file(self._shard), {"plan": self._digest, "diverged": self.diverged})
        count = int(self._shard.rpartition("_")[2])
        files = [self._file(f"{number + 1}_of_{count}") for number in range(count)]
        told = [read_json(file, _Shard) for file in files if file.is_file()]
        # Others are of an earlier call, with other recipes.
        told = [each["diverged"] for each in told if each["plan"] == self._digest]
        if len(told) < count:
            return False
        for diverged in told:
            for each in self._plan:
                said = diverged.get(each.recipe.name, {}).get(str(each.recipe.seed))
                if said is not None and each.folder not in self._finished:
                    self.diverged[each.recipe.name][each.recipe.seed] = said
        self.write()
        return True

    def _file(self, shard: str) -> pathlib.Path:
        return self._output / "shards" / f"{shard}.json"

    def scored(self) -> dict[str, Run]:
        """A finished run of each recipe that has one."""
        return {
            each.recipe.name: self._finished[each.folder]
            for each in self._plan
            if each.folder in self._finished
        }

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
                    f"The seeds of {name} cannot be merged: they differ in precision, in size, or "
                    "in the rows that they learned from or were scored on. Received: "
                    f"{', '.join(str(one.folder) for one in merged)}; remove those of before, or "
                    "give another --output."
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
        self._look()
        compared = self.compared()
        for each in compared:
            if each.run is not None:
                path = place(self._output / "results", each.recipe.name)
                write_json(path.with_name(path.name + ".json"), each.run.results)
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
        printable(f"* `{each.recipe.name}`, seed {seed}: {message}") + "\n"
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
        runs = list(map(read_run, folders))
        measured = [
            each.recipe
            for each in board.compared()
            if each.run and task_of_scores(each.run.results["scores"]).reduced
        ]
        reductions = reduce_data_sets(
            measured,
            output / "reductions",
            lambda text: lines.status(text, at_once=True),
            code_sizes(runs),
            first_results(runs),
        )
    lines.status("writing the report", at_once=True)
    lines.print(f"table: {output / 'table.md'}")
    lines.print(f"report: {write_report(folders, output / 'report', reductions)}")
