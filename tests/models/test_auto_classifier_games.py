"""zoo/models/auto_classifier_games.py: the terms of both games by hand, and bad input."""

import math

import keras
import numpy as np
import pytest
import worked_networks as worked
from worked_networks import IMAGES, LABELS, scores

import zoo
from zoo.networks import discriminator


def log(*chances):
    """-log p of each."""
    return [-math.log(chance) for chance in chances]


# Of images A and B, as worked out in worked_networks. "image" is the pixel error of x̂.
CLASSIFICATION = log(3 / 4, 1 / 2)
GENERATION = [5 / 32, 1 / 4]
ENERGY = {
    # The one-hot labels make (9/10, 1/2) for A (1, 0) and (1/10, 1/2) for B (1, 1).
    "generator_real_loss": [(0.1**2 + 0.5**2) / 2, (0.9**2 + 0.5**2) / 2],
    "adversarial_loss": GENERATION,
}
GAMES = {
    "energy": ({"margin": 0.2}, {**ENERGY, "generator_fake_loss": [0.2 - 5 / 32, 0.0]}),
    "energy, minimax": (
        {"margin": 0.2, "adversarial_loss": "minimax"},
        {**ENERGY, "generator_fake_loss": [0.2 - 5 / 32, 0.0]},
    ),
    "energy, literally": (
        {"margin": None},
        {**ENERGY, "generator_fake_loss": log(1 - math.exp(-5 / 32), 1 - math.exp(-1 / 4))},
    ),
    "energy, mae": (
        {"margin": 0.4, "reconstruction_loss": "mae"},
        {
            "generator_real_loss": [(0.1 + 0.5) / 2, (0.9 + 0.5) / 2],
            "generator_fake_loss": [0.4 - 3 / 8, 0.0],
            "adversarial_loss": [3 / 8, 1 / 2],
        },
    ),
    "two_heads": (
        {},
        {
            # Logits 2L and -2L of the labels, L and 0 of the classifier's vectors.
            "generator_real_loss": np.add(log(0.9, 0.1), ENERGY["generator_real_loss"]),
            "generator_fake_loss": log(1 / 4, 1 / 2),
            "adversarial_loss": log(3 / 4, 1 / 2),
        },
    ),
    "two_heads, minimax": (
        {"adversarial_loss": "minimax"},
        {
            "generator_real_loss": np.add(log(0.9, 0.1), ENERGY["generator_real_loss"]),
            "generator_fake_loss": log(1 / 4, 1 / 2),
            "adversarial_loss": np.negative(log(1 / 4, 1 / 2)),
        },
    ),
    "pixels": (
        {},
        {
            "generator_real_loss": np.mean([log(0.9, 0.1), log(0.5, 0.5)], axis=0),
            "generator_fake_loss": np.mean([log(1 / 4, 1 / 2), log(0.5, 0.5)], axis=0),
            "adversarial_loss": np.mean([log(3 / 4, 1 / 2), log(0.5, 0.5)], axis=0),
        },
    ),
    "pixels, minimax": (
        {"adversarial_loss": "minimax"},
        {
            "generator_real_loss": np.mean([log(0.9, 0.1), log(0.5, 0.5)], axis=0),
            "generator_fake_loss": np.mean([log(1 / 4, 1 / 2), log(0.5, 0.5)], axis=0),
            "adversarial_loss": -np.mean([log(1 / 4, 1 / 2), log(0.5, 0.5)], axis=0),
        },
    ),
}
DISCRIMINATOR = {
    "minimax": {
        "discriminator_real_loss": log(0.9, 0.1),
        "discriminator_fake_loss": log(1 / 4, 1 / 2),
        "adversarial_loss": np.negative(log(1 / 4, 1 / 2)),
    },
    "non_saturating": {
        "discriminator_real_loss": log(0.9, 0.1),
        "discriminator_fake_loss": log(1 / 4, 1 / 2),
        "adversarial_loss": log(3 / 4, 1 / 2),
    },
}


def generator_game(name, **arguments):
    """AC (nc) v1 of the networks worked out by hand, by a name of `GAMES`."""
    variant = name.split(",")[0]
    made = worked.two_headed_generator() if variant == "two_heads" else worked.generator()
    return zoo.AutoClassifierGeneratorGame(
        worked.classifier(), made, variant, **{**GAMES[name][0], **arguments}
    )


