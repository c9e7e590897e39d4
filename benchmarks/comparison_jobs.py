"""Twelve recipes of digits by `zoo compare`: two jobs on two cores against one process on both.

    python benchmarks/comparison_jobs.py [--epochs 2] [--turns 1]

Whole commands in turns, with the import of TensorFlow, and the table and report at the end. What is
printed is the median seconds of each and the median of their ratio, by the clock and in processor
seconds. Without `--epochs` the recipes train as they stand.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import bars

from zoo.recipe import list_recipes, load_recipe

ROWS, CORES, WANTED = 12, 2, 1.0


def command(jobs: int, epochs: int | None) -> tuple[float, float]:
    """The seconds of a comparison in a new folder, by the clock and of the processors."""
    recipes = [name for name in list_recipes("*/digits") if load_recipe(name).in_epochs][:ROWS]
    settings = [] if epochs is None else ["--set", f"epochs={epochs}"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "zoo", "compare", *recipes, *settings, "--jobs", str(jobs)]
            + ["--no-reducers", "--quiet", "--output", str(pathlib.Path(folder, "out"))],
            check=True,
        )
        seconds = time.perf_counter() - begun
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--turns", type=int, default=1)
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    found: dict[int, list[tuple[float, float]]] = {1: [], CORES: []}
    for turn in range(options.turns):
        for jobs in found if turn % 2 else reversed(found):
            found[jobs].append(command(jobs, options.epochs))
    ratios = []
    for what, kind in enumerate(("by the clock", "in processor seconds")):
        one, two = ([each[what] for each in found[jobs]] for jobs in found)
        ratios.append(statistics.median(b / a for a, b in zip(one, two, strict=True)))
        print(
            f"{kind}: one process {statistics.median(one):.1f} s, {CORES} jobs "
            f"{statistics.median(two):.1f} s, jobs / one {ratios[-1]:.2f}"
        )
    bars.hold("two jobs / one process, by the clock", ratios[0], at_most=WANTED)


if __name__ == "__main__":
    main()
    bars.leave()
