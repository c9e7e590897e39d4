"""zoo/models/stacked_generative_classifiers.py: which part moves when, and the bounds of both."""

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError

STAGES = (("codes", 1), ("classes", 1))


def tiny(**arguments):
    keras.utils.set_random_seed(0)
    return zoo.create_model(
        "m1m2",
        input_shape=(4, 4, 1),
        num_classes=3,
        feature_size=3,
        code_size=2,
        size=(6,),
        units=(5,),
        stages=STAGES,
        **arguments,
    )


@pytest.fixture
def rows():
    generator = np.random.default_rng(0)
    return generator.uniform(size=(12, 4, 4, 1)).astype("float32"), np.arange(12) % 3


def weights_by_role(model):
    return {role: network.get_weights() for role, network in model.networks.items()}


def moved(before, after):
    return {
        role
        for role in before
        if any((a != b).any() for a, b in zip(before[role], after[role], strict=True))
    }


def test_the_codes_are_learned_first_and_then_the_classes(rows):
    model = tiny()
    model.compile(optimizer="adam")
    seen = [weights_by_role(model)]
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(weights_by_role(model))
    )
    history = model.fit(*rows, epochs=2, verbose=0, callbacks=[keep]).history
    assert moved(*seen[:2]) == {"image_encoder", "image_decoder"}
    assert moved(*seen[1:]) == {"separator", "encoder", "decoder"}
    assert history["bound_loss"][0] == 0 and history["reconstruction_loss"][1] == 0


def test_the_first_stage_is_a_vae(rows, monkeypatch):
    monkeypatch.setattr("zoo.priors.draw", lambda distribution, shape, seeds: distribution.mean())
    model = tiny()
    vae = zoo.models.VariationalAutoencoder(model.image_encoder, model.image_decoder)
    vae.compile(optimizer="sgd")
    expected = vae.evaluate(rows[0], verbose=0, return_dict=True)
    model.stage = "codes"
    model.compile(optimizer="sgd")
    found = model.evaluate(*rows, verbose=0, return_dict=True)
    for term in ("loss", "reconstruction_loss", "kl_loss"):
        assert found[term] == pytest.approx(expected[term], rel=1e-5)


def test_the_bounds_of_both_add_up(rows, monkeypatch):
    """elbo(x) = log p(x|a) + H(q(a|x)) - M2's bound of a, at the means."""
    monkeypatch.setattr("zoo.priors.draw", lambda distribution, shape, seeds: distribution.mean())
    model, (x, y) = tiny(), rows
    mean, raw = np.split(np.asarray(model.image_encoder(x)).astype("float64"), 2, axis=-1)
    scale = np.log1p(np.exp(raw)) + 1e-5
    entropy = np.sum(np.log(scale) + 0.5 * np.log(2 * np.pi * np.e), axis=-1)
    pixels = 1 / (1 + np.exp(-np.asarray(model.image_decoder(mean)).astype("float64")))
    image = np.sum(x * np.log(pixels) + (1 - x) * np.log(1 - pixels), axis=(1, 2, 3))

    def bound(label):
        label = np.eye(3)[label].astype("float32")
        code, raw = np.split(np.asarray(model.encoder([mean, label])), 2, axis=-1)
        s = np.log1p(np.exp(raw)) + 1e-5
        divergence = 0.5 * np.sum(s**2 + code**2 - 1 - 2 * np.log(s), axis=-1)
        m, raw = np.split(np.asarray(model.decoder([code, label])), 2, axis=-1)
        s = np.log1p(np.exp(raw)) + 1e-5
        squared = ((mean - m) / s) ** 2
        return (
            divergence
            + np.log(3)
            + 0.5 * np.sum(squared + np.log(2 * np.pi) + 2 * np.log(s), axis=-1)
        )

    np.testing.assert_allclose(model.elbo(x, y), image + entropy - bound(y), rtol=1e-4)
    p = np.asarray(model.classify(x))
    every = np.stack([bound(np.full(12, n)) for n in range(3)], axis=-1)
    unlabeled = np.sum(p * every, axis=-1) + np.sum(p * np.log(p), axis=-1)
    np.testing.assert_allclose(model.elbo(x), image + entropy - unlabeled, rtol=1e-4)


def test_classes_make_images():
    images = tiny().generate([0, 1, 2])
    assert images.shape == (3, 4, 4, 1) and 0 <= images.numpy().min() <= images.numpy().max() <= 1


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="part of a stage"):
        zoo.create_model("m1m2", input_shape=(4, 4, 1), num_classes=3, stages=[("pixels", 1)])
    parts = tiny().networks
    with pytest.raises(InputError, match="separator must take"):
        separator = zoo.networks.separator(4, 3)
        zoo.StackedGenerativeClassifier(**{**parts, "separator": separator})
    with pytest.raises(InputError, match="feature_size"):
        zoo.create_model("m1m2", input_shape=(4, 4, 1), num_classes=3, feature_size=0)


@pytest.mark.parametrize("name", ["m1", "m1m2"])
def test_the_default_size_is_the_papers_for_dense_networks_only(name):
    encoder = {"m1": "encoder", "m1m2": "image_encoder"}[name]
    classes = {"num_classes": 3} if name == "m1m2" else {}

    def count(**arguments):
        model = zoo.create_model(name, input_shape=(8, 8, 1), **classes, **arguments)
        return model.networks[encoder].count_params()

    assert count() == count(size=(500, 500)) == count(kind="dense", size=(500, 500))
    assert count(kind="convolutional") == count(kind="convolutional", size="medium")
