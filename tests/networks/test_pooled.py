"""zoo/networks/pooled.py: classifiers that average their features over the image."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.networks.pooled import pooled_classifier


def test_an_answer_does_not_tell_where_a_thing_stands():
    x = np.zeros((2, 40, 40, 1), "float32")
    blot = np.random.default_rng(0).uniform(size=(6, 6, 1))
    x[0, 14:20, 14:20] = x[1, 18:24, 14:20] = blot
    one, other = pooled_classifier((40, 40, 1), 3, (4, 6, 8))(x).numpy()
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert np.abs(one).max() > 1e-3


def test_the_layers_are_those_asked_for():
    network = pooled_classifier((9, 13, 3), 5, (4, 6, 8, 10), slope=0.0)
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [4, 6, 8, 10]
    assert [layer.kernel_size[0] for layer in convolutions] == [5, 3, 3, 3]
    assert [layer.output.shape[1:3] for layer in convolutions] == [(5, 7), (3, 4), (3, 4), (3, 4)]
    assert network.output_shape == (None, 5)
    kinds = {type(layer) for layer in network.layers}
    assert keras.layers.ReLU in kinds and keras.layers.LeakyReLU not in kinds


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_classes": 1}, "`num_classes`.*=1"),
        ({"slope": 2.0}, "`slope`.*=2"),
        ({"size": (4, 0)}, "size"),
        ({"input_shape": (4, 4, 1)}, r"`input_shape`.*\(4, 4, 1\)"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        pooled_classifier(**{"input_shape": (8, 8, 1), "num_classes": 3, **settings})
