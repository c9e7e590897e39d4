"""zoo/models/auto_classifier_games.py: who moves when, by how much, and on what."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
import worked_networks as worked
from worked_networks import IMAGES, LABELS, scores

import zoo
from zoo.models.base.min_max_game import MinMaxGame
from zoo.networks import classifier, discriminative_generator, discriminator, generator

SHAPE = (8, 8, 1)
WEIGHTS = {"classification_weight": 0.7, "adversarial_weight": 1.3}


def pair():
    return classifier(SHAPE, 3, (4,), "dense"), generator(SHAPE, 3, (4,), "dense")


def worked_game(variant, **arguments):
    """A game of the networks worked out by hand; without a variant, that of the discriminator."""
    if variant is None:
        networks = worked.classifier(), worked.generator(), worked.discriminator()
        return zoo.AutoClassifierDiscriminatorGame(*networks, **arguments)
    made = worked.two_headed_generator() if variant == "two_heads" else worked.generator()
    return zoo.AutoClassifierGeneratorGame(worked.classifier(), made, variant, **arguments)


@pytest.mark.parametrize("adversarial_loss", ["minimax", "non_saturating"])
@pytest.mark.parametrize(
    ("variant", "arguments"),
    [
        (None, {}),
        ("energy", {"margin": 0.2}),
        ("energy", {"margin": None, "reconstruction_loss": "mae"}),
        ("two_heads", {"label_loss": "mse"}),
        ("pixels", {"label_smoothing": 0.1}),
    ],
)
def test_a_step_of_either_side_is_the_slope_by_finite_differences(
    variant, arguments, adversarial_loss
):
    model = worked_game(variant, adversarial_loss=adversarial_loss, **WEIGHTS, **arguments)
    # Off the kinks of the hinge and of the absolute error.
    rows = np.array([[0.9, 0.2], [0.6, 0.8]], "float32").reshape(IMAGES.shape)
    sides = {
        "players": (model.player_variables, worked.players_loss, (1.0, 0.0)),
        "adversary": (model.adversary_variables, worked.adversary_loss, (0.0, 1.0)),
    }
    expected = {
        side: worked.slopes(variables, functools.partial(loss, model, rows, LABELS))
        for side, (variables, loss, _) in sides.items()
    }
    start = model.get_weights()
    for side, (variables, _, rates) in sides.items():
        model.set_weights(start)
        before = worked.values(variables)
        (resting,) = (parts[0] for other, parts in sides.items() if other != side)
        rest = worked.values(resting)
        worked.one_step(model, rows, LABELS, *rates)
        for old, new, slope in zip(before, variables, expected[side], strict=True):
            np.testing.assert_allclose(old - new.numpy(), slope, rtol=0, atol=2e-3)
        assert max(np.abs(slope).max() for slope in expected[side]) > 1e-2
        for old, new in zip(rest, resting, strict=True):
            np.testing.assert_array_equal(old, new.numpy())


def convolutional_game(name):
    networks = classifier(SHAPE, 3, (4,)), generator(SHAPE, 3, (4, 4))
    if name == "v2":
        return zoo.AutoClassifierDiscriminatorGame(*networks, discriminator(3, (4,)))
    return zoo.AutoClassifierGeneratorGame(*networks)


def moved(model, x, y, *rates):
    """The roles of which some weight, moments included, changed in one step."""
    before = {role: network.get_weights() for role, network in model.networks.items()}
    worked.one_step(model, x, y, *rates)
    return {
        role
        for role, weights in before.items()
        if any(map(np.any, map(np.not_equal, weights, getattr(model, role).get_weights())))
    }


def test_the_players_half_of_the_generator_game_leaves_the_generator_wholly_as_it_is(
    images, monkeypatch
):
    model = convolutional_game("v1")
    assert model.generator.non_trainable_variables, "it has moments to move"
    step = MinMaxGame.adversary_step
    monkeypatch.setattr(
        MinMaxGame, "adversary_step", lambda *inputs, training: step(*inputs, training=False)
    )
    assert moved(model, *images, 0.5, 0.5) == {"classifier"}
    monkeypatch.undo()
    assert moved(model, *images, 0.5, 0.5) == {"classifier", "generator"}


@pytest.mark.parametrize(("name", "adversary"), [("v1", "generator"), ("v2", "discriminator")])
def test_the_adversarys_half_moves_no_weight_of_the_players(name, adversary, images):
    model = convolutional_game(name)
    trained = worked.values(model.player_variables)
    assert adversary in moved(model, *images, 0.0, 0.5)
    for old, new in zip(trained, model.player_variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_the_generator_is_seen_at_rest_by_the_players(images):
    """Its image of a label vector does not depend on the rest of the batch."""
    x, _ = images
    model = convolutional_game("v1")
    outputs = model.forward(x, training=True)
    whole = model.forward_after_adversary(outputs, training=True)["pixel_logits"]
    alone = model.generator(outputs["label"][:5], training=False)
    np.testing.assert_allclose(whole[:5], alone, atol=1e-5)


@pytest.mark.parametrize("variant", ["energy", "two_heads", "pixels"])
def test_the_generator_runs_once_for_each_class(variant, images):
    """And what it pays is what it would pay row by row."""
    x, y = images
    rows = []

    class Counted(keras.layers.Layer):
        def call(self, x):
            rows.append(x.shape[0])
            return x

    build = discriminative_generator if variant == "two_heads" else generator
    made = build(SHAPE, 3, (4,), "dense")
    label = keras.Input((3,))
    counted = keras.Model(label, made(Counted()(label)))
    model = zoo.AutoClassifierGeneratorGame(pair()[0], counted, variant)
    judged = made(np.eye(3, dtype="float32")[y])
    by_row = np.mean(model.game.real(tf.constant(x), judged))
    rows.clear()
    history = worked.one_step(model, x, y, 0.1, 0.1)
    assert history["generator_real_loss"][0] == pytest.approx(by_row, rel=1e-5)
    assert rows == [3 + 64, 64]


def test_label_vectors_count_as_their_largest_entry(images):
    x, y = images
    networks = pair()
    soft = (0.6 * np.eye(3)[y] + 0.4 / 3).astype("float32")
    hard, softened = (
        scores(zoo.AutoClassifierGeneratorGame(*networks), x, labels) for labels in (y, soft)
    )
    assert softened["generator_real_loss"] == pytest.approx(hard["generator_real_loss"], rel=1e-6)
    assert softened["classification_loss"] != pytest.approx(hard["classification_loss"], rel=1e-2)


def test_without_a_weight_on_the_game_v2_is_the_adjusted_cooperation(images):
    x, y = images
    networks = pair()
    copies = [keras.models.clone_model(network) for network in networks]
    for ours, theirs in zip(networks, copies, strict=True):
        theirs.set_weights(ours.get_weights())
    playing = zoo.AutoClassifierDiscriminatorGame(
        *networks, discriminator(3, (4,)), classification_weight=2.0, adversarial_weight=0.0
    )
    alone = zoo.AutoClassifier(*copies, zoo.losses.AdjustedCooperation(2.0))
    for model in (playing, alone):
        model.compile("adam")
        model.fit(x, y, batch_size=32, epochs=5, shuffle=False, verbose=0)
    assert int(playing.optimizer.iterations) == 10
    for role in alone.roles:
        ours, theirs = getattr(playing, role).get_weights(), getattr(alone, role).get_weights()
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["ac_co_v1", "ac_nc_v1"])
def test_the_generator_rebuilds_images_as_they_are_before_their_augmentation(name, images):
    """All of the classifier's images are black here, and the losses those of the images."""
    x, y = images
    settings = {"input_shape": (8, 8, 1), "num_classes": 3, "size": (4,), "kind": "dense"}
    model = zoo.create_model(name, **settings)
    model.augmentation = keras.layers.Lambda(lambda image, training=None: 0.0 * image)
    term = "generation_loss" if name == "ac_co_v1" else "generator_real_loss"
    black = model.forward(np.zeros_like(x))["label"] if name == "ac_co_v1" else np.eye(3)[y]
    made = model.generate(np.asarray(black, "float32"))
    history = worked.one_step(model, x, y, *[0.0] * (1 + (name == "ac_nc_v1")))
    assert history[term][0] == pytest.approx(np.mean((x - made) ** 2), rel=1e-4)
