"""zoo/models/auto_classifiers.py: both cooperations by hand, their gradients, and equivalences."""

import functools
import math

import keras
import numpy as np
import pytest
import worked_networks as worked
from worked_networks import IMAGES, LABELS, scores

import zoo
from zoo.losses import AdjustedCooperation, StrictCooperation, WeightedCooperation
from zoo.networks import classifier, generator

# Of images A and B, as worked out in worked_networks.
CLASSIFICATION = {
    "crossentropy": (math.log(4 / 3), math.log(2)),
    "mse": (1 / 16, 1 / 4),
    "mae": (1 / 4, 1 / 2),
}
GENERATION = {"mse": (5 / 32, 1 / 4), "mae": (3 / 8, 1 / 2)}


def worked_model(**arguments):
    return zoo.AutoClassifier(worked.classifier(), worked.generator(), **arguments)


def dense_model(cooperation="adjusted", **arguments):
    networks = classifier((8, 8, 1), 3, (4,), "dense"), generator((8, 8, 1), 3, (4,), "dense")
    return zoo.AutoClassifier(*networks, cooperation, **arguments)


@pytest.mark.parametrize("label_loss", CLASSIFICATION)
@pytest.mark.parametrize("reconstruction_loss", GENERATION)
@pytest.mark.parametrize(
    ("cooperation", "combine"),
    [
        ("strict", lambda label, image: 2 * max(label, image)),
        (StrictCooperation(4.0), lambda label, image: 2 * max(label, 4 * image)),
        ("adjusted", lambda label, image: label + image),
        (AdjustedCooperation(2.5), lambda label, image: 2.5 * label + image),
    ],
    ids=["strict", "strict 4", "adjusted", "adjusted 2.5"],
)
def test_objective_by_hand(label_loss, reconstruction_loss, cooperation, combine):
    model = worked_model(
        cooperation=cooperation, label_loss=label_loss, reconstruction_loss=reconstruction_loss
    )
    result = scores(model)
    label, image = np.mean(CLASSIFICATION[label_loss]), np.mean(GENERATION[reconstruction_loss])
    assert result["classification_loss"] == pytest.approx(label, rel=1e-5)
    assert result["generation_loss"] == pytest.approx(image, rel=1e-5)
    assert result["loss"] == pytest.approx(combine(label, image), rel=1e-5)


def test_label_smoothing_by_hand():
    result = scores(worked_model(label_smoothing=0.2))
    # Targets (0.9, 0.1) and (0.1, 0.9) against (3/4, 1/4) and (1/2, 1/2).
    by_hand = (0.9 * math.log(4 / 3) + 0.1 * math.log(4) + math.log(2)) / 2
    assert result["classification_loss"] == pytest.approx(by_hand, rel=1e-5)
    assert result["generation_loss"] == pytest.approx(np.mean(GENERATION["mse"]), rel=1e-5)


@pytest.mark.parametrize("cooperation", ["strict", StrictCooperation(4.0), "adjusted"])
def test_weights_of_rows_reach_the_label_term_only(cooperation):
    model = worked_model(cooperation=cooperation)
    result = scores(model, sample_weight=np.array([0.0, 2.0]))
    label, image = math.log(2), np.mean(GENERATION["mse"])
    assert result["classification_loss"] == pytest.approx(label, rel=1e-5)
    assert result["generation_loss"] == pytest.approx(image, rel=1e-5)
    assert result["loss"] == pytest.approx(float(model.cooperation(label, image)), rel=1e-5)
    unlabeled = scores(model, sample_weight=np.zeros(2))
    assert unlabeled["loss"] == pytest.approx(float(model.cooperation(0.0, image)), rel=1e-5)


