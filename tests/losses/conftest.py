"""Shared by the tests of the losses."""

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def gradient_gap():
    """A function: the largest gap between a loss's gradient and central finite differences."""

    def gap(loss, point, step=1e-5):
        point = np.asarray(point, "float64")
        variable = tf.constant(point)
        with tf.GradientTape() as tape:
            tape.watch(variable)
            total = tf.reduce_sum(loss(variable))
        gradient = tape.gradient(total, variable).numpy()
        numeric = np.empty_like(point)
        for index in np.ndindex(point.shape):
            nudge = np.zeros_like(point)
            nudge[index] = step
            above, below = loss(tf.constant(point + nudge)), loss(tf.constant(point - nudge))
            numeric[index] = (np.sum(above) - np.sum(below)) / (2 * step)
        return np.abs(gradient - numeric).max()

    return gap
