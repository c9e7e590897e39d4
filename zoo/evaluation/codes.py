"""Scores of codes: what they tell of the classes, and what can be rebuilt from them."""

import collections
import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.datasets import ClassData, TableData
from zoo.datasets.stratification import stratified
from zoo.errors import check_choice, check_count
from zoo.evaluation.probes import PROBES, probe_accuracy
from zoo.evaluation.protocol import (
    PICTURES,
    SCATTER_ROWS,
    Evaluation,
    images_of_codes,
    methods_of,
)
from zoo.evaluation.rows_of_features import Units, figures_of_rows, units_of
from zoo.metrics.images import peak_signal_to_noise_ratio, reconstruction_error
from zoo.models import ZooModel, allowed, gate
from zoo.models.base import random_state
from zoo.models.base.checks import check_layer

PROBE_ROWS = 10_000
SAMPLES = 50
TRAVERSED_DIMENSIONS = 8
# In standard deviations of the dimension; the one in the middle is 0.
TRAVERSAL_STEPS = np.linspace(-2.5, 2.5, 9, dtype="float32")
CORRUPTION_STDDEV = 0.5

# Not the data set's own batches: the noise of an image must not depend on a recipe's batch size.
_ROWS_AT_ONCE = 500
# What the accuracy of a probe is called among the scores.
_SCORES = {"svc": "probe_accuracy"}


def evaluate_codes(
    model: ZooModel,
    data: ClassData,
    seed: int = 0,
    probes: Sequence[str] = ("svc", "logistic", "neighbours"),
    corruption: keras.layers.Layer | None = None,
) -> Evaluation:
    """Scores a model that encodes and decodes, on the test images of a data set.

    On codes of clean images:

    * `separability_accuracy`: the part of the test images whose class the model's own separator
      tells from the code, where it has one.
    * `probe_accuracy`, `logistic_accuracy`, `neighbours_accuracy`: that of the common probes of
      `zoo.evaluation.probes` (the first is the SVC), for every model alike.
    * `reconstruction_error`: the mean over the test images of the squared error per pixel, on
      [0, 1].
    * `psnr`: the mean over the test images of 10 · log10(1 / squared error), in dB.

    On codes of corrupted images:

    * `corrupted_reconstruction_error`: the mean over the test images of the squared error per
      pixel between decode(encode(c(x))) and the clean x. The noise follows from `seed` and the
      data set alone, so it is the same for every model, whatever it was trained with.

    Of rows of features the errors are those of standardized features, by the moments of the
    training rows, and so is the noise; there is no `psnr`, and in place of the pictures of images
    stand those of `zoo.evaluation.rows_of_features.figures_of_rows`.

    Pictures, as arrays:

    * `codes`, `labels`: of 2,000 test images, those of `data.sample("test", 2_000, seed)`.
    * `code_images`: uint8, images of every fourth of them, see
      `zoo.evaluation.protocol.images_of_codes`.
    * `class_names`.
    * `originals`, `reconstructions`, `corrupted`, `corrupted_reconstructions`: 20 test images
      with what became of them; the corrupted ones as the model sees them, not clipped.
    * `samples`: 50 images drawn by a model that can `sample`.
    * `traversals`, (rows, 9, height, width, channels), for the same models: decoded walks through
      the code of the first original. Row r moves the dimension with the r-th largest variance
      over the test codes, at most 8 of them, in 9 even steps from -2.5 to +2.5 of its standard
      deviations (`traversal_steps`); all other dimensions stay. In the middle is the image's own
      reconstruction.

    Args:
        model: it encodes and decodes, and may `separate` and `sample`.
        data: the data set; training images serve the probes alone.
        seed: draws the probes' training rows, the noise, the samples and the rows of pictures.
        probes: names in `zoo.evaluation.probes.PROBES`; may be empty.
        corruption: a layer c that acts when called with `training=True`; None adds Gaussian noise
            of standard deviation 0.5, not clipped. Its random generators, and the model's, start
            from the seed and have their state back afterwards.

    Raises:
        InputError: an unknown probe, a corruption that is no Keras layer, a negative seed, or
            codes that are not finite.
    """
    for name in probes:
        check_choice("probe", name, PROBES)
    check_layer("corruption", corruption)
    check_count("seed", seed, 0)
    if corruption is None:
        corruption = keras.layers.GaussianNoise(CORRUPTION_STDDEV, seed=seed, dtype="float32")
    units = units_of(data)
    step = _step(model, corruption, units, data.input_shape)
    with random_state_from(seed, corruption):
        tested = _scan(step, data.test, units)
    scores = {}
    if tested.predictions is not None:
        scores["separability_accuracy"] = float(np.mean(tested.predictions == tested.labels))
    if probes:
        probe_x, probe_y = data.sample("train", PROBE_ROWS, seed=seed)
        probed = encode_rows(model, probe_x)
    for name in probes:
        score = _SCORES.get(name, f"{name}_accuracy")
        scores[score] = probe_accuracy(name, probed, probe_y, tested.codes, tested.labels)
    scores |= tested.errors
    with random_state_from(seed, corruption), random_state_from(seed, model):
        figures = _figures(model, step, data, tested, seed)
    if isinstance(data, TableData):
        figures = figures_of_rows(figures, data, tested.feature_errors)
    return Evaluation(scores, figures)


@dataclasses.dataclass(frozen=True)
class _Scan:
    codes: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray | None
    errors: dict[str, float]
    feature_errors: np.ndarray


