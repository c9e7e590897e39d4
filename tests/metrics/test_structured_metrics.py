"""Metrics of label sets and masks: over batches and with weights the scores of the whole."""

import doctest

import keras
import numpy as np
import pytest
import sklearn.metrics

from zoo.errors import InputError
from zoo.metrics import (
    ExampleF1,
    GlobalIoU,
    HammingLoss,
    LabelF1,
    MeanIoU,
    MicroF1,
    example_f1,
    global_iou,
    hamming_loss,
    label_f1,
    mean_iou,
    micro_f1,
    structured_metrics,
)

LABELS = 6

CASES = [
    (ExampleF1, {"empty": 0.0}, example_f1),
    (ExampleF1, {"empty": 1.0}, example_f1),
    (LabelF1, {"num_labels": LABELS, "empty": 0.0}, label_f1),
    (LabelF1, {"num_labels": LABELS, "empty": 1.0}, label_f1),
    (MicroF1, {"empty": 0.0}, micro_f1),
    (HammingLoss, {}, hamming_loss),
    (MeanIoU, {"empty": 0.0}, mean_iou),
    (MeanIoU, {"empty": 1.0}, mean_iou),
    (GlobalIoU, {"empty": 0.0}, global_iou),
]


@pytest.fixture(scope="module")
def rows():
    """True labels, probabilities and weights; some rows and one label are empty in both."""
    rng = np.random.default_rng(0)
    y = (rng.uniform(size=(90, LABELS)) < 0.2).astype("float32")
    y[:, -1] = 0.0
    probabilities = 0.5 * y + 0.5 * rng.uniform(size=y.shape)
    probabilities[:, -1] *= 0.5
    return y, probabilities.astype("float32"), rng.uniform(size=90).astype("float32")


@pytest.mark.parametrize(("metric_class", "settings", "score"), CASES)
@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_over_unequal_batches_it_is_the_score_of_the_whole(
    metric_class, settings, score, threshold, rows
):
    y, probabilities, _ = rows
    metric = metric_class(threshold=threshold, **settings)
    for part in (slice(0, 50), slice(50, 51), slice(51, 90)):
        metric.update_state(y[part], probabilities[part])
    empty = {key: value for key, value in settings.items() if key == "empty"}
    expected = score(y, probabilities > threshold, **empty)
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)
    metric.reset_state()
    metric.update_state(y[:7], probabilities[:7])
    expected = score(y[:7], probabilities[:7] > threshold, **empty)
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("metric_class", "settings", "score"), CASES)
def test_weights_of_rows_are_those_of_scikit_learn(metric_class, settings, score, rows):
    y, probabilities, weights = rows
    hard = probabilities > 0.5
    named = {
        ExampleF1: (sklearn.metrics.f1_score, "samples"),
        LabelF1: (sklearn.metrics.f1_score, "macro"),
        MicroF1: (sklearn.metrics.f1_score, "micro"),
        MeanIoU: (sklearn.metrics.jaccard_score, "samples"),
        GlobalIoU: (sklearn.metrics.jaccard_score, "micro"),
    }
    if metric_class is HammingLoss:
        expected = sklearn.metrics.hamming_loss(y, hard, sample_weight=weights)
    else:
        function, average = named[metric_class]
        zero_division = settings["empty"]
        expected = function(
            y, hard, average=average, sample_weight=weights, zero_division=zero_division
        )
    for shape in ((-1,), (-1, 1)):
        metric = metric_class(**settings)
        for part in (slice(0, 50), slice(50, 90)):
            weight = weights[part].reshape(shape)
            metric.update_state(y[part], probabilities[part], sample_weight=weight)
        assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("metric_class", "settings", "score"), CASES)
def test_masks_are_labels_too(metric_class, settings, score, rows):
    y, probabilities, weights = rows
    flat, masks = metric_class(**settings), metric_class(**settings)
    flat.update_state(y, probabilities, sample_weight=weights)
    shape = (-1, 2, 3, 1)
    masks.update_state(y.reshape(shape), probabilities.reshape(shape), sample_weight=weights)
    assert float(masks.result()) == float(flat.result())


@pytest.mark.parametrize(("metric_class", "settings", "score"), CASES)
def test_fit_and_evaluate_with_it(metric_class, settings, score, rows):
    y, probabilities, weights = rows
    model = keras.Sequential([keras.Input((LABELS,)), keras.layers.Identity()])
    model.compile(loss="mse", weighted_metrics=[metric_class(name="score", **settings)])
    scores = model.evaluate(
        probabilities, y, sample_weight=weights, batch_size=32, verbose=0, return_dict=True
    )
    metric = metric_class(**settings)
    metric.update_state(y, probabilities, sample_weight=weights)
    assert scores["score"] == pytest.approx(float(metric.result()), rel=1e-5)


