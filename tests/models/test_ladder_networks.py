"""zoo/models/ladder_networks.py: the two paths, the costs between them, and what they move."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import zoo
from zoo.errors import InputError
from zoo.networks import ShiftAndScale, ladder_classifier, ladder_decoder

NOISE = 0.3
QUIETLY = {"epochs": 2, "shuffle": False, "verbose": 0}
DRAWS = {16: 0, 6: 1, 5: 2, 3: 3}


def drawn(z):
    """The same noise in every test: rows of a fixed draw for each number of units."""
    units = int(np.prod(z.shape[1:]))
    draws = np.random.default_rng(DRAWS[units]).normal(size=(32, units)).astype("float32")
    return tf.reshape(tf.constant(draws)[: tf.shape(z)[0]], tf.shape(z))


@pytest.fixture(autouse=True)
def fixed_noise(monkeypatch):
    monkeypatch.setattr("zoo.models.ladder_networks.draw_noise", lambda z, seeds: drawn(z))


def data(rows=32):
    x = np.random.default_rng(0).uniform(size=(rows, 4, 4, 1)).astype("float32")
    return x, np.arange(rows) % 3


def shaken(model, seed=0):
    """Weights away from where they start, where most of a decoder is 0."""
    generator = np.random.default_rng(seed)
    for each in model.trainable_variables:
        each.assign(each.numpy() + generator.normal(scale=0.3, size=each.shape))
    return model


def tiny(variant="full", weights=(2.0, 1.0, 0.5, 0.25), noise=NOISE, **more):
    keras.utils.set_random_seed(0)
    network = ladder_classifier((4, 4, 1), 3, units=(6, 5))
    decoder = ladder_decoder(network, variant)
    return shaken(zoo.LadderNetwork(network, decoder, weights, noise, **more))


def copied(model, other):
    """The weights of one model's classifier in another."""
    other.classifier.set_weights(model.classifier.get_weights())
    return other


class FixedNoise(layers.Layer):
    def call(self, z, training=False):
        return z + NOISE * drawn(z) if training else z


def noisy_classifier():
    """The classifier of `tiny` with noise on its image and behind every normalization."""
    image = keras.Input((4, 4, 1))
    h = layers.Flatten()(FixedNoise()(image))
    for units in (6, 5, 3):
        z = layers.Dense(units, use_bias=False)(h)
        z = layers.BatchNormalization(center=False, scale=False, momentum=0.9)(z)
        h = ShiftAndScale(scale=units == 3)(FixedNoise()(z))
        h = layers.ReLU()(h) if units != 3 else h
    return keras.Model(image, h)


@pytest.mark.parametrize("labeled", [32, 16])
def test_without_costs_it_is_its_noisy_classifier(labeled):
    """That of the labeled rows alone: unlabeled ones have moments of their own."""
    ladder = tiny(weights=(0.0, 0.0, 0.0, 0.0))
    plain = copied(ladder, zoo.Classifier(noisy_classifier()))
    weights = 1.0 + np.arange(32) % 2
    weights[labeled:] = 0.0
    histories = []
    for model, rows in ((ladder, 32), (plain, labeled)):
        model.compile(keras.optimizers.SGD(0.5), run_eagerly=True)
        arrays = [each[:rows] for each in (*data(), weights)]
        fitted = model.fit(*arrays[:2], sample_weight=arrays[2], batch_size=32, **QUIETLY)
        histories.append(fitted.history)
    for key in ("loss", "classification_loss", "accuracy"):
        np.testing.assert_allclose(histories[0][key], histories[1][key], rtol=1e-4)
    ours, theirs = ladder.classifier.trainable_variables, plain.classifier.trainable_variables
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-4, err_msg=mine.path)


