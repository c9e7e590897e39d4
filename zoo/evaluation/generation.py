"""Scores of images that a model makes: how far they are from real ones, by a network's features."""

import functools
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo import priors
from zoo.datasets import ImageData, SplitData
from zoo.datasets.pixels import fit_images
from zoo.errors import InputError, check_count
from zoo.evaluation.codes import encode_rows, random_state_from
from zoo.evaluation.disentanglement import dci, mutual_information_gap
from zoo.evaluation.protocol import methods_of
from zoo.kinds import data_in_words
from zoo.models import ZooModel, gate

# Of the package's own, which saved_models/train_feature_network.py of a checkout has trained.
NETWORK = pathlib.Path(__file__).with_name("feature_network.keras")
NETWORK_SHAPE = (28, 28, 1)
FEATURES = "features"
MOST_IMAGES = 10_000
SUBSETS, SUBSET_SIZE = 100, 1_000
_ROWS_AT_ONCE = 500


def evaluate_generation(model: ZooModel, data: SplitData, seed: int = 0) -> dict[str, float]:
    """Scores what a model generates and rebuilds beside the test images of a data set.

    Of all test images, or 10,000 of them, drawn stratified by class, and of as many made ones, in
    the `image_features` of both:

    * `fid`: `frechet_distance`, and `kid`: `kernel_distance`, of images that the model draws. Where
      it can `sample` it does; else it makes an image of the class of each test image by
      `generate`, with codes drawn from its prior where it has one.
    * `reconstruction_fid`: `frechet_distance` of the test images rebuilt, by encode and decode
      or by classify and generate.
    * `training_fid`: `frechet_distance` of as many training images (all where there are fewer):
      what a model that draws from the training images would score.

    Where the data set knows the factors of its images and the model encodes them, of the codes:

    * `mutual_information_gap`, over the test images.
    * `disentanglement`, `completeness`, `informativeness`: `dci`, fitted on the training images and
      tested on the test images, at most 10,000 each.

    FID grows as images get fewer, so its numbers compare only at one number of images, and like
    those of KID only where one network has judged both: they are not those of papers, which take
    Inception's features.

    Args:
        model: it samples, generates or rebuilds images.
        data: the data set.
        seed: draws the images of both kinds and the subsets of KID.

    Raises:
        InputError: a model that makes no images, data without images, or a negative seed.
    """
    check_count("seed", seed, 0)
    if not isinstance(data, ImageData):
        raise InputError(
            f"What is generated is scored beside images. Received: {data_in_words(data)}."
        )
    rebuild, made = _rebuilder(model), _generator(model)
    if rebuild is None and made is None:
        raise InputError(
            f"A {type(model).__name__} makes no images to be scored; a model that does has "
            "`sample`, `generate`, or `encode` and `decode`."
        )
    images, labels = data.sample("test", MOST_IMAGES, seed=seed)
    real, scores = image_features(images), {}
    if made is not None:
        with random_state_from(seed, model):
            drawn = np.concatenate([image_features(made(each)) for each in _batches(labels)])
        scores["fid"] = frechet_distance(real, drawn)
        scores["kid"] = kernel_distance(real, drawn, seed=seed)
    if rebuild is not None:
        rebuilt = np.concatenate([image_features(rebuild(each)) for each in _batches(images)])
        scores["reconstruction_fid"] = frechet_distance(real, rebuilt)
    training = data.sample("train", len(images), seed=seed)[0]
    scores["training_fid"] = frechet_distance(real, image_features(training))
    if hasattr(data, "factors") and methods_of(model, "encode"):
        splits = ("train", "test")
        images = [data.arrays(split)[0][:MOST_IMAGES] for split in splits]
        codes = np.split(encode_rows(model, np.concatenate(images)), [len(images[0])])
        factors = [data.factors[split][:MOST_IMAGES] for split in splits]
        scores["mutual_information_gap"] = mutual_information_gap(codes[1], factors[1])
        scores |= dci(codes[0], factors[0], codes[1], factors[1])
    return scores


def image_features(images: Any) -> np.ndarray:
    """What a small network of the package sees in images, float64 (rows, 64 · channels).

    The network is a CNN of 61,000 weights, three convolutions and a hidden layer of 64 whose ReLU
    outputs are the features. It learned to tell the 20 classes of MNIST and Fashion-MNIST, and is
    right on 99.2 % and 91.4 % of their test images. It sees gray images of 28x28: others are
    resized to that (bilinear, with antialiasing), and of several channels each is seen by itself,
    its features beside those of the others.

    Args:
        images: (rows, height, width, channels), floats in [0, 1] or uint8.
    """
    return np.concatenate([_features(tf.constant(each)) for each in _batches(images)])


