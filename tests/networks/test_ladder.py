"""zoo/networks/ladder.py: the combinator by hand, and what a ladder can stand on."""

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.errors import InputError
from zoo.networks import (
    GaussianCombinator,
    ShiftAndScale,
    classifier,
    ladder_classifier,
    ladder_decoder,
)
from zoo.networks.ladder import normalizations


def combinator(**parameters):
    """A combinator of one unit, with some of its ten numbers set: a1=0.5, ..."""
    built = GaussianCombinator()
    built.build([(None, 1), (None, 1)])
    values = built.parameters.numpy()
    for name, value in parameters.items():
        values[int(name[1:]) - 1] = value
    built.parameters.assign(values)
    return built


def test_a_new_combinator_answers_zero():
    noisy, above = np.random.default_rng(0).normal(size=(2, 5, 1)).astype("float32")
    np.testing.assert_array_equal(combinator()([noisy, above]), 0.0)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        # At u = 0 the sigmoids are 1/2: μ = a1 / 2 + a5, v = a6 / 2 + a10, and z̃ = 3.
        ({"a1": 4.0}, 2.0),
        ({"a5": -1.0}, -1.0),
        ({"a6": 1.0}, 1.5),
        ({"a10": 1.0}, 3.0),
        ({"a1": 4.0, "a6": 1.0}, 2.5),
        ({"a1": 4.0, "a5": -1.0, "a6": 1.0, "a10": 0.25}, 2.5),
    ],
)
def test_a_combinator_by_hand_at_an_expectation_of_zero(parameters, expected):
    found = combinator(**parameters)([np.float32([[3.0]]), np.float32([[0.0]])])
    assert float(found[0, 0]) == pytest.approx(expected)


def test_a_combinator_follows_what_comes_from_above():
    # u = log 3: sigmoid(u) = 3/4, sigmoid(-u) = 1/4, sigmoid(2u) = 9/10.
    noisy, above = np.float32([[3.0]]), np.float32([[np.log(3.0)]])
    mean = combinator(a1=4.0, a2=2.0, a4=1.0)([noisy, above])
    assert float(mean[0, 0]) == pytest.approx(3.6 + np.log(3.0), rel=1e-6)
    part = combinator(a6=2.0, a7=-1.0, a9=1.0)([noisy, above])
    assert float(part[0, 0]) == pytest.approx(3.0 * (0.5 + np.log(3.0)), rel=1e-6)
    moved = combinator(a2=0.0, a3=np.log(9.0), a1=1.0, a7=0.0, a8=-np.log(3.0), a6=1.0)
    assert float(moved([noisy, above])[0, 0]) == pytest.approx((3.0 - 0.9) * 0.25 + 0.9, rel=1e-6)


def test_every_unit_has_a_combinator_of_its_own():
    built = GaussianCombinator()
    built.build([(None, 2), (None, 2)])
    values = built.parameters.numpy()
    values[4] = [1.0, -2.0]
    built.parameters.assign(values)
    np.testing.assert_allclose(built([np.ones((3, 2)), np.ones((3, 2))]), [[1.0, -2.0]] * 3)


def test_shift_comes_before_scale():
    layer = ShiftAndScale()
    layer.build((None, 2))
    layer.beta.assign([1.0, 2.0])
    layer.gamma.assign([3.0, -1.0])
    np.testing.assert_allclose(layer(np.float32([[1.0, 1.0]])), [[6.0, -3.0]])


def test_a_decoder_takes_and_makes_every_layer():
    network = ladder_classifier((4, 4, 2), 3, units=(6, 5))
    full, gamma = ladder_decoder(network), ladder_decoder(network, "gamma")
    assert full.input_shape == [(None, 4, 4, 2), (None, 6), (None, 5), (None, 3), (None, 3)]
    assert full.output_shape == [(None, 4, 4, 2), (None, 6), (None, 5), (None, 3)]
    assert [tuple(each.shape) for each in gamma.inputs] == [(None, 3), (None, 3)]
    assert [tuple(each.shape) for each in gamma.outputs] == [(None, 3)]


def convolutional(top=True):
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, use_bias=False)(image)
    x = layers.BatchNormalization(center=False, scale=False)(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(ShiftAndScale(scale=False)(x)))
    x = layers.Dense(3, use_bias=False)(x)
    return keras.Model(image, layers.BatchNormalization(center=False, scale=False)(x) if top else x)


def test_gamma_takes_any_chain_and_the_full_ladder_dense_ones():
    assert len(ladder_decoder(convolutional(), "gamma").outputs) == 1
    with pytest.raises(InputError, match=r"dense ones.*'gamma'"):
        ladder_decoder(convolutional())


def branched():
    image = keras.Input((4, 4, 1))
    x = layers.Flatten()(image)
    x = layers.add([layers.Dense(3, use_bias=False)(x), layers.Dense(3, use_bias=False)(x)])
    return keras.Model(image, layers.BatchNormalization(center=False, scale=False)(x))


def centered():
    image = keras.Input((4, 4, 1))
    x = layers.Dense(3, use_bias=False)(layers.Flatten()(image))
    return keras.Model(image, layers.BatchNormalization(scale=False)(x))


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(lambda: convolutional(top=False), id="logits that are not normalized"),
        pytest.param(branched, id="branches"),
        pytest.param(centered, id="a center"),
        pytest.param(lambda: classifier((8, 8, 1), 3, (4,)), id="nothing normalized"),
    ],
)
def test_other_classifiers_are_refused(network):
    with pytest.raises(InputError, match="A ladder stands on a classifier"):
        ladder_decoder(network(), "gamma")


def test_an_unknown_variant_is_refused():
    with pytest.raises(InputError, match=r"Unknown variant 'gama'.*gamma"):
        ladder_decoder(ladder_classifier((4, 4, 1), 3, (5,)), "gama")


def test_convolutions_are_normalized_up_to_the_logits():
    settings = {"input_shape": (9, 8, 1), "num_classes": 3, "size": (4, 6), "convolutions": 2}
    model = zoo.create_model("ladder", variant="gamma", kind="convolutional", **settings)
    shapes = [each.output.shape[1:] for each in normalizations(model.classifier)]
    assert shapes == [(9, 8, 4), (9, 8, 4), (4, 4, 6), (4, 4, 6), (3,)]
    with pytest.raises(InputError, match="Unknown kind 'conv'"):
        zoo.create_model("ladder", kind="conv", **settings)
