"""zoo/models/virtual_adversarial_classifiers.py: which way, how far, and what stays at rest."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import InputError
from zoo.models import gate, virtual_adversarial_classifiers
from zoo.networks import perceptron


def kl(model, x, perturbation):
    """KL(p(x) ‖ p(x + r)) of each row, by NumPy."""
    # A perturbation may lead out of the range of pixels.
    with gate.passed():
        p, q = (np.asarray(model.classify(each), "float64") for each in (x, x + perturbation))
    return np.sum(p * (np.log(p) - np.log(q)), axis=-1)


@pytest.fixture(scope="module")
def trained():
    """A model that tells digits apart, and test images."""
    keras.utils.set_random_seed(0)
    data = zoo.datasets.load("digits")
    model = zoo.create_model(
        "vat", input_shape=(8, 8, 1), num_classes=10, units=(64, 32), epsilon=0.3
    )
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    model.fit(data.train, epochs=8, verbose=0)
    return model, data.sample("test", 200)[0]


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_finds_the_direction_of_float32(policy, monkeypatch):
    made = {}
    for each in ("float32", policy):
        keras.config.set_dtype_policy(each)
        try:
            made[each] = zoo.create_model("vat", input_shape=(16, 16, 3), num_classes=4)
        finally:
            keras.config.set_dtype_policy("float32")
    full, half = made.values()
    half.set_weights(full.get_weights())
    x = np.random.default_rng(0).uniform(0.1, 1, (6, 16, 16, 3)).astype("float32")
    start = tf.constant(np.random.default_rng(1).normal(size=x.shape), "float32")
    monkeypatch.setattr(virtual_adversarial_classifiers, "draw_direction", lambda *_: start)
    np.testing.assert_allclose(half.perturbation(x), full.perturbation(x), atol=1e-4)
    for model in (full, half):
        model.compile("sgd")
    theirs, ours = (
        each.evaluate(x, np.arange(6) % 4, verbose=0, return_dict=True)["smoothness_loss"]
        for each in (full, half)
    )
    assert ours == pytest.approx(theirs, rel=0.05)


def test_a_perturbation_has_the_norm_epsilon(trained):
    model, x = trained
    norms = np.linalg.norm(np.asarray(model.perturbation(x)).reshape(len(x), -1), axis=-1)
    np.testing.assert_allclose(norms, 0.3, rtol=1e-5)


def test_it_changes_the_answer_more_than_a_random_one_of_its_norm(trained):
    model, x = trained
    random = np.random.default_rng(0).normal(size=x.shape).astype("float32")
    random *= 0.3 / np.linalg.norm(random.reshape(len(x), -1), axis=-1).reshape(-1, 1, 1, 1)
    adversarial = kl(model, x, np.asarray(model.perturbation(x)))
    assert np.mean(adversarial > kl(model, x, random)) >= 0.95


def test_further_iterations_come_to_the_direction_of_most_change(trained):
    """The top eigenvector of the Fisher matrix at a row, by the matrix itself."""
    model, x = trained
    x = tf.constant(x[:4])
    with tf.GradientTape() as tape:
        tape.watch(x)
        log_p = tf.nn.log_softmax(model.classifier(x))
    jacobian = tape.batch_jacobian(log_p, x).numpy().reshape(4, 10, -1).astype("float64")
    p = np.exp(log_p.numpy().astype("float64"))
    model.power_iterations, before = 30, model.power_iterations
    found = np.asarray(model.perturbation(x)).reshape(4, -1) / 0.3
    model.power_iterations = before
    for row in range(4):
        values, vectors = np.linalg.eigh((jacobian[row].T * p[row]) @ jacobian[row])
        # Of two eigenvalues nearly alike, either is one of most change.
        top = vectors[:, values > 0.8 * values[-1]]
        assert np.linalg.norm(top.T @ found[row]) > 0.97


def test_perturbed_passes_leave_the_moments_alone():
    classifier = perceptron((8, 8, 1), 3, units=(6,))
    model = zoo.VirtualAdversarialClassifier(classifier, smoothness_weight=1.0)
    plain = zoo.Classifier(keras.models.clone_model(classifier))
    plain.set_weights([each.numpy() for each in classifier.weights])
    x = np.random.default_rng(0).uniform(size=(32, 8, 8, 1)).astype("float32")
    for each in (model, plain):
        each.compile(keras.optimizers.SGD(0.0))
        each.fit(x, np.arange(32) % 3, batch_size=16, shuffle=False, verbose=0)
    for ours, theirs in zip(classifier.weights, plain.classifier.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)
    moving = [each for each in classifier.weights if "moving_mean" in each.path]
    assert moving and all(np.abs(each.numpy()).max() > 0 for each in moving)


def test_without_weight_it_is_the_plain_classifier():
    classifier = perceptron((8, 8, 1), 3, units=(6,))
    model = zoo.VirtualAdversarialClassifier(classifier, smoothness_weight=0.0)
    plain = zoo.Classifier(keras.models.clone_model(classifier))
    plain.set_weights([each.numpy() for each in classifier.weights])
    x = np.random.default_rng(0).uniform(size=(32, 8, 8, 1)).astype("float32")
    for each in (model, plain):
        each.compile(keras.optimizers.SGD(0.1))
        each.fit(x, np.arange(32) % 3, batch_size=16, shuffle=False, verbose=0)
    for ours, theirs in zip(classifier.weights, plain.classifier.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_the_smoothness_is_the_divergence_at_the_perturbation(trained, monkeypatch):
    model, x = trained
    fixed = np.random.default_rng(0).normal(size=x.shape, scale=0.05).astype("float32")
    monkeypatch.setattr(model, "perturbation", lambda *given: tf.constant(fixed))
    y = model.prepare_labels(np.zeros(len(x)))
    terms = model.terms(x, y, model.forward(x, y))
    np.testing.assert_allclose(terms["smoothness_loss"], kl(model, x, fixed), atol=1e-4)


def test_entropy_is_that_of_the_answers_and_joins_the_loss_by_its_weight(trained, monkeypatch):
    model, x = trained
    y = model.prepare_labels(np.zeros(len(x)))
    p = np.asarray(model.classify(x), "float64")
    terms = model.terms(x, y, model.forward(x, y))
    expected = -np.sum(p * np.log(p), axis=-1)
    np.testing.assert_allclose(terms["conditional_entropy"], expected, atol=1e-4)
    means = {"classification_loss": 1.0, "smoothness_loss": 10.0, "conditional_entropy": 100.0}
    monkeypatch.setattr(model, "entropy_weight", 0.5)
    assert model.total(means) == 1.0 + 10.0 + 50.0


def test_unlabeled_rows_count_in_smoothness_and_entropy_alone(trained):
    model, x = trained
    y = np.zeros(len(x), "int64")
    scores = model.evaluate(x, y, sample_weight=np.zeros(len(x)), verbose=0, return_dict=True)
    assert scores["classification_loss"] == 0.0
    assert scores["smoothness_loss"] > 0.0 and scores["conditional_entropy"] > 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epsilon": -0.1}, "`epsilon` must be.*Received: epsilon=-0.1"),
        ({"smoothness_weight": -1.0}, r"lambda.*=-1.0"),
        ({"entropy_weight": -1.0}, r"eta.*=-1.0"),
        ({"power_iterations": 0}, "`power_iterations`"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        zoo.create_model("vat", input_shape=(8, 8, 1), num_classes=3, units=(4,), **settings)


# The layers of the second take the fused kernel, but for rows that are apart.
@pytest.mark.parametrize("settings", [{"units": (6,)}, {"kind": "convolutional", "size": (4, 6)}])
def test_labeled_rows_are_normalized_by_themselves_where_others_are_unlabeled(settings):
    keras.utils.set_random_seed(0)
    model = zoo.create_model("vat", input_shape=(8, 8, 1), num_classes=3, **settings)
    x = np.random.default_rng(0).uniform(size=(40, 8, 8, 1)).astype("float32")
    weights = np.repeat([1.0, 0.0], [15, 25]).astype("float32")
    y = model.prepare_labels(np.arange(40) % 3)
    # Directions that follow from the rows, so that they can be compared.
    patch = "zoo.models.virtual_adversarial_classifiers.draw_direction"
    with pytest.MonkeyPatch.context() as context:
        context.setattr(patch, lambda x, seeds: tf.sin(10.0 * x))
        found = model.forward(x, y, tf.constant(weights), training=True)
        labeled = model.forward(x[:15], y[:15], None, training=True)
        others = model.forward(x[15:], y[15:], None, training=True)
    np.testing.assert_allclose(found["class_logits"][:15], labeled["class_logits"], atol=1e-5)
    # The mean over all rows is that over the others: 25 of 40.
    for key in ("divergence", "entropy"):
        expected = np.concatenate([np.zeros(15), others[key] * 40 / 25])
        # The finite difference brings out what rounding differs by.
        np.testing.assert_allclose(found[key], expected, rtol=1e-2, atol=1e-6, err_msg=key)


def test_too_few_rows_of_a_kind_are_normalized_with_all():
    keras.utils.set_random_seed(0)
    model = zoo.create_model("vat", input_shape=(4, 4, 1), num_classes=3, units=(6,))
    x = np.random.default_rng(0).uniform(size=(20, 4, 4, 1)).astype("float32")
    y = model.prepare_labels(np.arange(20) % 3)
    weights = tf.constant(np.repeat([1.0, 0.0], [11, 9]).astype("float32"))
    few = model.forward(x, y, weights, training=True)["class_logits"]
    together = model.forward(x, y, None, training=True)["class_logits"]
    np.testing.assert_allclose(few, together, atol=1e-5)
