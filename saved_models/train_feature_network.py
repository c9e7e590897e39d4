"""Trains the network by whose features images are compared, and writes it into the package.

    python saved_models/train_feature_network.py

It learns to tell the 20 classes of MNIST and Fashion-MNIST. What it gives is no command of `zoo`:
FID and KID compare only where one network has judged both, so a new one makes all numbers anew.
See `zoo.evaluation.generation`.
"""

import keras
import numpy as np

import zoo
from zoo.evaluation.generation import FEATURES, NETWORK, NETWORK_SHAPE

SETS = ("mnist", "fashion_mnist")
EPOCHS = 12


def rows(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The images of both sets, with the classes of the second behind those of the first."""
    found = [zoo.datasets.load(name, validation_fraction=0.0).arrays(split) for name in SETS]
    labels = np.concatenate([y + 10 * number for number, (_, y) in enumerate(found)])
    return np.concatenate([x for x, _ in found]), labels


def network() -> keras.Model:
    layers = [keras.Input(NETWORK_SHAPE)]
    for filters in (16, 32, 64):
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
        ]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dropout(0.25),
        keras.layers.Dense(64, activation="relu", name=FEATURES),
        keras.layers.Dense(20, name="class_logits"),
    ]
    return keras.Sequential(layers)


def main() -> None:
    keras.utils.set_random_seed(0)
    x, y = rows("train")
    model = network()
    steps = EPOCHS * -(-len(x) // 128)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x, y, batch_size=128, epochs=EPOCHS, verbose=2)
    x, y = rows("test")
    predicted = model.predict(x, batch_size=500, verbose=0).argmax(axis=-1)
    for number, name in enumerate(SETS):
        of_set = y // 10 == number
        print(f"{name}: {np.mean(predicted[of_set] == y[of_set]):.4f} of the test images")
    # One tensor in and out, without an optimizer.
    keras.Model(model.input, model.output).save(NETWORK)


if __name__ == "__main__":
    main()
