"""Metrics of label sets and masks: over batches and with weights the scores of the whole."""

import doctest

import keras
import numpy as np
import pytest
import sklearn.metrics

from zoo.errors import InputError
from zoo.metrics import ExampleF1, ImageIoU, example_f1, image_iou, structured_metrics

LABELS = 6

KINDS = [
    (ExampleF1, example_f1, sklearn.metrics.f1_score),
    (ImageIoU, image_iou, sklearn.metrics.jaccard_score),
]
of_each = pytest.mark.parametrize(("kind", "score", "theirs"), KINDS)


@pytest.fixture(scope="module")
def rows():
    """True labels, probabilities and weights; some rows and one label are empty in both."""
    rng = np.random.default_rng(0)
    y = (rng.uniform(size=(90, LABELS)) < 0.2).astype("float32")
    y[:, -1] = 0.0
    probabilities = 0.5 * y + 0.5 * rng.uniform(size=y.shape)
    probabilities[:, -1] *= 0.5
    return y, probabilities.astype("float32"), rng.uniform(size=90).astype("float32")


@of_each
@pytest.mark.parametrize("empty", [0.0, 1.0])
@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_over_unequal_batches_it_is_the_score_of_the_whole(
    kind, score, theirs, threshold, empty, rows
):
    y, probabilities, weights = rows
    hard = probabilities > threshold
    parts = slice(0, 50), slice(50, 51), slice(51, 90)
    metric = kind(threshold=threshold, empty=empty)
    for part in parts:
        metric.update_state(y[part], probabilities[part])
    assert float(metric.result()) == pytest.approx(score(y, hard, empty), rel=1e-5)
    metric.reset_state()
    metric.update_state(y[:7], probabilities[:7])
    assert float(metric.result()) == pytest.approx(score(y[:7], hard[:7], empty), rel=1e-5)
    weighted = theirs(y, hard, average="samples", sample_weight=weights, zero_division=empty)
    for shape in ((-1,), (-1, 1)):
        metric.reset_state()
        for part in parts:
            weight = weights[part].reshape(shape)
            metric.update_state(y[part], probabilities[part], sample_weight=weight)
        assert float(metric.result()) == pytest.approx(weighted, rel=1e-5)


@of_each
def test_masks_of_a_size_that_only_the_batch_tells(kind, score, theirs, rows):
    y, probabilities, weights = rows
    masks = [a.reshape(-1, 2, 3, 1) for a in (y, probabilities)]
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[kind(name="score")])
    found = model.evaluate(masks[1], masks[0], verbose=0, return_dict=True)["score"]
    assert found == pytest.approx(score(y, probabilities > 0.5), rel=1e-5)
    of_masks, of_rows = kind(), kind()
    of_masks.update_state(*masks, sample_weight=weights)
    of_rows.update_state(y, probabilities, sample_weight=weights)
    assert float(of_masks.result()) == float(of_rows.result())


@of_each
def test_weighted_in_evaluate(kind, score, theirs, rows):
    y, probabilities, weights = rows
    model = keras.Sequential([keras.Input((LABELS,)), keras.layers.Identity()])
    model.compile(loss="mse", weighted_metrics=[kind(name="score")])
    found = model.evaluate(
        probabilities, y, sample_weight=weights, batch_size=32, verbose=0, return_dict=True
    )
    metric = kind()
    metric.update_state(y, probabilities, sample_weight=weights)
    assert found["score"] == pytest.approx(float(metric.result()), rel=1e-5)


@of_each
def test_config_round_trip(kind, score, theirs):
    config = {"threshold": 0.25, "empty": 1.0, "name": "mine", "dtype": "float64"}
    saved = keras.saving.serialize_keras_object(kind(**config))
    assert saved["registered_name"] == f"zoo>{kind.__name__}"
    copy = keras.saving.deserialize_keras_object(saved)
    assert type(copy) is kind and copy.get_config() == config


