"""zoo.losses.structured against numbers worked by hand and brute force over all labelings."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import InputError
from zoo.losses.hinge import crammer_singer_hinge
from zoo.losses.structured import (
    COSTS,
    cost_named,
    crossentropy_cost,
    hamming_cost,
    squared_cost,
    structured_hinge,
)

KINDS = ["margin_rescaling", "slack_rescaling", "contrastive", "perceptron"]

# One missed and one half too many; equal; all wrong.
TRUTHS = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
PREDICTIONS = np.array([[0.0, 0.5, 1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
WRONG = -np.log(1e-7)


def labellings(num_labels):
    return np.array(list(itertools.product([0.0, 1.0], repeat=num_labels)))


def drawn_energies(num_labels, seed):
    """All labelings with energies drawn at random for each, and the number of the true one."""
    rng = np.random.default_rng(seed)
    every = labellings(num_labels)
    return every, rng.normal(scale=3.0, size=len(every)), rng.integers(len(every))


def hinges_of_all(every, energies, true, kind, cost=hamming_cost):
    truth = np.broadcast_to(every[true], every.shape)
    return structured_hinge(
        np.full(len(every), energies[true]), energies, cost(truth, every), kind
    ).numpy()


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (hamming_cost, [1.5, 0.0, 3.0]),
        (squared_cost, [1.25, 0.0, 3.0]),
        (crossentropy_cost, [WRONG + np.log(2), 0.0, 3 * WRONG]),
    ],
)
def test_costs_by_hand(cost, expected):
    values = cost(TRUTHS, PREDICTIONS)
    assert values.shape == (3,)
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-12)
    shape = (3, 1, 3, 1)
    np.testing.assert_array_equal(cost(TRUTHS.reshape(shape), PREDICTIONS.reshape(shape)), values)
    single = cost(TRUTHS.astype("float32"), PREDICTIONS.astype("float32"))
    assert single.dtype == tf.float32
    np.testing.assert_allclose(single, expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("num_labels", range(1, 6))
def test_costs_of_all_hard_labellings_count_what_differs(num_labels):
    every = labellings(num_labels)
    y, y_hat = (a.reshape(-1, num_labels) for a in np.broadcast_arrays(every[:, None], every))
    count = (y != y_hat).sum(axis=1)
    np.testing.assert_allclose(hamming_cost(y, y_hat), count)
    np.testing.assert_allclose(squared_cost(y, y_hat), count)
    np.testing.assert_allclose(crossentropy_cost(y, y_hat), count * WRONG, atol=1e-12)


def test_hamming_cost_of_soft_labels_is_the_expected_number():
    y_hat = np.random.default_rng(0).uniform(size=4)
    y = np.array([1.0, 0.0, 0.0, 1.0])
    every = labellings(4)
    chances = np.prod(np.where(every == 1, y_hat, 1 - y_hat), axis=1)
    expected = np.sum(chances * (every != y).sum(axis=1))
    np.testing.assert_allclose(hamming_cost(y[None], y_hat[None]), [expected])
    np.testing.assert_allclose(hamming_cost(y[None], y_hat[None]), [np.abs(y - y_hat).sum()])


def test_hamming_cost_leads_away_from_the_truth_itself():
    y = tf.constant(TRUTHS)
    with tf.GradientTape() as tape:
        tape.watch(y)
        cost = hamming_cost(TRUTHS, y)
    np.testing.assert_array_equal(tape.gradient(cost, y), 1 - 2 * TRUTHS)


@pytest.mark.parametrize("cost", COSTS.values())
def test_gradients_of_costs(cost, gradient_gap):
    y_hat = np.random.default_rng(0).uniform(0.1, 0.9, size=TRUTHS.shape)
    assert gradient_gap(lambda soft: cost(TRUTHS, soft), y_hat) < 1e-6
    # They are finite at the corners too.
    corners = tf.constant(PREDICTIONS)
    with tf.GradientTape() as tape:
        tape.watch(corners)
        value = cost(TRUTHS, corners)
    assert np.isfinite(tape.gradient(value, corners)).all()


def test_costs_by_name():
    assert cost_named("hamming") is hamming_cost
    assert cost_named("squared") is squared_cost
    assert cost_named("crossentropy") is crossentropy_cost
    with pytest.raises(InputError, match="cost 'haming'.*'hamming'.*crossentropy, hamming, sq"):
        cost_named("haming")


@pytest.mark.parametrize("cost", COSTS.values())
def test_bad_labels(cost):
    with pytest.raises(InputError, match="`y` must lie between 0 and 1.*2"):
        cost(2 * TRUTHS, PREDICTIONS)
    with pytest.raises(InputError, match="`y_hat` must lie between 0 and 1.*-0.5"):
        cost(TRUTHS, PREDICTIONS - 0.5)
    with pytest.raises(InputError, match=r"same shape.*\(3, 3\).*\(3, 2\)"):
        cost(TRUTHS, PREDICTIONS[:, :2])
    with pytest.raises(InputError, match="num_labels"):
        cost(TRUTHS[0], PREDICTIONS[0])


@pytest.mark.parametrize("cost", COSTS.values())
def test_rounding_passes_and_what_diverged_shows(cost):
    assert np.isfinite(cost(TRUTHS, PREDICTIONS * (1 + 1e-6))).all()
    assert np.isnan(cost(TRUTHS, PREDICTIONS * np.nan)).all()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # The truth lies lower by 2, by 5, higher by 1, lower by 1/2; the costs are 3, 3, 2 and 3.
        ("margin_rescaling", [1.0, 0.0, 3.0, 2.5]),
        ("slack_rescaling", [0.0, 0.0, 4.0, 1.5]),
        ("contrastive", [0.0, 0.0, 2.0, 0.5]),
        ("perceptron", [0.0, 0.0, 1.0, 0.0]),
    ],
)
def test_structured_hinge_by_hand(kind, expected):
    energies, cost = ([-1.0, 0.0, 2.0, 0.0], [1.0, 5.0, 1.0, 0.5]), [3.0, 3.0, 2.0, 3.0]
    np.testing.assert_allclose(structured_hinge(*energies, cost, kind), expected)
    if kind in ("contrastive", "perceptron"):
        np.testing.assert_allclose(structured_hinge(*energies, kind=kind), expected)


@pytest.mark.parametrize("kind", ["margin_rescaling", "slack_rescaling"])
@pytest.mark.parametrize("num_labels", range(1, 6))
def test_at_its_maximizer_it_is_at_least_the_cost_of_the_prediction(kind, num_labels):
    for seed in range(20):
        every, energies, true = drawn_energies(num_labels, seed)
        best = np.argmin(energies)
        for cost in COSTS.values():
            hinges = hinges_of_all(every, energies, true, kind, cost)
            price = float(cost(every[[true]], every[[best]])[0])
            assert hinges.max() >= price - 1e-9
            # Already at the prediction itself, as its energy is not above the truth's.
            assert hinges[best] >= price - 1e-9


@pytest.mark.parametrize("num_labels", range(1, 6))
def test_the_other_two_tell_whether_the_truth_is_predicted(num_labels):
    for seed in range(20):
        every, energies, true = drawn_energies(num_labels, seed)
        others = np.arange(len(every)) != true
        perceptron = hinges_of_all(every, energies, true, "perceptron").max()
        assert perceptron == pytest.approx(energies[true] - energies.min())
        contrastive = hinges_of_all(every, energies, true, "contrastive")[others].max()
        assert contrastive >= float(np.argmin(energies) != true)
        gap = energies[others].min() - energies[true]
        assert (contrastive == 0.0) == (gap >= 1.0)


def test_energies_that_keep_every_margin_pay_nothing():
    every = labellings(4)
    true = 5
    cost = hamming_cost(np.broadcast_to(every[true], every.shape), every).numpy()
    for kind in KINDS[:2]:
        assert hinges_of_all(every, cost, true, kind).max() == 0.0
    # Half of the margin: the hinge is the other half of the largest cost.
    assert hinges_of_all(every, cost / 2, true, "margin_rescaling").max() == 2.0


@pytest.mark.parametrize("num_labels", range(1, 6))
def test_scores_linear_in_the_labels_have_their_maximizer_in_closed_form(num_labels):
    rng = np.random.default_rng(num_labels)
    every = labellings(num_labels)
    for _ in range(20):
        scores, true = rng.normal(scale=1.5, size=num_labels), rng.integers(len(every))
        closed = (scores + 1 - 2 * every[true] > 0).astype("float64")
        hinges = hinges_of_all(every, -every @ scores, true, "margin_rescaling")
        at_closed = hinges[np.flatnonzero((every == closed).all(axis=1))[0]]
        assert at_closed == pytest.approx(hinges.max())


def test_over_classes_with_the_cost_one_it_is_crammer_singer():
    rng = np.random.default_rng(0)
    scores, y = rng.normal(scale=2.0, size=(50, 4)), rng.integers(4, size=50)
    each = [
        structured_hinge(-scores[np.arange(50), y], -scores[:, t], (y != t).astype("float64"))
        for t in range(4)
    ]
    np.testing.assert_allclose(np.max(each, axis=0), crammer_singer_hinge(y, scores))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_raise_the_prediction_and_lower_the_truth(kind, gradient_gap):
    truth, prediction, cost = np.array([1.0, -4.0]), np.array([0.5, 3.0]), np.array([2.0, 3.0])
    tensors = tf.constant(truth), tf.constant(prediction)
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = structured_hinge(*tensors, cost, kind)
    by_truth, by_prediction = tape.gradient(loss, tensors)
    slope = 2.0 if kind == "slack_rescaling" else 1.0
    np.testing.assert_allclose(by_truth, [slope, 0.0])
    np.testing.assert_allclose(by_prediction, [-slope, 0.0])
    assert gradient_gap(lambda e: structured_hinge(truth, e, cost, kind), prediction) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_graph(kind):
    compiled = tf.function(lambda *arrays: structured_hinge(*arrays, kind), jit_compile=True)
    arrays = np.random.default_rng(0).uniform(size=(3, 8))
    np.testing.assert_allclose(
        compiled(*map(tf.constant, arrays)), structured_hinge(*arrays, kind), atol=1e-12
    )


def test_bad_input_of_the_hinge():
    with pytest.raises(InputError, match="structured hinge 'slack'.*margin_rescaling"):
        structured_hinge([0.0], [0.0], [1.0], kind="slack")
    with pytest.raises(InputError, match=r"energy_of_truth of shape \(2,\).*\(2, 1\)"):
        structured_hinge([0.0, 0.0], [[0.0], [0.0]], [1.0, 1.0])
    with pytest.raises(InputError, match=r"cost of shape \(1,\)"):
        structured_hinge([0.0, 0.0], [0.0, 0.0], [1.0])
    with pytest.raises(InputError, match="needs a cost"):
        structured_hinge([0.0], [0.0])
    with pytest.raises(InputError, match="`cost` must be at least 0"):
        structured_hinge([0.0], [0.0], [-1.0])
