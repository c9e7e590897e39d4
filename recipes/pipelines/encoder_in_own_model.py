"""A zoo encoder as the first stage of a Keras model of one's own.

    python recipes/pipelines/encoder_in_own_model.py --output runs/own

A super-encoder learns codes of the digits, all images and a fifth of the labels. Its encoder is an
ordinary Keras model, so it goes into a functional model that answers another question, whether a
digit is even: first frozen under a new head, then fine-tuned at a tenth of the rate. The result is
saved as one .keras file and loaded again.
"""

import argparse
import pathlib

import keras
import numpy as np

import zoo


def main(arguments: list[str] | None = None) -> dict[str, float]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/own_model"))
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(0)

    data = zoo.datasets.load("digits", labelled_fraction=0.2)
    autonet = zoo.create_model("se_co", input_shape=data.image_shape, num_classes=10, code_size=16)
    autonet.compile(optimizer="adam")
    autonet.fit(data.train, epochs=options.epochs, verbose=0)

    images = keras.Input(data.image_shape, name="images")
    codes = autonet.encoder(images)
    even = keras.layers.Dense(1, activation="sigmoid", name="even")(codes)
    model = keras.Model(images, even)

    def parity(split):
        return data.clean(split).map(lambda x, y: (x, y % 2 == 0))

    scores = {}
    for stage, trainable, rate in (("frozen", False, 1e-2), ("fine-tuned", True, 1e-3)):
        autonet.encoder.trainable = trainable
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
        model.fit(parity("train"), epochs=options.epochs, verbose=0)
        scores[stage] = model.evaluate(parity("test"), verbose=0, return_dict=True)["accuracy"]
        print(f"{stage}: accuracy {scores[stage]:.4f}")

    options.output.mkdir(parents=True, exist_ok=True)
    model.save(options.output / "even.keras")
    again = keras.models.load_model(options.output / "even.keras")
    x, _ = data.sample("test", 5)
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
    return scores


if __name__ == "__main__":
    main()