@pytest.mark.parametrize(
    ("old_name", "settings", "expected"),
    [
        ("LabelF1", {"num_labels": LABELS, "empty": 0.0}, (sklearn.metrics.f1_score, "macro")),
        ("MicroF1", {"empty": 0.0}, (sklearn.metrics.f1_score, "micro")),
        ("GlobalIoU", {"empty": 0.0}, (sklearn.metrics.jaccard_score, "micro")),
        ("MeanIoU", {"empty": 1.0}, (sklearn.metrics.jaccard_score, "samples")),
        ("HammingLoss", {}, (sklearn.metrics.hamming_loss, None)),
    ],
)
@pytest.mark.parametrize("threshold", [0.0, 0.25])
def test_files_of_metrics_that_are_no_longer_here(
    old_name, settings, expected, threshold, rows, tmp_path
):
    """As commit dd4933c wrote them into the compile config of a model."""
    y, probabilities, _ = rows
    # Some probabilities lie at the threshold, and so not above it.
    probabilities = probabilities.round(2)
    metric = keras.saving.deserialize_keras_object(
        {
            "module": "zoo.structured_metrics",
            "class_name": old_name,
            "config": {"threshold": threshold, **settings, "name": "score", "dtype": "float32"},
            "registered_name": f"zoo>{old_name}",
        }
    )
    model = keras.Sequential([keras.Input((LABELS,)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[metric])
    model.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    score = model.evaluate(probabilities, y, verbose=0, return_dict=True)["score"]
    function, average = expected
    averaged = {"average": average, "zero_division": settings.get("empty")} if average else {}
    assert score == pytest.approx(function(y, probabilities > threshold, **averaged), rel=1e-5)


@pytest.mark.parametrize("kind", [ExampleF1, ImageIoU])
def test_early_stopping_knows_which_way_is_better(kind):
    model = keras.Sequential([keras.Input((LABELS,)), keras.layers.Dense(LABELS, "sigmoid")])
    model.compile(keras.optimizers.SGD(0.0), loss="mse", metrics=[kind(name="score")])
    x = np.eye(LABELS, dtype="float32")
    stopping = keras.callbacks.EarlyStopping(monitor="score", mode="auto")
    model.fit(x, x, epochs=1, verbose=0, callbacks=[stopping])
    assert stopping.monitor_op(0.9, 0.1)


@pytest.mark.parametrize("kind", [ExampleF1, ImageIoU])
def test_what_is_no_number_has_no_score(kind):
    y = np.array([[1.0, 0.0], [1.0, 0.0]])
    metric = kind()
    metric.update_state(y, [[0.9, 0.1], [0.9, 0.1]])
    assert float(metric.result()) == 1.0
    metric.update_state(y, [[0.9, 0.1], [0.9, np.nan]])
    assert np.isnan(float(metric.result()))


def test_a_label_at_the_threshold_is_not_above_it():
    metric = ImageIoU(threshold=0.5)
    metric.update_state([[1.0, 0.0, 1.0, 0.0]], [[0.5, 0.25, 0.75, 0.25]])
    assert float(metric.result()) == 0.5
    # Soft true labels, as resized masks have them, count from above one half, whatever is cut at.
    metric = ImageIoU(threshold=0.25)
    metric.update_state([[0.5, 0.25, 0.75, 0.0]], [[0.0, 0.0, 1.0, 0.0]])
    assert float(metric.result()) == 1.0


@of_each
def test_bad_input(kind, score, theirs, rows):
    y, probabilities, weights = rows
    metric = kind()
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
    for argument in ("threshold", "empty"):
        for value in (-0.1, 1.1, float("nan")):
            with pytest.raises(InputError, match=f"`{argument}`"):
                kind(**{argument: value})


def test_examples_in_docstrings():
    results = doctest.testmod(structured_metrics)
    assert results.attempted > 0 and results.failed == 0
