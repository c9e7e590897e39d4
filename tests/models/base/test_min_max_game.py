"""zoo/models/base/min_max_game.py: who moves when, by how much, and with which optimizer."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.registry import entry_point, void_arguments

# Dense, without the batch moments that a second forward pass by hand would move.
TINY = {
    "input_shape": (8, 8, 1),
    "num_classes": 3,
    "kind": "dense",
    "size": (8,),
    "units": (8,),
    "code_size": 4,
}
# The prior's draws in the tests of one step by hand.
DRAWS = np.random.default_rng(5).normal(size=(64, 4)).astype("float32")

every_game = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ("aae", "ac_nc_v1", "se_nc") else pytest.mark.full)
        for name in zoo.list_models()
        # Games of label sets and masks have other inputs, and tests of their own.
        if {"adversary_steps", "kind"} <= set(inspect.signature(entry_point(name)).parameters)
    ],
)


def game(name, **arguments):
    known = inspect.signature(entry_point(name)).parameters
    wanted = {**TINY, "discriminator_size": (8,), **arguments}
    taken = {key: wanted[key] for key in wanted if key in known}
    void = void_arguments(entry_point(name), taken)
    return zoo.create_model(name, **{key: taken[key] for key in taken if key not in void})


def values(variables):
    return [variable.numpy().copy() for variable in variables]


def changed(before, variables):
    return [bool(np.any(old != new.numpy())) for old, new in zip(before, variables, strict=True)]


@every_game
@pytest.mark.parametrize("mover", ["players", "adversary"])
def test_in_each_half_of_a_step_only_the_mover_changes(name, mover, images):
    model = game(name)
    rates = {"players": (0.5, 0.0), "adversary": (0.0, 0.5)}[mover]
    model.compile(*(keras.optimizers.SGD(rate) for rate in rates))
    sides = {"players": model.player_variables, "adversary": model.adversary_variables}
    assert {id(v) for side in sides.values() for v in side} == {
        id(v) for v in model.trainable_variables
    }
    before = {side: values(variables) for side, variables in sides.items()}
    model.fit(*images, batch_size=64, verbose=0)
    moved = {side: changed(before[side], variables) for side, variables in sides.items()}
    assert any(moved.pop(mover))
    (resting,) = moved.values()
    assert resting and not any(resting)


@pytest.mark.parametrize("name", ["idaae", "se_nc"])
def test_networks_of_the_players_run_once_a_step(name, images):
    calls = []

    class Counted(keras.layers.Layer):
        def call(self, x):
            calls.append(self.name)
            return x

    model = game(name, adversary_steps=3)
    for role, network in model.networks.items():
        output = Counted(name=role)(network.output)
        setattr(model, role, keras.Model(network.input, output))
    model.compile(optimizer="adam", run_eagerly=True)
    calls.clear()
    model.fit(*images, batch_size=64, verbose=0)
    assert {role: calls.count(role) for role in model.roles} == {
        **dict.fromkeys(model.roles, 1),
        "discriminator": 3 + 1,
    }
    assert int(model.adversary_optimizer.iterations) == 3
    assert int(model.optimizer.iterations) == 1


def softplus(logits):
    return tf.math.softplus(logits[:, 0])


def hand_written_step(model, x, y, adversary_steps, rates):
    """One step in plain TensorFlow: two tapes, a fresh forward pass for either side."""

    def forward():
        code = model.encoder(x, training=True)
        pixels = tf.sigmoid(model.decoder(code, training=True))
        error = tf.reduce_mean(tf.square(x - pixels))
        if isinstance(model, zoo.AdversarialAutoencoder):
            return DRAWS, code, error
        logits = model.separator(code, training=True)
        one_hot = np.eye(3, dtype="float32")[y]
        label_term = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(one_hot, logits))
        return one_hot, tf.nn.softmax(logits), error + label_term

    _, fake, _ = forward()
    fake = fake.numpy()
    for _ in range(adversary_steps):
        with tf.GradientTape() as tape:
            real, _, _ = forward()
            loss = tf.reduce_mean(softplus(-model.discriminator(real)))
            loss += tf.reduce_mean(softplus(model.discriminator(fake)))
        descend(tape, loss, model.discriminator.trainable_variables, rates[1])
    players = [network for role, network in model.networks.items() if role != "discriminator"]
    with tf.GradientTape() as tape:
        _, fake, rest = forward()
        logits = model.discriminator(fake)  # It has moved.
        minimax = model.adversarial_loss == "minimax"
        adversarial = tf.reduce_mean(-softplus(logits) if minimax else softplus(-logits))
        loss = rest + model.adversarial_weight * adversarial
    variables = [variable for network in players for variable in network.trainable_variables]
    descend(tape, loss, variables, rates[0])


def descend(tape, loss, variables, rate):
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(rate * gradient)


@pytest.mark.parametrize("name", ["aae", "se_nc"])
@pytest.mark.parametrize(
    ("adversarial_loss", "adversary_steps"),
    [
        ("minimax", 1),
        pytest.param("non_saturating", 1, marks=pytest.mark.full),
        ("non_saturating", 3),
    ],
)
def test_one_step_is_the_hand_written_one(
    name, adversarial_loss, adversary_steps, images, monkeypatch
):
    monkeypatch.setattr("zoo.priors.draw", lambda distribution, shape, seeds: tf.constant(DRAWS))
    x, y = images
    arguments = {
        "adversarial_loss": adversarial_loss,
        "adversary_steps": adversary_steps,
        "adversarial_weight": 0.7,
    }
    model, twin = (game(name, **arguments) for _ in range(2))
    twin.set_weights(model.get_weights())
    before = model.get_weights()
    model.compile(*(keras.optimizers.SGD(rate) for rate in (0.5, 0.3)))
    model.fit(x, y, batch_size=64, verbose=0, shuffle=False)
    hand_written_step(twin, x, y, adversary_steps, (0.5, 0.3))
    for old, ours, theirs in zip(before, model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
        assert np.any(np.abs(old - ours) > 1e-5), "it has moved"


@pytest.mark.parametrize("name", ["aae", "se_nc"])
def test_the_adversary_passes_no_gradient_to_the_players(name, images):
    x, y = images
    model = game(name, adversarial_weight=0.0, classification_weight=0.0)
    model.compile(*(keras.optimizers.SGD(rate) for rate in (1.0, 1.0)))
    alone = zoo.Autoencoder(*(keras.models.clone_model(m) for m in (model.encoder, model.decoder)))
    for role in alone.roles:
        getattr(alone, role).set_weights(getattr(model, role).get_weights())
    alone.compile(keras.optimizers.SGD(1.0))
    for each, target in ((model, y), (alone, None)):
        each.fit(x, target, batch_size=32, epochs=2, shuffle=False, verbose=0)
    for role in alone.roles:
        ours, theirs = getattr(model, role).get_weights(), getattr(alone, role).get_weights()
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_regularizers_count_on_the_side_of_their_network(images):
    x, _ = images

    def dense(units, inputs):
        kernel = keras.regularizers.L2(0.1)
        return keras.Sequential(
            [keras.Input((inputs,)), keras.layers.Dense(units, kernel_regularizer=kernel)]
        )

    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), dense(4, 64)])
    image = keras.Sequential([keras.Input((4,)), dense(64, 4), keras.layers.Reshape((8, 8, 1))])
    model = zoo.AdversarialAutoencoder(flat, image, dense(1, 4))
    model.compile(*(keras.optimizers.SGD(rate) for rate in (1.0, 1.0)))
    kernels = [variable for variable in model.trainable_variables if variable.ndim == 2]
    before = values(kernels)
    scores = model.evaluate(x, verbose=0, return_dict=True)
    penalty = 0.1 * sum(np.sum(kernel**2) for kernel in before[:2])
    terms = scores["reconstruction_loss"] + 0.01 * scores["adversarial_loss"]
    assert scores["loss"] == pytest.approx(terms + penalty, rel=1e-4)
    # With weights of 0 the penalties alone are left: their gradients are 2 * 0.1 * kernel.
    model.fit(x, x, sample_weight=np.zeros(64), batch_size=64, verbose=0)
    for old, new in zip(before, kernels, strict=True):
        np.testing.assert_allclose(new.numpy(), 0.8 * old, atol=1e-6)


def test_what_is_shown_is_what_the_discriminator_saw_before_it_moved(images, monkeypatch):
    monkeypatch.setattr("zoo.priors.draw", lambda distribution, shape, seeds: tf.constant(DRAWS))
    x, _ = images
    model = game("aae")
    model.compile("adam", keras.optimizers.SGD(10.0))
    code = model.encode(x)
    real = np.log1p(np.exp(-model.discriminator(DRAWS).numpy())).mean()
    fake = np.log1p(np.exp(model.discriminator(code).numpy())).mean()
    evaluated = model.evaluate(x, batch_size=64, verbose=0, return_dict=True)
    fitted = model.fit(x, batch_size=64, verbose=0).history
    for key, expected in (("discriminator_real_loss", real), ("discriminator_fake_loss", fake)):
        assert evaluated[key] == pytest.approx(expected, rel=1e-4)
        assert fitted[key][0] == pytest.approx(expected, rel=1e-4)
    # The players' term sees it after.
    moved = np.log1p(np.exp(-model.discriminator(code).numpy())).mean()
    assert fitted["adversarial_loss"][0] == pytest.approx(moved, rel=1e-4)
    assert fitted["adversarial_loss"][0] != pytest.approx(evaluated["adversarial_loss"], rel=0.1)


def test_the_adversary_copies_the_players_optimizer_or_takes_its_own():
    model = game("aae")
    model.compile(keras.optimizers.Adam(3e-3, beta_1=0.5))
    copy = model.adversary_optimizer
    assert type(copy) is keras.optimizers.Adam and copy is not model.optimizer
    assert copy.get_config() == model.optimizer.get_config()
    model.compile("adam", "sgd")
    assert type(model.adversary_optimizer) is keras.optimizers.SGD
    assert len(model.adversary_optimizer.variables) == 2, "iterations and learning rate alone"


def test_both_optimizers_come_back_from_a_file(images, tmp_path):
    x, _ = images
    model = game("aae", adversary_steps=2)
    model.compile(keras.optimizers.Adam(3e-3), keras.optimizers.SGD(1e-2, momentum=0.9))
    model.fit(x, batch_size=32, verbose=0)
    model.save(tmp_path / "game.keras")
    loaded = keras.models.load_model(tmp_path / "game.keras")
    for side, kind, rate, steps in (
        ("optimizer", keras.optimizers.Adam, 3e-3, 2),
        ("adversary_optimizer", keras.optimizers.SGD, 1e-2, 4),
    ):
        ours, theirs = getattr(model, side), getattr(loaded, side)
        assert type(theirs) is kind and int(theirs.iterations) == steps
        assert float(theirs.learning_rate) == pytest.approx(rate)
        for one, other in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy())
        assert any(np.any(variable.numpy()) for variable in theirs.variables[2:])


@pytest.mark.filterwarnings("ignore:.*lambda")
def test_an_optimizer_that_cannot_be_copied_needs_another_beside_it():
    with pytest.raises(zoo.InputError, match="give `adversary_optimizer` too. Received: adam"):
        game("aae").compile(keras.optimizers.Adam(lambda: 1e-3))


def test_optimizers_that_do_not_fit_the_sides_are_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(zoo.InputError, match="needs an optimizer of its own"):
        game("aae").compile(optimizer, optimizer)
    with pytest.raises(zoo.InputError, match="has no discriminator, so it takes no"):
        game("se_co").compile("adam", adversary_optimizer="adam")
    with pytest.raises(zoo.InputError, match="takes no `loss`"):
        game("aae").compile("adam", loss="mse")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"adversary_steps": 0}, "`adversary_steps`"),
        ({"adversary_steps": 1.5}, "`adversary_steps`"),
        ({"adversarial_loss": "wasserstein"}, "Unknown adversarial loss 'wasserstein'"),
        ({"adversarial_weight": -1.0}, "`adversarial_weight`"),
    ],
)
@pytest.mark.parametrize("name", ["aae", "se_nc"])
def test_bad_arguments_are_refused(name, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        game(name, **arguments)


@pytest.mark.parametrize("name", ["aae", "se_nc"])
def test_discriminators_that_do_not_fit_are_refused(name):
    def network(inputs, units, activation=None):
        return keras.Sequential(
            [keras.Input((inputs,)), keras.layers.Dense(units, activation=activation)]
        )

    right = 4 if name == "aae" else 3
    for wrong in (network(right + 1, 1), network(right, 2)):
        with pytest.raises(zoo.InputError, match="The discriminator must take"):
            game(name, discriminator=wrong)
    with pytest.raises(zoo.InputError, match="`discriminator` must return logits"):
        game(name, discriminator=network(right, 1, "sigmoid"))


def test_two_optimizers_of_one_name_are_two_objects():
    model = zoo.create_model("aae", input_shape=(8, 8, 1), size=(4, 8), code_size=4)
    model.compile(optimizer="adam", adversary_optimizer="adam")
    assert model.optimizer is not model.adversary_optimizer


@pytest.mark.parametrize("given", [False, True])
def test_either_side_ends_with_the_average_that_its_optimizer_keeps(given, images):
    def averaging():
        return keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)

    x, _ = images
    model = game("aae")
    model.compile(averaging(), *([averaging()] if given else []))
    model.fit(x, epochs=2, verbose=0)
    averages = model.adversary_optimizer._model_variables_moving_average
    for variable, average in zip(model.adversary_variables, averages, strict=True):
        np.testing.assert_array_equal(variable, average)
