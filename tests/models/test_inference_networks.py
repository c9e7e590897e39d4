"""zoo/models/inference_networks.py: both half-steps by hand, who moves, the refinement."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from label_set_rows import moved, rows, tiny, values

import zoo
from zoo.models.inference_networks import InferenceNetworkGame

X, Y = rows()
GAME = (("energy", 1),)
SETTINGS = {
    "entropy_weight": 0.7,
    "decay": 0.05,
    "distance_weight": 0.3,
    "stages": GAME,
    "activation": "softplus",
}


def game(rates=(0.2, 0.3), **settings):
    model = tiny("infnet", **{**SETTINGS, **settings})
    model.compile(*(keras.optimizers.SGD(rate) for rate in rates))
    return model


def squares(tensors):
    return sum(tf.reduce_sum(tf.square(tensor)) for tensor in tensors)


def descend(tape, loss, variables, rate):
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(rate * gradient)


@pytest.mark.parametrize(
    "margin", ["margin_rescaling", "slack_rescaling", "contrastive", "perceptron"]
)
def test_one_step_is_the_hand_written_one(margin):
    model, twin = game(margin=margin), game(margin=margin)
    twin.set_weights(model.get_weights())
    # Away from what it was pretrained to, so that the distance pulls.
    for each in (model, twin):
        for variable in each.inference_network.trainable_variables:
            variable.assign(variable + 0.1)
    model.fit(X, Y, batch_size=len(X), verbose=0)

    def hinge(labels):
        cost = tf.reduce_sum(tf.square(Y - labels), axis=-1)
        excess = twin.energy(X, Y) - twin.energy_network([X, labels])
        bracket = {
            "margin_rescaling": cost + excess,
            "slack_rescaling": cost * (1 + excess),
            "contrastive": 1 + excess,
            "perceptron": excess,
        }[margin]
        return tf.reduce_mean(tf.nn.relu(bracket))

    phi = twin.inference_network.trainable_variables
    with tf.GradientTape() as tape:
        labels = tf.sigmoid(twin.inference_network(X))
        entropy = -labels * tf.math.log(labels) - (1 - labels) * tf.math.log(1 - labels)
        distance = squares([v.value - kept for v, kept in zip(phi, twin.pretrained, strict=True)])
        loss = -hinge(labels) + 0.7 * tf.reduce_mean(entropy)
        loss += 0.05 * squares([v.value for v in phi]) + 0.3 * distance
    descend(tape, loss, phi, 0.3)
    theta = [v for term in twin.energy_network.terms for v in term.trainable_variables]
    labels = tf.sigmoid(twin.inference_network(X))  # It has moved.
    with tf.GradientTape() as tape:
        loss = hinge(labels) + 0.05 * squares([v.value for v in theta])
    descend(tape, loss, theta, 0.2)
    for ours, theirs in zip(values(model.weights), values(twin.weights), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.mark.parametrize("stages", [GAME, (("all", 1),), (("local", 1),)])
@pytest.mark.parametrize("mover", ["energy", "inference"])
def test_in_each_half_of_a_step_only_the_mover_changes(stages, mover):
    model = game((0.3, 0.0) if mover == "energy" else (0.0, 0.3), stages=stages)
    sides = {
        "energy": model.energy_network.trainable_variables,
        "inference": model.inference_network.trainable_variables,
    }
    before = {side: values(variables) for side, variables in sides.items()}
    model.fit(X, Y, batch_size=len(X), verbose=0)
    changed = {side: any(moved(before[side], v)) for side, v in sides.items()}
    assert changed == {"energy": mover == "energy", "inference": mover == "inference"}


def test_what_the_local_stage_ends_with_is_kept_as_pretrained():
    model = game(stages=(("local", 1), ("energy", 1), ("all", 1)), distance_weight=0.0)
    ends = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: ends.append(values(model.inference_network.trainable_variables))
    )
    model.fit(X, Y, batch_size=16, epochs=3, verbose=0, callbacks=[callback])
    for kept, local, energy, every in zip(model.pretrained, *ends, strict=True):
        np.testing.assert_array_equal(kept.numpy(), local)
        assert np.any(local != energy) and np.any(energy != every)


def test_refining_lowers_the_energy_of_inputs_and_moves_nothing_else():
    model = game(entropy_weight=0.0)
    energy = values(model.energy_network.weights)
    seen = model.refine(X, steps=30, learning_rate=0.01)
    assert len(seen) == 30 and seen[-1] < seen[0]
    assert seen[0] > float(np.mean(model.energy_network([X, model.infer(X)])))
    assert not any(moved(energy, model.energy_network.weights))
    batches = model.refine(X, steps=3, learning_rate=0.01, batch_size=32)
    assert len(batches) == 3


@pytest.mark.filterwarnings("ignore:The best threshold")
def test_a_trained_game_is_refined_before_its_threshold_is_chosen():
    model, twin = game(refinement_steps=5, refinement_rate=0.05), game(refinement_steps=0)
    twin.set_weights(model.get_weights())
    twin.finish_training(X, Y)
    np.testing.assert_array_equal(twin.infer(X), model.infer(X))
    twin.refine(X, 5, 0.05)
    model.finish_training(X, Y)
    np.testing.assert_allclose(model.infer(X), twin.infer(X), atol=1e-6)
    assert float(model.threshold.numpy()) == pytest.approx(twin.choose_threshold(X, Y))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps=0"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_bad_refinements_are_refused(settings, message):
    with pytest.raises(zoo.InputError, match=message):
        tiny("infnet").refine(X, **settings)
    with pytest.raises(zoo.InputError, match="Expected inputs of shape"):
        tiny("infnet").refine(X[:, :2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"margin": "soft"}, "Unknown margin"),
        ({"cost": "hinge"}, "Unknown cost"),
        ({"decay": -1.0}, "decay"),
        ({"entropy_weight": -1.0}, "entropy_weight"),
        ({"distance_weight": -1.0}, "distance_weight"),
        ({"adversary_steps": 0}, "adversary_steps"),
        ({"stages": [("labels", 1)], "measurements": 0}, "nothing to learn"),
    ],
)
def test_bad_arguments_are_refused(settings, message):
    with pytest.raises(zoo.InputError, match=message):
        tiny("infnet", **settings)


def test_an_inference_network_of_another_shape_is_refused():
    model, other = tiny("infnet"), tiny("mlp", num_labels=3)
    with pytest.raises(zoo.InputError, match="must turn"):
        InferenceNetworkGame(model.energy_network, other.classifier)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("frozen", ["inference_network", "energy_network"])
def test_a_network_that_is_frozen_rests_and_the_other_learns(frozen, when):
    model = tiny("infnet", stages=(("all", 1),))
    for step in (
        (lambda: model.compile("adam")),
        (lambda: setattr(getattr(model, frozen), "trainable", False)),
    )[:: 1 if when == "after" else -1]:
        step()
    networks = model.networks
    before = {role: values(network.variables) for role, network in networks.items()}
    model.fit(X, Y, verbose=0)
    rest = {role: not any(moved(before[role], networks[role].variables)) for role in networks}
    assert rest == {role: role == frozen for role in networks}
