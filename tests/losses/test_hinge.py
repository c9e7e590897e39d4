"""zoo.losses.hinge against numbers worked by hand, Keras and scikit-learn."""

import keras
import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf

from zoo.errors import InputError
from zoo.losses.hinge import (
    BinaryHinge,
    CrammerSingerHinge,
    WestonWatkinsHinge,
    binary_hinge,
    crammer_singer_hinge,
    weston_watkins_hinge,
)

MULTI_CLASS = [crammer_singer_hinge, weston_watkins_hinge]

# Right by 2, right by 1/4, wrong by 1/2 and on the line.
SIDES = np.array([1, 0, 1, 0])
SCORES = np.array([2.0, -0.25, -0.5, 0.0])
HINGES = [0.0, 0.75, 1.5, 1.0]

# Row 0: 1 + 2 - 3 = 0 and 1 - 1 - 3 < 0. Row 1: 1 + 1 - 0.5 and 1 + 0.25 - 0.5. Row 2: all alike.
CLASSES = np.array([0, 2, 1])
CLASS_SCORES = np.array([[3.0, 2.0, -1.0], [1.0, 0.25, 0.5], [4.0, 4.0, 4.0]])
MAXIMA = [0.0, 1.5, 1.0]
SUMS = [0.0, 1.5 + 0.75, 2.0]


