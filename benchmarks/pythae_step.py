"""Speed of `fit` of the VAE and the AAE against pythae on PyTorch, on the CPU.

    make benchmark
    python benchmarks/pythae_step.py --pythae-python .venv-benchmark/bin/python

Both sides train the same networks on the same images of random pixels, with the same batch, loss
and rate of Adam, on as many threads: the zoo by `fit` on the stream that a run of a recipe gets,
pythae by its `TrainingPipeline` in a process of its own (pythae_worker.py). VAE: half the sum of
squared errors + KL. AAE: mean squared error + 0.01 · non-saturating adversarial loss, and a
discriminator 512-256. They train in turns, an epoch each, while the others wait; the first turn,
which traces, does not count.

The networks are "dense", those that pythae takes where it is given none: 784-512-code and back;
"single", the zoo's default ones, 32-64-128 with a convolution a level; and "double", those of the
recipes, with two.

What is printed is the median images per second of each, and the median over the turns of the ratio
zoo / pythae: in bfloat16, the zoo's default on a processor that computes in it, and in float32; by
the clock, and in processor seconds, which a machine busy with other work disturbs less (run with
OMP_WAIT_POLICY=passive, without which torch's waiting threads count too).

pythae computes in float32: its `amp` option is `torch.autocast("cuda")`, which does nothing on a
CPU, and its adversarial trainer does not read it. What a user can do around the library is measured
beside it: tuned, its networks are in the memory format of channels last, and against bfloat16 all
of its training is wrapped in `torch.autocast("cpu", torch.bfloat16)`.
"""

import argparse
import dataclasses
import functools
import json
import os
import pathlib
import queue
import statistics
import subprocess
import threading
import time

import bars
import keras
import numpy as np

import zoo
from zoo.distribution.strategies import choose_precision
from zoo.networks.sizes import read_size
from zoo.recipe import Recipe, load_recipe
from zoo.training.building import build

# By the clock, in bfloat16 where the processor has it: pythae as it comes, and as well as its user
# can make it.
WANTED = {"vae": {"stock": 2.0, "tuned": 1.6}, "aae": {"stock": 2.0, "tuned": 2.0}}
WANTED_FLOAT32 = 1.2
SEED = 0
WORKER = pathlib.Path(__file__).with_name("pythae_worker.py")
NETWORKS = {
    "dense": {"kind": "dense", "size": (512,), "convolutions": 1},
    "single": {"convolutions": 1},
    "double": {"convolutions": 2},
}
# Losses that pythae has too.
ARGUMENTS = {
    "vae": {"likelihood": "mse", "likelihood_scale": 1.0},
    "aae": {"adversarial_weight": 0.01},
}


class Zoo(keras.callbacks.Callback):
    """The zoo's side: one `fit`, of which an epoch goes on when told to, as on pythae's side."""

    def __init__(
        self, recipe: Recipe, data: zoo.datasets.ImageData, precision: str, epochs: int
    ) -> None:
        super().__init__()
        keras.utils.set_random_seed(SEED)
        model = build(dataclasses.replace(recipe, precision=precision), data)
        shapes = [variable.shape for variable in model.trainable_variables]
        self.parameters = sum(int(np.prod(shape)) for shape in shapes)
        self.told, self.seconds = queue.Queue(), queue.Queue()
        settings = {
            "epochs": epochs,
            "steps_per_epoch": data.steps_per_epoch,
            "callbacks": [self],
            "verbose": 0,
        }
        fit = functools.partial(model.fit, data.stream(0, epochs), **settings)
        threading.Thread(target=fit, daemon=True).start()

    def on_epoch_begin(self, epoch, logs=None):
        self.told.get()
        self.start = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        clock, processor = self.start
        self.seconds.put((time.perf_counter() - clock, time.process_time() - processor))

    def train(self) -> tuple[float, float]:
        """Seconds of one epoch, by the clock and of the processor."""
        self.told.put(None)
        return self.seconds.get()


