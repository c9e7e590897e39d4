"""zoo/models/label_vectors.py: probabilities, smoothing, and generators that fit or do not."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import worked_networks as worked

import zoo
from zoo.models import label_vectors


def network(inputs, *outputs, activation=None):
    """Dense layers from a vector to images or vectors of the given shapes."""
    vector = keras.Input((inputs,))
    made = []
    for shape in outputs:
        dense = keras.layers.Dense(int(np.prod(shape)), activation=activation)(vector)
        made.append(keras.layers.Reshape(shape)(dense))
    return keras.Model(vector, made if len(made) > 1 else made[0])


def test_probabilities_are_float32_whatever_the_logits_are():
    logits = tf.constant([[worked.LOG3, 0.0], [500.0, -500.0]], "float16")
    probabilities = label_vectors.probabilities(logits)
    assert probabilities.dtype == tf.float32
    np.testing.assert_allclose(probabilities, [[0.75, 0.25], [1.0, 0.0]], atol=1e-3)


def test_classify_is_the_classifier_at_rest():
    np.testing.assert_allclose(
        label_vectors.classify(worked.classifier(), worked.IMAGES),
        [[0.75, 0.25], [0.5, 0.5]],
        rtol=1e-6,
    )
    image = keras.Input(worked.SHAPE)
    dropped = keras.layers.Dropout(0.9)(keras.layers.Flatten()(image))
    dropping = keras.Model(image, dropped)
    once, again = (label_vectors.classify(dropping, worked.IMAGES) for _ in range(2))
    np.testing.assert_array_equal(once, again)


def test_classify_refuses_other_images():
    with pytest.raises(zoo.InputError, match=r"shape \(batch_size, 1, 2, 1\).*shape \(2, 2\)"):
        label_vectors.classify(worked.classifier(), np.ones((2, 2), "float32"))
    with pytest.raises(zoo.InputError, match="divide by 255, or give uint8"):
        label_vectors.classify(worked.classifier(), np.ones((2, 1, 2, 1), "int64"))


def test_smoothed_labels_by_hand():
    y = tf.constant([[1.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]])
    expected = [[0.85, 0.05, 0.05, 0.05], [0.05, 0.45, 0.45, 0.05]]
    np.testing.assert_allclose(label_vectors.smoothed(y, 0.2), expected, rtol=1e-6)
    np.testing.assert_array_equal(label_vectors.smoothed(y, 0.0), y)


@pytest.mark.parametrize("part", [-0.1, 1.0, 2.0, float("nan"), "0.1", None, True])
def test_smoothing_out_of_range_is_refused(part):
    with pytest.raises(zoo.InputError, match="`label_smoothing`.*between 0 and 0.99.*Received"):
        label_vectors.check_label_smoothing(part)


def test_generators_that_fit_pass():
    label_vectors.check_generator(worked.classifier(), worked.generator())
    label_vectors.check_generator(worked.classifier(), worked.two_headed_generator(), heads=2)


def test_generators_of_other_label_vectors_are_refused():
    with pytest.raises(zoo.InputError, match=r"shape \(2,\) and a generator that takes \(3,\)"):
        label_vectors.check_generator(worked.classifier(), network(3, worked.SHAPE))
    pair = [keras.Input((2,)), keras.Input((2,))]
    two_inputs = keras.Model(pair, keras.layers.Reshape(worked.SHAPE)(keras.layers.Add()(pair)))
    with pytest.raises(zoo.InputError, match="must take the classifier's label vectors"):
        label_vectors.check_generator(worked.classifier(), two_inputs)


@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 2, 3), (2,), (1, 2)])
def test_generators_of_other_images_are_refused(shape):
    with pytest.raises(zoo.InputError, match=r"for \(1, 2, 1\) and a generator that makes \("):
        label_vectors.check_generator(worked.classifier(), network(2, shape))


@pytest.mark.parametrize(
    ("generator", "heads"),
    [
        (worked.generator, 2),
        (worked.two_headed_generator, 1),
        (lambda: network(2, (1,), worked.SHAPE), 2),
        (lambda: network(2, worked.SHAPE, (2,)), 2),
        (lambda: network(2, worked.SHAPE, (1,), (1,)), 2),
    ],
    ids=["one of two", "two for one", "the other way round", "two logits", "three"],
)
def test_generators_with_other_heads_are_refused(generator, heads):
    said = "shape and one logit" if heads == 2 else "shape. "
    with pytest.raises(zoo.InputError, match=f"images of the classifier's {said}"):
        label_vectors.check_generator(worked.classifier(), generator(), heads)
