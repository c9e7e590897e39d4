"""What the adversary's half of a step costs: a game against the same networks without it.

    python benchmarks/game_step.py

SE (nc) against SE (co), and the AAE against the AE: the networks, batch and optimizer of their
fashion_mnist recipes, images of random pixels, and `fit` in turns in one process. What is printed
is the median milliseconds a step of each, and the median over the turns of their ratio, game /
without, by the clock and in processor seconds, which a machine busy with other work disturbs less:
by default in the precision that recipes take, or as `--precision` says.
"""

import argparse
import dataclasses
import statistics
import time

import keras
import numpy as np

import zoo
from zoo.distribution import choose_precision
from zoo.models import ZooModel
from zoo.recipe import load_recipe
from zoo.training import build

WANTED = 1.25
SEED = 0
# The game, and the same networks without its discriminator.
PAIRS = {"se_nc": "se_co", "aae": "ae"}


def model_of(name: str, data: zoo.datasets.ImageData, precision: str) -> ZooModel:
    """The compiled model of a recipe, with the same weights every time."""
    keras.utils.set_random_seed(SEED)
    return build(
        dataclasses.replace(load_recipe(f"{name}/fashion_mnist"), precision=precision), data
    )


def compare(game: str, data: zoo.datasets.ImageData, precision: str, turns: int) -> None:
    """Prints the milliseconds and the ratio of one pair."""
    names = (game, PAIRS[game])
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
        print(f"{name:6s} {precision:15s} {step:7.1f} ms a step")
    for what, column in (("by the clock", 0), ("in processor seconds", 1)):
        # Turn by turn, so that a machine that slows down slows both.
        pairs = zip(times[game], times[PAIRS[game]], strict=True)
        ratios = [a[column] / b[column] for a, b in pairs]
        print(
            f"{game} / {PAIRS[game]} {what}: {statistics.median(ratios):.3f} in the median, "
            f"{min(ratios):.2f} to {max(ratios):.2f}"
        )
    print(f"At most {WANTED} is wanted.", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3_840, help="images a turn")
    parser.add_argument("--turns", type=int, default=15, help="epochs of each, in turns")
    parser.add_argument("--precision", nargs="+", default=[choose_precision()])
    options = parser.parse_args()

    images = np.random.default_rng(SEED).integers(0, 256, (options.rows, 28, 28, 1), dtype="uint8")
    labels = np.arange(len(images)) % 10
    data = zoo.datasets.from_arrays(
        (images, labels), (images[:128], labels[:128]), validation_fraction=0.0, seed=SEED
    )
    for precision in options.precision:
        for game in PAIRS:
            compare(game, data, precision, options.turns)


if __name__ == "__main__":
    main()
