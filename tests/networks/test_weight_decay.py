"""zoo/networks/weight_decay.py: the squares of all weights, added up as a product."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.networks import WeightDecay
from zoo.networks.weight_decay import decay


@pytest.mark.parametrize("shape", [(7,), (5, 3), (3, 3, 4, 6)])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_value_and_gradient_are_those_of_keras(shape, jit_compile):
    weights = tf.Variable(np.random.default_rng(0).normal(size=shape).astype("float32"))

    @tf.function(jit_compile=jit_compile)
    def cost_and_gradient(regularizer):
        with tf.GradientTape() as tape:
            cost = regularizer(weights)
        return cost, tape.gradient(cost, weights)

    ours, theirs = map(cost_and_gradient, (WeightDecay(0.03), keras.regularizers.L2(0.03)))
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-6)


def test_none_where_nothing_decays_and_refused_below_zero():
    assert decay(0.0) is None
    assert decay(0.5).get_config() == {"l2": 0.5}
    with pytest.raises(zoo.InputError, match="weight_decay"):
        decay(-1.0)
