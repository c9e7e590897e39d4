"""Speed of a prediction by an inference network against SPEN's inference in twenty steps.

    python benchmarks/inference_network_prediction.py

InfNet answers by one pass of a network, SPEN by twenty steps of entropic descent on its energy;
both on test rows of Bibtex, with the networks of their recipes, two hidden layers of 150, in turns
in one process:

* infnet: `model(x)`;
* spen: `model(x)`. The zoo computes once, for all steps, what the energy needs of x alone: as much
  as the whole pass of InfNet, which bounds the ratio however cheap that pass is made;
* spen, nothing hoisted: the same descent on the energy of [x, y], so that every step evaluates the
  whole network, as it is written down.

Each on batches of 32 and of 256 rows, called eagerly, as a compiled `tf.function`, and as one with
XLA (which by itself moves out of the loop what does not change in it). Then `predict` over all
2,515 rows in batches of 256. What is printed is the median microseconds a row, and over the turns
the ratio of the sides called alike. The bar is read from one `tf.function` on one batch of rows,
SPEN and InfNet each in the fastest of their forms; also in processor seconds, which a machine busy
with other work disturbs less.
"""

import argparse
import functools
import statistics
import time

import bars
import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.inference.descent import descend
from zoo.models import StructuredPredictionEnergyNetwork
from zoo.recipe import load_recipe

WANTED = 20.0
SEED, STEPS, BATCH_SIZES = 0, 20, (32, 256)
TOLERANCE = 1e-4
INFNET, SPEN, WHOLE = "infnet", "spen", "spen, nothing hoisted"
FORMS = {"compiled": False, "with XLA": True}


def nothing_hoisted(model: StructuredPredictionEnergyNetwork, x):
    """SPEN's prediction, with the whole network evaluated in every step."""
    network = model.energy_network
    start = model.starting_point(network.prepare(x))
    return descend(lambda y: network([x, y]), start, model.inference).labels


def timed(calls: dict, turns: int, repeats: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds of each call in each turn, by the clock and of the processor."""
    times = {name: [] for name in calls}
    for call in calls.values():
        call()  # Traces.
    for turn in range(turns):
        # Each goes first in every other turn, so that none has the warmer machine.
        for name in list(calls) if turn % 2 else list(calls)[::-1]:
            clock, processor = time.perf_counter(), time.process_time()
            for _ in range(repeats):
                calls[name]()
            seconds = time.perf_counter() - clock, time.process_time() - processor
            times[name].append(tuple(part / repeats for part in seconds))
    return times


def report(what: str, times: dict, rows: int) -> None:
    """Prints microseconds a row and ratios; the sides of `times` are pairs of name and form."""
    print(f"\n{what}, µs a row:")
    medians = {side: statistics.median(clock for clock, _ in times[side]) for side in times}
    names, forms = (list(dict.fromkeys(part)) for part in zip(*times, strict=True))
    for name in names:
        columns = (f"{form} {1e6 * medians[name, form] / rows:7.2f}" for form in forms)
        print(f"  {name:22s}", ", ".join(columns))
    for name in names[1:]:
        for form in forms:
            show_ratios(times, (name, form), (INFNET, form))
    fastest = [min(((n, f) for f in forms), key=medians.get) for n in (SPEN, INFNET)]
    print("  The fastest of each:")
    bars.hold(f"  {what}: SPEN / InfNet", show_ratios(times, *fastest), at_least=WANTED)


def show_ratios(times: dict, slow: tuple[str, str], fast: tuple[str, str]) -> float:
    # Turn by turn, so that a machine that slows down slows both.
    clock, processor = (
        [a[column] / b[column] for a, b in zip(times[slow], times[fast], strict=True)]
        for column in (0, 1)
    )
    print(
        f"  {' '.join(slow)} / {' '.join(fast)}: {statistics.median(clock):.1f} in the median, "
        f"{min(clock):.1f} to {max(clock):.1f}; in processor seconds "
        f"{statistics.median(processor):.1f}",
        flush=True,
    )
    return statistics.median(clock)


def check(spen: StructuredPredictionEnergyNetwork, x) -> None:
    """Fails unless SPEN predicts the same with and without hoisting."""
    labels = spen(x)
    distance = float(tf.reduce_max(tf.abs(labels - nothing_hoisted(spen, x))))
    moved = float(tf.reduce_max(tf.abs(labels - spen.starting_point(spen.prepare(x)))))
    print(
        f"SPEN's labels move by up to {moved:.2f}; with and without hoisting they differ by up to "
        f"{distance:.1e}"
    )
    if not moved > 10 * TOLERANCE:
        raise RuntimeError("inference moves nothing, so that there is nothing to compare")
    if not distance < TOLERANCE:
        raise RuntimeError(f"SPEN differs by more than {TOLERANCE} when nothing is hoisted")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--rows-a-turn", type=int, default=512, help="of each, in batches")
    options = parser.parse_args()

    data = zoo.datasets.load("bibtex", validation_fraction=0.0)
    x, _ = data.arrays("test")
    shapes = {"input_shape": data.input_shape, "num_labels": data.num_labels}
    keras.utils.set_random_seed(SEED)
    models = {
        name: zoo.create_model(name, **shapes, **load_recipe(f"{name}/bibtex").model_arguments)
        for name in (INFNET, SPEN)
    }
    spen = models[SPEN]
    if (spen.inference.steps, spen.inference.method) != (STEPS, "entropic"):
        raise RuntimeError(f"{STEPS} entropic steps are wanted, not {spen.inference}")
    check(spen, tf.constant(x[: BATCH_SIZES[0]]))

    sides = {**models, WHOLE: functools.partial(nothing_hoisted, spen)}
    signature = [tf.TensorSpec((None, *data.input_shape))]
    functions = {}
    for name, side in sides.items():
        functions[name, "eager"] = side
        for form, jit_compile in FORMS.items():
            functions[name, form] = tf.function(side, signature, jit_compile=jit_compile)
    for size in BATCH_SIZES:
        rows = tf.constant(x[:size])
        calls = {key: functools.partial(call, f, rows) for key, f in functions.items()}
        times = timed(calls, options.turns, max(1, options.rows_a_turn // size))
        report(f"One function on {size} rows", times, size)

    calls = {}
    for name, model in models.items():
        for form, jit_compile in FORMS.items():
            copy = keras.models.clone_model(model)
            copy.compile(jit_compile=jit_compile)
            calls[name, form] = functools.partial(copy.predict, x, batch_size=256, verbose=0)
    report(f"`predict` over all {len(x):,} test rows", timed(calls, options.turns, 1), len(x))


def call(function, rows) -> np.ndarray:
    """The labels, computed: an array, not a promise of one."""
    return function(rows).numpy()


if __name__ == "__main__":
    main()
    bars.leave()
