"""zoo/models/adversarial_autoencoders.py: terms by hand, integrated codes, what equals what."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import zoo

TINY = {
    "input_shape": (8, 8, 1),
    "kind": "dense",
    "size": (8,),
    "code_size": 4,
    "discriminator_size": (8,),
}


class Shifts(keras.layers.Layer):
    """A corruption that is easy to tell: row i of what it is given becomes i / 100 brighter."""

    def call(self, x, training=False):
        if not training:
            return x
        rows = tf.cast(tf.range(tf.shape(x)[0]), x.dtype)
        return x + tf.reshape(rows, (-1, 1, 1, 1)) / 100


def test_terms_by_hand(images, monkeypatch):
    x, _ = images
    draws = np.random.default_rng(1).normal(size=(64, 4)).astype("float32")
    monkeypatch.setattr("zoo.priors.draw", lambda distribution, shape, seeds: tf.constant(draws))
    model = zoo.create_model("aae", adversarial_weight=0.3, adversarial_loss="minimax", **TINY)
    model.compile(optimizer="adam")
    scores = model.evaluate(x, batch_size=64, verbose=0, return_dict=True)

    def chance(vectors):
        return 1 / (1 + np.exp(-np.asarray(model.discriminator(vectors), "float64")))

    fake = chance(model.encode(x))
    error = np.mean((x - np.asarray(model.reconstruct(x))) ** 2)
    by_hand = {
        "reconstruction_loss": error,
        "adversarial_loss": np.log(1 - fake).mean(),
        "discriminator_real_loss": -np.log(chance(draws)).mean(),
        "discriminator_fake_loss": -np.log(1 - fake).mean(),
        "reconstruction_error": error,
    }
    by_hand["loss"] = by_hand["reconstruction_loss"] + 0.3 * by_hand["adversarial_loss"]
    for key, value in by_hand.items():
        assert scores[key] == pytest.approx(value, rel=1e-4), key


def test_the_game_is_played_with_the_mean_of_encodings_of_other_corruptions(images):
    x = images[0][:10]
    model = zoo.create_model("idaae", num_encodings=3, corruption=Shifts(), **TINY)
    outputs = model.forward(x, training=True)
    offsets = np.arange(30, dtype="float32").reshape(3, 10, 1, 1, 1) / 100
    encodings = np.stack([model.encoder(x + offset, training=True) for offset in offsets])
    np.testing.assert_allclose(outputs["integrated_code"], encodings.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(outputs["code"], encodings[0], atol=1e-5)
    rebuilt = model.decoder(encodings[0], training=True)
    np.testing.assert_allclose(outputs["pixel_logits"], rebuilt, atol=1e-5)
    # Both sides of the game see the mean.
    assert np.any(np.abs(encodings[0] - encodings.mean(axis=0)) > 1e-3)
    _, fake = model.discriminator_input(x, None, outputs)
    np.testing.assert_array_equal(fake, outputs["integrated_code"])
    term = model.terms(x, None, outputs)["adversarial_loss"]
    judged = model.discriminator(outputs["integrated_code"])[:, 0]
    np.testing.assert_allclose(term, np.log1p(np.exp(-np.asarray(judged))), rtol=1e-4)
    # The target is clean.
    error = np.mean((x - 1 / (1 + np.exp(-np.asarray(rebuilt)))) ** 2, axis=(1, 2, 3))
    clean = model.terms(x, None, outputs)["reconstruction_loss"]
    np.testing.assert_allclose(clean, error, rtol=1e-4)


def test_noise_of_encodings_is_drawn_for_each(images, monkeypatch):
    x = np.repeat(images[0][:1], 2, axis=0)
    model = zoo.create_model("idaae", num_encodings=2, noise=0.5, **TINY)
    seen = []
    corrupt = type(model.corruption).call

    def recorded(layer, x, training=False):
        seen.append(corrupt(layer, x, training=training))
        return seen[-1]

    monkeypatch.setattr(type(model.corruption), "call", recorded)
    model.forward(x, training=True)
    (corrupted,) = (np.asarray(each) for each in seen)
    assert corrupted.shape == (4, 8, 8, 1)
    assert all(np.all(corrupted[0] != other) for other in corrupted[1:])


def test_encoding_at_test_time_is_clean_and_single(images):
    x, _ = images
    model = zoo.create_model("idaae", num_encodings=3, **TINY)
    outputs = model.forward(x, training=False)
    clean = model.encoder(x, training=False)
    for key in ("code", "integrated_code"):
        np.testing.assert_allclose(outputs[key], clean, atol=1e-6)
    np.testing.assert_array_equal(model.encode(x), clean)
    np.testing.assert_allclose(model.predict(x, verbose=0), model.reconstruct(x), atol=1e-6)


def trained(name, images, **arguments):
    """Weights after ten steps."""
    keras.utils.set_random_seed(0)
    model = zoo.create_model(name, **{**TINY, **arguments})
    model.compile(optimizer="adam")
    model.fit(images[0], batch_size=32, epochs=5, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 10
    return model.get_weights()


@pytest.mark.full
def test_systems_that_differ_in_nothing_learn_the_same(images):
    aae, daae, idaae = (trained(name, images) for name in ("aae", "daae", "idaae"))
    for one, other in (
        (aae, trained("daae", images, noise=0.0)),
        (daae, trained("idaae", images, num_encodings=1)),
    ):
        for ours, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    for one, other in ((aae, daae), (daae, idaae)):
        assert any(np.any(ours != theirs) for ours, theirs in zip(one, other, strict=True))


def test_codes_are_drawn_to_the_prior(images):
    """Codes that all lie on one side of the prior are pulled over to it."""
    x, _ = images
    prior = tfp.distributions.MultivariateNormalDiag([2.0, -1.0], [0.5, 0.5])
    arguments = {**TINY, "code_size": 2, "prior": prior, "adversarial_weight": 1000.0}
    model = zoo.create_model("aae", **arguments)
    model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2))
    gaps = []
    for epochs in (0, 10):
        model.fit(np.tile(x, (30, 1, 1, 1)), batch_size=64, epochs=epochs, verbose=0)
        gaps.append(np.linalg.norm(np.mean(model.encode(x), axis=0) - [2.0, -1.0]))
    assert gaps[1] < 0.5 * gaps[0]


def test_samples_are_decoded_draws_of_the_prior():
    """A decoder of logit z shows the prior itself."""
    image = keras.Input((1, 1, 2))
    code = keras.Input((2,))
    same = keras.Model(code, keras.layers.Reshape((1, 1, 2))(code))
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    prior = tfp.distributions.MultivariateNormalDiag([1.0, -2.0], [0.5, 0.1])
    model = zoo.AdversarialAutoencoder(
        keras.Model(image, keras.layers.Flatten()(image)), same, discriminator, prior
    )
    samples = np.asarray(model.sample(4000), "float64")
    assert samples.shape == (4000, 1, 1, 2)
    codes = np.log(samples / (1 - samples)).reshape(4000, 2)
    np.testing.assert_allclose(codes.mean(axis=0), [1.0, -2.0], atol=6 * 0.5 / np.sqrt(4000))
    np.testing.assert_allclose(codes.std(axis=0), [0.5, 0.1], rtol=6 / np.sqrt(8000))
    assert np.any(model.sample(4) != model.sample(4))


def test_weights_of_rows_reach_every_term(images, monkeypatch):
    monkeypatch.setattr(
        "zoo.priors.draw", lambda distribution, shape, seeds: tf.ones((int(shape[0]), 4))
    )
    x, _ = images
    model = zoo.create_model("aae", **TINY)
    model.compile(optimizer="adam", run_eagerly=True)
    weights = (np.arange(64) < 16).astype("float32")
    settings = {"batch_size": 64, "verbose": 0, "return_dict": True}
    some = model.evaluate(x, x, sample_weight=weights, **settings)
    assert some == pytest.approx(model.evaluate(x[:16], **settings), rel=1e-4)


def test_labels_are_ignored(images):
    x, y = images
    weights = []
    for labels in (None, y):
        keras.utils.set_random_seed(0)
        model = zoo.create_model("aae", **TINY)
        model.compile(optimizer="adam")
        model.fit(x, labels, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("idaae", {"num_encodings": 0}, "`num_encodings`"),
        ("aae", {"num_encodings": 2}, "differ by its corruption alone"),
        ("idaae", {"noise": 0.0}, "differ by its corruption alone"),
        ("daae", {"noise": 1.5}, "`noise`"),
        ("daae", {"noise_kind": "pepper"}, "noise_kind"),
        ("aae", {"prior": "normal"}, "Unknown prior 'normal'"),
        ("aae", {"reconstruction_loss": "kl"}, "Unknown"),
    ],
)
def test_bad_arguments_are_refused(name, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        zoo.create_model(name, **{**TINY, **arguments})
    with pytest.raises(zoo.InputError, match="`n`"):
        zoo.create_model("aae", **TINY).sample(0)