def paper_losses(model, x, y):
    """L_C and L_D as the paper writes them: each z and ẑ normalized by the clean moments."""
    kernels = [each.kernel.value for each in model.classifier.layers if hasattr(each, "kernel")]
    shifts = [each for each in model.classifier.layers if isinstance(each, ShiftAndScale)]
    downs = [model.decoder.get_layer(f"down_{level}").kernel.value for level in (2, 1, 0)]
    names = [f"denoised_{level}" for level in ("top", 2, 1, 0)]
    numbers = [tf.unstack(model.decoder.get_layer(each).parameters.value) for each in names]

    def moments(a):
        return tf.reduce_mean(a, 0), tf.sqrt(tf.math.reduce_variance(a, 0) + 1e-3)

    def climb(noise):
        flat = tf.reshape(x, [len(x), -1])
        h = flat + noise * drawn(flat)
        z, means, deviations = [h], [0.0], [1.0]
        for kernel, shift in zip(kernels, shifts, strict=True):
            mean, deviation = moments(h @ kernel)
            normal = (h @ kernel - mean) / deviation
            normal += (model.hidden_noise or NOISE) * drawn(normal) if noise else 0.0
            h = normal + shift.beta.value
            h = shift.gamma.value * h if shift.scale else tf.nn.relu(h)
            z, means, deviations = [*z, normal], [*means, mean], [*deviations, deviation]
        return z, means, deviations, tf.nn.softmax(h)

    def combined(a, noisy, u):
        mean = a[0] * tf.sigmoid(a[1] * u + a[2]) + a[3] * u + a[4]
        part = a[5] * tf.sigmoid(a[6] * u + a[7]) + a[8] * u + a[9]
        return (noisy - mean) * part + mean

    clean, means, deviations, _ = climb(0.0)
    noisy, _, _, answers = climb(NOISE)
    cost, above = 0.0, answers
    for level, a in zip((3, 2, 1, 0), numbers, strict=True):
        mean, deviation = moments(above)
        denoised = combined(a, noisy[level], (above - mean) / deviation)
        error = clean[level] - (denoised - means[level]) / deviations[level]
        cost += model.denoising_weights[level] * tf.reduce_mean(error**2, axis=1)
        above = denoised @ downs[3 - level] if level else None
    rows = tf.range(len(x))
    return -tf.math.log(tf.gather_nd(answers, tf.stack([rows, y], axis=1))), cost


@pytest.mark.parametrize("hidden_noise", [None, NOISE / 2])
def test_losses_and_gradients_are_the_papers(hidden_noise):
    model = tiny(hidden_noise=hidden_noise)
    x, y = data()
    variables = [each.value for each in model.trainable_variables]
    with tf.GradientTape() as ours:
        outputs = model.forward(x, y, training=True)
        terms = model.terms(x, model.prepare_labels(y), outputs)
        loss = sum(map(tf.reduce_mean, terms.values()))
    with tf.GradientTape() as theirs:
        classification, cost = paper_losses(model, tf.constant(x), tf.constant(y, "int32"))
        by_hand = tf.reduce_mean(classification) + tf.reduce_mean(cost)
    np.testing.assert_allclose(terms["classification_loss"], classification, rtol=1e-4)
    np.testing.assert_allclose(terms["denoising_loss"], cost, rtol=1e-4)
    found, expected = ours.gradient(loss, variables), theirs.gradient(by_hand, variables)
    for each, mine, other in zip(model.trainable_variables, found, expected, strict=True):
        assert np.abs(other).max() > 1e-4, each.path
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-4, err_msg=each.path)


def test_the_costs_are_those_of_the_unlabeled_rows():
    model = tiny()
    x, y = data()
    labeled = np.arange(32) >= 16
    outputs = model.forward(x, y, labeled.astype("float32"), training=True)
    costs = model.terms(x, model.prepare_labels(y), outputs)["denoising_loss"]
    by_hand = paper_losses(model, tf.constant(x[:16]), tf.constant(y[:16], "int32"))[1]
    # Their mean over all rows is that over the unlabeled half.
    np.testing.assert_allclose(costs[:16], 2.0 * by_hand, rtol=1e-4)
    np.testing.assert_array_equal(costs[16:], 0.0)


