"""Memory of the process after each epoch of a run with validation and callbacks.

    python benchmarks/epoch_memory.py [--epochs 30]

Prints the resident memory after each epoch and the growth from the fifth epoch (when every
function has been traced and every buffer filled) to the last, in all and per epoch.
"""

import argparse
import pathlib
import tempfile

import keras
import numpy as np

import zoo
from zoo.recipe import Recipe
from zoo.training.runs import run

WARM_UP = 5


def resident_megabytes() -> float:
    """Resident memory of this process, in MB."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise OSError("VmRSS is not to be had on this system")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()

    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (5_000, 28, 28, 1), dtype="uint8")
    y = np.arange(len(x)) % 10
    data = zoo.datasets.from_arrays((x, y), (x[:500], y[:500]), batch_size=128)
    used = []

    class Measure(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            used.append(resident_megabytes())
            print(f"epoch {epoch + 1:3d}  {used[-1]:8.1f} MB", flush=True)

    # A recipe's whole run, so that checkpoints and logs are in the measurement.
    recipe = Recipe("se_co/noise", "se_co", "noise", {"size": (8, 16)}, epochs=options.epochs)
    with tempfile.TemporaryDirectory() as folder:
        run(recipe, pathlib.Path(folder, "run"), data=data, callbacks=[Measure()], verbose=0)
    growth = used[-1] - used[WARM_UP - 1]
    epochs = len(used) - WARM_UP
    print(f"growth over the last {epochs} epochs: {growth:.1f} MB, {growth / epochs:.2f} each")


if __name__ == "__main__":
    main()
