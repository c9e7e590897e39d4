"""Labels: class numbers or label vectors, used as label vectors."""

import functools
from typing import Any

import tensorflow as tf

from zoo.models import allowed, gate


def one_hot(y: Any, num_classes: int) -> tf.Tensor:
    """Labels as one-hot (or soft) vectors of shape (batch_size, num_classes), float32.

    Args:
        y: class numbers of shape (batch_size,) or (batch_size, 1), each in
            [0, num_classes), or label vectors of shape (batch_size, num_classes).
        num_classes: the number of classes.

    Raises:
        InputError: no labels, or labels of another shape.
    """
    if y is None:
        raise allowed.classes(num_classes, None).refused("no labels; call fit(x, y)")
    y = tf.convert_to_tensor(y)
    if y.shape.rank is None or y.shape.rank == 2 and y.shape[1] is None:
        # A function that was traced for labels of several kinds does not know which it is given.
        y = tf.reshape(y, [tf.shape(y)[0], -1])
        as_they_are = functools.partial(tf.cast, y, "float32")
        of_numbers = functools.partial(one_hot, tf.reshape(y[:, :1], [-1]), num_classes)
        y = tf.cond(tf.shape(y)[1] == num_classes, as_they_are, of_numbers)
        return tf.ensure_shape(y, (None, num_classes))
    taken = allowed.classes(num_classes, gate.shape_of(y))
    taken.check_kind(gate.shape_of(y), y.dtype.name)
    if not taken.whole:
        return tf.cast(y, "float32")
    return tf.one_hot(tf.cast(tf.reshape(y, [-1]), "int64"), num_classes, dtype="float32")
