"""A scikit-learn pipeline on the codes of a zoo model.

    python recipes/pipelines/scikit_learn_on_codes.py

A variational autoencoder learns the digits without labels. Its `encode` becomes the first step of a
`sklearn.pipeline.Pipeline`, in front of a support vector machine whose C and gamma a grid search
chooses by cross-validation on the training rows. There is no scaler between them: it would blow up
those units of the code that the decoder does not use.
"""

import argparse

import keras
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

import zoo


def main(arguments: list[str] | None = None) -> dict[str, float]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(0)

    data = zoo.datasets.load("digits", batch_size=32)
    model = zoo.create_model(
        "vae", input_shape=data.image_shape, code_size=16, likelihood="gaussian"
    )
    model.compile(optimizer=keras.optimizers.Adam(2e-3))
    model.fit(data.train, epochs=options.epochs, verbose=0)

    def codes(images: np.ndarray) -> np.ndarray:
        return np.asarray(model.encode(images))

    pipeline = Pipeline(
        [
            # Images of four dimensions are no concern of scikit-learn's own checks.
            ("encode", FunctionTransformer(codes, validate=False)),
            ("classify", SVC()),
        ]
    )
    grid = {"classify__C": [1, 10, 100], "classify__gamma": ["scale", 0.01]}
    search = GridSearchCV(pipeline, grid, cv=3)
    search.fit(*_all(data, "train"))
    accuracy = search.score(*_all(data, "test"))
    print(f"accuracy {accuracy:.4f} with {search.best_params_}")
    return {"accuracy": accuracy, "cross_validation": search.best_score_}


def _all(data: zoo.datasets.ImageData, split: str) -> tuple[np.ndarray, np.ndarray]:
    batches = [(x.numpy(), y.numpy()) for x, y in data.clean(split)]
    return tuple(np.concatenate(parts) for parts in zip(*batches, strict=True))


if __name__ == "__main__":
    main()
