"""zoo/models/classifiers.py: the label loss by hand, its gradient, weights and bad labels."""

import functools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import worked_networks as worked
from worked_networks import IMAGES, LABELS, scores

import zoo

# Of image A, held for its class at 3/4, and of image B at 1/2.
LABEL_LOSSES = {
    "crossentropy": (math.log(4 / 3), math.log(2)),
    "mse": (1 / 16, 1 / 4),
    "mae": (1 / 4, 1 / 2),
}


def classifier(**arguments):
    return zoo.Classifier(worked.classifier(), **arguments)


@pytest.mark.parametrize(("name", "by_hand"), LABEL_LOSSES.items())
def test_label_losses_by_hand(name, by_hand):
    result = scores(classifier(label_loss=name))
    assert result["classification_loss"] == pytest.approx(np.mean(by_hand), rel=1e-5)
    assert result["loss"] == pytest.approx(np.mean(by_hand), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        # Targets (0.9, 0.1) and (0.1, 0.9) against (3/4, 1/4) and (1/2, 1/2).
        ("crossentropy", (0.9 * math.log(4 / 3) + 0.1 * math.log(4), math.log(2))),
        ("mse", (0.15**2, 0.4**2)),
        ("mae", (0.15, 0.4)),
    ],
)
def test_label_smoothing_by_hand(name, by_hand):
    result = scores(classifier(label_loss=name, label_smoothing=0.2))
    assert result["classification_loss"] == pytest.approx(np.mean(by_hand), rel=1e-5)


def test_smoothing_leaves_the_metrics_alone():
    model = classifier(label_smoothing=0.5)
    model.compile("sgd", metrics=["mse"], run_eagerly=True)
    result = scores(model)
    assert result["mse"] == pytest.approx(np.mean(LABEL_LOSSES["mse"]), rel=1e-5)
    # B's tie goes to class 0.
    assert result["accuracy"] == 0.5


def test_rows_weigh_as_they_are_told():
    a, b = LABEL_LOSSES["crossentropy"]
    result = scores(classifier(), sample_weight=np.array([3.0, 1.0]))
    assert result["loss"] == pytest.approx((3 * a + b) / 4, rel=1e-5)
    assert result["accuracy"] == 0.75
    assert scores(classifier(), sample_weight=np.zeros(2))["loss"] == 0.0


@pytest.mark.parametrize("name", LABEL_LOSSES)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_a_step_is_the_slope_by_finite_differences(name, label_smoothing):
    model = classifier(label_loss=name, label_smoothing=label_smoothing)
    loss = functools.partial(worked.players_loss, model, IMAGES, LABELS)
    expected = worked.slopes(model.trainable_variables, loss)
    before = worked.values(model.trainable_variables)
    worked.one_step(model, IMAGES, LABELS, 1.0)
    for old, new, slope in zip(before, model.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(old - new.numpy(), slope, rtol=0, atol=3e-4)
        assert np.abs(slope).max() > 1e-2


def test_call_predict_and_classify_are_the_probabilities():
    model = classifier()
    expected = [[0.75, 0.25], [0.5, 0.5]]
    for shown in (model(IMAGES), model.predict(IMAGES, verbose=0), model.classify(IMAGES)):
        np.testing.assert_allclose(shown, expected, rtol=1e-6)


def test_soft_labels_are_taken_as_they_are():
    result = scores(classifier(), y=np.array([[0.5, 0.5], [0.25, 0.75]], "float32"))
    by_hand = (0.5 * math.log(4 / 3) + 0.5 * math.log(4) + math.log(2)) / 2
    assert result["loss"] == pytest.approx(by_hand, rel=1e-5)


def test_class_numbers_columns_and_one_hot_are_the_same_labels(images):
    x, y = images
    network = zoo.networks.classifier((8, 8, 1), 3, (4,), "dense")
    given = (y, y[:, None], np.eye(3)[y])
    results = [scores(zoo.Classifier(network), x, labels) for labels in given]
    assert results[1] == pytest.approx(results[0]) and results[2] == pytest.approx(results[0])


@pytest.mark.parametrize(
    ("wrong", "received"),
    [
        (np.array([0, 2]), "2 in row 1"),
        (np.array([-1, 0]), "-1 in row 0"),
        (np.array([0.5, 1]), "0.5 in row 0"),
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
        (np.array([[2.0, 0], [0, 1]]), "2 in row 0"),
        (np.array(["a", "b"]), "ndarray of str"),
        (None, "no labels"),
    ],
)
def test_labels_that_are_none_are_refused(wrong, received):
    model = classifier()
    model.compile(optimizer="sgd")
    with pytest.raises(zoo.InputError, match=f"from 0 to 1, or one-hot.*{received}"):
        model.fit(IMAGES, wrong, verbose=0)


def test_labels_out_of_range_in_a_stream_are_refused():
    model = classifier()
    model.compile(optimizer="sgd")
    stream = tf.data.Dataset.from_tensor_slices((IMAGES, np.array([0, 2]))).batch(2)
    with pytest.raises(zoo.InputError, match="class numbers from 0 to 1.*2 in row 1 of batch 0"):
        model.fit(stream, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label_loss": "l1"}, "Unknown label loss 'l1'"),
        ({"label_smoothing": 1.0}, "`label_smoothing`.*label_smoothing=1.0"),
        ({"label_smoothing": -0.1}, "`label_smoothing`.*label_smoothing=-0.1"),
        ({"augmentation": "flip"}, "`augmentation` must be a Keras layer"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        classifier(**arguments)


def test_a_network_that_ends_in_a_softmax_is_refused():
    layers = [keras.Input((1, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    with pytest.raises(zoo.InputError, match="`classifier` must return logits"):
        zoo.Classifier(keras.Sequential(layers))


def test_a_network_without_a_vector_for_each_row_is_refused():
    layers = [keras.Input((1, 2, 1)), keras.layers.Dense(2)]
    with pytest.raises(zoo.InputError, match=r"class logits.*\(None, 1, 2, 2\)"):
        zoo.Classifier(keras.Sequential(layers))


def test_augmentation_changes_the_images_of_training_only():
    class Black(keras.layers.Layer):
        def call(self, x, training=False):
            return 0.0 * x if training else x

    model = classifier(augmentation=Black())
    history = worked.one_step(model, IMAGES, LABELS, 0.0)
    assert history["loss"][0] == pytest.approx(math.log(2))
    by_hand = np.mean(LABEL_LOSSES["crossentropy"])
    assert scores(model)["loss"] == pytest.approx(by_hand, rel=1e-5)