class Pythae:
    """pythae's side: a process that trains an epoch when told to."""

    def __init__(self, python: str, job: dict, verbose: bool) -> None:
        self.process = subprocess.Popen(
            [python, str(WORKER), json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if verbose else subprocess.DEVNULL,
            text=True,
        )
        about = self._answer()
        self.parameters, self.versions = about["parameters"], about["versions"]

    def train(self) -> tuple[float, float]:
        """Seconds of one epoch, by the clock and of the processor."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the pythae side died; --verbose shows what it says")
        return json.loads(line)


def job_of(recipe: Recipe, rows: int, tuned: bool = False, bfloat16: bool = False) -> dict:
    """What pythae's side must know."""
    arguments = recipe.model_arguments
    return {
        "model": recipe.model,
        "image_shape": (28, 28, 1),
        "filters": read_size("medium", "convolutional"),
        "units": arguments["size"][0] if "size" in arguments else None,
        "convolutions": arguments["convolutions"],
        "code_size": arguments.get("code_size", 64),
        "discriminator": read_size("medium", "dense"),
        "adversarial_weight": arguments.get("adversarial_weight"),
        "batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "rows": rows,
        "seed": SEED,
        "threads": len(os.sched_getaffinity(0)),
        "channels_last": tuned,
        "autocast": tuned and bfloat16,
    }


def compare(
    model: str, networks: str, data: zoo.datasets.ImageData, options: argparse.Namespace
) -> None:
    """Prints the parameters, the speeds and the ratios of one model."""
    recipe = load_recipe(f"{model}/fashion_mnist")
    # A constant rate, as pythae's by default.
    recipe = dataclasses.replace(
        recipe,
        model_arguments={
            **recipe.model_arguments,
            **ARGUMENTS[model],
            **NETWORKS[networks],
        },
        schedule="constant",
        steps_per_execution=options.steps_per_execution,
    )
    rows = data.rows["train"]
    precisions = dict.fromkeys([choose_precision(), "float32"])
    sides = {
        f"zoo {precision}": Zoo(recipe, data, precision, options.turns + 1)
        for precision in precisions
    }
    jobs = {"pythae": job_of(recipe, rows)}
    jobs |= {
        f"pythae, tuned {precision}": job_of(recipe, rows, True, precision != "float32")
        for precision in precisions
    }
    pythaes = {
        name: Pythae(options.pythae_python, job, options.verbose) for name, job in jobs.items()
    }
    sides |= pythaes
    try:
        print(
            f"\n{model}, {networks} networks: parameters "
            + ", ".join(f"{k} {s.parameters:,}" for k, s in sides.items())
        )
        print("versions of pythae's side:", pythaes["pythae"].versions)
        if len({side.parameters for side in sides.values()}) > 1:
            raise RuntimeError("the networks of the two sides differ")
        times = {name: [] for name in sides}
        for turn in range(options.turns + 1):
            # Each goes first in every other turn, so that none has the warmer machine.
            for name in list(sides) if turn % 2 else list(sides)[::-1]:
                # Threads of the side before may spin for a while, waiting for more.
                time.sleep(0.5)
                seconds = sides[name].train()
                if turn:  # The first turn traces.
                    times[name].append(seconds)
    finally:
        for side in pythaes.values():
            side.close()
    for name, seconds in times.items():
        median = statistics.median(clock for clock, _ in seconds)
        print(f"{name:20s} {rows / median:8.0f} images/s")
    for name in precisions:
        ours = times[f"zoo {name}"]
        for kind, theirs in (("stock", "pythae"), ("tuned", f"pythae, tuned {name}")):
            of_columns = [
                # Turn by turn, so that a machine that slows down slows both.
                [b[column] / a[column] for a, b in zip(ours, times[theirs], strict=True)]
                for column in (0, 1)
            ]
            clock, processor = map(statistics.median, of_columns)
            said = f"{model}, {networks}: zoo {name} / {theirs}"
            print(
                f"{said}: {min(of_columns[0]):.2f} to {max(of_columns[0]):.2f}, in processor "
                f"seconds {processor:.2f}"
            )
            wanted = WANTED_FLOAT32 if name == "float32" else WANTED[model][kind]
            bars.hold(said, clock, at_least=wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pythae-python", default=".venv-benchmark/bin/python")
    parser.add_argument("--models", nargs="+", default=list(ARGUMENTS), choices=list(ARGUMENTS))
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--rows", type=int, default=20_480, help="images an epoch")
    parser.add_argument("--turns", type=int, default=5, help="epochs of each, in turns")
    parser.add_argument("--steps-per-execution", type=int, default=10, help="of the zoo's fit")
    parser.add_argument("--verbose", action="store_true", help="what pythae says")
    options = parser.parse_args()

    images = np.random.default_rng(SEED).integers(0, 256, (options.rows, 28, 28, 1), dtype="uint8")
    labels = np.arange(len(images)) % 10
    data = zoo.datasets.from_arrays(
        (images, labels), (images[:128], labels[:128]), validation_fraction=0.0, seed=SEED
    )
    for networks in options.networks:
        for model in options.models:
            compare(model, networks, data, options)


if __name__ == "__main__":
    main()
    bars.leave()