def drawn(classes, rows=200, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(classes, size=rows), rng.normal(scale=2.0, size=(rows, classes))


def test_binary_hinge_by_hand():
    np.testing.assert_allclose(binary_hinge(SIDES, SCORES), HINGES)
    np.testing.assert_allclose(binary_hinge(2 * SIDES - 1, SCORES), HINGES)
    np.testing.assert_allclose(binary_hinge(SIDES, SCORES, squared=True), np.square(HINGES))
    # With the margin 1/2 the second is right by 1/4 only, with 0 it pays nothing.
    np.testing.assert_allclose(binary_hinge(SIDES, SCORES, margin=0.5), [0.0, 0.25, 1.0, 0.5])
    np.testing.assert_allclose(binary_hinge(SIDES, SCORES, margin=0.0), [0.0, 0.0, 0.5, 0.0])
    # A column does not broadcast.
    np.testing.assert_allclose(binary_hinge(SIDES, SCORES[:, None]), HINGES)
    np.testing.assert_allclose(binary_hinge(SIDES[:, None], SCORES[:, None]), HINGES)
    # Labels of one side only, and Booleans.
    for labels, expected in (((0, 0), (3, 0)), ((-1, -1), (3, 0)), ((1, 1), (0, 3))):
        np.testing.assert_allclose(binary_hinge(labels, [2.0, -2.0]), expected)
    np.testing.assert_allclose(binary_hinge((False, True), [2.0, -2.0]), (3, 3))


@pytest.mark.parametrize(
    ("squared", "theirs"), [(False, keras.losses.hinge), (True, keras.losses.squared_hinge)]
)
@pytest.mark.parametrize("low", [0, -1])
def test_with_margin_one_it_is_that_of_keras(squared, theirs, low):
    rng = np.random.default_rng(0)
    y, f = rng.choice([low, 1], size=(50, 3)), rng.normal(size=(50, 3), scale=2.0)
    np.testing.assert_allclose(binary_hinge(y, f, squared=squared), theirs(y, f), rtol=1e-6)


@pytest.mark.parametrize("labels", [[-1, 0, 1], [0, -1, 0], [1, 2, 1], [0.5, 0.0, 1.0]])
def test_other_labels_and_mixed_ones(labels):
    with pytest.raises(InputError, match="all 0 or 1, or all -1 or"):
        binary_hinge(labels, [1.0, 1.0, 1.0])


def test_multi_class_by_hand():
    np.testing.assert_allclose(crammer_singer_hinge(CLASSES, CLASS_SCORES), MAXIMA)
    np.testing.assert_allclose(weston_watkins_hinge(CLASSES, CLASS_SCORES), SUMS)
    # Margin 3: row 0 pays 3 - 1 (and 3 - 4 < 0); rows 1 and 2 pay 2 more for each of two classes.
    np.testing.assert_allclose(crammer_singer_hinge(CLASSES, CLASS_SCORES, 3.0), [2.0, 3.5, 3.0])
    np.testing.assert_allclose(weston_watkins_hinge(CLASSES, CLASS_SCORES, 3.0), [2.0, 6.25, 6.0])
    # Wrong scores below 0 pay nothing; Keras's loss counts the score 0 among the wrong ones.
    scores = np.array([[0.5, -3.0, -2.0]])
    assert float(crammer_singer_hinge([0], scores)[0]) == 0.0
    assert float(weston_watkins_hinge([0], scores)[0]) == 0.0
    assert float(keras.losses.categorical_hinge(np.eye(3)[:1], scores)[0]) == 0.5


@pytest.mark.parametrize("function", MULTI_CLASS)
def test_against_loops_over_classes(function):
    y, scores = drawn(5)
    expected = []
    for label, row in zip(y, scores, strict=True):
        hinges = [max(0.0, 0.7 + row[t] - row[label]) for t in range(5) if t != label]
        expected.append(max(hinges) if function is crammer_singer_hinge else sum(hinges))
    np.testing.assert_allclose(function(y, scores, margin=0.7), expected, atol=1e-12)


def test_means_are_those_of_scikit_learn():
    y, scores = drawn(4)
    theirs = sklearn.metrics.hinge_loss
    assert np.mean(crammer_singer_hinge(y, scores)) == pytest.approx(theirs(y, scores))
    y, scores = y % 2, scores[:, 0]
    assert np.mean(binary_hinge(y, scores)) == pytest.approx(theirs(y, scores))


@pytest.mark.parametrize("margin", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_sum_is_at_least_the_maximum_and_equal_for_two_classes(classes, margin):
    y, scores = drawn(classes, rows=2000, seed=classes)
    maxima = crammer_singer_hinge(y, scores, margin).numpy()
    sums = weston_watkins_hinge(y, scores, margin).numpy()
    assert (sums >= maxima - 1e-12).all()
    if classes == 2:
        np.testing.assert_allclose(sums, maxima, atol=1e-12)
        binary = binary_hinge(y, scores[:, 1] - scores[:, 0], margin)
        np.testing.assert_allclose(maxima, binary, atol=1e-12)
    else:
        assert (sums > maxima + 0.1).any()


@pytest.mark.parametrize("function", MULTI_CLASS)
def test_class_numbers_columns_and_one_hot_vectors_are_the_same(function):
    y, scores = drawn(4, rows=4)
    expected = function(y, scores)
    np.testing.assert_array_equal(function(y[:, None], scores), expected)
    np.testing.assert_array_equal(function(np.eye(4)[y], scores), expected)
    np.testing.assert_array_equal(function(y.astype("float32"), scores), expected)


@pytest.mark.parametrize("function", MULTI_CLASS)
def test_pixels(function):
    y, scores = drawn(3, rows=12)
    values = function(y.reshape(3, 2, 2), scores.reshape(3, 2, 2, 3))
    np.testing.assert_array_equal(np.reshape(values, -1), function(y, scores))


@pytest.mark.parametrize("function", MULTI_CLASS)
@pytest.mark.parametrize(
    "labels", [[0, 3], [-1, 0], [0.5, 1.0], [[1, 1, 0], [0, 1, 0]], [[0.5, 0.5, 0], [0, 0, 0]]]
)
def test_labels_that_are_no_classes(function, labels):
    with pytest.raises(InputError, match="y_true"):
        function(labels, np.zeros((2, 3)))


@pytest.mark.parametrize("function", MULTI_CLASS)
@pytest.mark.parametrize(
    ("labels", "scores"),
    [
        (np.zeros(3), np.zeros((2, 3))),
        (np.zeros((2, 4)), np.zeros((2, 3))),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(2), np.zeros(2)),
    ],
)
def test_shapes_that_do_not_fit(function, labels, scores):
    with pytest.raises(InputError, match="shape"):
        function(labels, scores)
    with pytest.raises(InputError, match=r"shape \(3,\).*\(2, 2\)"):
        binary_hinge(np.zeros(3), np.zeros((2, 2)))


@pytest.mark.parametrize("margin", [-0.1, float("nan"), float("inf"), "1", True])
@pytest.mark.parametrize("function", [binary_hinge, *MULTI_CLASS])
def test_bad_margins(function, margin):
    with pytest.raises(InputError, match="`margin` must be a finite number of at least 0"):
        function([0], [[1.0, 2.0]], margin=margin)


@pytest.mark.parametrize(
    ("loss", "units", "bad"),
    [
        (BinaryHinge(), 1, 2),
        pytest.param(CrammerSingerHinge(), 2, 2, marks=pytest.mark.full),
        pytest.param(WestonWatkinsHinge(), 2, -1, marks=pytest.mark.full),
    ],
)
def test_they_train_by_fit_which_refuses_bad_labels_too(loss, units, bad):
    x = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    y = (x[:, 0] > x[:, 1]).astype("int32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
    model.compile(keras.optimizers.SGD(0.1), loss=loss, jit_compile=False)
    history = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="`y_true` must be"):
        model.fit(x, np.where(y == 1, bad, y), verbose=0)


@pytest.mark.parametrize("function", [binary_hinge, *MULTI_CLASS])
def test_under_xla_they_are_the_same(function):
    y, scores = drawn(2, rows=8)
    scores = scores if function in MULTI_CLASS else scores[:, 0]
    compiled = tf.function(function, jit_compile=True)
    np.testing.assert_allclose(
        compiled(tf.constant(y), tf.constant(scores)), function(y, scores), atol=1e-12
    )


def test_squared_is_a_flag():
    for hinge in (binary_hinge, lambda y, f, squared: BinaryHinge(squared=squared)(y, f)):
        with pytest.raises(InputError, match="`squared` must be True or False"):
            hinge([1, 0], [0.1, 0.2], squared="no")
