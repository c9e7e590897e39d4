"""What company costs in a step: a game against the same networks without the adversary, and so on.

    python benchmarks/game_step.py

SE (nc) against SE (co), the AAE against the AE, the cooperative auto-classifiers against their
classifier alone, and the non-cooperative ones against the cooperative: the networks, batch and
optimizer of their fashion_mnist recipes, images of random pixels, and `fit` in turns in one
process. What is printed is the median milliseconds a step of each, and the median over the turns of
their ratio, by the clock and in processor seconds, which a machine busy with other work disturbs
less: by default in the precision that recipes take, or as `--precision` says.
"""

import argparse
import dataclasses
import statistics
import time

import bars
import keras
import numpy as np

import zoo
from zoo.distribution.strategies import choose_precision
from zoo.models import ZooModel
from zoo.recipe import load_recipe
from zoo.training.building import build

SEED = 0
# The model, the one with less company, and the ratio of their steps that is wanted at most.
PAIRS = (
    ("se_nc", "se_co", 1.25),
    ("aae", "ae", 1.25),
    ("ac_co_v1", "cnn", 1.6),
    ("ac_co_v2", "cnn", 1.6),
    ("ac_nc_v1", "ac_co_v2", 1.3),
    ("ac_nc_v2", "ac_co_v2", 1.3),
)


def model_of(name: str, data: zoo.datasets.ImageData, precision: str) -> ZooModel:
    """The compiled model of a recipe, with the same weights every time."""
    keras.utils.set_random_seed(SEED)
    return build(
        dataclasses.replace(load_recipe(f"{name}/fashion_mnist"), precision=precision), data
    )


def compare(
    names: tuple[str, str],
    wanted: float,
    data: zoo.datasets.ImageData,
    precision: str,
    turns: int,
) -> None:
    """Prints the milliseconds and the ratio of one pair."""
    model, less = names
    models = {name: model_of(name, data, precision) for name in names}
    times = {name: [] for name in names}
    for turn in range(turns + 1):
        # Each goes first in every other turn, so that neither has the warmer machine.
        for name in names if turn % 2 else names[::-1]:
            clock, processor = time.perf_counter(), time.process_time()
            models[name].fit(
                data.stream(turn, turn + 1), steps_per_epoch=data.steps_per_epoch, verbose=0
            )
            if turn:  # The first turn traces.
                seconds = time.perf_counter() - clock, time.process_time() - processor
                times[name].append(seconds)
    for name, seconds in times.items():
        step = 1000 * statistics.median(clock for clock, _ in seconds) / data.steps_per_epoch
        print(f"{name:8s} {precision:15s} {step:7.1f} ms a step")
    for what, column in (("by the clock", 0), ("in processor seconds", 1)):
        # Turn by turn, so that a machine that slows down slows both.
        pairs = zip(times[model], times[less], strict=True)
        ratios = [a[column] / b[column] for a, b in pairs]
        print(f"{model} / {less} {what}: {min(ratios):.2f} to {max(ratios):.2f}")
        bars.hold(f"{model} / {less} {what}", statistics.median(ratios), at_most=wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3_840, help="images a turn")
    parser.add_argument("--turns", type=int, default=15, help="epochs of each, in turns")
    parser.add_argument("--precision", nargs="+", default=[choose_precision()])
    parser.add_argument("--only", nargs="+", default=[], help="models, the first of their pairs")
    options = parser.parse_args()

    images = np.random.default_rng(SEED).integers(0, 256, (options.rows, 28, 28, 1), dtype="uint8")
    labels = np.arange(len(images)) % 10
    data = zoo.datasets.from_arrays(
        (images, labels), (images[:128], labels[:128]), validation_fraction=0.0, seed=SEED
    )
    for precision in options.precision:
        for *names, wanted in PAIRS:
            if not options.only or names[0] in options.only:
                compare(tuple(names), wanted, data, precision, options.turns)


if __name__ == "__main__":
    main()
    bars.leave()
