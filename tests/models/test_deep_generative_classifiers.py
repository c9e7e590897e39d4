"""zoo/models/deep_generative_classifiers.py: the bounds by NumPy, and whose they are."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import zoo
from zoo.errors import InputError
from zoo.models import DeepGenerativeClassifier
from zoo.networks import classifier, conditional_decoder, conditional_encoder

tfd = tfp.distributions
CLASSES = 3


def tiny(**arguments):
    keras.utils.set_random_seed(0)
    return zoo.create_model(
        "m2", input_shape=(4, 4, 1), num_classes=CLASSES, code_size=2, units=(6,), **arguments
    )


@pytest.fixture
def at_the_mean(monkeypatch):
    monkeypatch.setattr("zoo.priors.draw", lambda distribution, shape, seeds: distribution.mean())


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=(5, 4, 4, 1)).astype("float32")


def labeled_bound(model, x, number):
    """L(x, y) of every row for one class, by NumPy, at the mean of the code."""
    y = np.tile(np.eye(CLASSES, dtype="float32")[number], (len(x), 1))
    mean, raw = np.split(np.asarray(model.encoder([x, y])).astype("float64"), 2, axis=-1)
    scale = np.log1p(np.exp(raw)) + 1e-5
    divergence = 0.5 * np.sum(scale**2 + mean**2 - 1 - 2 * np.log(scale), axis=-1)
    logits = np.asarray(model.decoder([mean.astype("float32"), y])).astype("float64")
    pixels = 1 / (1 + np.exp(-logits))
    likelihood = np.sum(x * np.log(pixels) + (1 - x) * np.log(1 - pixels), axis=(1, 2, 3))
    return -likelihood + divergence + np.log(CLASSES)


def test_the_labeled_bound_is_likelihood_prior_and_divergence(at_the_mean, images):
    model, numbers = tiny(), np.array([0, 2, 1, 1, 0])
    expected = [labeled_bound(model, images, n)[row] for row, n in enumerate(numbers)]
    np.testing.assert_allclose(-model.elbo(images, numbers), expected, rtol=1e-5)


def test_the_unlabeled_bound_is_the_expectation_of_the_labeled_less_the_entropy(
    at_the_mean, images
):
    model = tiny()
    p = np.asarray(model.classify(images)).astype("float64")
    every = np.stack([labeled_bound(model, images, n) for n in range(CLASSES)], axis=-1)
    expected = np.sum(p * every, axis=-1) + np.sum(p * np.log(p), axis=-1)
    np.testing.assert_allclose(-model.elbo(images), expected, rtol=1e-5)


def test_no_classifier_has_a_lower_unlabeled_bound_than_the_posterior_of_the_classes(
    at_the_mean, images
):
    """Over q(y|x), U is least at the softmax of -L, and there it is -log Σ exp(-L)."""
    model = tiny()
    every = np.stack([labeled_bound(model, images, n) for n in range(CLASSES)], axis=-1)
    least = -np.log(np.sum(np.exp(-every), axis=-1))
    assert (-np.asarray(model.elbo(images)) >= least - 1e-4).all()


def test_weights_say_whose_label_counts(at_the_mean, images):
    model, numbers = tiny(classification_weight=2.0), np.array([0, 2, 1, 1, 0])
    weights = tf.constant([1.0, 0.0, 0.0, 1.0, 0.0])
    labeled = -np.asarray(model.elbo(images, numbers))
    unlabeled = -np.asarray(model.elbo(images))
    y = model.prepare_labels(numbers)
    outputs = model.forward(tf.constant(images), y, weights)
    bounds = model.terms(images, y, outputs)["bound_loss"]
    expected = np.where(weights > 0, labeled, unlabeled)
    np.testing.assert_allclose(bounds, expected, rtol=1e-5)
    # 1 labeled row of class 0 and 1 of class 1 make up the cross-entropy.
    p = np.asarray(model.classify(images))
    cross_entropy = -np.log([p[0, 0], p[3, 1]]).mean()
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(images, numbers, sample_weight=weights, verbose=0).history
    assert history["loss"][0] == pytest.approx(expected.mean() + 2 * cross_entropy, rel=1e-5)


@pytest.mark.parametrize("share", [0.01, 0.7])
def test_a_share_of_labeled_rows_makes_the_bound_that_of_a_set_with_so_many(share, images):
    numbers = tf.one_hot([0, 2, 1, 1, 0], CLASSES)
    weights = tf.constant([1.0, 0.0, 0.0, 1.0, 0.0])
    bounds = []
    for labelled_share in (None, share):
        model = tiny(labelled_share=labelled_share, seed=0)
        bounds.append(model.forward(images, numbers, weights)["bound"].numpy())
    plain, shared = bounds
    expected = share * plain[[0, 3]].mean() + (1 - share) * plain[[1, 2, 4]].mean()
    assert shared.mean() == pytest.approx(expected, rel=1e-5)
    # A batch of one kind alone is left as it is.
    np.testing.assert_array_equal(model._shares(tf.zeros(5, "bool")), np.ones(5))


def test_labels_of_unlabeled_rows_change_nothing(at_the_mean, images):
    losses = []
    for numbers in ([0, 2, 1], [0, 0, 2]):
        model = tiny()
        model.compile(optimizer="sgd")
        history = model.fit(
            images[:3], np.array(numbers), sample_weight=np.array([1.0, 0.0, 0.0]), verbose=0
        )
        losses.append(history.history["loss"][0])
    assert losses[0] == losses[1]


@pytest.mark.full
def test_the_bound_bounds_the_likelihood():
    """Against log p(x) by brute force: a grid over a code of one number, and all classes."""
    keras.utils.set_random_seed(1)
    shape = (2, 1, 1)
    model = DeepGenerativeClassifier(
        classifier(shape, CLASSES, (4,), "dense"),
        conditional_encoder(shape, CLASSES, 1, (4,)),
        conditional_decoder(shape, CLASSES, 1, (4,)),
    )
    x = np.array([[0.0, 1.0], [1.0, 1.0]], "float32").reshape(2, 2, 1, 1)
    grid = np.linspace(-8, 8, 4001, dtype="float32")[:, None]
    likelihood = np.zeros(2)
    for number in range(CLASSES):
        pixels = model.generate(np.full(len(grid), number), grid).numpy()[None]
        p = np.prod(np.where(x[:, None] > 0, pixels, 1 - pixels), axis=(2, 3, 4))
        prior = np.exp(tfd.Normal(0.0, 1.0).log_prob(grid[:, 0]).numpy())
        likelihood += np.trapezoid(p * prior, grid[:, 0], axis=1) / CLASSES
    bounds = np.mean([model.elbo(x) for _ in range(400)], axis=0)
    assert (bounds < np.log(likelihood)).all()


def test_classes_and_codes_make_images():
    model = tiny()
    images = model.generate([0, 1, 2])
    assert images.shape == (3, 4, 4, 1) and 0 <= images.numpy().min() <= images.numpy().max() <= 1
    np.testing.assert_array_equal(model.generate(np.eye(3, dtype="float32")), images)
    assert not np.allclose(model.generate([0, 1, 2], np.ones((3, 2), "float32")), images)
    with pytest.raises(zoo.InputError, match="needs its code. Received: 3 rows and 2"):
        model.generate([0, 1, 2], np.ones((2, 2), "float32"))
    with pytest.raises(zoo.InputError, match="needs its label. Received: 3 rows and 2"):
        model.elbo(images, [0, 1])


def test_what_does_not_fit_is_refused():
    shape = (4, 4, 1)
    network = classifier(shape, CLASSES, (4,), "dense")
    encoder = conditional_encoder(shape, CLASSES, 2, (4,))
    with pytest.raises(InputError, match="encoder must turn data of shape"):
        DeepGenerativeClassifier(network, encoder, conditional_decoder(shape, CLASSES, 3, (4,)))
    with pytest.raises(InputError, match="encoder must turn data of shape"):
        DeepGenerativeClassifier(network, encoder, classifier(shape, CLASSES, (4,), "dense"))
    with pytest.raises(InputError, match="classification_weight"):
        tiny(classification_weight=-1.0)
    with pytest.raises(InputError, match="code_size"):
        conditional_encoder(shape, CLASSES, 0)
