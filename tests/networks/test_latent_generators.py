"""zoo/networks/latent_generators.py: layers and shapes as asked for, and what is refused."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.networks import latent_generator


def test_numbers_become_pixel_logits_by_the_layers_asked_for():
    network = latent_generator((6, 5, 3), latent_size=4, units=(7, 8), slope=0.25)
    assert network.input_shape == (None, 4) and network.output_shape == (None, 6, 5, 3)
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense] == [7, 8, 6 * 5 * 3]
    slopes = [
        layer.negative_slope for layer in network.layers if type(layer) is keras.layers.LeakyReLU
    ]
    assert slopes == [0.25, 0.25]
    # Logits: not all in [0, 1], once anything is drawn.
    made = network(np.random.default_rng(0).uniform(size=(16, 4)), training=True)
    assert np.min(made) < 0.0 < np.max(made)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latent_size": 0}, "`latent_size`.*=0"),
        ({"units": (8, 0)}, "`units`"),
        ({"slope": -0.1}, "`slope`"),
        ({"output_shape": (8, 8)}, "`output_shape`"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        latent_generator(**{"output_shape": (8, 8, 1), **settings})
