"""zoo/networks/empty_parts.py: a replica that has no row of a batch."""

import keras
import numpy as np
import pytest

import zoo

X = np.random.default_rng(0).random((9, 8, 8, 3), "float32")
MASKS = (X[..., :1] > 0.5).astype("float32")


@pytest.mark.parametrize("name", ["cnn", "ac_co_v1", "fcn"])
def test_a_replica_may_have_no_row(name, two_replicas):
    y = MASKS if name == "fcn" else np.arange(9) % 3
    of_data = {} if name == "fcn" else {"num_classes": 3, "size": (4, 4)}

    def learned():
        keras.utils.set_random_seed(0)
        model = zoo.create_model(name, input_shape=(8, 8, 3), **of_data)
        model.compile(keras.optimizers.SGD(0.1))
        model.fit(X, y, batch_size=4, shuffle=False, verbose=0)
        return model

    one = learned()
    with two_replicas.scope():
        two = learned()
    for ours, theirs in zip(two.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    scores = [each.evaluate(X, y, batch_size=4, verbose=0) for each in (two, one)]
    np.testing.assert_allclose(*scores, rtol=1e-4)
    answers = [keras.tree.flatten(each.predict(X, batch_size=4, verbose=0)) for each in (two, one)]
    for ours, theirs in zip(*answers, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", [keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D])
def test_other_convolutions_have_none_either(layer, two_replicas):
    with two_replicas.scope():
        settings = {"filters": 4} if layer is keras.layers.SeparableConv2D else {}
        network = keras.Sequential([keras.Input((8, 8, 3)), layer(kernel_size=3, **settings)])
    np.testing.assert_allclose(
        network.predict(X, batch_size=4, verbose=0), network(X), rtol=1e-4, atol=1e-5
    )
