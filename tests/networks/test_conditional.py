"""zoo/networks/conditional.py: shapes, and that the class is heard."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.networks import conditional_decoder, conditional_encoder


def test_shapes_of_images_and_of_vectors():
    for shape in [(4, 4, 2), (6,)]:
        encoder = conditional_encoder(shape, 3, code_size=5, units=(7, 8))
        decoder = conditional_decoder(shape, 3, code_size=5, units=(7,))
        assert encoder.input_shape == [(None, *shape), (None, 3)]
        assert encoder.output_shape == (None, 10) and decoder.output_shape == (None, *shape)
        assert decoder.input_shape == [(None, 5), (None, 3)]


def test_both_are_told_the_class():
    keras.utils.set_random_seed(0)
    data, code = np.zeros((2, 6), "float32"), np.zeros((2, 5), "float32")
    classes = np.eye(3, dtype="float32")[:2]
    first, second = np.asarray(conditional_encoder((6,), 3, 5, (7,))([data, classes]))
    assert not np.allclose(first, second)
    first, second = np.asarray(conditional_decoder((6,), 3, 5, (7,))([code, classes]))
    assert not np.allclose(first, second)


@pytest.mark.parametrize(
    "change", [{"num_classes": 1}, {"code_size": 0}, {"units": (0,)}, {"shape": (4, 4)}]
)
def test_what_no_such_network_can_have_is_refused(change):
    arguments = {"num_classes": 3, "code_size": 2, "units": (4,), **change}
    shape = arguments.pop("shape", (6,))
    for build in (conditional_encoder, conditional_decoder):
        with pytest.raises(InputError):
            build(shape, **arguments)
