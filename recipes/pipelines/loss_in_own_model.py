"""Losses of the zoo in the `compile` of a Keras model of one's own.

    python recipes/pipelines/loss_in_own_model.py

A classifier of digits learns with the hinge of Crammer and Singer in place of the cross-entropy,
and a network of label sets with the sum of the labels' cross-entropies, scored by the F1 averaged
over the rows. Both are plain `keras.Sequential`; the losses save with the model like Keras's own.
"""

import argparse
from collections.abc import Callable

import keras

import zoo
from zoo.metrics import example_f1


def main(arguments: list[str] | None = None) -> dict[str, float]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(0)
    scores = {"hinge": classes(options.epochs), "label sets": label_sets(options.epochs)}
    for name, score in scores.items():
        print(f"{name}: {score:.4f}")
    return scores


def classes(epochs: int) -> float:
    """Accuracy on the test digits of a machine that maximizes the margin."""
    data = zoo.datasets.load("digits")
    model = keras.Sequential(
        [
            keras.Input(data.image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(data.num_classes),
        ]
    )
    model.compile(
        optimizer="adam",
        loss=zoo.losses.CrammerSingerHinge(),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    one_hot = _labels_by(lambda y: keras.ops.one_hot(y, data.num_classes))
    model.fit(data.clean("train").map(one_hot), epochs=epochs, verbose=0)
    return model.evaluate(data.clean("test").map(one_hot), verbose=0, return_dict=True)["accuracy"]


def label_sets(epochs: int) -> float:
    """F1, averaged over the test rows, of the embedded task of blocks."""
    data = zoo.datasets.load("blocks")
    model = keras.Sequential([keras.Input(data.input_shape), keras.layers.Dense(data.num_labels)])
    model.compile(keras.optimizers.Adam(1e-2), loss=zoo.losses.MultiLabelCrossentropy())
    model.fit(*data.arrays("train"), batch_size=32, epochs=epochs, verbose=0)
    x, y = data.arrays("test")
    # A logit above 0 is a probability above one half.
    return example_f1(y, model.predict(x, verbose=0) > 0)


def _labels_by(change: Callable) -> Callable:
    return lambda x, y: (x, change(y))


if __name__ == "__main__":
    main()