def test_without_noise_both_paths_are_one():
    """A decoder that lets z̃ through leaves an error of its normalization alone."""
    model = tiny("gamma", weights=(1.0,), noise=0.0)
    combinator = model.decoder.get_layer("denoised_top")
    values = np.zeros((10, 3), "float32")
    values[9] = 1.0
    combinator.parameters.assign(values)
    x, y = data()
    outputs = model.forward(x, y, training=True)
    logits = model.classifier(x, training=True)
    np.testing.assert_allclose(outputs["class_logits"], logits, atol=1e-5)
    # ẑ = z = (a - mean) / σ.
    a = outputs["features"][0].numpy()
    z = (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + 1e-3)
    np.testing.assert_allclose(outputs["denoised"][0], z, atol=1e-5)


def test_gamma_is_the_full_ladder_with_the_cost_of_its_top():
    full = tiny(weights=(0.0, 0.0, 0.0, 4.0))
    gamma = copied(full, tiny("gamma", weights=(4.0,)))
    tops = [model.decoder.get_layer("denoised_top") for model in (full, gamma)]
    tops[1].set_weights(tops[0].get_weights())
    before = tops[0].get_weights()[0].copy()
    losses = []
    for model in (full, gamma):
        model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
        losses.append(model.fit(*data(), batch_size=32, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-5)
    assert np.abs(tops[0].get_weights()[0] - before).max() > 1e-3
    ours = [*full.classifier.variables, *tops[0].variables]
    theirs = [*gamma.classifier.variables, *tops[1].variables]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6, err_msg=mine.path)


def test_the_running_averages_are_those_of_the_clean_path():
    ladder = tiny()
    plain = copied(ladder, zoo.Classifier(ladder_classifier((4, 4, 1), 3, units=(6, 5))))
    averages = ladder.classifier.non_trainable_variables
    start = [each.numpy() for each in averages]
    for model in (ladder, plain):
        model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
        model.fit(*data(), batch_size=16, shuffle=False, verbose=0)
    others = plain.classifier.non_trainable_variables
    for ours, theirs, before in zip(averages, others, start, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, err_msg=ours.path)
        assert np.any(ours.numpy() != before), ours.path


def test_answers_are_the_clean_paths():
    model = tiny()
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    x, y = data()
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    scores = model.evaluate(x, y, verbose=0, return_dict=True)
    for mine, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    answers = np.asarray(model.classify(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), answers, atol=1e-6)
    assert scores["accuracy"] == pytest.approx(np.mean(answers.argmax(axis=-1) == y))
    crossentropy = -np.mean(np.log(answers[np.arange(len(y)), y]))
    assert scores["classification_loss"] == pytest.approx(crossentropy, rel=1e-4)