def test_methods_agree_with_the_numbers_worked_by_hand():
    model = worked_model()
    label, image = [[0.75, 0.25], [0.5, 0.5]], np.reshape([[0.75, 0.5], [0.5, 0.5]], IMAGES.shape)
    shown = model.predict(IMAGES, verbose=0)
    for found in (model.classify(IMAGES), shown["label"]):
        np.testing.assert_allclose(found, label, rtol=1e-5)
    for found in (model.reconstruct(IMAGES), shown["reconstruction"], model.generate(label)):
        np.testing.assert_allclose(found, image, rtol=1e-5)
    made = np.reshape([[0.9, 0.5], [0.1, 0.5]], IMAGES.shape)
    for labels in (LABELS, LABELS[:, None], np.eye(2)):
        np.testing.assert_allclose(model.generate(labels), made, rtol=1e-5)
    result = scores(model)
    assert result["accuracy"] == 0.5  # B's tie goes to class 0.
    assert result["reconstruction_error"] == pytest.approx(np.mean(GENERATION["mse"]), rel=1e-5)


def test_labels_that_are_none_are_no_images_either():
    with pytest.raises(zoo.InputError, match=r"Received: shape \(1, 3\)"):
        worked_model().generate(np.eye(3)[:1])
    with pytest.raises(zoo.InputError, match="at least one row"):
        worked_model().generate(np.eye(2)[:0])