def discriminator_game(**arguments):
    """AC (nc) v2 of the networks worked out by hand."""
    networks = worked.classifier(), worked.generator(), worked.discriminator()
    return zoo.AutoClassifierDiscriminatorGame(*networks, **arguments)


def game(name, **arguments):
    if name in DISCRIMINATOR:
        return discriminator_game(adversarial_loss=name, **arguments)
    return generator_game(name, **arguments)


@pytest.mark.parametrize("name", GAMES)
def test_generator_game_by_hand(name):
    result = scores(generator_game(name, classification_weight=2.0, adversarial_weight=3.0))
    by_hand = GAMES[name][1]
    for term, values in {**by_hand, "classification_loss": CLASSIFICATION}.items():
        assert result[term] == pytest.approx(np.mean(values), rel=1e-5), term
    total = 2 * np.mean(CLASSIFICATION) + 3 * np.mean(by_hand["adversarial_loss"])
    assert result["loss"] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("name", DISCRIMINATOR)
def test_discriminator_game_by_hand(name):
    weights = {"classification_weight": 2.0, "adversarial_weight": 3.0}
    result = scores(game(name, **weights))
    by_hand = {**DISCRIMINATOR[name], "classification_loss": CLASSIFICATION}
    for term, values in {**by_hand, "generation_loss": GENERATION}.items():
        assert result[term] == pytest.approx(np.mean(values), rel=1e-5), term
    total = 2 * np.mean(CLASSIFICATION) + np.mean(GENERATION)
    total += 3 * np.mean(by_hand["adversarial_loss"])
    assert result["loss"] == pytest.approx(total, rel=1e-5)


def test_by_default_the_players_weigh_their_terms_so():
    label = np.mean(CLASSIFICATION)
    result = scores(zoo.AutoClassifierGeneratorGame(worked.classifier(), worked.generator()))
    assert result["loss"] == pytest.approx(label + np.mean(GENERATION), rel=1e-5)
    adversarial = np.mean(DISCRIMINATOR["non_saturating"]["adversarial_loss"])
    total = label + np.mean(GENERATION) + 0.1 * adversarial
    assert scores(discriminator_game())["loss"] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("name", ["minimax", "energy", "two_heads"])
def test_smoothed_labels_reach_the_classification_term_only(name):
    plain, smoothed = scores(game(name)), scores(game(name, label_smoothing=0.2))
    by_hand = (0.9 * math.log(4 / 3) + 0.1 * math.log(4) + math.log(2)) / 2
    assert smoothed.pop("classification_loss") == pytest.approx(by_hand, rel=1e-5)
    for term in smoothed.keys() - {"loss"}:
        assert smoothed[term] == pytest.approx(plain[term]), term


@pytest.mark.parametrize("name", ["minimax", "energy", "pixels"])
def test_weights_of_rows_reach_the_label_term_and_the_real_side_only(name):
    model = game(name)
    result = scores(model, sample_weight=np.array([0.0, 3.0]))
    by_hand = {**GAMES, **{key: ({}, terms) for key, terms in DISCRIMINATOR.items()}}[name][1]
    for term, values in {**by_hand, "classification_loss": CLASSIFICATION}.items():
        labeled = term == "classification_loss" or "real" in term
        expected = values[1] if labeled else np.mean(values)
        assert result[term] == pytest.approx(expected, rel=1e-5), term


def test_a_discriminator_that_cannot_tell_pays_two_log_two():
    model = discriminator_game(adversarial_loss="minimax")
    model.discriminator.set_weights([np.zeros((2, 1)), np.zeros(1)])
    result = scores(model)
    value = -(result["discriminator_real_loss"] + result["discriminator_fake_loss"])
    assert value == pytest.approx(-2 * math.log(2), rel=1e-6)
    assert result["adversarial_loss"] == pytest.approx(-math.log(2), rel=1e-6)