def test_the_running_averages_are_those_of_the_unlabeled_rows():
    ladder = tiny(noise=0.0)
    x, y = data()
    ladder.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    ladder.fit(x, y, sample_weight=(np.arange(32) < 16) * 1.0, batch_size=32, verbose=0)
    first = next(each for each in ladder.classifier.layers if hasattr(each, "moving_mean"))
    a = x[16:].reshape(16, -1) @ ladder.classifier.get_layer("dense_1").kernel.numpy()
    np.testing.assert_allclose(first.moving_mean, 0.1 * a.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(first.moving_variance, 0.9 + 0.1 * a.var(axis=0), atol=1e-5)


def test_a_few_rows_have_no_moments_of_their_own():
    model = tiny()
    x, y = data()
    all_rows = model.forward(x, y, np.ones(32, "float32"), training=True)["class_logits"]
    for labeled in (9, 23):
        weights = (np.arange(32) < labeled).astype("float32")
        found = model.forward(x, y, weights, training=True)["class_logits"]
        np.testing.assert_array_equal(found, all_rows)
    apart = model.forward(x, y, (np.arange(32) < 10).astype("float32"), training=True)
    assert np.abs(apart["class_logits"] - all_rows).max() > 1e-2


@pytest.mark.full
def test_two_replicas_share_the_moments_of_both_groups(two_replicas, monkeypatch):
    # Rows lie elsewhere in the batch of a replica: the noise must follow from their values.
    monkeypatch.setattr(
        "zoo.models.ladder_networks.draw_noise", lambda z, seeds: tf.stop_gradient(tf.sin(z))
    )
    x, y = data()
    one = tiny(weights=(0.1, 0.1, 0.01, 0.01))
    with two_replicas.scope():
        two = tiny(weights=(0.1, 0.1, 0.01, 0.01))
        two.set_weights(one.get_weights())
        two.compile(keras.optimizers.SGD(0.05))
    one.compile(keras.optimizers.SGD(0.05), run_eagerly=True)
    for model in (one, two):
        # The replicas have 16 and 2 of the labeled rows.
        weights = (np.arange(32) < 18).astype("float32")
        model.fit(x, y, sample_weight=np.roll(weights, -2), batch_size=32, **QUIETLY)
    for mine, other in zip(one.get_weights(), two.get_weights(), strict=True):
        assert np.isfinite(mine).all()
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_unlabeled_rows_count_in_the_denoising_alone():
    model = tiny()
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    x, y = data()
    full = model.evaluate(x, y, verbose=0, return_dict=True)
    none = model.evaluate(x, y, sample_weight=np.zeros(32), verbose=0, return_dict=True)
    assert none["classification_loss"] == 0.0
    assert none["denoising_loss"] == pytest.approx(full["denoising_loss"]) and full["loss"] > 0.1


def test_gamma_stands_on_convolutions():
    image = keras.Input((4, 4, 1))
    x = layers.Conv2D(6, 1, use_bias=False)(image)
    x = layers.BatchNormalization(center=False, scale=False)(x)
    x = layers.Flatten()(layers.ReLU()(ShiftAndScale(scale=False)(x)))
    x = layers.BatchNormalization(center=False, scale=False)(layers.Dense(3, use_bias=False)(x))
    network = keras.Model(image, ShiftAndScale()(x))
    model = zoo.create_model(
        "ladder",
        input_shape=(4, 4, 1),
        num_classes=3,
        variant="gamma",
        noise=0.0,
        classifier=network,
    )
    model.compile(keras.optimizers.Adam(1e-2), run_eagerly=True)
    losses = model.fit(*data(), epochs=5, verbose=0).history["denoising_loss"]
    assert losses[-1] < losses[0]


def test_the_entry_point_gives_each_layer_the_weight_that_it_asks_for():
    settings = {"input_shape": (4, 4, 1), "num_classes": 3, "units": (6, 5)}
    asked = {"input_weight": 7.0, "first_weight": 5.0, "further_weight": 3.0}
    full = zoo.create_model("ladder", **settings, **asked)
    assert full.denoising_weights == (7.0, 5.0, 3.0, 3.0)
    gamma = zoo.create_model("ladder", variant="gamma", **settings, further_weight=3.0)
    assert gamma.denoising_weights == (3.0,)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": (1.0, 1.0, 1.0, -0.5)}, r"lambda.*at least 0.*=-0.5"),
        ({"weights": (1.0, 1.0)}, r"must be 4 numbers.*\(1.0, 1.0\)"),
        ({"weights": 1.0}, "must be 4 numbers"),
        ({"variant": "gamma", "weights": (1.0, 1.0)}, "must be 1 numbers"),
        ({"noise": -0.1}, "`noise` must be.*noise=-0.1"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        tiny(**settings)


def test_a_decoder_of_another_classifier_is_refused():
    decoder = ladder_decoder(ladder_classifier((4, 4, 1), 3, units=(6, 4)))
    with pytest.raises(InputError, match="The decoder must turn the top layers"):
        zoo.LadderNetwork(ladder_classifier((4, 4, 1), 3, units=(6, 5)), decoder, (1.0,) * 4)


def test_a_frozen_classifier_keeps_its_moments():
    x, y = data()
    model = tiny()
    model.classifier.trainable = False
    model.compile("sgd")
    before = np.asarray(model.predict(x, verbose=0))
    model.fit(x, y, **QUIETLY)
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
