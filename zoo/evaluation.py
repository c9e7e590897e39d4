"""Scores of a trained model, one protocol for every row of Table 1."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from zoo.datasets import ImageData
from zoo.metrics import PeakSignalToNoiseRatio, ReconstructionError
from zoo.models import ZooModel

PROBE_ROWS = 10_000


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Scores by the metric's name, and the arrays that the report draws."""

    scores: dict[str, float]
    figures: dict[str, np.ndarray]


def evaluate(model: ZooModel, data: ImageData, seed: int = 0) -> Evaluation:
    """Scores a model on the clean test images of a data set.

    * `separability_accuracy`: the part of the test images whose class the model's own separator
      tells from the code, where it has one.
    * `probe_accuracy`: that of the common probe of `probe_accuracy`, for every model alike.
    * `reconstruction_error`: the mean over the test images of the squared error per pixel, on
      [0, 1].
    * `psnr`: the mean over the test images of 10 · log10(1 / squared error), in dB.

    Args:
        model: a model that encodes and decodes.
        data: the data set; training images serve the probe alone.
        seed: draws the probe's training rows.
    """
    tested = _scan(model, data.test)
    probe_x, probe_y = data.sample("train", PROBE_ROWS, seed=seed)
    probed = _encode(model, probe_x)
    scores = {}
    if tested.predictions is not None:
        scores["separability_accuracy"] = float(np.mean(tested.predictions == tested.labels))
    scores["probe_accuracy"] = probe_accuracy(probed, probe_y, tested.codes, tested.labels)
    scores["reconstruction_error"] = tested.reconstruction_error
    scores["psnr"] = tested.psnr
    return Evaluation(scores, _figures(model, data, seed))


def probe_accuracy(
    train_codes: np.ndarray,
    train_labels: np.ndarray,
    test_codes: np.ndarray,
    test_labels: np.ndarray,
) -> float:
    """Accuracy of scikit-learn's `SVC()` (RBF, C = 1, gamma = 1 / (code_size · variance)).

    Args:
        train_codes: (rows, code_size), codes of clean training images.
        train_labels: (rows,) class numbers.
        test_codes: (test_rows, code_size), codes of clean test images.
        test_labels: (test_rows,) class numbers.

    The published baselines used the same classifier with the older default gamma = 1 / code_size,
    which depends on the scale of the codes; today's does not, so it compares models fairly.
    """
    from sklearn.svm import SVC

    if np.all(train_labels == train_labels[0]):
        # SVC refuses it; whatever is told apart, there is one answer to give.
        return float(np.mean(test_labels == train_labels[0]))
    return float(SVC().fit(train_codes, train_labels).score(test_codes, test_labels))


@dataclasses.dataclass(frozen=True)
class _Scan:
    codes: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray | None
    reconstruction_error: float
    psnr: float


def _scan(model: ZooModel, images: tf.data.Dataset) -> _Scan:
    """One pass over the images: each is encoded once."""
    error, psnr = ReconstructionError(), PeakSignalToNoiseRatio()
    separates = hasattr(model, "separate")

    @tf.function(reduce_retracing=True, autograph=False)
    def step(x):
        code = model.encode(x)
        predicted = tf.argmax(model.separate(code), axis=-1) if separates else None
        return code, model.decode(code), predicted

    codes, labels, predictions = [], [], []
    for x, y in images:
        code, reconstruction, predicted = step(x)
        error.update_state(x, reconstruction)
        psnr.update_state(x, reconstruction)
        codes.append(code.numpy())
        labels.append(y.numpy())
        if separates:
            predictions.append(predicted.numpy())
    return _Scan(
        np.concatenate(codes),
        np.concatenate(labels),
        np.concatenate(predictions) if separates else None,
        float(error.result()),
        float(psnr.result()),
    )


def _encode(model: ZooModel, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
    encode = tf.function(model.encode, reduce_retracing=True, autograph=False)
    batches = [x[i : i + batch_size] for i in range(0, len(x), batch_size)]
    return np.concatenate([encode(tf.constant(batch)).numpy() for batch in batches])


def _figures(model: ZooModel, data: ImageData, seed: int) -> dict[str, Any]:
    """Codes for the scatter plot, and some images with what became of them."""
    x, y = data.sample("test", 2_000, seed=seed)
    originals, _ = data.sample("test", 20, seed=seed)
    return {
        "codes": _encode(model, x),
        "labels": y,
        "class_names": np.asarray(data.class_names, dtype=str),
        "originals": originals,
        "reconstructions": np.asarray(model.reconstruct(originals)),
    }
