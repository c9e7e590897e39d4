"""What it costs to look at what comes into a model, as a share of a step.

    python benchmarks/gate_step.py

Models of the `fashion_mnist` and `bibtex` recipes, built as a run builds them, with their batches,
precision, XLA and steps in a call, on as many random rows. In turns, in one process: epochs of half
a second, on the rows of a run, on a data set of one's own, and on that unlooked at; batches of the
same form alone, by the thousand; and these batches as the gate of `fit` lets them through. Shares
are printed, medians over the turns, by the clock and in processor seconds:

* run: what it takes to look at the training rows once, as a run does, by all steps of the recipe;
* stream: by how much longer `fit` takes over a data set of one's own than unlooked at;
* batch: what the gate takes for a batch of that by itself, by a step.
"""

import argparse
import time

import bars
import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.models import gate
from zoo.models.base.streams import Gate
from zoo.recipe import load_recipe
from zoo.training.building import build

WANTED = 0.01
SEED, SECONDS, BATCHES = 0, 0.5, 1000
RECIPES = (
    "cnn/fashion_mnist",
    "se_co/fashion_mnist",
    "vae/fashion_mnist",
    "mlp/bibtex",
    "spen/bibtex",
    "dvn/bibtex",
)


class Epochs(keras.callbacks.Callback):
    """Seconds of the last epoch, by the clock and of the processor."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = now()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = now() - self.start


def now() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def data_like(dataset: str, batch_size: int) -> zoo.datasets.SplitData:
    """Random rows of the form of a data set."""
    rng, options = np.random.default_rng(SEED), {"batch_size": batch_size}
    if dataset == "bibtex":
        x, y = rng.random((4880, 1836)) < 0.04, rng.random((4880, 159)) < 0.015
        pair = x.astype("float32"), y.astype("float32")
        return zoo.datasets.multi_label_from_arrays(pair, pair, **options)
    train, test = (
        (rng.integers(0, 256, (rows, 28, 28, 1), "uint8"), rng.integers(0, 10, rows))
        for rows in (60_000, 100)
    )
    return zoo.datasets.from_arrays(train, test, **options)


def read(batches: tf.data.Dataset) -> np.ndarray:
    """Seconds of reading a data set to its end."""
    start = now()
    batches.reduce(0, lambda count, batch: count + 1)
    return now() - start


def measure(name: str, turns: int) -> None:
    """Prints what the gate costs the model of a recipe."""
    recipe = load_recipe(name)
    data = data_like(recipe.dataset, recipe.batch_size)
    model, epochs = build(recipe, data), Epochs()
    batch = next(iter(data.train))
    plain = tf.data.Dataset.from_tensors(batch).repeat(BATCHES)
    gated, _, _ = Gate(model).data(plain)
    steps = model.steps_per_execution

    def step_over(batches: tf.data.Dataset) -> np.ndarray:
        """Seconds of a step of the last of two epochs."""
        model.fit(batches, epochs=2, steps_per_epoch=steps, callbacks=[epochs], verbose=0)
        return epochs.seconds / steps

    with gate.passed():
        step_over(data.stream(0, 10_000))
        steps *= int(np.ceil(SECONDS / (steps * step_over(data.stream(0, 10_000))[0])))
    run, stream, alone = [], [], []
    for turn in range(turns + 1):
        with gate.passed():
            step = step_over(data.stream(0, 10_000))
            unseen = step_over(plain.repeat())
        seen = step_over(plain.repeat())
        start = now()
        model.look_at(data.clean("train"))
        once = now() - start
        added = min((read(gated) for _ in range(3)), key=sum) - min(
            (read(plain) for _ in range(3)), key=sum
        )
        if turn:
            # The first one traces.
            run.append(once / (recipe.epochs * data.steps_per_epoch * step))
            stream.append(seen / unseen - 1)
            alone.append(added / BATCHES / step)
    for what, shares in (("run", run), ("stream", stream), ("batch", alone)):
        clock, processor = np.median(shares, axis=0)
        print(f"{name}, {what}: share of the steps in processor seconds {processor:.4f}")
        if what == "stream":
            # The difference of two fits, which is mostly noise.
            print(f"{name}, {what}: share of the steps {clock:.4f}")
        else:
            bars.hold(f"{name}, {what}: share of the steps", clock, at_most=WANTED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=9)
    options = parser.parse_args()
    for name in RECIPES:
        keras.utils.set_random_seed(SEED)
        measure(name, options.turns)


if __name__ == "__main__":
    main()
    bars.leave()
