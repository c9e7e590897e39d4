"""Training on sparse features: 10^5 rows of 10^5 features, of which 50 are not 0.

    python benchmarks/sparse_rows.py [--rows N] [--features N] [--steps N]

Prints rows a second and the most memory that the process held.
Dense, the rows would take 10 GB as bytes and 40 GB as floats.
"""

import argparse
import time

import bars
import keras
import numpy as np
import scipy.sparse

import zoo
from zoo.training.memory import peak_memory

NONZERO, LABELS, BATCH = 50, 100, 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=300)
    given = parser.parse_args()
    generator = np.random.default_rng(0)

    def rows(count):
        columns = generator.integers(0, given.features, (count, NONZERO)).ravel()
        ends = np.arange(0, len(columns) + 1, NONZERO)
        ones = np.ones(len(columns), "uint8")
        x = scipy.sparse.csr_array((ones, columns, ends), (count, given.features))
        # A label for each hundredth of the features that a row has any of.
        labels = np.zeros((count, LABELS), "uint8")
        labels[np.repeat(np.arange(count), NONZERO), columns * LABELS // given.features] = 1
        return x, labels

    settings = {"batch_size": BATCH, "validation_fraction": 0}
    data = zoo.datasets.multi_label_from_arrays(rows(given.rows), rows(1_000), **settings)
    keras.utils.set_random_seed(0)
    arguments = {"input_shape": data.input_shape, "num_labels": LABELS, "units": (150,)}
    model = zoo.create_model("mlp", **arguments)
    model.compile(zoo.optimizers.FusedAdam(1e-3))
    model.fit(data.train, steps_per_epoch=20, verbose=0)
    begun = time.monotonic()
    history = model.fit(data.train, steps_per_epoch=given.steps, verbose=0).history
    seconds = time.monotonic() - begun
    model.predict(data.test, verbose=0)
    print(f"loss {history['loss'][-1]:.4f}, {given.steps * BATCH / seconds:,.0f} rows a second")
    bars.hold("GB held at most", peak_memory() / 1e9, at_most=4)


if __name__ == "__main__":
    main()
    bars.leave()