def frechet_distance(features: np.ndarray, others: np.ndarray) -> float:
    """Fréchet distance between two normal distributions with the moments of features.

        ‖m - m'‖² + tr(C + C' - 2 (C C')^½)

    with means m and covariances C, over n - 1. The trace of the root is the sum of the roots of the
    eigenvalues of C C', which are real and at least 0, so C may be singular.

    Args:
        features: (rows, size), at least two rows.
        others: (other_rows, size), of the other kind.

    Raises:
        InputError: arrays of other shapes.

    Source: M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler and S. Hochreiter, "GANs trained by a
    two time-scale update rule converge to a local Nash equilibrium", NeurIPS 2017, equation 6.
    """
    features, others = _checked(features, others)
    gap = features.mean(axis=0) - others.mean(axis=0)
    covariances = [np.atleast_2d(np.cov(each, rowvar=False)) for each in (features, others)]
    eigenvalues = np.linalg.eigvals(covariances[0] @ covariances[1]).real
    roots = np.sqrt(np.maximum(eigenvalues, 0)).sum()
    return float(gap @ gap + sum(map(np.trace, covariances)) - 2 * roots)


def kernel_distance(
    features: np.ndarray,
    others: np.ndarray,
    subsets: int = SUBSETS,
    subset_size: int = SUBSET_SIZE,
    seed: int = 0,
) -> float:
    """Kernel distance: the mean over subsets of the unbiased squared maximum mean discrepancy.

        Σ_{i≠j} k(x_i, x_j) / m(m-1) + Σ_{i≠j} k(y_i, y_j) / m(m-1) - 2 Σ_ij k(x_i, y_j) / m²
        k(x, y) = (x·y / size + 1)³

    of m rows of each kind, drawn without replacement. It may fall below 0.

    Args:
        features: (rows, size), at least two rows.
        others: (other_rows, size), of the other kind.
        subsets: how many are drawn.
        subset_size: m; all rows of the smaller kind where there are fewer.
        seed: of the draws.

    Raises:
        InputError: arrays of other shapes, or a number below 1 (2 for `subset_size`).

    Source: M. Bińkowski, D. J. Sutherland, M. Arbel and A. Gretton, "Demystifying MMD GANs", ICLR
    2018, section 4 and the estimator of Gretton et al. 2012, lemma 6.
    """
    from sklearn.metrics.pairwise import polynomial_kernel

    features, others = _checked(features, others)
    check_count("subsets", subsets)
    check_count("subset_size", subset_size, 2)
    m = min(subset_size, len(features), len(others))
    draw = np.random.RandomState(seed).permutation
    distances = []
    for _ in range(subsets):
        x, y = (each[draw(len(each))[:m]] for each in (features, others))
        within = [polynomial_kernel(each, degree=3, coef0=1) for each in (x, y)]
        same = sum(kernel.sum() - np.trace(kernel) for kernel in within) / (m * (m - 1))
        distances.append(same - 2 * polynomial_kernel(x, y, degree=3, coef0=1).mean())
    return float(np.mean(distances))


def _checked(features: np.ndarray, others: np.ndarray) -> list[np.ndarray]:
    arrays = [np.asarray(each, "float64") for each in (features, others)]
    shapes = [each.shape for each in arrays]
    if any(len(shape) != 2 or shape[0] < 2 for shape in shapes) or shapes[0][1] != shapes[1][1]:
        raise InputError(
            "Features must be two arrays (rows, size) of one size, of at least two rows each. "
            f"Received: {shapes[0]} and {shapes[1]}."
        )
    return arrays


def _batches(rows: Any) -> Iterator[Any]:
    return (rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE))


@functools.cache
def _network() -> keras.Model:
    network = keras.saving.load_model(NETWORK, compile=False)
    return keras.Model(network.input, network.get_layer(FEATURES).output)


def _features(images: tf.Tensor) -> np.ndarray:
    height, width, _ = NETWORK_SHAPE
    channels = images.shape[-1]
    images = tf.image.convert_image_dtype(images, "float32")
    images = fit_images(images, (height, width, channels))
    each = tf.reshape(tf.transpose(images, (0, 3, 1, 2)), (-1, *NETWORK_SHAPE))
    features = _network()(each, training=False)
    return features.numpy().reshape(len(images), -1).astype("float64")


def _generator(model: ZooModel) -> Callable[[np.ndarray], Any] | None:
    """(class numbers) -> as many images; None of a model that draws none."""
    if methods_of(model, "sample"):
        return lambda labels: model.sample(len(labels))
    if not methods_of(model, "generate"):
        return None
    if not methods_of(model, "prior"):
        return model.generate
    return lambda labels: model.generate(labels, priors.draw(model.prior, len(labels), model.seeds))


def _rebuilder(model: ZooModel) -> Callable[[Any], Any] | None:
    """(images) -> what is rebuilt of them; None of a model that rebuilds none."""
    between = [("encode", "decode"), ("classify", "generate")]
    for pair in between:
        methods = methods_of(model, *pair)
        if len(methods) == 2:
            inward, outward = (methods[name] for name in pair)
            break
    else:
        return None

    @tf.function(reduce_retracing=True, autograph=False)
    def rebuild(x):
        # Vectors between two networks of one model are not looked at.
        middle = inward(x)
        with gate.passed():
            return outward(middle)

    return lambda images: rebuild(tf.constant(images))
