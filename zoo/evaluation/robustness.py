"""Robustness: how much of its accuracy a classifier keeps on images that were tampered with."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from zoo.errors import InputError, check_count
from zoo.evaluation.perturbations import (
    PERTURBATIONS,
    check_perturbations,
    names_of,
    perturbed_images,
)
from zoo.evaluation.protocol import methods_of

# Rows that go through a model at once, whatever the batches of the data set.
ROWS_AT_ONCE = 500


def robust_accuracies(
    model: Any,
    images: tf.data.Dataset,
    seed: int = 0,
    perturbations: Mapping[str, Sequence[float]] = PERTURBATIONS,
) -> dict[str, float]:
    """The part of the images whose class a model still tells once they are perturbed.

        accuracy_KIND_LEVEL = mean over the rows of 1[argmax classify(perturbed x) = y]

    What the kinds do is said by `perturbed_images`. The images are read once.

    Args:
        model: anything with `classify(x)`, class probabilities `(n, classes)`; for `fgsm` also
            with `classifier`, the Keras model of the logits.
        images: batches of (x, y): x float32 in [0, 1], `(n, h, w, c)`, and y class numbers,
            `(n,)`. How they are batched does not matter.
        seed: what noise and places follow from, together with the number of the row.
        perturbations: levels by kind, for those that are wanted.

    Returns:
        The accuracies, each named by the kind and the level in its shortest form, as in
        `accuracy_blur_1`; in the order of `perturbations`.

    Raises:
        InputError: an unknown kind, a level that is negative, not finite or, for an occlusion,
            above 1, two levels of a kind with one name, a negative seed, data of another form or
            without rows, or a model without the parts above.
    """
    check_perturbations(perturbations)
    check_count("seed", seed, 0)
    _check_model(model, perturbations)
    _check_images(images)
    batch = tf.TensorSpec((None, *images.element_spec[0].shape[1:]))
    numbers = tf.TensorSpec((None,), tf.int64)

    @tf.function(input_signature=[batch, numbers, numbers], autograph=False)
    def perturb(x, y, rows):
        return perturbed_images(model, x, y, rows, seed, perturbations)

    @tf.function(input_signature=[batch, numbers], autograph=False)
    def count_right(x, y):
        return tf.math.count_nonzero(tf.argmax(model.classify(x), axis=-1) == y)

    rows, counts = 0, dict.fromkeys(names_of(perturbations), 0)
    for x, y in images.rebatch(ROWS_AT_ONCE):
        y = tf.cast(y, tf.int64)
        # One after the other: a graph of them all would hold the activations of several at once.
        for name, image in perturb(x, y, tf.range(rows, rows + len(y), dtype=tf.int64)).items():
            counts[name] += int(count_right(image, y))
        rows += len(y)
    if not rows:
        raise InputError("`images` must hold at least one row. Received: an empty data set.")
    return {f"accuracy_{name}": count / rows for name, count in counts.items()}


def _check_model(model: Any, perturbations: Mapping[str, Sequence[float]]) -> None:
    needed = ["classify"] if any(map(len, perturbations.values())) else []
    needed += ["classifier"] if len(perturbations.get("fgsm", ())) else []
    for name in needed:
        if not methods_of(model, name):
            raise InputError(
                f"`model` must have `{name}` for these perturbations, as the zoo's classifiers "
                f"have. Received: {type(model).__name__}."
            )


def _check_images(images: Any) -> None:
    spec = getattr(images, "element_spec", None)
    pair = isinstance(spec, tuple) and len(spec) == 2 and None not in [p.shape.rank for p in spec]
    shapes = [part.shape for part in spec] if pair else []
    if [len(shape) for shape in shapes] != [4, 1] or None in shapes[0][1:]:
        raise InputError(
            "`images` must be a tf.data.Dataset of batches (x, y), x of shape (n, h, w, c) and y "
            f"class numbers of shape (n,). Received: {spec or type(images).__name__}."
        )
