"""zoo.losses.selection against numbers worked by hand and numpy."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import losses
from zoo.errors import InputError

NAMES = ["mae", "mse", "crossentropy"]
SELECTIONS = [losses.label_loss, losses.reconstruction_loss]

# softmax of these is (3/4, 1/4) and (1/2, 1/2).
LABEL_LOGITS = np.array([[math.log(3.0), 0.0], [1.0, 1.0]], "float32")
LABELS = np.array([[1.0, 0.0], [0.5, 0.5]], "float32")

# sigmoid of these is 3/4 and 1/2; two images of 1x2x1.
PIXEL_LOGITS = np.array([[[[math.log(3.0)], [0.0]]], [[[0.0], [0.0]]]], "float32")
PIXELS = np.array([[[[1.0], [0.0]]], [[[0.5], [0.25]]]], "float32")

LOG2, LOG4_3 = math.log(2.0), math.log(4.0 / 3.0)

CASES = [
    (losses.label_loss, "mae", LABELS, LABEL_LOGITS, [0.25, 0.0]),
    (losses.label_loss, "mse", LABELS, LABEL_LOGITS, [0.0625, 0.0]),
    (losses.label_loss, "crossentropy", LABELS, LABEL_LOGITS, [LOG4_3, LOG2]),
    (losses.reconstruction_loss, "mae", PIXELS, PIXEL_LOGITS, [0.375, 0.125]),
    (losses.reconstruction_loss, "mse", PIXELS, PIXEL_LOGITS, [0.15625, 0.03125]),
    (losses.reconstruction_loss, "crossentropy", PIXELS, PIXEL_LOGITS, [(LOG4_3 + LOG2) / 2, LOG2]),
]


@pytest.mark.parametrize(("select", "name", "target", "logits", "expected"), CASES)
def test_numbers_worked_by_hand(select, name, target, logits, expected):
    np.testing.assert_allclose(select(name)(target, logits), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("select", "name", "target", "logits", "expected"), CASES)
def test_float32_whatever_comes_in(select, name, target, logits, expected):
    loss = select(name)
    half = loss(tf.cast(target, "float16"), tf.cast(logits, "bfloat16"))
    assert half.dtype == tf.float32
    # Only the rounding of the logits to 8 bits is left, none of the arithmetic.
    rounded = tf.cast(tf.cast(logits, "bfloat16"), "float32")
    np.testing.assert_allclose(half, loss(target, rounded), rtol=1e-6)
    assert loss(target.astype("float64"), logits.astype("float64")).dtype == tf.float32


@pytest.mark.parametrize("name", NAMES)
def test_means_run_over_all_pixels_of_colour_images(name):
    rng = np.random.default_rng(0)
    x, logits = rng.uniform(size=(2, 4, 5, 3, 2)).astype("float32")
    x_hat = 1 / (1 + np.exp(-logits.astype("float64")))
    by_pixel = {
        "mae": np.abs(x - x_hat),
        "mse": (x - x_hat) ** 2,
        "crossentropy": -x * np.log(x_hat) - (1 - x) * np.log(1 - x_hat),
    }[name]
    loss = losses.reconstruction_loss(name)(x, logits)
    assert loss.shape == (4,)
    np.testing.assert_allclose(loss, by_pixel.mean(axis=(1, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("select", SELECTIONS)
def test_crossentropy_of_large_logits_is_finite_with_a_gradient(select):
    logits = tf.constant([[200.0, -200.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = select("crossentropy")(tf.constant([[0.0, 1.0]]), logits)
    # One-hot: 400 nats apart. Pixels: 200 nats for each of two.
    assert float(loss[0]) == pytest.approx(400.0 if select is losses.label_loss else 200.0)
    gradient = tape.gradient(loss, logits).numpy()
    assert gradient[0, 0] > 0 > gradient[0, 1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("select", SELECTIONS)
def test_gradient_is_downhill(select, name):
    rng = np.random.default_rng(1)
    target = keras.ops.softmax(rng.normal(size=(3, 4))).numpy().astype("float32")
    logits = tf.constant(rng.normal(size=(3, 4)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = select(name)(target, logits)
    lower = select(name)(target, logits - 0.01 * tape.gradient(loss, logits))
    assert np.all(lower.numpy() < loss.numpy())


@pytest.mark.parametrize("select", SELECTIONS)
def test_unknown_name(select):
    with pytest.raises(
        InputError, match="Did you mean 'crossentropy'.*Allowed: crossentropy, mae, mse"
    ):
        select("cross_entropy")


@pytest.mark.parametrize("name", NAMES)
def test_class_numbers_in_the_place_of_label_vectors_and_images_of_another_size(name):
    with pytest.raises(InputError, match=r"one-hot.*shape \(2,\), logits of \(2, 2\)"):
        losses.label_loss(name)(np.array([0.0, 1.0]), LABEL_LOGITS)
    with pytest.raises(InputError, match=r"shape of the logits"):
        losses.reconstruction_loss(name)(np.zeros((2, 8, 8, 1)), np.zeros((2, 8, 8, 3)))


def test_unknown_batch_size_in_a_graph():
    @tf.function(input_signature=[tf.TensorSpec((None, 2)), tf.TensorSpec((None, 2))])
    def graph(target, logits):
        return losses.label_loss("mse")(target, logits)

    np.testing.assert_allclose(graph(LABELS, LABEL_LOGITS), [0.0625, 0.0], atol=1e-7)
