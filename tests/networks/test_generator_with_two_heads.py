"""zoo/networks/discriminative_generator.py: one trunk, an image and a logit."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks import discriminative_generator, generator


@pytest.mark.parametrize("kind", ["convolutional", "dense"])
@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 13, 3)])
def test_an_image_and_a_logit_of_each_label_vector(kind, shape):
    network = discriminative_generator(shape, 3, (4, 4), kind)
    image, real = network(np.eye(3)[[0, 1, 2, 2, 0]])
    assert image.shape == (5, *shape) and real.shape == (5, 1)
    assert network.input_shape == (None, 3) and network.name == "generator"


def test_heads_share_the_trunk_and_nothing_else():
    network = discriminative_generator((8, 8, 1), 3, (4,), "dense", trunk=(7, 5))
    trunk = [network.get_layer(f"trunk_{level}") for level in (1, 2)]
    assert [layer.units for layer in trunk] == [7, 5]
    head = network.get_layer("image")
    assert head.input_shape == (None, 5)
    alone = generator((8, 8, 1), 5, (4,), "dense")
    assert head.count_params() == alone.count_params()
    own = sum(layer.count_params() for layer in trunk) + 5 + 1
    assert network.count_params() == own + head.count_params()


def test_the_image_head_sees_the_features_of_the_trunk():
    network = discriminative_generator((8, 8, 1), 3, (4,), "dense", trunk=6)
    label = np.eye(3, dtype="float32")
    kernel, bias = network.get_layer("trunk_1").get_weights()
    features = np.maximum(label @ kernel + bias, 0)
    image, real = network(label)
    np.testing.assert_allclose(image, network.get_layer("image")(features), atol=1e-6)
    weights, offset = network.get_layer("real").get_weights()
    np.testing.assert_allclose(real, features @ weights + offset, atol=1e-6)


def test_heads_are_float32_under_mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = discriminative_generator((9, 9, 1), 3, (4, 4))
    finally:
        keras.config.set_dtype_policy(before)
    assert [made.dtype for made in network(np.eye(3))] == ["float32", "float32"]


def test_without_batch_normalization_it_has_no_moments():
    arguments = ((8, 8, 1), 3, (4, 4))
    assert discriminative_generator(*arguments).non_trainable_variables
    bare = discriminative_generator(*arguments, batch_normalization=False)
    assert not bare.non_trainable_variables


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 1}, "num_classes"),
        ({"trunk": 0}, "`trunk`"),
        ({"trunk": (8, 2.5)}, "`trunk`"),
        ({"trunk": ()}, "`trunk`"),
        ({"kind": "linear"}, "kind"),
        ({"size": "huge"}, "size 'huge'"),
        ({"output_shape": (4, 4, 1)}, "`output_shape`"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        discriminative_generator(**{"output_shape": (8, 8, 1), "num_classes": 3, **arguments})
