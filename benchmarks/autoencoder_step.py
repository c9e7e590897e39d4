"""Speed of `Autoencoder.fit` against a bare `tf.function` loop over the same networks.

    python benchmarks/autoencoder_step.py

Both train the same networks (convolutions 32 and 64, 3x3 with stride 2, dense 128, code 16, a
mirrored decoder; batch 128, 28x28x1) on the same batches in memory, in turns, in one process. What
is printed is the median images per second of each, and the median over the turns of their ratio,
fit / bare loop.
"""

import argparse
import statistics
import time

import bars
import keras
import numpy as np
import tensorflow as tf

import zoo

BATCH = 128


def model(seed: int = 0) -> zoo.Autoencoder:
    """The networks of the benchmark; the same weights every time."""
    keras.utils.set_random_seed(seed)
    return zoo.create_model(
        "ae", input_shape=(28, 28, 1), size=(32, 64), units=(128,), code_size=16
    )


def bare_loop(network: zoo.Autoencoder):
    """An epoch of training without Keras's trainer, trackers and callbacks."""
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(network.trainable_variables)
    variables = network.trainable_variables

    # The batch is taken inside the graph, which is the faster way to write this loop.
    @tf.function
    def step(iterator):
        x = next(iterator)
        with tf.GradientTape() as tape:
            logits = network.decoder(network.encoder(x, training=True), training=True)
            loss = tf.reduce_mean(tf.square(x - tf.sigmoid(logits)))
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
        return loss

    def epoch(dataset):
        iterator = iter(dataset)
        for _ in range(dataset.cardinality().numpy()):
            step(iterator)

    return epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=12_800, help="images an epoch")
    parser.add_argument("--turns", type=int, default=15, help="epochs of each, in turns")
    options = parser.parse_args()

    rows = options.rows - options.rows % BATCH
    images = np.random.default_rng(0).random((rows, 28, 28, 1), dtype="float32")
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(BATCH).prefetch(2)

    fitted, bare = model(), model()
    fitted.compile(optimizer=keras.optimizers.Adam(1e-3))
    run_bare = bare_loop(bare)

    def run_fit(data):
        fitted.fit(data, shuffle=False, verbose=0)

    times = {"fit": [], "bare": []}
    for turn in range(options.turns + 1):
        # Each goes first in every other turn, so that neither has the warmer machine.
        order = [("fit", run_fit), ("bare", run_bare)]
        for name, run in order if turn % 2 else reversed(order):
            start = time.perf_counter()
            run(dataset)
            if turn:  # The first turn traces.
                times[name].append(time.perf_counter() - start)
    speed = {name: rows / statistics.median(values) for name, values in times.items()}
    # Turn by turn, so that a machine that slows down slows both.
    ratio = statistics.median(b / f for b, f in zip(times["bare"], times["fit"], strict=True))
    print(f"Autoencoder.fit  {speed['fit']:8.0f} images/s")
    print(f"bare loop        {speed['bare']:8.0f} images/s")
    bars.hold("Autoencoder.fit / bare loop", ratio, at_least=0.95)


if __name__ == "__main__":
    main()
    bars.leave()
