"""zoo/models/segmenters.py: the terms by hand, who moves, crops, and bad input."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from bright_masks import pairs
from worked_networks import LOG3, scores

import zoo
from zoo.models.segmenters import AdversarialSegmenter, Segmenter
from zoo.networks.crops import RandomPairCrop, predict_by_crops
from zoo.networks.segmentation import (
    fully_convolutional_network,
    mask_discriminator,
)

# Two images of two pixels. The segmenter's logits are log 3 times the pixels: its masks are
# (3/4, 1/2) and (3/4, 3/4).
IMAGES = np.array([[1, 0], [1, 1]], "float32").reshape(2, 1, 2, 1)
MASKS = np.array([[1, 0], [0, 1]], "float32").reshape(2, 1, 2, 1)
SEGMENTATION = [math.log(4 / 3) + math.log(2), math.log(4) + math.log(4 / 3)]
SEGMENTATION = [loss / 2 for loss in SEGMENTATION]

SMALL = {"filters": (6,), "kernel_size": 3}


def worked_segmenter():
    network = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Conv2D(1, 1)])
    network.set_weights([np.full((1, 1, 1, 1), LOG3), np.zeros(1)])
    return network


def worked_discriminator(weights):
    """A logit from the maps of the first pixel alone."""
    maps = len(weights)
    network = keras.Sequential(
        [keras.Input((1, 2, maps)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    kernel = np.concatenate([LOG3 * np.array(weights), np.zeros(maps)])
    network.set_weights([kernel[:, None], np.zeros(1)])
    return network


# The first pixel is 1 in both images, its mask 1 and 0, and the segmenter's 3/4.
FORMS = {
    # 2 y - 2 (1 - y): logits 2, -2 of the true masks and 1, 1 of the made ones, in log 3.
    "product": ([2, -2], [9 / 10, 1 / 10], [3 / 4, 3 / 4]),
    # 4 y: 4, 0 and 3, 3.
    "basic": ([4], [81 / 82, 1 / 2], [27 / 28, 27 / 28]),
    # 4 y - 2 x: 2, -2 and 1, 1.
    "basic_and_image": ([4, -2], [9 / 10, 1 / 10], [3 / 4, 3 / 4]),
}


def minus_log(chances):
    return np.mean([-math.log(chance) for chance in chances])


def segmenter(side=8, **arguments):
    return Segmenter(fully_convolutional_network((side, side, 3), **SMALL), **arguments)


def game(side=8, form="product", **arguments):
    return AdversarialSegmenter(
        fully_convolutional_network((side, side, 3), **SMALL),
        mask_discriminator((side, side, 3), form, **SMALL, dropout=0.0),
        form,
        **arguments,
    )


MODELS = {"segmenter": segmenter, "adversarial": game}
every_model = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


def values(variables):
    return [variable.numpy().copy() for variable in variables]


def assert_close(model, other, tolerance=0.0):
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def test_the_segmenter_by_hand():
    model = Segmenter(worked_segmenter())
    result = scores(model, IMAGES, MASKS)
    assert result["segmentation_loss"] == pytest.approx(np.mean(SEGMENTATION), rel=1e-5)
    assert result["loss"] == pytest.approx(np.mean(SEGMENTATION), rel=1e-5)
    # Above one half: (1, 0) of (1, 0), and (1, 1) of (0, 1).
    assert result["mean_iou"] == pytest.approx((1 + 1 / 2) / 2)
    np.testing.assert_allclose(
        np.ravel(model.predict(IMAGES, verbose=0)), [3 / 4, 1 / 2, 3 / 4, 3 / 4], rtol=1e-6
    )
    weighted = scores(model, IMAGES, MASKS, sample_weight=np.array([0.0, 3.0]))
    assert weighted["segmentation_loss"] == pytest.approx(SEGMENTATION[1], rel=1e-5)
    assert weighted["mean_iou"] == pytest.approx(1 / 2)


@pytest.mark.parametrize("pair", ["minimax", "non_saturating"])
@pytest.mark.parametrize("form", FORMS)
def test_the_game_by_hand(form, pair):
    weights, real, fake = FORMS[form]
    model = AdversarialSegmenter(
        worked_segmenter(), worked_discriminator(weights), form, 3.0, adversarial_loss=pair
    )
    result = scores(model, IMAGES, MASKS)
    unfooled = minus_log([1 - chance for chance in fake])
    adversarial = -unfooled if pair == "minimax" else minus_log(fake)
    by_hand = {
        "segmentation_loss": np.mean(SEGMENTATION),
        "discriminator_real_loss": minus_log(real),
        "discriminator_fake_loss": unfooled,
        "adversarial_loss": adversarial,
        "loss": np.mean(SEGMENTATION) + 3 * adversarial,
    }
    for term, value in by_hand.items():
        assert result[term] == pytest.approx(value, rel=1e-4), term


@pytest.mark.parametrize("mover", ["players", "adversary"])
def test_in_each_half_of_a_step_only_the_mover_changes(mover):
    model = game()
    rates = {"players": (0.5, 0.0), "adversary": (0.0, 0.5)}[mover]
    model.compile(*(keras.optimizers.SGD(rate) for rate in rates))
    sides = {"players": model.player_variables, "adversary": model.adversary_variables}
    assert {id(v) for v in sides["players"]} == {id(v) for v in model.segmenter.variables}
    before = {side: values(variables) for side, variables in sides.items()}
    model.fit(*pairs(), batch_size=24, verbose=0)
    for side, variables in sides.items():
        moved = any(np.any(a != b) for a, b in zip(before[side], values(variables), strict=True))
        assert moved == (side == mover), side


def test_the_players_term_leads_to_masks_that_the_moved_judge_takes_for_true():
    # One SGD step by hand: the judge first, on what the segmenter made, then the segmenter.
    model, x, y = game(adversarial_weight=2.0), *pairs(6)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.3))
    twin = game(adversarial_weight=2.0)
    twin.set_weights(model.get_weights())
    model.fit(x, y, batch_size=6, verbose=0)

    def maps(mask):
        return tf.concat([mask * x, (1 - mask) * x], axis=-1)

    def descend(tape, loss, variables, rate):
        gradients = tape.gradient(loss, [v.value for v in variables])
        for variable, gradient in zip(variables, gradients, strict=True):
            variable.assign_sub(rate * gradient)

    with tf.GradientTape() as tape:
        fake = twin.discriminator(maps(tf.sigmoid(twin.segmenter(x))))
        loss = tf.reduce_mean(tf.math.softplus(-twin.discriminator(maps(y))))
        loss += tf.reduce_mean(tf.math.softplus(fake))
    descend(tape, loss, twin.discriminator.trainable_variables, 0.3)
    with tf.GradientTape() as tape:
        mask = tf.sigmoid(twin.segmenter(x))
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, mask))
        loss += 2.0 * tf.reduce_mean(tf.math.softplus(-twin.discriminator(maps(mask))))
    descend(tape, loss, twin.segmenter.trainable_variables, 0.1)
    assert_close(model, twin, tolerance=1e-5)


def test_without_weight_the_game_leaves_the_segmenter_as_it_would_be_alone():
    x, y = pairs()
    alone, played = segmenter(), game(adversarial_weight=0.0)
    played.segmenter.set_weights(alone.segmenter.get_weights())
    start = values(alone.segmenter.weights)
    for model in (alone, played):
        model.compile(keras.optimizers.SGD(0.5))
        model.fit(x, y, batch_size=12, epochs=5, shuffle=False, verbose=0)
    for ours, theirs in zip(
        alone.segmenter.get_weights(), played.segmenter.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    assert np.any(start[0] != alone.segmenter.get_weights()[0])


@every_model
def test_it_learns_to_find_the_bright_part(build):
    x, y = pairs()
    model = build()
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(x, y, batch_size=24, epochs=30, verbose=0)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["mean_iou"] > 0.8


@pytest.mark.full
@every_model
def test_it_learns_from_crops_of_larger_pairs(build):
    x, y = pairs(side=12)
    model = build(augmentation=RandomPairCrop(8, seed=0))
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(x, y, batch_size=24, epochs=60, validation_data=(x, y), validation_freq=60, verbose=0)
    masks = predict_by_crops(model, x, (0, 2, 4))
    assert masks.shape == y.shape
    both, either = ((masks > 0.5) & (y > 0.5)).sum(), ((masks > 0.5) | (y > 0.5)).sum()
    assert both / either > 0.7
    # What is evaluated is the crop in the middle.
    middle = slice(2, 10)
    alone = build()
    alone.set_weights(model.get_weights()[: len(alone.get_weights())])
    alone.compile()
    ours = model.evaluate(x, y, verbose=0, return_dict=True)
    theirs = alone.evaluate(x[:, middle, middle], y[:, middle, middle], verbose=0, return_dict=True)
    assert ours == pytest.approx(theirs, rel=1e-5)


@every_model
def test_pairs_that_cannot_be_cropped_are_refused(build):
    x, y = pairs(side=12)
    model = build(augmentation=RandomPairCrop(8))
    model.compile()
    with pytest.raises(zoo.InputError, match="height and width of its image"):
        model.fit(x, y[:, :8], verbose=0)
    with pytest.raises(zoo.InputError, match="at least as large as the crops of 8x8"):
        model.fit(x[:, :4], y[:, :4], verbose=0)


@every_model
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y[:, :4]), r"Expected masks of shape \(batch_size, 8, 8, 1\)"),
        (lambda x, y: (x, y[..., 0]), r"Expected masks of shape \(batch_size, 8, 8, 1\)"),
        (lambda x, y: (x, 2 * y), "every label from 0 to 1. Received: 2 in row 0"),
        (lambda x, y: (x, None), "Received: no labels"),
        (lambda x, y: (x[:, :4], y), r"Expected images of shape \(batch_size, 8, 8, 3\)"),
        (lambda x, y: (255 * x, y), "divide by 255"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(build, change, message):
    model = build()
    model.compile()
    with pytest.raises(zoo.InputError, match=message):
        model.fit(*change(*pairs()), verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"adversarial_weight": -0.5}, "`adversarial_weight`.*adversarial_weight=-0.5"),
        ({"adversarial_weight": math.nan}, "`adversarial_weight`.*adversarial_weight=nan"),
        ({"adversarial_loss": "wasserstein"}, "Unknown adversarial loss 'wasserstein'"),
        ({"adversary_steps": 0}, "`adversary_steps`.*adversary_steps=0"),
        ({"form": "scaling"}, "Unknown form 'scaling'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        game(**arguments)


def test_networks_that_do_not_fit_are_refused():
    network = fully_convolutional_network((8, 8, 3), **SMALL)
    for maps in ("basic", "basic_and_image"):
        judge = mask_discriminator((8, 8, 3), maps, **SMALL)
        with pytest.raises(
            zoo.InputError, match=r"maps of shape \(8, 8, 6\) for the form 'product"
        ):
            AdversarialSegmenter(network, judge)
    halved = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 3, strides=2)])
    with pytest.raises(zoo.InputError, match=r"mask logits.*\(8, 8, 3\) into \(3, 3, 1\)"):
        Segmenter(halved)
    sure = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 1, activation="sigmoid")]
    )
    with pytest.raises(zoo.InputError, match="`segmenter` must return logits"):
        Segmenter(sure)
