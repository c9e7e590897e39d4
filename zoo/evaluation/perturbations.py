"""Perturbations that leave the class of an image as it was: noise, blur, occlusion and FGSM."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from scipy import ndimage

from zoo.errors import InputError, check_choice, check_number

# What is done to the images, and how strongly; the level is a
# * gaussian_noise: standard deviation, on the scale of the pixels, [0, 1];
# * blur: standard deviation, in pixels;
# * occlusion: side of the square, as a share of the image's smaller side;
# * fgsm: step of every pixel, on the scale of the pixels.
PERTURBATIONS: dict[str, tuple[float, ...]] = {
    "gaussian_noise": (0.1, 0.2, 0.3),
    "blur": (0.5, 1, 2),
    "occlusion": (0.25, 0.5, 0.75),
    "fgsm": (0.01, 0.03, 0.1),
}

_LARGEST_LEVELS = {"occlusion": 1.0}
# A stream of random numbers for each purpose: the choice of kinds changes neither.
_NOISE, _PLACES = 1, 2


def perturbed_images(
    model: Any,
    x: tf.Tensor,
    labels: tf.Tensor,
    rows: tf.Tensor,
    seed: int = 0,
    perturbations: Mapping[str, Sequence[float]] = PERTURBATIONS,
) -> dict[str, tf.Tensor]:
    """The images under each perturbation, named `KIND_LEVEL`.

    * `gaussian_noise`, level σ: clip(x + σ · n, 0, 1), n standard normal. The same n serves every
      σ.
    * `blur`, level σ: `blur`.
    * `occlusion`, level s: `occlude`. The same draw of a place serves every s.
    * `fgsm`, level ε: clip(x + ε · sign(∇_x L), 0, 1), L the cross-entropy of the labels under
      the model's classifier. The gradient is taken at the clean images, once for every ε; pixels
      where it is 0 stay.

    The noise and the place of an image follow from `seed` and its number in `rows` alone: they
    are the same for every model, whatever the batches.

    Args:
        model: has a `classifier`, images -> logits; asked for `fgsm` alone.
        x: images, float32 in [0, 1], `(n, h, w, c)`, h, w and c known.
        labels: class numbers, `(n,)`.
        rows: numbers of the rows in their data set, int64 `(n,)`.
        seed: at least 0.
        perturbations: levels by kind, for those that are wanted.

    Raises:
        InputError: an unknown kind, a level that is negative, not finite or, for an occlusion,
            above 1, or two levels of a kind with one name.

    Reference: I. Goodfellow, J. Shlens and C. Szegedy, Explaining and harnessing adversarial
    examples, ICLR 2015, section 4.
    """
    check_perturbations(perturbations)
    perturbed = {}
    for kind, levels in perturbations.items():
        if kind == "gaussian_noise":
            noise = _draws(tf.random.stateless_normal, x.shape[1:], rows, seed, _NOISE)
            images = [_clip(x + float(level) * noise) for level in levels]
        elif kind == "blur":
            images = [blur(x, level) for level in levels]
        elif kind == "occlusion":
            places = _draws(tf.random.stateless_uniform, (2,), rows, seed, _PLACES)
            images = [occlude(x, places, level) for level in levels]
        else:
            signs = gradient_signs(model.classifier, x, labels)
            images = [_clip(x + float(level) * signs) for level in levels]
        perturbed |= {_name(kind, level): each for level, each in zip(levels, images, strict=True)}
    return perturbed


def blur(x: tf.Tensor, stddev: float) -> tf.Tensor:
    """Gaussian blur along both sides of the images.

        kernel(k) = exp(-k² / (2σ²)) / Σ_j exp(-j² / (2σ²)),    k = -r .. r,  r = ceil(3σ)

    Beyond the edges the image goes on with its outermost pixels. σ = 0 leaves it as it is.

    Args:
        x: images, float32, `(n, h, w, c)`, h and w known.
        stddev: σ, in pixels.
    """
    # A matrix product per side: the edges are part of the matrix, and it is faster than padding
    # and a depthwise convolution.
    down, across = (_blur_matrix(side, stddev) for side in x.shape[1:3])
    return tf.einsum("ij,njkc,lk->nilc", down, x, across)


def occlude(x: tf.Tensor, places: tf.Tensor, share: float) -> tf.Tensor:
    """Blackens a square in each image, wholly inside it.

        side = floor(share · min(h, w) + 1/2)
        top  = floor(u · (h - side + 1)),  left = floor(v · (w - side + 1))

    Args:
        x: images, float32, `(n, h, w, c)`, h and w known.
        places: (u, v) of each image, float32 in [0, 1), `(n, 2)`; uniform draws give a uniform
            place.
        share: of the smaller side of the image, in [0, 1].
    """
    height, width = x.shape[1:3]
    side = math.floor(share * min(height, width) + 0.5)
    hidden = [
        _interval(places[:, axis], side, length) for axis, length in enumerate((height, width))
    ]
    square = hidden[0][:, :, None, None] & hidden[1][:, None, :, None]
    return tf.where(square, tf.zeros_like(x), x)


def gradient_signs(classifier: Any, x: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """sign(∇_x L), L being the cross-entropy -log softmax(classifier(x))[y] of each image.

    The gradient is that of m = log Σ_{j≠y} exp(z_j) - z_y, with the logits z. L = log(1 + exp(m))
    rises with m, so the signs are the same. But where the classifier is sure, the gradient of L is
    0 in float32: the attack would do nothing, and the classifier would look robust.

    Args:
        classifier: images -> logits.
        x: images, `(n, h, w, c)`.
        labels: class numbers, `(n,)`.

    Returns:
        -1, 0 or 1 for each pixel.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        logits = tf.cast(classifier(x, training=False), tf.float32)
        true = tf.one_hot(labels, logits.shape[-1], on_value=True, off_value=False, dtype=tf.bool)
        # Not minus infinity, whose gradient is NaN where there is no other class.
        others = tf.reduce_logsumexp(tf.where(true, logits.dtype.min, logits), axis=-1)
        margin = others - tf.reduce_sum(tf.where(true, logits, 0.0), axis=-1)
    return tf.sign(tape.gradient(margin, x))


