"""Descent: steps by hand, early stops, the unrolled gradient, bad input, divergence."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.inference.descent import Descent, ascend, descend, starting_point, unroll
from zoo.inference.exact import enumerated_minimum
from zoo.networks.energies import LabelEnergy, LocalEnergy, PairwiseEnergy
from zoo.networks.energy_network import EnergyNetwork

SLOPES = np.array([[1.0, -2.0, 0.5], [-1.0, -0.25, 3.0]], "float32")
START = np.array([[0.5, 0.5, 0.02], [0.9, 0.1, 0.5]], "float32")


def linear(y):
    return tf.reduce_sum(SLOPES * y, axis=-1)


def bowl(y):
    return tf.reduce_sum(tf.square(y - 0.3), axis=-1)


def test_projected_steps_with_momentum_by_hand():
    first = np.clip(START - 0.1 * SLOPES, 0, 1)
    second = np.clip(first - 0.1 * SLOPES + 0.5 * (first - START), 0, 1)
    for steps, expected in ((1, first), (2, second)):
        found = descend(linear, START, Descent(steps, 0.1, momentum=0.5))
        np.testing.assert_allclose(found.labels, expected, atol=1e-6)
        np.testing.assert_array_equal(found.steps, [steps, steps])


def test_entropic_steps_with_momentum_by_hand():
    def logit(y):
        return np.log(y / (1 - y))

    start = logit(START)
    first = (start - 0.2 * SLOPES) / 1.1
    second = (first - 0.2 * SLOPES + 0.5 * (first - start)) / 1.1
    for steps, expected in ((1, first), (2, second)):
        descent = Descent(steps, 0.1, "entropic", momentum=0.5, entropy_weight=0.5)
        found = descend(linear, START, descent)
        np.testing.assert_allclose(found.labels, 1 / (1 + np.exp(-expected)), atol=1e-6)


def test_where_entropic_descent_ends():
    # It leaves the borders, and with an entropy it tends to the soft minimum.
    found = descend(linear, np.zeros_like(START), Descent(200, 0.5, "entropic")).labels
    np.testing.assert_allclose(found, SLOPES < 0, atol=1e-3)
    soft = descend(linear, START, Descent(400, 0.1, "entropic", entropy_weight=2.0)).labels
    np.testing.assert_allclose(soft, 1 / (1 + np.exp(SLOPES / 2.0)), atol=1e-4)


def test_masks_are_labels_too():
    start = np.full((2, 3, 3, 1), 0.5, "float32")

    def objective(y):
        return tf.reduce_sum(tf.square(y - 0.2), axis=(1, 2, 3))

    found = descend(objective, start, Descent(100, 0.1, tolerance=1e-6)).labels
    np.testing.assert_allclose(found, np.full_like(start, 0.2), atol=1e-4)


def test_rows_stop_for_themselves_and_stay():
    # Projected on [0, 1], the second row is at its end from the start on.
    start = np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]], "float32")
    slopes = np.array([[-0.3, -1.0, 1.0], [-1.0, -1.0, 1.0]], "float32")

    def objective(y):
        return tf.reduce_sum(slopes * y, axis=-1)

    found = descend(objective, start, Descent(50, 0.5, tolerance=0.0), trajectory=True)
    # 0.15 a step: seven steps to 1, and one that does not move.
    np.testing.assert_array_equal(found.steps, [8, 1])
    np.testing.assert_array_equal(found.labels, [[1, 1, 0], [1, 1, 0]])
    short = descend(objective, start, Descent(50, 0.5, tolerance=0.0))
    np.testing.assert_array_equal(short.labels, found.labels)
    np.testing.assert_array_equal(short.steps, found.steps)


def test_a_row_that_stopped_does_not_slip_on():
    # It moves by less and less; the other row keeps the loop going.
    weights = np.array([0.01, 1.0], "float32")

    def objective(y):
        return weights * bowl(y)

    start = np.full((2, 3), 0.9, "float32")
    together = descend(objective, start, Descent(30, 0.4, tolerance=0.005)).labels
    alone = descend(lambda y: 0.01 * bowl(y), start[:1], Descent(30, 0.4, tolerance=0.005))
    np.testing.assert_array_equal(together[0], alone.labels[0])
    np.testing.assert_array_equal(alone.steps, [1])


def test_the_loop_ends_when_no_row_moves():
    seen = []

    def objective(y):
        seen.append(1)
        return linear(y)

    descend(objective, (SLOPES < 0).astype("float32"), Descent(50, 0.5, tolerance=1e-6))
    assert len(seen) == 1


def test_trajectory_holds_every_iterate_and_its_value():
    found = descend(bowl, START, Descent(4, 0.1), trajectory=True)
    assert found.trajectory.shape == (5, 2, 3) and found.energies.shape == (5, 2)
    for step in range(1, 5):
        short = descend(bowl, START, Descent(step, 0.1)).labels
        np.testing.assert_allclose(found.trajectory[step], short, atol=1e-6)
    for iterate, values in zip(found.trajectory, found.energies, strict=True):
        np.testing.assert_allclose(values, bowl(iterate), rtol=1e-6)
    assert np.all(np.diff(found.energies, axis=0) < 0)


def test_ascent_is_descent_on_minus_the_value():
    found = ascend(linear, START, Descent(3, 0.1), trajectory=True)
    np.testing.assert_allclose(found.labels, np.clip(START + 0.3 * SLOPES, 0, 1), atol=1e-6)
    assert np.all(np.diff(found.energies, axis=0) > 0)


def test_step_sizes_may_differ():
    found = descend(linear, START, Descent(2, 9.0), step_sizes=tf.constant([0.1, 0.01])).labels
    expected = np.clip(np.clip(START - 0.1 * SLOPES, 0, 1) - 0.01 * SLOPES, 0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("method", ["projected", "entropic"])
@pytest.mark.parametrize("tolerance", [None, 1e-3])
@pytest.mark.parametrize("trajectory", [False, True])
def test_graph_and_xla_agree_with_eager(method, tolerance, trajectory):
    descent = Descent(6, 0.2, method, 0.3, tolerance)

    def run(start):
        return descend(bowl, start, descent, trajectory)

    eager = run(START)
    for jit in (False, True):
        compiled = tf.function(run, jit_compile=jit, autograph=False)(tf.constant(START))
        for ours, theirs in zip(eager, compiled, strict=True):
            assert (ours is None) == (theirs is None)
            if ours is not None:
                np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("method", ["projected", "entropic"])
def test_unrolled_iterates_are_those_of_the_loop(method):
    descent = Descent(5, 0.2, method, 0.3)
    iterates = unroll(bowl, START, descent)
    kept = descend(bowl, START, descent, trajectory=True).trajectory
    np.testing.assert_allclose(np.stack(iterates), kept[1:], atol=1e-6)


@pytest.mark.parametrize("method", ["projected", "entropic"])
def test_gradient_through_the_unrolled_loop_by_finite_differences(method):
    weights = tf.Variable([[0.3, -0.2], [0.5, 0.4], [-0.6, 0.1]])
    sizes = tf.Variable([0.3, 0.2, 0.1])
    start = np.array([[0.5, 0.4, 0.6], [0.3, 0.6, 0.45]], "float32")

    def loss():
        def objective(y):
            return tf.reduce_sum(tf.square(tf.tanh(y @ weights) - 0.2), axis=-1)

        iterates = unroll(objective, start, Descent(3, 0.3, method, 0.2), sizes)
        return sum(tf.reduce_sum(tf.square(iterate - 0.7)) for iterate in iterates)

    with tf.GradientTape() as tape:
        value = loss()
    for variable, gradient in zip(
        (weights, sizes), tape.gradient(value, (weights, sizes)), strict=True
    ):
        middle = variable.numpy()
        for index in np.ndindex(middle.shape):
            nudge = np.zeros_like(middle)
            nudge[index] = 1e-2
            variable.assign(middle + nudge)
            above = loss()
            variable.assign(middle - nudge)
            slope = float(above - loss()) / 2e-2
            variable.assign(middle)
            assert slope == pytest.approx(float(gradient[index]), abs=2e-3)
            assert abs(slope) > 1e-4, "a gradient of zero would prove nothing"


def energy_network(terms):
    features = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, activation="tanh")])
    return EnergyNetwork(features, terms)


def lowest(network, prepared, size):
    labellings = np.array(list(itertools.product([0, 1], repeat=size)), "float32")
    energies = np.stack(
        [np.asarray(network.energy(prepared, np.tile(y, (6, 1)))) for y in labellings], axis=1
    )
    return labellings[energies.argmin(1)], energies.min(1)


@pytest.mark.parametrize("size", [1, 3, 6])
@pytest.mark.parametrize("method", ["projected", "entropic"])
def test_brute_force_is_never_beaten_and_reached_where_labels_are_separate(size, method):
    x = np.random.default_rng(size).normal(size=(6, 4)).astype("float32")
    descent = Descent(60, 1.0, method)
    generator = np.random.default_rng(2)
    for more in ([], [LabelEnergy(size, 4)], [PairwiseEnergy(size)]):
        network = energy_network([LocalEnergy(size), *more])
        network.terms[0].set_weights([generator.normal(size=(5, size))])
        if more and isinstance(more[0], PairwiseEnergy):
            more[0].set_weights([generator.normal(size=w.shape) for w in more[0].get_weights()])
        prepared = network.prepare(x)
        best, energies = lowest(network, prepared, size)

        def objective(y, network=network, prepared=prepared):
            return network.energy(prepared, y)

        compiled = tf.function(lambda y: descend(objective, y, descent).labels, autograph=False)
        for kind in ("zeros", "half"):
            found = np.round(compiled(starting_point(kind, (6, size))))
            assert np.all(objective(found) >= energies - 1e-5)
        np.testing.assert_array_equal(enumerated_minimum(objective, found), best)
        if network.is_local:
            np.testing.assert_array_equal(found, best)


def test_starting_points():
    np.testing.assert_array_equal(starting_point("zeros", (2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(starting_point("half", (2, 3)), np.full((2, 3), 0.5))
    logits = np.array([[0.0, np.log(3.0)]], "float32")
    np.testing.assert_allclose(starting_point("local", (1, 2), logits), [[0.5, 0.75]])
    with pytest.raises(zoo.InputError, match="'zeros'"):
        starting_point("zero", (2, 3))
    with pytest.raises(zoo.InputError, match="local prediction"):
        starting_point("local", (2, 3))


def test_divergence_names_the_step():
    # The value is finite until y reaches 1: after 0.5, 0.75 comes 1.
    def objective(y):
        return tf.reduce_sum(tf.math.log(1.0 - y) * tf.constant([1.0]), axis=-1)

    start = np.array([[0.5], [0.0]], "float32")

    def run(given):
        return descend(objective, given, Descent(9, 0.125)).labels

    # Slopes of -2, -4, then 0.5 + 0.25 + 0.5 is cut at 1, where the gradient is infinite.
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"diverged.*Step:\D*3"):
        run(start)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"diverged.*Step:\D*3"):
        tf.function(run, autograph=False)(tf.constant(start))
    found = tf.function(run, autograph=False, jit_compile=True)(tf.constant(start))
    np.testing.assert_array_equal(np.isnan(found[:, 0]), [True, True])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps=0"),
        ({"steps": -3}, "steps=-3"),
        ({"steps": 2.5}, "steps=2.5"),
        ({"step_size": 0}, "step_size=0"),
        ({"step_size": -0.1}, "step_size=-0.1"),
        ({"step_size": float("nan")}, "step_size=nan"),
        ({"method": "newton"}, "newton"),
        ({"momentum": 1.0}, "momentum=1.0"),
        ({"tolerance": -1.0}, "tolerance=-1.0"),
        ({"entropy_weight": 1.0}, "belongs to the entropic"),
    ],
)
def test_bad_settings_are_refused_and_good_ones_survive_their_config(settings, message):
    with pytest.raises(zoo.InputError, match=message):
        Descent(**settings)
    descent = Descent(7, 0.3, "entropic", 0.5, 0.01, 0.2)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(descent))
    assert again == descent


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_start_outside_the_range_is_refused(value):
    start = np.array([[0.5, value]], "float32")
    with pytest.raises(zoo.InputError, match=r"from labels in \[0, 1\]"):
        descend(bowl, start, Descent())
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"from labels in \[0, 1\]"):
        tf.function(lambda y: descend(bowl, y, Descent()).labels, autograph=False)(
            tf.constant(start)
        )
