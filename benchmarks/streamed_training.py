"""Training on rows that are read anew in every epoch against training on the same in memory.

    python benchmarks/streamed_training.py [--rows N] [--turns N]

Two recipes' networks, batches and precision, on random pixels: PNG files of Fashion-MNIST's size;
JPEG files of 96x96, seen as 32x32; and, with a tenth of the rows, JPEG files of 128x128 as they
are, of which 87,000 pass the 4 GiB from which on a set is streamed without being asked. `fit` in
turns in one process. Rows come from a folder (`folder:PATH`, decoded and resized in every epoch)
and from a `tf.data.Dataset` of arrays.

What is printed is the median over the turns of the images a second of each by those in memory,
first for the first epoch, of a model that was traced before, and how the memory grows behind it.
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
from PIL import Image

import zoo
from zoo.recipe import load_recipe
from zoo.training.building import build
from zoo.training.memory import peak_memory

SEED = 0
# The recipe, the files' size and suffix, the shape that the network sees, the share of the rows.
KINDS = (
    ("cnn/fashion_mnist", (28, 28), ".png", (28, 28, 1), 1.0),
    ("cnn/cifar10", (96, 96, 3), ".jpg", (32, 32, 3), 1.0),
    ("cnn/cifar10", (128, 128, 3), ".jpg", (128, 128, 3), 0.1),
)


def write_folder(folder: pathlib.Path, size: tuple[int, ...], suffix: str, rows: int) -> None:
    """Images of ten classes, and twenty to test on."""
    generator = np.random.default_rng(SEED)
    for split, count in (("train", rows), ("test", 20)):
        for row in range(count):
            place = folder / split / str(row % 10)
            place.mkdir(parents=True, exist_ok=True)
            # Coarse noise: noise of single pixels has no photo's length.
            coarse = generator.integers(0, 256, [max(1, side // 4) for side in size[:2]] + [3])
            pixels = np.kron(coarse[..., : 1 if len(size) == 2 else 3], np.ones((4, 4, 1)))
            Image.fromarray(pixels.astype("uint8").squeeze()).save(place / f"{row}{suffix}")


def measure(
    name: str,
    size: tuple[int, ...],
    suffix: str,
    shape: tuple[int, int, int],
    rows: int,
    turns: int,
) -> None:
    """Prints the ratios of one recipe's network."""
    recipe = load_recipe(name)
    name = f"{name} as {shape[0]}x{shape[1]}"
    settings = {"batch_size": recipe.batch_size, "seed": SEED}
    with tempfile.TemporaryDirectory() as folder:
        write_folder(pathlib.Path(folder), size, suffix, rows)

        def load(in_memory: bool) -> zoo.datasets.ImageData:
            return zoo.datasets.load(
                f"folder:{folder}",
                image_shape=shape,
                in_memory=in_memory,
                validation_fraction=0.0,
                **settings,
            )

        memory = load(True)
        images, labels = memory.sample("train", rows)
        pairs = tf.data.Dataset.from_tensor_slices((images, labels))
        given = {
            "memory": memory,
            "folder": load(False),
            "tf.data": zoo.datasets.from_tf_data(
                pairs, pairs.take(20), image_shape=shape, num_classes=10, **settings
            ),
        }
        keras.utils.set_random_seed(SEED)
        model = build(recipe, memory)
        model.fit(memory.train, steps_per_epoch=2, verbose=0)
        speeds: dict[str, list[float]] = {each: [] for each in given}
        for turn in range(turns + 1):
            order = list(given)
            for each in order if turn % 2 else order[::-1]:
                begun = time.perf_counter()
                data = given[each]
                model.fit(
                    data.stream(turn, turn + 1), steps_per_epoch=data.steps_per_epoch, verbose=0
                )
                speeds[each].append(rows / (time.perf_counter() - begun))
            if not turn:
                held = peak_memory()
    print(f"{name}: {statistics.median(speeds['memory'][1:]):,.0f} images/s in memory")
    for each in ("folder", "tf.data"):
        ratios = [a / b for a, b in zip(speeds[each], speeds["memory"], strict=True)]
        bars.hold(f"{name} {each} / memory, first epoch", ratios[0], at_least=0.7)
        print(f"{name} {each} / memory: {min(ratios[1:]):.2f} to {max(ratios[1:]):.2f}")
        bars.hold(f"{name} {each} / memory", statistics.median(ratios[1:]), at_least=0.9)
    if held is not None:
        bars.hold(f"{name} memory behind the first epoch", peak_memory() / held, at_most=1.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_240)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    for *kind, share in KINDS:
        measure(*kind, rows=round(share * options.rows), turns=options.turns)


if __name__ == "__main__":
    main()
    bars.leave()