def check_perturbations(perturbations: Any) -> None:
    """Raises `InputError` unless these are levels by kind, as `perturbed_images` takes them."""
    if not isinstance(perturbations, Mapping):
        raise InputError(
            "`perturbations` must be a mapping from kinds to levels, such as {'blur': (0.5, 1)}. "
            f"Received: perturbations={perturbations!r}."
        )
    for kind, levels in perturbations.items():
        check_choice("perturbation", kind, PERTURBATIONS)
        if not isinstance(levels, Sequence | np.ndarray) or isinstance(levels, str):
            raise InputError(
                f"The levels of {kind!r} must be a sequence of numbers. Received: {levels!r}."
            )
        for level in levels:
            check_number(kind, level, maximum=_LARGEST_LEVELS.get(kind, math.inf))
    names = names_of(perturbations)
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                "Levels of a perturbation must differ within six digits. Received: two of them "
                f"would be scored as accuracy_{name}."
            )


def names_of(perturbations: Mapping[str, Sequence[float]]) -> list[str]:
    """`KIND_LEVEL` of each, the level in its shortest form, as in `blur_1`."""
    return [_name(kind, level) for kind, levels in perturbations.items() for level in levels]


def _name(kind: str, level: float) -> str:
    return f"{kind}_{level:g}"


def _clip(x: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(x, 0.0, 1.0)


def _draws(draw: Any, shape: Any, rows: tf.Tensor, seed: int, purpose: int) -> tf.Tensor:
    """Random numbers of a shape for each row, from (seed, purpose, row)."""
    # Philox, by name: what TensorFlow would choose by itself depends on the device.
    start = tf.constant([seed % 2**32, purpose], tf.int64)
    return tf.map_fn(
        lambda row: draw(
            shape, tf.random.experimental.stateless_fold_in(start, row, alg="philox"), alg="philox"
        ),
        rows,
        fn_output_signature=tf.TensorSpec(shape),
    )


def _blur_matrix(length: int, stddev: float) -> tf.Tensor:
    """(length, length): row i holds what each pixel of a line adds to the blurred pixel i."""
    # SciPy divides by the deviation; with 0 there is the middle alone.
    deviation, radius = max(stddev, 1e-6), math.ceil(3 * stddev)
    matrix = ndimage.gaussian_filter1d(
        np.eye(length), deviation, axis=0, mode="nearest", radius=radius
    )
    return tf.constant(matrix, tf.float32)


def _interval(draws: tf.Tensor, side: int, length: int) -> tf.Tensor:
    """(n, length): which pixels along one side of the image the square covers."""
    first = tf.floor(draws * (length - side + 1))[:, None]
    pixels = tf.range(length, dtype=tf.float32)
    return (pixels >= first) & (pixels < first + side)
