"""zoo/models/energy_networks.py: the hinge's step by hand, exact solvers, the unrolled loss."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from label_set_rows import compiled, rows, tiny, values

import zoo
from zoo.inference.descent import unroll
from zoo.losses import structured
from zoo.registry import create_model

X, Y = rows()
ALL = (("all", 1),)


def one_step(model):
    model.fit(X, Y, batch_size=len(X), epochs=1, verbose=0)


def assert_stepped(twin, model, loss, rate):
    variables = twin.trainable_variables
    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(
        value,
        [variable.value for variable in variables],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    assert any(np.any(gradient) for gradient in gradients)
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(rate * gradient)
    for ours, theirs in zip(values(model.weights), values(twin.weights), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    "margin", ["margin_rescaling", "slack_rescaling", "contrastive", "perceptron"]
)
def test_one_step_of_the_hinge_is_the_hand_written_one(margin):
    settings = {"margin": margin, "stages": ALL, "start": "half", "step_size": 0.2}
    model, twin = (compiled("spen", rate=0.3, **settings) for _ in range(2))
    twin.set_weights(model.get_weights())
    one_step(model)

    def bracket(y_hat):
        cost = tf.reduce_sum(tf.square(Y - y_hat), axis=-1)
        excess = twin.energy(X, Y) - twin.energy(X, y_hat)
        return {
            "margin_rescaling": cost + excess,
            "slack_rescaling": cost * (1 + excess),
            "contrastive": 1 + excess,
            "perceptron": excess,
        }[margin]

    y_hat = tf.fill(Y.shape, 0.5)
    for _ in range(4):
        with tf.GradientTape() as tape:
            tape.watch(y_hat)
            value = bracket(y_hat)
        y_hat = tf.clip_by_value(y_hat + 0.2 * tape.gradient(value, y_hat), 0.0, 1.0)
    assert_stepped(twin, model, lambda: tf.reduce_mean(tf.nn.relu(bracket(y_hat))), 0.3)


@pytest.mark.parametrize("learned", [False, True])
def test_one_step_of_the_unrolled_loss_is_the_hand_written_one(learned):
    settings = {"stages": ALL, "learn_step_sizes": learned, "step_size": 0.4}
    model, twin = (compiled("spen_e2e", rate=0.3, **settings) for _ in range(2))
    twin.set_weights(model.get_weights())
    one_step(model)

    def loss():
        prepared = twin.prepare(X)
        start = tf.fill(Y.shape, 0.5)
        iterates = unroll(twin.objective(prepared), start, twin.inference, twin.step_sizes)
        weights = [1 / 16, 1 / 12, 1 / 8, 1 / 4]
        return sum(
            weight * tf.reduce_mean(structured.crossentropy_cost(Y, iterate))
            for weight, iterate in zip(weights, iterates, strict=True)
        )

    assert_stepped(twin, model, loss, 0.3)


def test_learned_step_sizes_start_as_given_and_are_used_in_predictions():
    model = tiny("spen_e2e", learn_step_sizes=True, step_size=0.4)
    np.testing.assert_allclose(model.step_sizes, np.full(4, 0.4), rtol=1e-5)
    fixed = tiny("spen_e2e", step_size=0.4)
    fixed.energy_network.set_weights(model.energy_network.get_weights())
    np.testing.assert_allclose(model.infer(X), fixed.infer(X), atol=1e-6)
    model.raw_step_sizes.assign([-20.0] * 4)
    np.testing.assert_allclose(model.infer(X), 0.5, atol=1e-5)


def test_the_local_stage_is_a_classifier():
    model = compiled("spen", stages=[("local", 1)])
    twin = compiled("mlp", activation="softplus")
    features, local = model.energy_network.features, model.energy_network.terms[0]
    twin.classifier.set_weights(
        [*features.get_weights(), *(-weight for weight in local.get_weights())]
    )
    for each in (model, twin):
        each.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    expected = [*features.get_weights(), *(-weight for weight in local.get_weights())]
    for ours, theirs in zip(twin.classifier.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def svm(**settings):
    arguments = {"input_shape": (6,), "num_labels": 4, "solver": "exact", **settings}
    model = create_model("structured_svm", **arguments)
    for variable in model.energy_network.terms[-1].trainable_variables:
        variable.assign(np.random.default_rng(3).normal(size=variable.shape))
    return model


def brute(objective):
    found = [np.full(len(X), np.inf), np.zeros_like(Y)]
    for bits in np.ndindex(2, 2, 2, 2):
        y = np.tile(np.float32(bits), (len(X), 1))
        value = np.asarray(objective(y))
        better = value < found[0]
        found[0] = np.where(better, value, found[0])
        found[1][better] = y[better]
    return found[1]


@pytest.mark.parametrize("pairwise", [False, True])
@pytest.mark.parametrize("cost", ["hamming", "squared"])
def test_exact_solutions_are_those_of_brute_force(pairwise, cost):
    model = svm(pairwise=pairwise, cost=cost)
    np.testing.assert_array_equal(model.infer(X), brute(lambda y: model.energy(X, y)))
    outputs = model.forward(X, tf.constant(Y), training=True)

    def augmented(y_hat):
        return model.energy(X, y_hat) - structured.cost_named(cost)(Y, y_hat)

    np.testing.assert_array_equal(outputs["violating"], brute(augmented))
    found = model.trajectory(X)
    np.testing.assert_allclose(found.energies[0], model.energy(X, found.labels), rtol=1e-5)


@pytest.mark.parametrize("solver", ["exact", "gradient"])
@pytest.mark.full
def test_a_structured_svm_learns(solver):
    model = create_model("structured_svm", input_shape=(6,), num_labels=4, solver=solver)
    model.compile(optimizer=keras.optimizers.Adam(0.05))
    losses = model.fit(X, Y, batch_size=16, epochs=40, verbose=0).history["hinge_loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert np.mean(model.predict_labels(X) == Y) > 0.9


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("spen", {"cost": "hinge"}, "Unknown cost"),
        ("spen", {"margin": "soft"}, "Unknown margin"),
        ("spen_e2e", {"iterate_loss": "kl"}, "Unknown cost"),
        ("spen_e2e", {"tolerance": 0.1}, "no tolerance"),
    ],
)
def test_bad_arguments_are_refused(name, settings, message):
    with pytest.raises(zoo.InputError, match=message):
        tiny(name, **settings)


def test_what_cannot_be_solved_exactly_is_refused():
    model = create_model("structured_svm", input_shape=(6,), num_labels=13, solver="exact")
    with pytest.raises(zoo.InputError, match="up to 12 labels"):
        model.infer(X)
    with pytest.raises(zoo.InputError, match="Unknown solver"):
        svm(solver="best")


def test_a_network_that_is_no_energy_is_refused():
    from zoo.models.energy_networks import StructuredPredictionEnergyNetwork

    with pytest.raises(zoo.InputError, match="EnergyNetwork"):
        StructuredPredictionEnergyNetwork(tiny("mlp").classifier)


@pytest.mark.parametrize("name", ["spen", "spen_e2e", "dvn"])
def test_half_precision_answers_alike_by_every_way(name):
    """Keras casts weights in a call of a model, and not in a step."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        learned = {"learn_step_sizes": True} if name == "spen_e2e" else {}
        model = tiny(name, **learned)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(X, Y, epochs=2, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(model(X), model.infer(X))
    inferred = tf.function(model.infer)(tf.constant(X))
    np.testing.assert_allclose(model.predict(X, verbose=0), inferred, atol=1e-6)