@pytest.mark.parametrize(
    "cooperation",
    [
        "strict",
        StrictCooperation(4.0),
        StrictCooperation(0.0),
        "adjusted",
        AdjustedCooperation(0.0),
        AdjustedCooperation(3.0),
    ],
    ids=repr,
)
@pytest.mark.parametrize("losses", [("crossentropy", "mse"), ("mse", "mae"), ("mae", "mse")])
def test_a_step_is_the_slope_by_finite_differences(cooperation, losses):
    model = worked_model(
        cooperation=cooperation, label_loss=losses[0], reconstruction_loss=losses[1]
    )
    # Off the labels' and images' own values, where an absolute error has its kink.
    rows = np.array([[0.9, 0.2], [0.6, 0.8]], "float32").reshape(IMAGES.shape)
    loss = functools.partial(worked.players_loss, model, rows, LABELS)
    expected = worked.slopes(model.trainable_variables, loss)
    before = worked.values(model.trainable_variables)
    worked.one_step(model, rows, LABELS, 1.0)
    for old, new, slope in zip(before, model.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(old - new.numpy(), slope, rtol=0, atol=1e-3)
    assert max(np.abs(slope).max() for slope in expected) > 1e-2


def test_strict_cooperation_moves_only_what_the_larger_loss_needs(images):
    x, y = images
    model = dense_model("strict")
    before = worked.values(model.generator.trainable_variables)
    worked.one_step(model, x, y, 0.1)  # At the start the crossentropy is the larger by far.
    for old, new in zip(before, model.generator.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())
    model = dense_model(StrictCooperation(100.0))
    twin = dense_model(AdjustedCooperation(0.0))
    twin.set_weights(model.get_weights())
    # Twice w times the rate of the image loss alone.
    for each, rate in ((model, 0.01), (twin, 2.0)):
        worked.one_step(each, x, y, rate)
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_without_a_gradient_from_the_images_it_trains_as_the_classifier_alone(images):
    x, y = images
    model = dense_model(label_smoothing=0.1)
    constant = model.generator.layers[-2]
    constant.set_weights([np.zeros_like(constant.kernel), constant.bias.numpy()])
    model.generator.trainable = False
    alone = zoo.Classifier(keras.models.clone_model(model.classifier), label_smoothing=0.1)
    alone.set_weights(model.classifier.get_weights())
    start = alone.get_weights()
    for each in (model, alone):
        each.compile(optimizer="adam")
        each.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0)
    for old, ours, theirs in zip(
        start, model.classifier.get_weights(), alone.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
        assert np.abs(old - ours).max() > 1e-3


@pytest.mark.parametrize(
    ("generation_weight", "larger"),
    [(3.0, "label"), pytest.param(4.0, "image", marks=pytest.mark.full)],
)
def test_replicas_agree_on_which_loss_is_larger(generation_weight, larger, two_replicas):
    """On a batch of four whose halves, one for each replica, disagree."""
    x = np.array([[1, 0], [1, 0.2], [1, 0], [1, 1]], "float32").reshape(4, *worked.SHAPE)
    y = np.array([1, 1, 0, 1])

    def build():
        cooperation = StrictCooperation(generation_weight)
        model = worked_model(cooperation=cooperation, label_loss="mae")
        model.compile(keras.optimizers.SGD(0.5))
        return model

    one = build()
    with two_replicas.scope():
        two = build()
    parts = [scores(one, x[rows], y[rows]) for rows in (slice(2), slice(2, 4), slice(4))]
    gaps = [one.cooperation.gap(p["classification_loss"], p["generation_loss"]) for p in parts]
    assert gaps[0] > 0 > gaps[1] and (gaps[2] > 0) == (larger == "label")
    settings = {"batch_size": 4, "shuffle": False, "verbose": 0}
    start = one.get_weights()
    first, second = (each.fit(x, y, **settings).history for each in (one, two))
    assert first["loss"][0] == pytest.approx(parts[2]["loss"], rel=1e-5)
    assert second["loss"] == pytest.approx(first["loss"], rel=1e-5)
    for ours, theirs in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    moved = [np.abs(old - new).max() for old, new in zip(start, one.get_weights(), strict=True)]
    # The label loss leaves the generator where it was.
    assert min(moved[:2]) > 1e-3 and (max(moved[2:]) > 1e-3) == (larger == "image")
    assert scores(two, x, y)["loss"] == pytest.approx(scores(one, x, y)["loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cooperation": "weighted"}, "'strict', 'adjusted'.*cooperation='weighted'"),
        ({"cooperation": WeightedCooperation()}, "cooperation=WeightedCooperation"),
        ({"cooperation": ["strict"]}, r"cooperation=\['strict'\]"),
        ({"cooperation": None}, "cooperation=None"),
        ({"label_loss": "l1"}, "Unknown label loss 'l1'"),
        ({"reconstruction_loss": "l2"}, "Unknown reconstruction loss 'l2'"),
        ({"label_smoothing": 1.0}, "`label_smoothing`.*label_smoothing=1.0"),
        ({"label_smoothing": -0.1}, "`label_smoothing`.*label_smoothing=-0.1"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        worked_model(**arguments)


def test_networks_that_do_not_fit_are_refused():
    with pytest.raises(zoo.InputError, match=r"for \(8, 8, 1\) and a generator that makes \(9, 9"):
        zoo.AutoClassifier(classifier((8, 8, 1), 3, (4,)), generator((9, 9, 1), 3, (4,)))
    with pytest.raises(zoo.InputError, match=r"shape \(3,\) and a generator that takes \(4,\)"):
        zoo.AutoClassifier(classifier((8, 8, 1), 3, (4,)), generator((8, 8, 1), 4, (4,)))
    with pytest.raises(zoo.InputError, match="images of the classifier's shape"):
        zoo.AutoClassifier(worked.classifier(), worked.two_headed_generator())
    sigmoid = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Reshape((1, 2, 1)),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    with pytest.raises(zoo.InputError, match="`generator` must return logits"):
        zoo.AutoClassifier(worked.classifier(), sigmoid)


@pytest.mark.parametrize("wrong", [np.array([0, 2]), np.array([0.5, 1]), np.zeros((2, 3)), None])
def test_labels_that_are_none_are_refused(wrong):
    model = worked_model()
    model.compile(optimizer="sgd")
    with pytest.raises(zoo.InputError, match="from 0 to 1, or one-hot.*Received"):
        model.fit(IMAGES, wrong, verbose=0)


def test_metrics_go_by_the_keys_of_the_outputs():
    model = worked_model(label_smoothing=0.2)
    model.compile("sgd", metrics={"label": ["mse"], "reconstruction": ["mae"]}, run_eagerly=True)
    result = scores(model)
    assert result["label_mse"] == pytest.approx(np.mean(CLASSIFICATION["mse"]), rel=1e-5)
    assert result["reconstruction_mae"] == pytest.approx(np.mean(GENERATION["mae"]), rel=1e-5)


def test_a_discriminator_is_for_the_class_of_its_game():
    parts = worked.classifier(), worked.generator()
    with pytest.raises(zoo.InputError, match="plays no game, so it takes no `discriminator`"):
        zoo.AutoClassifier(*parts, discriminator=zoo.networks.discriminator(2))
