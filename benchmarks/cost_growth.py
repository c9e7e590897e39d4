"""How the time of a training step grows with what it depends on.

    python benchmarks/cost_growth.py [--turns 9]

By the arithmetic each is a line, a + b n. For each three sizes are trained in turns; the line
through the first two says what the third should take, and the last column is what it took by that.
"""

import argparse
import statistics
import time

import bars
import keras
import numpy as np
import tensorflow as tf

import zoo

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
CONVOLUTIONS = {"convolutions": 2, "input_shape": (28, 28, 1)}
LABELS = {"input_shape": (500,), "num_labels": 100}
# What grows, the model, its arguments, the rows in a batch, and the sizes.
CASES = [
    ("rows", "vae", CONVOLUTIONS, 32, (32, 64, 128)),
    ("side", "vae", CONVOLUTIONS, 32, (16, 32, 48)),
    ("num_classes", "ac_nc_v1", CONVOLUTIONS, 16, (10, 20, 40)),
    ("num_classes", "ac_co_v2", CONVOLUTIONS, 64, (10, 100, 1000)),
    ("code_size", "vae", CONVOLUTIONS, 64, (64, 256, 1024)),
    ("features", "mlp", LABELS, 32, (1000, 4000, 16000)),
    ("num_labels", "mlp", LABELS, 32, (100, 1000, 4000)),
    ("num_labels", "dvn", LABELS, 32, (100, 400, 1600)),
    ("inference_steps", "spen", LABELS, 32, (10, 20, 40)),
]


def step_of(what, name, arguments, rows, size):
    """A compiled step on random rows, and how many weights it trains."""
    arguments = dict(arguments)
    if what == "rows":
        rows = size
    elif what == "side":
        arguments["input_shape"] = (size, size, 1)
    elif what == "features":
        arguments["input_shape"] = (size,)
    else:
        arguments[what] = size
    if name.startswith("ac"):
        arguments.setdefault("num_classes", 10)
    model = zoo.create_model(name, **arguments)
    model.compile(zoo.optimizers.FusedAdam(1e-4))
    generator = np.random.default_rng(0)
    x = tf.constant(generator.random((rows, *arguments["input_shape"])), "float32")
    if "num_labels" in arguments:
        y = tf.constant(generator.random((rows, arguments["num_labels"])) < 0.1, "float32")
    else:
        y = tf.constant(generator.integers(0, 10, rows))
    step = tf.function(lambda: model.train_step((x, y)))
    return step, model.count_params()


def timed(step, seconds=0.3):
    """Milliseconds of one call, the mean of as many as fit."""
    begun, calls = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        step()
        calls += 1
    return 1e3 * (time.perf_counter() - begun) / calls


def growth(turns):
    print("| what grows | model | sizes | weights | ms a step | third by the line |")
    print("|---|---|---|---|---|---|")
    found_by_line = {}
    for what, name, arguments, rows, sizes in CASES:
        keras.utils.clear_session()
        made = [step_of(what, name, arguments, rows, size) for size in sizes]
        for step, _ in made:
            timed(step)
        found = [[timed(step) for step, _ in made] for _ in range(turns)]
        one, two, three = (statistics.median(times) for times in zip(*found, strict=True))
        # Pixels grow by the square of a picture's side.
        first, second, third = (size**2 if what == "side" else size for size in sizes)
        line = one + (two - one) * (third - first) / (second - first)
        weights = " ".join(f"{count:,}" for _, count in made)
        numbers = " ".join(f"{size:,}" for size in sizes)
        milliseconds = f"{one:.1f} {two:.1f} {three:.1f}"
        print(f"| {what} | {name} | {numbers} | {weights} | {milliseconds} | {three / line:.2f} |")
        found_by_line[f"{what} of {name}: third by the line"] = three / line
    for what, ratio in found_by_line.items():
        bars.hold(what, ratio, at_least=0.9, at_most=1.1)


def replicas(turns):
    x = np.random.default_rng(0).random((1280, 28, 28, 1)).astype("float32")
    found = []
    fits = []
    for strategy in (
        tf.distribute.get_strategy(),
        tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]),
    ):
        with strategy.scope():
            model = zoo.create_model("vae", **CONVOLUTIONS)
            model.compile(zoo.optimizers.FusedAdam(1e-4))
        fits.append(model)
        model.fit(x, batch_size=128, verbose=0)
    for _ in range(turns):
        times = []
        for model in fits:
            begun = time.perf_counter()
            model.fit(x, batch_size=128, verbose=0)
            times.append(1e3 * (time.perf_counter() - begun) / 10)
        found.append(times)
    one, two = (statistics.median(times) for times in zip(*found, strict=True))
    print(f"vae, 128 rows, two replicas on the same cores: {one:.0f} and {two:.0f} ms a step")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=9)
    given = parser.parse_args()
    growth(given.turns)
    replicas(given.turns)
    bars.leave()
