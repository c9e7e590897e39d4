"""zoo/models/categorical_gans.py: three entropies, who moves by which, and whose moments count."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import InputError
from zoo.models.categorical_gans import marginal_entropy
from zoo.networks import latent_generator, perceptron

X = np.random.default_rng(0).uniform(size=(32, 8, 8, 1)).astype("float32")
Y = np.arange(32) % 3


def tiny(**arguments):
    keras.utils.set_random_seed(0)
    settings = {"units": (6,), "generator_units": (5,), "latent_size": 4, "classifier_noise": 0.0}
    return zoo.create_model(
        "catgan", input_shape=(8, 8, 1), num_classes=3, **{**settings, **arguments}
    )


def values(variables):
    return [variable.numpy() for variable in variables]


def plain_entropy(p):
    return -np.sum(p * np.log(p), axis=-1)


def test_the_entropies_of_a_batch_worked_by_hand():
    """Real rows (3/4, 1/4) and (1/4, 3/4); made ones (1/2, 1/2) and (1, 0).

    H(3/4, 1/4) = 2 log 2 - (3/4) log 3 = 0.5623, and the mean (1/2, 1/2) has log 2 = 0.6931; of
    the made ones the mean entropy is (log 2) / 2 = 0.3466, and their mean (3/4, 1/4) has 0.5623.
    """
    model = zoo.CategoricalGAN(perceptron((2, 2, 1), 2, (3,)), latent_generator((2, 2, 1), 2, (3,)))
    real = tf.math.log([[0.75, 0.25], [0.25, 0.75]])
    outputs = {
        "class_logits": real,
        "probabilities_of_made": tf.constant([[0.5, 0.5], [1.0, 0.0]]),
    }
    y = tf.constant([[1.0, 0.0], [1.0, 0.0]])
    terms = {name: float(tf.reduce_mean(t)) for name, t in model.terms(None, y, outputs).items()}
    assert terms == {
        "classification_loss": pytest.approx((np.log(4 / 3) + np.log(4)) / 2),
        "conditional_entropy": pytest.approx(0.562335, abs=1e-6),
        "marginal_entropy": pytest.approx(0.693147, abs=1e-6),
        "adversarial_loss": pytest.approx(-0.346574, abs=1e-6),
    }
    # 0.836988 + 0.562335 - 0.693147 - 0.346574
    assert model.total(terms) == pytest.approx(0.359602, abs=1e-5)
    made = outputs["probabilities_of_made"]
    model._probabilities_of_made = lambda *given: made
    asked = model.adversary_terms(None, y, {"latent": tf.zeros((2, 2))}, training=False)
    asked = {name: float(tf.reduce_mean(term)) for name, term in asked.items()}
    assert asked == {
        "generated_entropy": pytest.approx(0.346574, abs=1e-6),
        "generated_marginal_loss": pytest.approx(-0.562335, abs=1e-6),
    }


def test_the_marginal_entropy_has_the_gradient_of_the_entropy_of_the_mean():
    logits = np.random.default_rng(1).normal(size=(5, 4))

    def entropy_of_mean(logits):
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        return plain_entropy(p.mean(axis=0))

    x = tf.constant(logits, "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        mean = tf.reduce_mean(marginal_entropy(tf.nn.softmax(x)))
    assert float(mean) == pytest.approx(entropy_of_mean(logits), rel=1e-5)
    differences = np.zeros_like(logits)
    for place in np.ndindex(*logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-5
        change = entropy_of_mean(logits + step) - entropy_of_mean(logits - step)
        differences[place] = change / 2e-5
    np.testing.assert_allclose(tape.gradient(mean, x), differences, atol=1e-6)


def test_a_class_that_no_row_has_costs_nothing():
    p = tf.constant([[1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(marginal_entropy(p), [0.0, 0.0])


def test_each_side_moves_its_own_network():
    for rates, still in (((0.0, 0.1), "classifier"), ((0.1, 0.0), "generator")):
        model = tiny()
        optimizers = [keras.optimizers.SGD(rate) for rate in rates]
        model.compile(optimizer=optimizers[0], adversary_optimizer=optimizers[1])
        before = {role: values(net.trainable_variables) for role, net in model.networks.items()}
        model.fit(X, Y, batch_size=16, verbose=0)
        for role, network in model.networks.items():
            after = values(network.trainable_variables)
            same = [np.array_equal(a, b) for a, b in zip(before[role], after, strict=True)]
            assert all(same) if role == still else not any(same), role


def test_the_generator_learns_to_look_certain_and_of_every_class():
    model = tiny()
    model.compile(
        optimizer=keras.optimizers.SGD(0.0), adversary_optimizer=keras.optimizers.Adam(3e-2)
    )
    history = model.fit(X, Y, batch_size=32, epochs=25, verbose=0).history
    # What it pays: certainty of each, without the mean becoming certain.
    paid = np.add(history["generated_entropy"], history["generated_marginal_loss"])
    assert paid[-1] < paid[0] - 0.1


def test_made_images_leave_the_moments_of_the_classifier_alone():
    model = tiny()
    alone = zoo.Classifier(keras.models.clone_model(model.classifier))
    alone.classifier.set_weights(model.classifier.get_weights())
    for each in (model, alone):
        each.compile(optimizer=keras.optimizers.SGD(0.0))
        each.fit(X, Y, batch_size=16, shuffle=False, verbose=0)
    pairs = zip(model.classifier.weights, alone.classifier.weights, strict=True)
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)
    moments = [each for each in model.classifier.weights if "moving_mean" in each.path]
    assert moments and all(np.abs(each.numpy()).max() > 0 for each in moments)


def test_unlabeled_rows_count_in_the_entropies_alone():
    model = tiny()
    model.compile(optimizer="adam")
    weights = np.zeros(32)
    weights[:4] = 1.0
    scores = model.evaluate(X, Y, sample_weight=weights, verbose=0, return_dict=True)
    p = np.asarray(model.classify(X), "float64")
    assert scores["conditional_entropy"] == pytest.approx(plain_entropy(p).mean(), rel=1e-4)
    assert scores["marginal_entropy"] == pytest.approx(plain_entropy(p.mean(axis=0)), rel=1e-4)
    labeled = -np.log(p[np.arange(4), Y[:4]])
    assert scores["classification_loss"] == pytest.approx(labeled.mean(), rel=1e-4)


@pytest.mark.full
def test_without_any_label_it_finds_the_clusters():
    """Images of three patterns, far apart: each gets a class of its own."""
    generator = np.random.default_rng(0)
    patterns = generator.uniform(size=(3, 8, 8, 1))
    kinds = np.arange(96) % 3
    x = np.clip(patterns[kinds] + generator.normal(scale=0.05, size=(96, 8, 8, 1)), 0, 1)
    x = x.astype("float32")
    model = tiny(units=(16,))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    model.fit(x, np.zeros(96), sample_weight=np.zeros(96), batch_size=48, epochs=40, verbose=0)
    found = np.argmax(model.classify(x), axis=-1)
    assert {tuple(np.unique(found[kinds == kind])) for kind in range(3)} == {(0,), (1,), (2,)}


def test_samples_are_images_and_differ():
    images = np.asarray(tiny().sample(5))
    assert images.shape == (5, 8, 8, 1) and images.min() >= 0.0 and images.max() <= 1.0
    assert len(np.unique(images.reshape(5, -1), axis=0)) == 5


def test_both_kinds_of_networks_are_to_be_had():
    shapes = {"input_shape": (8, 8, 1), "num_classes": 3, "latent_size": 4}
    model = zoo.create_model("catgan", **shapes, kind="convolutional", size=(4, 6))
    kinds = {type(layer) for layer in model.classifier.layers}
    assert keras.layers.Conv2D in kinds
    assert model.generator.input_shape == (None, 4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classification_weight": -1.0}, r"lambda.*=-1.0"),
        ({"latent_size": 0}, "`latent_size`.*=0"),
        ({"adversary_steps": 0}, "`adversary_steps`"),
        ({"kind": "round"}, "Unknown kind 'round'"),
        ({"generator": latent_generator((9, 9, 1), 4, (5,))}, r"shape \(8, 8, 1\).*\(9, 9, 1\)"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        tiny(**settings)


def test_the_networks_return_logits():
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(64, "sigmoid"), keras.layers.Reshape((8, 8, 1))]
    )
    images = keras.Sequential([*generator.layers, keras.layers.Activation("sigmoid")])
    images.build((None, 4))
    with pytest.raises(InputError, match="`generator` must return logits"):
        tiny(generator=images)
