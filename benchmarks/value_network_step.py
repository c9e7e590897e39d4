"""Speed of a DVN's training epoch on Bibtex against an eager loop in PyTorch, on the CPU.

    python benchmarks/value_network_step.py --torch-python .venv-benchmark/bin/python

Both sides train the published network (1,836 features, 150 softplus units, 159 labels, 16
measurements) on the 4,880 training rows in batches of 32 by SGD, from the same weights: half of the
batches are labeled by ten steps of inference, the other half by the adversarial generator, or by
the value gradient, which the zoo takes where it is told nothing.

* zoo: `fit` on the stream that a run of a recipe gets, with XLA. What depends on x alone is
  computed once for all the steps of a batch, and the loop of inference is compiled with the rest.
* torch: what its ports do (torch_value_network.py, a process of its own): every step of inference
  evaluates the whole network, eagerly. Once on all cores, as the zoo, and once on one of them,
  which may be faster for batches so small; its waiting threads sleep, as spinning ones bring it to
  a standstill on a machine that is busy (unless OMP_WAIT_POLICY says otherwise). `--hoisted` spares
  it the part of x, to see what of the ratio is due to that.

Before they train, both compute the same batch with the same weights: generated labels and the loss
on them must agree. They train in turns, an epoch each, while the other waits; the first turn,
which traces, does not count. What is printed is the median examples per second of each, and over
the turns the ratio of the zoo to the faster of the two torches; also in processor seconds, which a
machine busy with other work disturbs less.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import bars
import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.losses.oracles import value_crossentropy
from zoo.models import DeepValueNetwork
from zoo.recipe import Recipe
from zoo.training.building import build

WANTED_RATIO = 4.0
TOLERANCE = 1e-4
SEED, BATCH_SIZE, INFERENCE_STEPS, LEARNING_RATE = 0, 32, 10, 0.1
GENERATORS = ("adversarial", "value_gradient")
WORKER = pathlib.Path(__file__).with_name("torch_value_network.py")


class Torch:
    """The torch side: a process that computes an example, then trains an epoch when told to."""

    def __init__(self, python: str, job: dict) -> None:
        self.process = subprocess.Popen(
            [python, str(WORKER), json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"OMP_WAIT_POLICY": "passive", **os.environ},
            text=True,
        )
        self.example = self._answer()

    def train(self) -> tuple[float, float, float]:
        """Seconds of one epoch, by the clock and of the processor, and its loss."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the torch side died")
        return json.loads(line)


class Turns(keras.callbacks.Callback):
    """Within one `fit`: before each epoch of the zoo, one of each torch."""

    def __init__(self, torches: dict[str, Torch]) -> None:
        super().__init__()
        self.torches = torches
        self.times = {name: [] for name in ("zoo", *torches)}

    def on_epoch_begin(self, epoch, logs=None):
        for name, torch in self.torches.items():
            # Threads of the side before may spin for a while, waiting for more.
            time.sleep(0.3)
            self.times[name].append(torch.train())
        time.sleep(0.3)
        self.start = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        clock, processor = self.start
        seconds = time.perf_counter() - clock, time.process_time() - processor
        self.times["zoo"].append((*seconds, logs["value_loss"]))


def weights_of(model: DeepValueNetwork) -> dict[str, np.ndarray]:
    """The weights of the published network, by what they are."""
    network = model.value_network
    hidden = network.features.get_layer("hidden_1")
    local, label = network.terms
    weights = {
        "hidden_kernel": hidden.kernel,
        "hidden_bias": hidden.bias,
        "local_kernel": local.kernel,
        "local_bias": local.bias,
        "label_kernel": label.label_kernel,
        "output_kernel": label.output_kernel,
    }
    if len(weights) != len(model.trainable_variables):
        raise RuntimeError("the networks of the two sides differ")
    return {name: variable.numpy() for name, variable in weights.items()}


def check(model: DeepValueNetwork, x, y, start, example: dict) -> None:
    """Fails unless torch has made the same of a batch."""
    prepared = model.prepare(x)
    ours = {
        "inference": model.infer(x),
        "adversarial": model._adversarial(prepared, y, start),
        "value_gradient": model._climbed(prepared, start),
    }
    starts = {"inference": np.zeros_like(y), "adversarial": start, "value_gradient": start}
    for (name, labels), loss in zip(ours.items(), example["losses"], strict=True):
        theirs = np.array(example["tuples"][name], "float32")
        losses = value_crossentropy(
            model.oracle_value(y, labels), model.value_logits(prepared, labels)
        )
        value_loss = float(tf.reduce_mean(losses))
        distance, moved = np.abs(labels - theirs).max(), np.abs(labels - starts[name]).max()
        print(
            f"one batch, {name}: labels moved by up to {moved:.3f} and differ from torch's by "
            f"{distance:.1e}; value loss {value_loss:.6f}, torch's {loss:.6f}"
        )
        if not moved > 100 * TOLERANCE:
            raise RuntimeError(f"{name} moves nothing, so that there is nothing to compare")
        if not max(distance, abs(value_loss - loss)) < TOLERANCE:
            raise RuntimeError(f"the two sides differ by more than {TOLERANCE} in {name}")


