"""zoo/networks/label_networks.py: what is built for which arguments."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks.energies import (
    ConditionalLabelEnergy,
    LabelEnergy,
    LocalEnergy,
    PairwiseEnergy,
)
from zoo.networks.label_networks import energy_network, feature_network


def kinds(network):
    return [type(term) for term in network.terms]


def test_features_and_logits_by_size():
    assert feature_network((7,), (5, 4)).output_shape == (None, 4)
    assert feature_network((7,), 5, num_labels=3).output_shape == (None, 3)
    assert feature_network((4, 4, 1), ()).output_shape == (None, 16)
    assert feature_network((7,), ()).output_shape == (None, 7)


def test_dropout_stands_where_it_was_asked_for():
    network = feature_network((7,), (5, 4), dropout=0.5, input_dropout=0.2)
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2, 0.5, 0.5]


def test_terms_by_argument():
    assert kinds(energy_network((7,), 3)) == [LocalEnergy, LabelEnergy]
    assert kinds(energy_network((7,), 3, measurements=0)) == [LocalEnergy]
    everything = energy_network((7,), 3, conditional_measurements=2, pairwise=True)
    assert kinds(everything) == [LocalEnergy, LabelEnergy, ConditionalLabelEnergy, PairwiseEnergy]
    own = energy_network((7,), 3, terms=[LocalEnergy(3)], features=feature_network((7,), 2))
    assert kinds(own) == [LocalEnergy] and own.features.output_shape == (None, 2)


def test_weight_decay_is_the_square_of_every_kernel():
    network = energy_network((7,), 3, (5,), weight_decay=0.1, pairwise=True)
    network.terms[-1].kernel.assign(np.full((3, 3), 0.5))
    kernels = [weight for weight in network.weights if "kernel" in weight.name]
    assert len(kernels) == 5
    expected = 0.1 * sum(np.sum(np.square(kernel.numpy())) for kernel in kernels)
    assert float(sum(network.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"input_shape": ()},
        {"input_shape": (7.0,)},
        {"units": (5, 0)},
        {"dropout": 1.0},
        {"input_dropout": -0.1},
        {"weight_decay": -1.0},
        {"num_labels": 0},
        {"measurements": -1},
        {"conditional_measurements": 1.5},
    ],
    ids=str,
)
def test_bad_arguments_are_refused(arguments):
    (name,) = arguments
    with pytest.raises(zoo.InputError, match=name):
        energy_network(**{"input_shape": (7,), "num_labels": 3, **arguments})
