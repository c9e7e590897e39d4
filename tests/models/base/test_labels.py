"""zoo/models/base/labels.py: every way to write labels, and what is said of those that are none."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import InputError
from zoo.models import allowed, gate
from zoo.models.base.labels import one_hot

ONE_HOT = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]], "float32")
ALLOWED = "Expected labels: class numbers from 0 to 2, or one-hot vectors of length 3."


def check_labels(y, num_classes):
    y = gate.at_hand(y, allowed.classes(num_classes, None).expected)
    return gate.take(allowed.classes(num_classes, gate.shape_of(y)), y)


@pytest.mark.parametrize(
    "y",
    [
        [0, 2, 1],
        (0, 2, 1),
        np.array([0, 2, 1], "uint8"),
        np.array([0, 2, 1], "int64"),
        np.array([0.0, 2.0, 1.0], "float32"),
        np.array([[0], [2], [1]]),
        tf.constant([0, 2, 1]),
        keras.ops.convert_to_tensor([[0], [2], [1]]),
        ONE_HOT,
        ONE_HOT.astype("int64"),
        ONE_HOT.tolist(),
        tf.constant(ONE_HOT),
    ],
)
def test_class_numbers_columns_and_vectors_are_the_same_labels(y):
    check_labels(y, 3)
    vectors = one_hot(y, 3)
    assert vectors.dtype == "float32"
    np.testing.assert_array_equal(vectors, ONE_HOT)


@pytest.mark.parametrize("shape", [None, (None, None)])
def test_a_function_traced_for_labels_of_several_kinds_tells_them_apart(shape):
    traced = tf.function(lambda y: one_hot(y, 3), input_signature=[tf.TensorSpec(shape)])
    for y in ([[0], [2], [1]], ONE_HOT, *([[0, 2, 1]] if shape is None else [])):
        np.testing.assert_array_equal(traced(np.asarray(y, "float32")), ONE_HOT)


def test_soft_labels_stay_as_they_are():
    soft = np.array([[0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]], "float32")
    check_labels(soft, 3)
    np.testing.assert_array_equal(one_hot(soft, 3), soft)


def test_more_classes_than_a_byte_can_number():
    y = np.array([0, 255], "uint8")
    check_labels(y, 300)
    np.testing.assert_array_equal(one_hot(y, 300), np.eye(300)[[0, 255]])


def test_truth_values_number_two_classes():
    y = np.array([True, False])
    check_labels(y, 2)
    np.testing.assert_array_equal(one_hot(y, 2), [[0, 1], [1, 0]])


def test_no_rows_are_no_mistake():
    check_labels(np.zeros(0, "int64"), 3)
    assert one_hot(np.zeros(0, "int64"), 3).shape == (0, 3)


def test_a_column_of_one_class_holds_class_numbers():
    check_labels(np.zeros((4, 1), int), 1)
    np.testing.assert_array_equal(one_hot(np.zeros((4, 1), int), 1), np.ones((4, 1)))
    with pytest.raises(InputError, match="1 in row 0"):
        check_labels(np.ones((4, 1), int), 1)


@pytest.mark.parametrize("shape", [(), (4, 2), (4, 4), (4, 3, 1), (4, 1, 1)])
@pytest.mark.parametrize("check", [check_labels, one_hot])
def test_other_shapes_are_refused(check, shape):
    with pytest.raises(InputError) as error:
        check(np.zeros(shape, "int64"), 3)
    assert str(error.value) == f"{ALLOWED} Received: shape {shape}."


@pytest.mark.parametrize(
    ("y", "wrong"),
    [
        ([0, 1, 3], "3 in row 2"),
        ([0, -1, 7], "-1 in row 1"),
        ([[0], [9], [1]], "9 in row 1"),
        ([0.0, 1.5, 2.0], "1.5 in row 1"),
        ([0.0, np.nan], "nan in row 1"),
        (np.array([250, 1], "uint8"), "250 in row 0"),
        (tf.constant([0, 4]), "4 in row 1"),
    ],
)
def test_arrays_with_a_label_out_of_range_are_refused(y, wrong):
    with pytest.raises(InputError) as error:
        check_labels(y, 3)
    assert str(error.value) == f"{ALLOWED} Received: {wrong}."


@pytest.mark.parametrize("y", [np.array(["cat", "dog"]), ["cat", "dog"], np.array([0, None])])
def test_labels_that_are_no_numbers_are_refused(y):
    with pytest.raises(InputError, match="class numbers from 0 to 2.* Received: .*(str|object)"):
        check_labels(y, 3)


def test_no_labels_at_all_are_refused_in_the_step():
    with pytest.raises(InputError) as error:
        one_hot(None, 3)
    assert str(error.value) == f"{ALLOWED} Received: no labels; call fit(x, y)."


# Keras traces its steps without AutoGraph too (T6).
in_graph = tf.function(lambda y: one_hot(check_labels(y, 3), 3), autograph=False)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32"])
def test_in_a_graph_good_labels_pass(dtype):
    np.testing.assert_array_equal(in_graph(tf.constant([0, 2, 1], dtype)), ONE_HOT)


@pytest.mark.parametrize("wrong", [-1, 3, 2**32])
def test_in_a_graph_a_label_out_of_range_stops_the_step(wrong):
    with pytest.raises(tf.errors.InvalidArgumentError, match="class numbers from 0 to 2") as error:
        in_graph(tf.constant([0, wrong, 1], "int64"))
    assert "[in row] [1]" in error.value.message


@pytest.mark.parametrize("wrong", [-0.5, 0.5, 3.0, float("nan")])
def test_in_a_graph_a_fraction_is_no_class_number(wrong):
    with pytest.raises(tf.errors.InvalidArgumentError, match="class numbers from 0 to 2"):
        in_graph(tf.constant([0.0, wrong, 1.0]))


def test_in_a_graph_the_shape_is_checked_while_it_is_traced():
    with pytest.raises(InputError, match=r"Received: shape \(None, 4\)"):
        in_graph.get_concrete_function(tf.TensorSpec([None, 4]))


def test_a_batch_whose_size_is_not_known_keeps_the_width():
    for shape in ([None], [None, 1], [None, 3]):
        traced = in_graph.get_concrete_function(tf.TensorSpec(shape))
        assert traced.output_shapes.as_list() == [None, 3]