def test_methods_of_the_generator_game():
    model = generator_game("two_heads")
    shown = model.predict(IMAGES, verbose=0)
    image = np.reshape([[0.75, 0.5], [0.5, 0.5]], IMAGES.shape)
    np.testing.assert_allclose(shown["label"], [[0.75, 0.25], [0.5, 0.5]], rtol=1e-5)
    for found in (shown["reconstruction"], model.reconstruct(IMAGES)):
        np.testing.assert_allclose(found, image, rtol=1e-5)
    made = np.reshape([[0.9, 0.5], [0.1, 0.5]], IMAGES.shape)
    np.testing.assert_allclose(model.generate(LABELS), made, rtol=1e-5)


@pytest.mark.parametrize("name", ["minimax", "energy"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classification_weight": -1.0}, r"`classification_weight \(lambda\)`.*=-1.0"),
        ({"adversarial_weight": -0.5}, "`adversarial_weight`.*adversarial_weight=-0.5"),
        ({"adversarial_weight": math.nan}, "`adversarial_weight`.*adversarial_weight=nan"),
        ({"adversary_steps": 0}, "`adversary_steps`.*adversary_steps=0"),
        ({"label_smoothing": 1.0}, "`label_smoothing`.*label_smoothing=1.0"),
        ({"label_loss": "l1"}, "Unknown label loss 'l1'"),
        ({"reconstruction_loss": "l2"}, "Unknown reconstruction loss 'l2'"),
    ],
)
def test_bad_arguments_are_refused(name, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        game(name, **arguments)


@pytest.mark.parametrize("build", [discriminator_game, lambda **kw: generator_game("energy", **kw)])
def test_unknown_adversarial_losses_are_refused(build):
    with pytest.raises(zoo.InputError, match="Unknown adversarial loss 'wasserstein'"):
        build(adversarial_loss="wasserstein")


def test_readings_and_margins_that_are_none_are_refused():
    pair = worked.classifier(), worked.generator()
    with pytest.raises(zoo.InputError, match="Unknown variant 'energetic'. Did you mean 'energy'"):
        zoo.AutoClassifierGeneratorGame(*pair, "energetic")
    for margin in (-0.1, math.inf, "0.1"):
        with pytest.raises(zoo.InputError, match="`margin`.*of at least 0. Received: margin="):
            zoo.AutoClassifierGeneratorGame(*pair, margin=margin)


def test_networks_that_do_not_fit_are_refused():
    pair = worked.classifier(), worked.generator()
    with pytest.raises(zoo.InputError, match="shape and one logit"):
        zoo.AutoClassifierGeneratorGame(*pair, "two_heads")
    for variant in ("energy", "pixels"):
        with pytest.raises(zoo.InputError, match="images of the classifier's shape. Received"):
            zoo.AutoClassifierGeneratorGame(pair[0], worked.two_headed_generator(), variant)
    with pytest.raises(zoo.InputError, match="label vectors of length 2 and return one logit"):
        zoo.AutoClassifierDiscriminatorGame(*pair, discriminator(3, (4,)))


@pytest.mark.parametrize("name", ["ac_nc_v2", pytest.param("se_nc", marks=pytest.mark.full)])
def test_weights_of_classes_do_not_tell_true_labels_from_equal_ones(name):
    # 90 and 10 of two classes, balanced by weights; the classifier is perfect and stands still.
    y = np.arange(100) >= 90
    x = np.where(y, 1.0, 0.0)[:, None, None, None] * np.ones((1, 2, 2, 1))
    sure = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, kernel_initializer="zeros"),
        ]
    )
    sure.set_weights([np.tile([[-10.0, 10.0]], (4, 1)), np.asarray([20.0, -20.0])])
    image = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(4), keras.layers.Reshape((2, 2, 1))]
    )
    judge = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    if name == "ac_nc_v2":
        model = zoo.AutoClassifierDiscriminatorGame(sure, image, judge)
    else:
        same = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
        same.set_weights([np.eye(2)])
        model = zoo.SuperEncoder(sure, same, image, judge)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(2.0))
    weights = {0: 100 / 180, 1: 5.0}
    model.fit(x, y.astype(int), batch_size=100, epochs=60, class_weight=weights, verbose=0)
    np.testing.assert_allclose(keras.ops.sigmoid(judge(np.eye(2))), 0.5, atol=0.02)