def compare(generator: str, data: zoo.datasets.MultiLabelData, options, folder: str) -> None:
    """Prints the speeds and the ratios with one generator."""
    recipe = Recipe(
        name="dvn/benchmark",
        model="dvn",
        dataset="bibtex",
        model_arguments={
            "generators": {"inference": 0.5, generator: 0.5},
            "inference_steps": INFERENCE_STEPS,
            "standardize": True,
            "stages": None,
        },
        batch_size=BATCH_SIZE,
        optimizer="sgd",
        learning_rate=LEARNING_RATE,
        schedule="constant",
        precision="float32",
        steps_per_execution=options.steps_per_execution,
        jit_compile=True,
    )
    keras.utils.set_random_seed(SEED)
    model = build(recipe, data)
    x, y = data.arrays("train")
    start = np.where(np.arange(BATCH_SIZE)[:, None] % 2, y[:BATCH_SIZE], 0).astype("float32")
    # Torch gets rows that are standardized already.
    deviation = x.std(axis=0)
    standardized = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    path = pathlib.Path(folder, f"{generator}.npz")
    np.savez(path, x=standardized, y=y, start=start, **weights_of(model))
    job = {
        "arrays": str(path),
        "generator": generator,
        "inference_steps": model.inference.steps,
        "step_size": model.inference.step_size,
        "decay": model.value_network.terms[0].kernel_regularizer.l2,
        "learning_rate": LEARNING_RATE,
        "batch_size": BATCH_SIZE,
        "seed": SEED,
        "hoisted": options.hoisted,
    }
    print(f"\nHalf inference of {INFERENCE_STEPS} steps, half {generator}:")
    torches = {}
    try:
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            torch = Torch(options.torch_python, {**job, "threads": threads})
            torches[f"torch, {threads} thread{'s' * (threads > 1)}"] = torch
        print("versions of torch's side:", torch.example["versions"])
        check(model, x[:BATCH_SIZE], y[:BATCH_SIZE], start, torch.example)
        turns = Turns(torches)
        model.fit(
            data.stream(0, options.turns + 1),
            epochs=options.turns + 1,
            steps_per_epoch=data.steps_per_epoch,
            callbacks=[turns],
            verbose=0,
        )
    finally:
        for torch in torches.values():
            torch.close()
    report(turns.times, data.rows["train"])


def report(times: dict[str, list], rows: int) -> None:
    # The first turn traces.
    times = {name: seconds[1:] for name, seconds in times.items()}
    medians = {
        name: statistics.median(clock for clock, _, _ in seconds) for name, seconds in times.items()
    }
    for name, seconds in times.items():
        speeds = [rows / clock for clock, _, _ in seconds]
        print(
            f"{name:16s} {rows / medians[name]:8,.0f} examples/s in the median, "
            f"{min(speeds):,.0f} to {max(speeds):,.0f}; value loss at last {seconds[-1][2]:.4f}"
        )
    faster = min((name for name in times if name != "zoo"), key=medians.get)
    for what, column in (("by the clock", 0), ("in processor seconds", 1)):
        pairs = zip(times[faster], times["zoo"], strict=True)
        ratios = [a[column] / b[column] for a, b in pairs]
        print(f"zoo / {faster}, {what}: {min(ratios):.2f} to {max(ratios):.2f}")
        if column:
            print(f"zoo / {faster}, {what}: {statistics.median(ratios):.2f}")
        else:
            bars.hold(f"zoo / {faster}, {what}", statistics.median(ratios), at_least=WANTED_RATIO)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", default=".venv-benchmark/bin/python")
    parser.add_argument("--generators", nargs="+", default=GENERATORS, choices=GENERATORS)
    parser.add_argument("--turns", type=int, default=15, help="epochs of each, in turns")
    parser.add_argument("--steps-per-execution", type=int, default=9, help="of the zoo's fit")
    parser.add_argument("--hoisted", action="store_true", help="torch computes the part of x once")
    options = parser.parse_args()

    data = zoo.datasets.load("bibtex", batch_size=BATCH_SIZE, validation_fraction=0.0, seed=SEED)
    with tempfile.TemporaryDirectory() as folder:
        for generator in options.generators:
            compare(generator, data, options, folder)


if __name__ == "__main__":
    main()
    bars.leave()
