"""zoo/networks/energies.py: each term against numbers worked by hand, and its prepared part."""

import math

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

FEATURES = np.array([[1.0, 2.0], [0.0, -1.0]], "float32")
LABELS = np.array([[1.0, 0.0, 1.0], [0.5, 1.0, 0.0]], "float32")


def softplus(value):
    return math.log1p(math.exp(value))


def test_local_energy():
    term = LocalEnergy(3, use_bias=True)
    term([FEATURES, LABELS])
    term.set_weights([np.array([[1, 2, 3], [-1, 0, 1]], "float32"), np.array([0.0, 10.0, -1.0])])
    # b·F + a is (-1, 12, 4) and (1, 10, -2).
    np.testing.assert_allclose(term([FEATURES, LABELS]), [-1 + 4, 0.5 + 10.0])


def test_label_energy():
    term = LabelEnergy(3, measurements=2)
    term([FEATURES, LABELS])
    term.set_weights(
        [
            np.array([[1, 0], [0, 2], [-1, 1]], "float32"),
            np.array([[1.0], [-3.0]]),
            np.array([0.5, 0.0]),
        ]
    )
    expected = [softplus(0.5) - 3 * softplus(1.0), softplus(1.0) - 3 * softplus(2.0)]
    np.testing.assert_allclose(term([FEATURES, LABELS]), expected, rtol=1e-6)
    np.testing.assert_allclose(term([0 * FEATURES, LABELS]), expected, rtol=1e-6)


def test_conditional_label_energy():
    term = ConditionalLabelEnergy(3, measurements=1, activation="hard_tanh", use_bias=False)
    term([FEATURES, LABELS])
    term.set_weights(
        [np.array([[0.1], [0.2], [0.3]]), np.array([[-2.0]]), np.array([[0.5], [1.0]])]
    )
    # D1 [y; F] is 0.4 + 2.5 and 0.25 - 1; hard_tanh cuts the first at 1.
    np.testing.assert_allclose(term([FEATURES, LABELS]), [-2.0, 1.5], rtol=1e-6)


def test_pairwise_energy_counts_each_pair_twice_and_no_label_with_itself():
    term = PairwiseEnergy(3)
    term([FEATURES, LABELS])
    kernel = np.arange(9, dtype="float32").reshape(3, 3)
    term.set_weights([kernel, np.array([1.0, 2.0, 4.0])])
    np.testing.assert_array_equal(term.pairs, [[0, 2, 4], [2, 0, 6], [4, 6, 0]])
    np.testing.assert_allclose(term([FEATURES, LABELS]), [2 * 4 + 5.0, 2 * 0.5 * 2 + 2.5])


def test_pairwise_energy_starts_at_zero():
    np.testing.assert_array_equal(PairwiseEnergy(3)([FEATURES, LABELS]), [0.0, 0.0])


@pytest.mark.parametrize(
    "term",
    [
        LocalEnergy(3, use_bias=True, kernel_regularizer="l2"),
        LabelEnergy(3, 2, "hard_tanh", use_bias=False),
        ConditionalLabelEnergy(3, 2, kernel_initializer="he_normal"),
        PairwiseEnergy(3, "l2"),
    ],
    ids=lambda term: type(term).__name__,
)
def test_configs_keep_every_argument(term):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(term))
    assert again.get_config() == term.get_config()
    again([FEATURES, LABELS])
    term([FEATURES, LABELS])
    assert [w.shape for w in again.weights] == [w.shape for w in term.weights]


def test_energies_are_float32_under_mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        term = LocalEnergy(3)
        energy = term([keras.ops.cast(FEATURES, "bfloat16"), LABELS])
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(energy.dtype) == "float32"


@pytest.mark.parametrize("term", [LocalEnergy, LabelEnergy, ConditionalLabelEnergy, PairwiseEnergy])
def test_no_labels_are_refused(term):
    with pytest.raises(zoo.InputError, match="num_labels"):
        term(0)


def test_no_measurements_are_refused():
    with pytest.raises(zoo.InputError, match="measurements"):
        LabelEnergy(3, 0)
