"""Small models of each family, rows that they take, and streams of these in every form."""

import keras
import numpy as np
import tensorflow as tf

import zoo

rng = np.random.default_rng(0)
ROWS = 48
# Of each family: what is right, what takes the place of a number in row 37, and what is said.
X = {
    "images": rng.random((ROWS, 4, 4, 1), "float32"),
    "features": rng.normal(size=(ROWS, 6)).astype("float32"),
    "masks": rng.random((ROWS, 4, 4, 3), "float32"),
}
Y = {
    "images": np.arange(ROWS) % 3,
    "features": (rng.random((ROWS, 4)) < 0.5).astype("float32"),
    "masks": (X["masks"][..., :1] > 0.5).astype("float32"),
}
WRONG = [
    ("images", np.nan, "floats in .0, 1. or uint8. Received: nan"),
    ("images", 255.0, "Received: 255 in row .*; divide by 255, or give uint8"),
    ("images", -0.5, "Received: -0.5"),
    ("features", np.nan, "finite floats up to 1e.19. Received: nan"),
    ("features", -np.inf, "finite floats up to 1e.19. Received: -inf"),
    ("masks", 2.0, "Received: 2 in row .*; divide by 255"),
]


def network(shape, made, activation=None):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(int(np.prod(made)), activation),
            keras.layers.Reshape(made),
        ]
    )


def model_of(family, **settings):
    if family == "images":
        model = zoo.Classifier(network((4, 4, 1), (3,)))
    elif family == "features":
        model = zoo.MultiLabelClassifier(network((6,), (4,)))
    else:
        model = zoo.Segmenter(network((4, 4, 3), (4, 4, 1)))
    model.compile(optimizer="sgd", **settings)
    return model


def changed(values, value, row=37):
    values = values.copy()
    values[row].flat[-1] = value
    return values


class Batches(keras.utils.PyDataset):
    def __init__(self, *parts, **settings):
        super().__init__(**settings)
        self.parts = parts
        self.ended = 0

    def __len__(self):
        return ROWS // 16

    def __getitem__(self, index):
        return tuple(part[16 * index : 16 * index + 16] for part in self.parts)

    def on_epoch_end(self):
        self.ended += 1


class Parts(keras.utils.PyDataset):
    def __init__(self, *batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def data_set(*parts):
    return tf.data.Dataset.from_tensor_slices(parts).batch(16)


def generator(*parts):
    batches = Batches(*parts)
    return (batches[i] for i in range(len(batches)))


def threads(*parts):
    return Batches(*parts, workers=2)


STREAMS = (data_set, Batches, threads, generator)
