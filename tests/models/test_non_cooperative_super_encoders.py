"""zoo/models/super_encoders.py with a discriminator: the non-cooperative objective by hand."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks import decoder, discriminator, encoder, separator


def super_encoder(**arguments):
    return zoo.SuperEncoder(
        encoder((8, 8, 1), 4, (8,), "dense"),
        separator(4, 3, (8,)),
        decoder((8, 8, 1), 4, (8,), "dense"),
        **arguments,
    )


def scores(model, x, y, **settings):
    model.compile(optimizer="adam")
    return model.evaluate(x, y, verbose=0, return_dict=True, **settings)


def non_cooperative(**arguments):
    return super_encoder(discriminator=discriminator(3, (8,)), **arguments)


def chance(model, labels):
    """D(labels) as the chance of being real."""
    return 1 / (1 + np.exp(-np.asarray(model.discriminator(labels), "float64")[:, 0]))


def test_slides_value_function_by_hand(images):
    x, y = images[0][:5], images[1][:5]
    model = non_cooperative(classification_weight=0.0, adversarial_loss="minimax")
    result = scores(model, x, y)
    shown = model.predict(x, verbose=0)
    real, fake = chance(model, np.eye(3)[y]), chance(model, shown["label"])
    error = np.mean((x - shown["reconstruction"]) ** 2)
    # V = E log D(y) + E log(1 - D(ŷ)) + E e(x, x̂): the players cannot move its first term, and
    # the discriminator cannot move its last.
    value = np.log(real).mean() + np.log(1 - fake).mean() + error
    assert result["loss"] - result["discriminator_real_loss"] == pytest.approx(value, rel=1e-4)
    ours = result["reconstruction_loss"] - (
        result["discriminator_real_loss"] + result["discriminator_fake_loss"]
    )
    assert ours == pytest.approx(value, rel=1e-4)


def test_non_saturating_term_by_hand(images):
    x, y = images
    model = non_cooperative(adversarial_weight=0.4, classification_weight=2.0)
    result = scores(model, x, y)
    fake = chance(model, model.classify(x))
    assert result["adversarial_loss"] == pytest.approx(-np.log(fake).mean(), rel=1e-4)
    total = 2 * result["separability_loss"] + result["reconstruction_loss"]
    assert result["loss"] == pytest.approx(total + 0.4 * result["adversarial_loss"], rel=1e-4)


def test_weights_reach_the_label_term_and_the_real_side_only(images):
    x, y = images
    model = non_cooperative()
    labeled = (np.arange(64) < 16).astype("float32")
    result = scores(model, x, y, sample_weight=labeled, batch_size=64)
    only_labeled, everything = scores(model, x[:16], y[:16]), scores(model, x, y)
    for key in ("separability_loss", "discriminator_real_loss", "accuracy"):
        assert result[key] == pytest.approx(only_labeled[key], rel=1e-4), key
        assert result[key] != pytest.approx(everything[key], rel=1e-4), key
    for key in ("reconstruction_loss", "discriminator_fake_loss", "adversarial_loss"):
        assert result[key] == pytest.approx(everything[key], rel=1e-4), key


def test_labels_of_unlabeled_rows_do_not_matter_to_the_game(images):
    x, y = images
    labeled = (np.arange(64) % 5 == 0).astype("float32")
    models = [non_cooperative(), non_cooperative()]
    models[1].set_weights(models[0].get_weights())
    for model, target in zip(models, (y, np.where(labeled > 0, y, 0)), strict=True):
        model.compile(optimizer="adam")
        model.fit(x, target, sample_weight=labeled, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_batch_without_a_label_trains_the_rest(images):
    x, y = images
    model = non_cooperative()
    model.compile(*(keras.optimizers.Adam(1e-2) for _ in range(2)))
    before = [variable.numpy() for variable in model.trainable_variables]
    history = model.fit(x, y, sample_weight=np.zeros(64), batch_size=64, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert history["separability_loss"] == history["discriminator_real_loss"] == [0.0]
    # The fake side moves the discriminator, and it moves the separator.
    for old, new in zip(before, model.trainable_variables, strict=True):
        assert np.isfinite(new.numpy()).all() and np.any(old != new.numpy())


def test_without_a_weight_on_the_game_it_learns_what_the_cooperative_one_learns(images):
    x, y = images
    game, alone = non_cooperative(adversarial_weight=0.0), super_encoder()
    for role in alone.roles:
        getattr(alone, role).set_weights(getattr(game, role).get_weights())
    for model in (game, alone):
        model.compile(optimizer=keras.optimizers.SGD(0.5))
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    for role in alone.roles:
        ours, theirs = getattr(game, role).get_weights(), getattr(alone, role).get_weights()
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_a_game_without_labels_is_refused(images):
    model = non_cooperative()
    model.compile(optimizer="adam")
    with pytest.raises(zoo.InputError, match="no labels"):
        model.fit(images[0], verbose=0)
