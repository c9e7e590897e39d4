"""zoo/losses/discriminative_generator.py: the three variants by hand, with their gradients."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import InputError
from zoo.losses import generator_game

LOG2, LOG3 = math.log(2), math.log(3)

# sigmoid of these is (3/4, 1/2) and (1/2, 1/2); two images of 1x2x1.
IMAGE = np.array([[LOG3, 0.0], [0.0, 0.0]], "float32").reshape(2, 1, 2, 1)
X = np.array([[1.0, 0.0], [1.0, 1.0]], "float32").reshape(2, 1, 2, 1)
# sigmoid of these is 9/10 and 1/4.
REAL = np.array([[2 * LOG3], [-LOG3]], "float32")

MSE, MAE = [5 / 32, 1 / 4], [3 / 8, 1 / 2]
CROSSENTROPY = [(math.log(4 / 3) + LOG2) / 2, LOG2]
BLACK = [(math.log(4) + LOG2) / 2, LOG2]
SIDES = ("real", "fake", "player")


def literal(distances):
    return [-math.log(1 - math.exp(-distance)) for distance in distances]


CASES = [
    ({"margin": 0.2}, IMAGE, (MSE, [0.2 - 5 / 32, 0.0], MSE)),
    ({"margin": 0.0}, IMAGE, (MSE, [0.0, 0.0], MSE)),
    ({"margin": 0.45, "reconstruction_loss": "mae"}, IMAGE, (MAE, [0.075, 0.0], MAE)),
    ({"margin": None}, IMAGE, (MSE, literal(MSE), MSE)),
    ({"margin": None, "adversarial_loss": "minimax"}, IMAGE, (MSE, literal(MSE), MSE)),
    (
        {"variant": "two_heads"},
        (IMAGE, REAL),
        (
            [-math.log(0.9) + 5 / 32, -math.log(1 / 4) + 1 / 4],
            [-math.log(0.1), -math.log(3 / 4)],
            [-math.log(0.9), -math.log(1 / 4)],
        ),
    ),
    (
        {"variant": "two_heads", "adversarial_loss": "minimax", "reconstruction_loss": "mae"},
        (IMAGE, REAL),
        (
            [-math.log(0.9) + 3 / 8, -math.log(1 / 4) + 1 / 2],
            [-math.log(0.1), -math.log(3 / 4)],
            [math.log(0.1), math.log(3 / 4)],
        ),
    ),
    ({"variant": "pixels"}, IMAGE, (CROSSENTROPY, BLACK, CROSSENTROPY)),
    (
        {"variant": "pixels", "adversarial_loss": "minimax", "reconstruction_loss": "mae"},
        IMAGE,
        (CROSSENTROPY, BLACK, np.negative(BLACK)),
    ),
]


@pytest.mark.parametrize(("arguments", "judged", "by_hand"), CASES)
def test_numbers_worked_by_hand(arguments, judged, by_hand):
    game = generator_game(**arguments)
    for side, expected in zip(SIDES, by_hand, strict=True):
        found = getattr(game, side)(X, judged)
        assert found.shape == (2,) and found.dtype == tf.float32
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-7, err_msg=side)


@pytest.mark.parametrize(("arguments", "judged", "by_hand"), CASES)
def test_gradients_by_finite_differences(arguments, judged, by_hand):
    game = generator_game(**arguments)
    parts = [tf.Variable(part) for part in tf.nest.flatten(judged)]
    pack = lambda: tf.nest.pack_sequence_as(judged, parts)  # noqa: E731
    for side in SIDES:
        loss = getattr(game, side)
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(loss(X, pack()))
        gradients = tape.gradient(total, parts, unconnected_gradients="zero")
        for part, gradient in zip(parts, gradients, strict=True):
            start, step = part.numpy(), 1e-2
            for index in np.ndindex(start.shape):
                values = []
                for sign in (1, -1):
                    nudged = start.copy()
                    nudged[index] += sign * step
                    part.assign(nudged)
                    values.append(float(tf.reduce_sum(loss(X, pack()))))
                part.assign(start)
                slope = (values[0] - values[1]) / (2 * step)
                assert gradient.numpy()[index] == pytest.approx(slope, abs=1e-3), (side, index)


def test_the_defaults_are_the_energy_with_a_hinge():
    mine, default = generator_game("energy", "mse", "non_saturating", 0.1), generator_game()
    close = 0.5 * IMAGE + 4 * (2 * X - 1)
    for side in SIDES:
        found = getattr(default, side)(X, close)
        np.testing.assert_array_equal(found, getattr(mine, side)(X, close))
    assert np.all(default.fake(X, close) > 0.09), "errors far below the margin"


def test_a_perfect_image_costs_the_literal_fake_side_a_finite_price():
    perfect = 100.0 * (2 * X - 1)
    logits = tf.Variable(perfect)
    with tf.GradientTape() as tape:
        loss = generator_game(margin=None).fake(X, logits)
    np.testing.assert_allclose(loss, -math.log(keras.config.epsilon()), rtol=1e-5)
    assert np.all(np.isfinite(tape.gradient(loss, logits)))


@pytest.mark.parametrize("variant", ["energy", "pixels"])
def test_the_sides_pull_the_image_apart(variant):
    """A step down the real side lowers the image's error, a step down the fake side raises it."""
    game = generator_game(variant, margin=1.0)
    error = generator_game().real
    for side, sign in (("real", -1), ("fake", 1), ("player", -1)):
        logits = tf.Variable(0.3 * (2 * X - 1))
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(getattr(game, side)(X[:1] * 0 + 1.0, logits[:1]))
        white = tf.ones_like(X[:1])
        moved = logits - 0.1 * tape.gradient(loss, logits)
        assert np.sign(error(white, moved[:1]) - error(white, logits[:1])) == sign, side


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variant": "two heads"}, "Unknown variant 'two heads'. Did you mean 'two_heads'"),
        ({"variant": None}, "Unknown variant None.*Allowed: energy, pixels, two_heads"),
        ({"reconstruction_loss": "l2"}, "Unknown reconstruction loss 'l2'"),
        ({"adversarial_loss": "hinge"}, "Unknown adversarial loss 'hinge'"),
        ({"margin": -0.1}, "`margin`.*of at least 0. Received: margin=-0.1"),
        ({"margin": math.nan}, "`margin`.*Received: margin=nan"),
        ({"margin": True}, "`margin`.*Received: margin=True"),
        ({"margin": -1, "variant": "pixels"}, "`margin`.*Received: margin=-1"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        generator_game(**arguments)
