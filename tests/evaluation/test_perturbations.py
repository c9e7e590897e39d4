"""zoo/evaluation/perturbations.py: each perturbation by hand or against SciPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from linear_classifiers import linear, uniform
from scipy import ndimage

from zoo.errors import InputError
from zoo.evaluation.perturbations import blur, gradient_signs, occlude, perturbed_images


def perturb(x, kind, level, labels=None, rows=None, seed=0, model=None):
    rows = np.arange(len(x)) if rows is None else rows
    labels = np.zeros(len(x), "int64") if labels is None else labels
    x, labels, rows = tf.constant(x, tf.float32), tf.constant(labels), tf.constant(rows, tf.int64)
    # Each row draws by itself, which takes long outside of a graph.
    perturbed = tf.function(
        lambda x, labels, rows: perturbed_images(model, x, labels, rows, seed, {kind: [level]}),
        autograph=False,
    )(x, labels, rows)
    (image,) = perturbed.values()
    return image.numpy()


# Noise.


def test_noise_has_its_deviation_and_stays_in_range():
    grey = np.full((200, 8, 8, 1), 0.5)
    noise = perturb(grey, "gaussian_noise", 0.1) - 0.5
    assert noise.std() == pytest.approx(0.1, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.005)
    assert len(np.unique(noise[:, 0, 0, 0])) == 200, "another noise for each row"
    strong = perturb(grey, "gaussian_noise", 0.2) - 0.5
    within = np.abs(strong) < 0.5
    np.testing.assert_allclose(strong[within], 2 * noise[within], atol=1e-6)
    assert strong.min() == -0.5 and strong.max() == 0.5, "clipped to [0, 1]"


@pytest.mark.parametrize(("kind", "level"), [("gaussian_noise", 0.3), ("occlusion", 0.5)])
def test_what_happens_to_a_row_follows_from_the_seed_and_its_number(kind, level):
    x = uniform((30, 6, 6, 3))
    whole = perturb(x, kind, level)
    parts = [perturb(x[rows], kind, level, rows=rows) for rows in (range(7), range(7, 30))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(perturb(x[[21]], kind, level, rows=[21]), whole[[21]])
    assert not np.array_equal(perturb(x, kind, level, seed=1), whole)
    later = perturb(x, kind, level, rows=np.arange(1, 31))
    assert not np.array_equal(later, whole)


# Blur.


def test_a_blurred_point_is_the_kernel():
    point = np.zeros((1, 9, 9, 1))
    point[0, 4, 4, 0] = 1.0
    weights = np.exp([-9 / 2, -4 / 2, -1 / 2, 0, -1 / 2, -4 / 2, -9 / 2])
    line = np.pad(weights / weights.sum(), 1)
    np.testing.assert_allclose(blur(point, 1.0)[0, :, :, 0], np.outer(line, line), atol=1e-7)


@pytest.mark.parametrize("stddev", [0.5, 1, 2, 3.4])
def test_blur_against_scipy(stddev):
    # At 3.4 pixels the kernel is wider than the image.
    x = uniform((2, 7, 5, 3))
    radius = int(np.ceil(3 * stddev))
    expected = ndimage.gaussian_filter(
        x.astype("float64"), (0, stddev, stddev, 0), mode="nearest", radius=radius
    )
    np.testing.assert_allclose(blur(x, stddev), expected, atol=1e-6)
    np.testing.assert_allclose(perturb(x, "blur", stddev), expected, atol=1e-6)
    even = np.full_like(x, 0.7)
    np.testing.assert_allclose(blur(even, stddev), even, rtol=1e-6)


# Occlusion.


@pytest.mark.parametrize(
    ("shape", "share", "side"),
    [
        ((8, 8), 0.25, 2),
        ((8, 8), 0.5, 4),
        ((28, 28), 0.75, 21),
        ((6, 10), 0.5, 3),
        ((5, 9), 0.3, 2),
    ],
)
def test_the_square_has_its_side_and_lies_inside(shape, share, side):
    black = perturb(np.ones((60, *shape, 2)), "occlusion", share) == 0
    assert np.array_equal(black[..., 0], black[..., 1]), "all channels"
    for image in black[..., 0]:
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        assert len(rows) == len(columns) == side
        assert np.ptp(rows) == np.ptp(columns) == side - 1
        assert image.sum() == side * side


def test_places_are_spread_evenly_over_the_rows():
    black = perturb(np.ones((2_000, 5, 6, 1)), "occlusion", 0.6)[..., 0] == 0
    tops, lefts = black.any(2).argmax(1), black.any(1).argmax(1)
    # Sides of 3: 3 · 4 places, so 166.7 of each, give or take 12.4.
    places, counts = np.unique(np.stack([tops, lefts], 1), axis=0, return_counts=True)
    assert len(places) == 12
    assert np.abs(counts - 2_000 / 12).max() < 5 * 12.4


def test_the_corners_of_the_unit_square_are_those_of_the_image():
    white = tf.ones((2, 4, 4, 1))
    last = np.nextafter(np.float32(1), np.float32(0))
    black = occlude(white, tf.constant([[0.0, last], [last, 0.0]]), 0.5).numpy()[..., 0] == 0
    assert black[0, :2, 2:].all() and black[1, 2:, :2].all()
    assert black.sum() == 8


def test_all_or_nothing_is_hidden():
    x = uniform((5, 4, 4, 1))
    np.testing.assert_array_equal(perturb(x, "occlusion", 1.0), np.zeros_like(x))
    np.testing.assert_array_equal(perturb(x, "occlusion", 0.0), x)


# FGSM.

# Two classes that differ by (1, -2, 0, 3) · x; the gradient for class 0 points along it.
HAND = linear([[0, 1], [0, -2], [0, 0], [0, 3]], [0, 0], (2, 2, 1))
PIXELS = np.array([0.5, 0.005, 0.5, 0.995]).reshape(1, 2, 2, 1)


@pytest.mark.parametrize(
    ("label", "expected"), [(0, [0.51, 0.0, 0.5, 1.0]), (1, [0.49, 0.015, 0.5, 0.985])]
)
def test_a_step_against_a_linear_classifier_by_hand(label, expected):
    stepped = perturb(PIXELS, "fgsm", 0.01, labels=[label], model=HAND)
    np.testing.assert_allclose(stepped.ravel(), expected, atol=1e-6)
    # As well where the classifier is sure: the float32 gradient of the cross-entropy is 0.
    sure = linear([[0, 1e4], [0, -2e4], [0, 0], [0, 3e4]], [0, 0], (2, 2, 1))
    stepped = perturb(PIXELS, "fgsm", 0.01, labels=[label], model=sure)
    np.testing.assert_allclose(stepped.ravel(), expected, atol=1e-6)


def test_the_signs_are_those_of_the_crossentropys_gradient():
    network = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Conv2D(3, 3, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(5),
        ]
    )
    x, y = tf.constant(uniform((40, 4, 4, 1))), np.arange(40) % 5
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(y, network(x, training=False))
    gradient = tape.gradient(loss, x).numpy()
    signs = gradient_signs(network, x, tf.constant(y)).numpy()
    clear = np.abs(gradient) > 1e-6
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(signs[clear], np.sign(gradient[clear]))


def test_one_class_leaves_nothing_to_attack():
    alone = linear([[1.0]], [0.0], (1, 1, 1))
    signs = gradient_signs(alone.classifier, tf.constant([[[[0.5]]]]), tf.constant([0]))
    assert np.isfinite(signs).all()


# Input.


@pytest.mark.parametrize(("kind", "level"), [("fog", 0.1), ("blur", -1), ("occlusion", 1.5)])
def test_unknown_kinds_and_levels_are_refused(kind, level):
    with pytest.raises(InputError):
        perturb(uniform((2, 4, 4, 1)), kind, level)