def _step(
    model: ZooModel, corruption: keras.layers.Layer, units: Units, input_shape: tuple[int, ...]
) -> Any:
    """One batch: encoded and decoded once as it is, once corrupted."""
    separates = methods_of(model, "separate")

    @tf.function(input_signature=[tf.TensorSpec((None, *input_shape))], autograph=False)
    def step(x):
        corrupted = units.restored(corruption(units.scaled(x), training=True))
        code = model.encode(x)
        # Codes are looked at once for all; noise may lead out of the range of pixels.
        with gate.passed():
            outputs = {
                "codes": code,
                "reconstructions": model.decode(code),
                "corrupted": corrupted,
                "corrupted_reconstructions": model.decode(model.encode(corrupted)),
            }
            if separates:
                outputs["predictions"] = tf.argmax(model.separate(code), axis=-1)
        return outputs

    return step


def _scan(step: Any, images: tf.data.Dataset, units: Units) -> _Scan:
    """One pass over the images."""
    kept = collections.defaultdict(list)
    for x, y in images.rebatch(_ROWS_AT_ONCE):
        outputs = step(x)
        kept["labels"].append(y)
        x, made, remade = (
            units.scaled(rows)
            for rows in (x, outputs["reconstructions"], outputs["corrupted_reconstructions"])
        )
        kept["errors"].append(reconstruction_error(x, made))
        if len(x.shape) > 2:
            kept["psnr"].append(peak_signal_to_noise_ratio(x, made))
        else:
            kept["feature_errors"].append(tf.math.squared_difference(x, made))
        kept["corrupted_errors"].append(reconstruction_error(x, remade))
        for name in outputs.keys() & {"codes", "predictions"}:
            kept[name].append(outputs[name])
    # Means in float64: in float32 the order of the sum would show in the seventh digit.
    rows = {name: np.concatenate(batches) for name, batches in kept.items()}
    allowed.numbers("codes", rows["codes"].shape[1:]).check(rows["codes"])
    errors = {
        "reconstruction_error": float(np.mean(rows["errors"], dtype="float64")),
        "psnr": float(np.mean(rows.get("psnr", 0.0), dtype="float64")),
        "corrupted_reconstruction_error": float(np.mean(rows["corrupted_errors"], dtype="float64")),
    }
    if "psnr" not in rows:
        del errors["psnr"]
    of_features = np.mean(rows.get("feature_errors", np.empty((1, 0))), axis=0, dtype="float64")
    return _Scan(rows["codes"], rows["labels"], rows.get("predictions"), errors, of_features)


def encode_rows(model: ZooModel, x: np.ndarray) -> np.ndarray:
    """The codes of rows, batch by batch."""
    signature = [tf.TensorSpec((None, *x.shape[1:]))]
    encode = tf.function(model.encode, input_signature=signature, autograph=False)
    batches = [x[i : i + _ROWS_AT_ONCE] for i in range(0, len(x), _ROWS_AT_ONCE)]
    return np.concatenate([encode(tf.constant(batch)).numpy() for batch in batches])


def _figures(
    model: ZooModel, step: Any, data: ClassData, tested: _Scan, seed: int
) -> dict[str, np.ndarray]:
    rows = stratified(tested.labels, min(SCATTER_ROWS, len(tested.labels)), seed, "sample")
    originals, _ = data.sample("test", PICTURES, seed=seed)
    pictured = {name: output.numpy() for name, output in step(tf.constant(originals)).items()}
    figures = {
        "codes": tested.codes[rows],
        "labels": tested.labels[rows],
        **images_of_codes(data, seed),
        "class_names": np.asarray(data.class_names, dtype=str),
        "originals": originals,
        "reconstructions": pictured["reconstructions"],
        "corrupted": pictured["corrupted"],
        "corrupted_reconstructions": pictured["corrupted_reconstructions"],
    }
    if methods_of(model, "sample"):
        figures["samples"] = np.asarray(model.sample(SAMPLES))
        figures["traversal_steps"] = TRAVERSAL_STEPS
        figures["traversals"] = _traversals(model, pictured["codes"][0], tested.codes)
    return figures


def _traversals(model: ZooModel, start: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Walks from one code along the dimensions in which the codes vary most."""
    deviations = codes.std(axis=0)
    dimensions = np.argsort(-deviations, kind="stable")[:TRAVERSED_DIMENSIONS]
    walks = np.tile(start, (len(dimensions), len(TRAVERSAL_STEPS), 1))
    for walk, dimension in zip(walks, dimensions, strict=True):
        walk[:, dimension] += TRAVERSAL_STEPS * deviations[dimension]
    images = np.asarray(model.decode(tf.constant(walks.reshape(-1, codes.shape[1]))))
    return images.reshape(*walks.shape[:2], *images.shape[1:])


@contextlib.contextmanager
def random_state_from(seed: int, layer: keras.layers.Layer) -> Iterator[None]:
    """Starts a layer's random generators from a seed; they have their state back afterwards."""
    generators = random_state.states(layer)
    held = [keras.ops.convert_to_numpy(state) for state in generators]
    for number, state in enumerate(generators):
        # As SeedGenerator starts; one more for each, or two layers would draw the same noise.
        state.assign([(seed + number) % 2**32, 0])
    try:
        yield
    finally:
        for state, value in zip(generators, held, strict=True):
            state.assign(value)
