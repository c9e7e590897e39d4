"""zoo/networks/image_discriminators.py: one logit of each image by itself, and what is refused."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.networks import image_discriminator


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
def test_an_image_is_judged_by_itself(kind):
    """Also while training: a batch of made images must not give itself away."""
    network = image_discriminator((9, 8, 3), (4, 5), kind, dropout=0.0)
    assert network.output_shape == (None, 1)
    x = np.random.default_rng(0).uniform(size=(6, 9, 8, 3)).astype("float32")
    together = np.asarray(network(x, training=True))
    alone = np.concatenate([network(x[i : i + 1], training=True) for i in range(6)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert len(np.unique(together)) == 6


def test_the_layers_are_those_asked_for():
    network = image_discriminator((28, 28, 1), (4, 5, 6), dropout=0.25)
    found = [layer.filters for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert found == [4, 5, 6] and rates == [0.25] * 3
    units = image_discriminator((28, 28, 1), "small", "dense").layers[2].units
    assert units == 128


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "round"}, "Unknown kind 'round'"),
        ({"dropout": 1.0}, "`dropout`"),
        ({"size": "huge"}, "huge"),
        ({"input_shape": (4, 4, 1)}, "at least 8"),
        ({"input_shape": (8, 8, 1), "size": (4,) * 5}, "room for"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        image_discriminator(**{"input_shape": (28, 28, 1), **settings})
