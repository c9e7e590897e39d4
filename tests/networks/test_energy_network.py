"""zoo/networks/energy_network.py: energies add up, features run once, parts have variables."""

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
from zoo.networks.energy_network import EnergyNetwork

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
Y = np.random.default_rng(1).uniform(size=(5, 3)).astype("float32")


def features(units=6):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation="relu")])


def network():
    terms = [LocalEnergy(3), LabelEnergy(3, 2), ConditionalLabelEnergy(3, 2), PairwiseEnergy(3)]
    return EnergyNetwork(features(), terms)


def test_energies_of_the_terms_add_up():
    net = network()
    seen = net.features(X)
    expected = sum(np.asarray(term([seen, Y])) for term in net.terms)
    np.testing.assert_allclose(net([X, Y]), expected, rtol=1e-5)
    np.testing.assert_allclose(net.energy(net.prepare(X), Y), expected, rtol=1e-5)


def test_features_run_once_for_many_labelings():
    calls = []

    class Counted(keras.layers.Layer):
        def call(self, x):
            calls.append(1)
            return x

    inner = keras.Sequential([keras.Input((4,)), Counted(), keras.layers.Dense(6)])
    net = EnergyNetwork(inner, [LocalEnergy(3), ConditionalLabelEnergy(3, 2)])
    calls.clear()
    prepared = net.prepare(X)
    for _ in range(3):
        net.energy(prepared, Y)
    assert len(calls) == 1


def test_local_logits_are_minus_the_slopes_of_the_local_energy():
    net = EnergyNetwork(features(), [LocalEnergy(3, use_bias=True)])
    prepared = net.prepare(X)
    slopes = [
        np.asarray(net.energy(prepared, np.tile(row, (5, 1)))) for row in np.eye(3, dtype="float32")
    ]
    np.testing.assert_allclose(net.local_logits(prepared), -np.stack(slopes, 1), rtol=1e-5)


def test_parts_share_out_the_variables():
    net = network()
    ids = {part: {id(v) for v in net.variables_of(part)} for part in ("local", "energy", "labels")}
    everything = {id(v) for v in net.trainable_variables}
    assert ids["local"] | ids["labels"] == everything and not ids["local"] & ids["labels"]
    assert everything - ids["energy"] == {id(v) for v in net.features.trainable_variables}
    assert len(net.variables_of("all")) == len(everything)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    net = network()
    net.save(tmp_path / "energy.keras")
    loaded = keras.models.load_model(tmp_path / "energy.keras")
    np.testing.assert_array_equal(loaded([X, Y]), net([X, Y]))


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([], "one or more energy terms"),
        ([keras.layers.Dense(3)], "one or more energy terms"),
        ([LocalEnergy(3), LabelEnergy(4)], "one number of labels"),
        ([LabelEnergy(3), PairwiseEnergy(3)], "must depend on the input"),
    ],
)
def test_terms_that_make_no_energy_are_refused(terms, message):
    with pytest.raises(zoo.InputError, match=message):
        EnergyNetwork(features(), terms)


def test_features_must_be_vectors_of_a_built_model():
    image = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(zoo.InputError, match="must be vectors"):
        EnergyNetwork(image, [LocalEnergy(3)])
    with pytest.raises(zoo.InputError, match="built Functional"):
        EnergyNetwork(keras.layers.Dense(3), [LocalEnergy(3)])


def test_an_unknown_part_is_refused():
    with pytest.raises(zoo.InputError, match="'labels'"):
        network().variables_of("label")


def test_no_local_prediction_without_a_local_term():
    net = EnergyNetwork(features(), [ConditionalLabelEnergy(3, 2)])
    assert not net.has_local
    with pytest.raises(zoo.InputError, match="LocalEnergy"):
        net.local_logits(net.prepare(X))
