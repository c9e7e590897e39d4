import math

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.datasets import from_tf_data
from zoo.errors import InputError

SHAPE = {"image_shape": (4, 4, 1), "num_classes": 3}


@pytest.fixture
def pairs(arrays):
    return tf.data.Dataset.from_tensor_slices(arrays)


def test_rows_are_counted_or_believed_until_they_prove_wrong(pairs):
    unknown = pairs.filter(lambda x, y: y < 2)
    data = from_tf_data(unknown, unknown, **SHAPE)
    assert data.rows == {"train": 40, "validation": 0, "test": 40} and not data.in_memory
    data = from_tf_data(unknown, pairs, rows={"train": 41}, batch_size=8, **SHAPE)
    assert data.steps_per_epoch == 6
    with pytest.raises(tf.errors.OpError, match="41"):
        list(data.train)
    model = zoo.Classifier(zoo.networks.classifier((8, 8, 1), 3, size=(4,)))
    model.compile("sgd")
    for count, found in ((41, "only 40"), (24, "at least 25")):
        shape = {"image_shape": (8, 8, 1), "num_classes": 3}
        data = from_tf_data(unknown, pairs, rows={"train": count}, batch_size=8, **shape)
        with pytest.raises(InputError, match=rf"`rows` said: {count}\. Received: {found}\."):
            model.fit(data.train, verbose=0)
    with pytest.raises(InputError, match="length of `train`: 60. Received: 59"):
        from_tf_data(pairs, pairs, rows={"train": 59}, **SHAPE)
    with pytest.raises(InputError, match="split in `rows` 'tests'"):
        from_tf_data(pairs, pairs, rows={"tests": 60}, **SHAPE)


def test_one_hot_gray_and_other_sizes(arrays):
    x, y = arrays
    one_hot = tf.data.Dataset.from_tensor_slices((x[..., 0] / 255, np.eye(3)[y]))
    data = from_tf_data(one_hot, one_hot, image_shape=(8, 8, 3), num_classes=3, batch_size=60)
    images, labels = next(iter(data.test))
    np.testing.assert_array_equal(labels, y)
    assert images.shape == (60, 8, 8, 3)
    np.testing.assert_allclose(images[:, 3, 3, 1], np.arange(60) / 255, atol=1e-6)


@pytest.mark.parametrize("one_hot", [False, True])
def test_rows_are_the_same_whether_their_shape_is_known_or_not(arrays, one_hot):
    x, y = arrays
    y = np.eye(3, dtype="float32")[y] if one_hot else y
    known = tf.data.Dataset.from_tensor_slices((x[..., 0], y))
    label = tf.TensorSpec(y.shape[1:], y.dtype)
    settings = {**SHAPE, "image_shape": (4, 4, 3), "validation_fraction": 0.2, "batch_size": 7}
    wanted = from_tf_data(known, known, **settings)
    for shape in ((4, 4), (None, None)):
        spec = tf.TensorSpec(shape, tf.uint8), label
        stream = tf.data.Dataset.from_generator(
            lambda: zip(x[..., 0], y, strict=True), output_signature=spec
        )
        data = from_tf_data(stream, stream, **settings)
        for pairs in zip(wanted.stream(0, 2), data.stream(0, 2), strict=True):
            for one, other in zip(*pairs, strict=True):
                np.testing.assert_array_equal(one, other)


def test_nothing_is_kept_between_epochs(arrays):
    reads = []

    def rows():
        reads.append(1)
        yield from zip(*arrays, strict=True)

    spec = tf.TensorSpec((4, 4, 1), tf.uint8), tf.TensorSpec((), tf.int64)
    stream = tf.data.Dataset.from_generator(rows, output_signature=spec)
    data = from_tf_data(stream, stream, rows={"train": 60, "test": 60}, **SHAPE)
    before = len(reads)
    list(data.stream(0, 3))
    assert len(reads) == before + 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.batch(4), r"images of `train` must be unbatched"),
        (lambda d: d.map(lambda x, y: x), r"`train` must be a tf\.data\.Dataset of \(image, label"),
        (lambda d: d.map(lambda x, y: (tf.cast(x, tf.int32), y)), r"uint8 or floats.*int32"),
        (lambda d: d.map(lambda x, y: (tf.cast(x, tf.float32), y)), r"lie in \[0, 1\]"),
        (lambda d: d.map(lambda x, y: (x, y + 1)), r"labels of `train`.*0\.\.2.*3"),
        (lambda d: d.map(lambda x, y: (x, tf.cast(y, tf.float32) / 2)), r"integers in.*0\.5"),
        (lambda d: d.map(lambda x, y: (x, tf.one_hot(y, 4))), r"must have 3 places"),
        (lambda d: d.map(lambda x, y: (x, tf.as_string(y))), r"must be numbers"),
        (lambda d: d.map(lambda x, y: (x, -tf.one_hot(y, 3))), r"one 1 and otherwise 0.*-1\.0"),
        (lambda d: d.map(lambda x, y: (x, tf.zeros(3))), r"one 1.*\[0\.0, 0\.0, 0\.0\]"),
        (lambda d: d.map(lambda x, y: (x, tf.fill([3], math.nan))), r"one 1.*\[nan, nan"),
        (lambda d: d.map(lambda x, y: (x, [1, 1, 0])), r"one 1.*\[1, 1, 0\]"),
        (lambda d: d.map(lambda x, y: (x, math.nan)), r"integers in 0\.\.2\. Received: nan"),
        (lambda d: d.map(lambda x, y: (x, math.inf)), r"integers in 0\.\.2\. Received: inf"),
        (lambda d: d.map(lambda x, y: (x, _unshaped(y, [tf.int64]))), r"must have a known shape"),
        (lambda d: d.repeat(), r"`train` must be finite"),
        (lambda d: d.take(0), r"`train` must hold at least one image"),
        (lambda d: [1], r"`train` must be a tf\.data\.Dataset.*list"),
    ],
)
def test_bad_streams(pairs, change, message):
    with pytest.raises(InputError, match=message):
        from_tf_data(change(pairs), pairs, **SHAPE)


def _unshaped(y, types):
    return tf.numpy_function(lambda each: each, [y], types)[0]


def test_a_late_vector_that_is_not_one_hot_stops_the_run(arrays):
    x, y = np.tile(arrays[0], (2, 1, 1, 1)), np.eye(3)[np.tile(arrays[1], 2)]
    y[-1] = 1
    late = tf.data.Dataset.from_tensor_slices((x, y))
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels of `train` must be one-hot"):
        list(from_tf_data(late, late, **SHAPE).train)


@pytest.mark.parametrize("wrong", [3, -1, 1.5])
def test_a_late_wrong_label_stops_the_run(arrays, wrong):
    x, y = np.tile(arrays[0], (2, 1, 1, 1)), np.tile(arrays[1], 2)
    y = y.astype(np.asarray(wrong).dtype)
    y[-1] = wrong
    late = tf.data.Dataset.from_tensor_slices((x, y))
    data = from_tf_data(late, late, **SHAPE)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"labels of `train` must lie in 0\.\.2"
    ):
        list(data.train)


def test_bad_names_and_options(pairs):
    for options, message in (
        ({"class_names": ["a", "b"]}, "must be 3 names. Received: 2"),
        ({"num_classes": 1}, "num_classes=1"),
        ({"batch_size": 0}, "batch_size=0"),
    ):
        with pytest.raises(InputError, match=message):
            from_tf_data(pairs, pairs, **SHAPE | options)
