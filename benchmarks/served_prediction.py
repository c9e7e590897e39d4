"""Cost of a served prediction against the bare call of the network.

    python benchmarks/served_prediction.py

Models of the `fashion_mnist` and `bibtex` recipes, in float32, exported as `zoo export` does and
loaded with `tf.saved_model.load`; a signature is asked in turns with a `tf.function` around the
network alone, in one process:

* cnn, `classify` against the classifier;
* se_co, `encode` against the encoder, and `reconstruct` against encoder and decoder;
* spen, `serving_default` against its inference in twenty steps, which is its network's call.

Once with batches of one, for the latency, and once of 64, for the throughput. What is printed is
the median time of a call and the ratio over the turns; both sides must give the same numbers.
"""

import argparse
import pathlib
import statistics
import tempfile
import time

import bars
import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.recipe import load_recipe
from zoo.serving import export_model

WANTED = 1.1
SEED, BATCH_SIZES = 0, (1, 64)
IMAGES = {"input_shape": (28, 28, 1), "num_classes": 10}
LABEL_SETS = {"input_shape": (1836,), "num_labels": 159}


def pairs():
    """(what, model, signature, its output, the bare call)."""
    cnn, se_co = (
        zoo.create_model(name, **IMAGES, **load_recipe(f"{name}/fashion_mnist").model_arguments)
        for name in ("cnn", "se_co")
    )
    spen = zoo.create_model("spen", **LABEL_SETS, **load_recipe("spen/bibtex").model_arguments)
    yield "cnn classify", cnn, "classify", "probabilities", _softmax_of(cnn.classifier)
    yield "se_co encode", se_co, "encode", "codes", se_co.encoder
    rebuilt = _sigmoid_of(lambda x: se_co.decoder(se_co.encoder(x)))
    yield "se_co reconstruct", se_co, "reconstruct", "images", rebuilt
    yield "spen", spen, "serving_default", "soft_labels", _descent_of(spen)


def _softmax_of(network):
    return lambda x: tf.nn.softmax(network(x))


def _descent_of(model):
    return lambda x: model.descended(model.prepare(x)).labels


def _sigmoid_of(network):
    return lambda x: tf.sigmoid(network(x))


def timed(calls: dict, turns: int, seconds: float) -> dict[str, list[tuple[float, float]]]:
    """Seconds of one call of each side in each turn, by the clock and of the processor."""
    times = {name: [] for name in calls}
    once = min(_seconds(call, 1)[0] for call in calls.values() for _ in range(5))
    repeats = max(1, int(seconds / once))
    for turn in range(turns):
        # Each goes first in every other turn, so that none has the warmer machine.
        for name in list(calls) if turn % 2 else list(calls)[::-1]:
            times[name].append(_seconds(calls[name], repeats))
    return times


def _seconds(call, repeats: int) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - clock) / repeats, (time.process_time() - processor) / repeats


def compare(what: str, served, bare, x: tf.Tensor, turns: int, seconds: float) -> None:
    """Prints the times of both sides and their ratio; fails where their numbers differ."""
    calls = {"served": lambda: served(x).numpy(), "bare": lambda: bare(x).numpy()}
    np.testing.assert_allclose(calls["served"](), calls["bare"](), atol=1e-5)
    times = timed(calls, turns, seconds)
    medians = {side: statistics.median(clock for clock, _ in times[side]) for side in times}
    clock, processor = (
        [a[i] / b[i] for a, b in zip(times["served"], times["bare"], strict=True)] for i in (0, 1)
    )
    print(
        f"{what}, batch {len(x)}: served {1e3 * medians['served']:.3f} ms, bare "
        f"{1e3 * medians['bare']:.3f} ms; {min(clock):.2f} to {max(clock):.2f}, in processor "
        f"seconds {statistics.median(processor):.2f}"
    )
    bars.hold(f"{what}, batch {len(x)}: served / bare", statistics.median(clock), at_most=WANTED)


def asked(folder: pathlib.Path, signature: str, output: str):
    """One output of a signature as a function of the model's input."""
    function = tf.saved_model.load(str(folder)).signatures[signature]
    (name,) = function.structured_input_signature[1]
    return lambda x: function(**{name: x})[output]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=21)
    parser.add_argument("--seconds-a-turn", type=float, default=0.1)
    options = parser.parse_args()
    keras.utils.set_random_seed(SEED)
    with tempfile.TemporaryDirectory() as place:
        for what, model, signature, output, bare in pairs():
            version = export_model(model, pathlib.Path(place, what.replace(" ", "_")))
            served = asked(version, signature, output)
            plain = tf.function(bare, [tf.TensorSpec(model.input_shape)], autograph=False)
            for size in BATCH_SIZES:
                x = np.random.default_rng(SEED).uniform(size=(size, *model.input_shape[1:]))
                x = tf.constant(x.astype("float32"))
                compare(what, served, plain, x, options.turns, options.seconds_a_turn)


if __name__ == "__main__":
    main()
    bars.leave()
