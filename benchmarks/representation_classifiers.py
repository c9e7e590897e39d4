"""Seconds and accuracy of SRC, CRC and KENRR on 2,000 training and 2,000 test images of MNIST.

    python benchmarks/representation_classifiers.py FOLDER

FOLDER holds the four original files of MNIST; the first 2,000 images of the training and of the
test file are taken, in the order of the files. What is printed for each classifier is the seconds
of `fit` and of `predict`, by the clock and of the processor, and the accuracy; and for SRC, on a
hundred rows, by how much its objective lies above that of scikit-learn's `Lasso` at most. The
settings are those of a small grid, λ1 from 0.05 up, with the best accuracy in three folds of the
training rows.
"""

import argparse
import gzip
import pathlib
import time

import numpy as np
from sklearn.linear_model import Lasso

from zoo.representation import (
    CollaborativeRepresentationClassifier,
    KernelElasticNetClassifier,
    RepresentationClassifier,
    SparseRepresentationClassifier,
)

ROWS = 2_000
CLASSIFIERS = {
    "SRC": SparseRepresentationClassifier(0.3),
    "CRC": CollaborativeRepresentationClassifier(2.0),
    "KENRR (linear)": KernelElasticNetClassifier("linear", lambda1=0.3, lambda2=0.01),
    "KENRR (polynomial)": KernelElasticNetClassifier("polynomial", lambda1=0.05, lambda2=0.01),
    "KENRR (rbf)": KernelElasticNetClassifier("rbf", lambda1=0.05, lambda2=0.1),
    "KENRR (Hellinger)": KernelElasticNetClassifier("hellinger", lambda1=0.3, lambda2=0.0),
}


def first_rows(folder: pathlib.Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The first images (rows, 28, 28, 1), uint8, and labels of a pair of original files."""
    with gzip.open(folder / f"{name}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + ROWS * 784), "uint8", offset=16)
    with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(8 + ROWS), "uint8", offset=8)
    return images.reshape(ROWS, 28, 28, 1), labels


def seconds(function, *arguments):
    """(what it returns, seconds by the clock, seconds of the processor)."""
    clock, processor = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, time.perf_counter() - clock, time.process_time() - processor


def above_the_lasso(classifier: RepresentationClassifier, images: np.ndarray) -> float:
    """How far the objective of the codes lies above that of scikit-learn's, at most."""
    rows = images.reshape(len(images), -1) / 255.0
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    atoms, weight = classifier.atoms_, classifier.lambda1
    lasso = Lasso(weight / (2 * rows.shape[1]), fit_intercept=False, tol=1e-8, max_iter=100_000)
    both = [classifier.codes(images), np.stack([lasso.fit(atoms.T, row).coef_ for row in rows])]
    ours, theirs = (
        np.square(rows - codes @ atoms).sum(axis=1) + weight * np.abs(codes).sum(axis=1)
        for codes in both
    )
    return float((ours - theirs).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="the original files of MNIST")
    folder = parser.parse_args().folder
    train, train_labels = first_rows(folder, "train")
    test, test_labels = first_rows(folder, "t10k")
    print(f"{'':20} {'fit':>7} {'predict':>8} {'processor':>10} {'accuracy':>9}")
    for name, classifier in CLASSIFIERS.items():
        _, fit, fit_work = seconds(classifier.fit, train, train_labels)
        labels, predict, work = seconds(classifier.predict, test)
        accuracy = np.mean(labels == test_labels)
        print(f"{name:20} {fit:6.1f}s {predict:7.1f}s {fit_work + work:9.1f}s {accuracy:9.4f}")
    above = above_the_lasso(CLASSIFIERS["SRC"], test[:100])
    print(f"SRC's objective is at most {above:.1e} above that of scikit-learn's Lasso")


if __name__ == "__main__":
    main()