@pytest.mark.parametrize(("metric_class", "settings", "score"), CASES)
def test_config_round_trip(metric_class, settings, score):
    metric = metric_class(threshold=0.25, name="mine", dtype="float64", **settings)
    config = keras.saving.serialize_keras_object(metric)
    assert config["registered_name"] == f"zoo>{metric_class.__name__}"
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is metric_class
    expected = {"threshold": 0.25, "name": "mine", "dtype": "float64", **settings}
    assert copy.get_config() == expected


@pytest.mark.parametrize(("metric_class", "settings", "score"), CASES)
def test_early_stopping_knows_which_way_is_better(metric_class, settings, score):
    model = keras.Sequential([keras.Input((LABELS,)), keras.layers.Dense(LABELS, "sigmoid")])
    metric = metric_class(name="score", **settings)
    model.compile(keras.optimizers.SGD(0.0), loss="mse", metrics=[metric])
    x = np.eye(LABELS, dtype="float32")
    stopping = keras.callbacks.EarlyStopping(monitor="score", mode="auto")
    model.fit(x, x, epochs=1, verbose=0, callbacks=[stopping])
    high_is_good = metric_class is not HammingLoss
    assert bool(stopping.monitor_op(0.9, 0.1)) == high_is_good


def test_a_probability_at_the_threshold_is_not_above_it():
    metric = HammingLoss(threshold=0.5)
    metric.update_state([[1.0, 0.0, 1.0, 0.0]], [[0.5, 0.25, 0.75, 0.25]])
    assert float(metric.result()) == 0.25
    # Soft true labels, as resized masks have them, count from above one half, whatever is cut at.
    metric = HammingLoss(threshold=0.25)
    metric.update_state([[0.5, 0.25, 0.75, 0.0]], [[0.0, 0.0, 1.0, 0.0]])
    assert float(metric.result()) == 0.0


@pytest.mark.parametrize("metric_class", [LabelF1, MicroF1, GlobalIoU])
def test_nothing_at_all_scores_what_is_said(metric_class):
    size = {"num_labels": 2} if metric_class is LabelF1 else {}
    for empty in (0.0, 1.0):
        metric = metric_class(empty=empty, **size)
        metric.update_state(np.zeros((3, 2)), np.zeros((3, 2)))
        assert float(metric.result()) == empty


def test_masks_of_a_size_that_only_the_batch_tells(rows):
    y, probabilities, _ = rows
    masks = [a.reshape(-1, 2, 3, 1) for a in (y, probabilities)]
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[MeanIoU(name="score")])
    score = model.evaluate(masks[1], masks[0], verbose=0, return_dict=True)["score"]
    assert score == pytest.approx(mean_iou(y, probabilities > 0.5), rel=1e-5)


@pytest.mark.parametrize(("metric_class", "settings", "score"), CASES)
def test_bad_input(metric_class, settings, score, rows):
    y, probabilities, weights = rows
    metric = metric_class(**settings)
    with pytest.raises(InputError, match="`y` must lie between 0 and 1"):
        metric.update_state(2 * y, probabilities)
    with pytest.raises(InputError, match="`y_hat` must lie between 0 and 1"):
        metric.update_state(y, 5 * probabilities)
    with pytest.raises(InputError, match="same shape"):
        metric.update_state(y, probabilities[:, :2])
    with pytest.raises(InputError, match=r"`sample_weight`.*\(90, 6\)"):
        metric.update_state(y, probabilities, sample_weight=y)
    with pytest.raises(InputError, match=r"`sample_weight`.*\(4,\) for 90 rows"):
        metric.update_state(y, probabilities, sample_weight=weights[:4])
    for threshold in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="`threshold`"):
            metric_class(threshold=threshold, **settings)
    if "empty" in settings:
        with pytest.raises(InputError, match="`empty`"):
            metric_class(**{**settings, "empty": 1.5})


def test_bad_numbers_of_labels():
    with pytest.raises(InputError, match="`num_labels`"):
        LabelF1(0)
    with pytest.raises(InputError, match=r"Expected 3 labels per row.*Received: 2"):
        LabelF1(3).update_state(np.zeros((4, 2)), np.zeros((4, 2)))


def test_examples_in_docstrings():
    results = doctest.testmod(structured_metrics)
    assert results.attempted > 0
    assert results.failed == 0
