"""zoo.metrics.structured_scores against numbers worked by hand and scikit-learn's."""

import doctest
import functools

import numpy as np
import pytest
import sklearn.metrics

from zoo.errors import InputError
from zoo.metrics import THRESHOLDS, best_threshold, example_f1, image_iou, structured_scores

# Rows: one of two found; one found and one too many; nothing of nothing; nothing found.
TRUE = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])
PREDICTED = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])

of_each = pytest.mark.parametrize("score", [example_f1, image_iou])


def drawn(rows=300, labels=7, share=0.15, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.uniform(size=(rows, labels)) < share
    y_hat = y ^ (rng.uniform(size=y.shape) < 0.1)
    return y.astype("float32"), y_hat.astype("float32")


@pytest.mark.parametrize(
    ("score", "part"), [(example_f1, 2 / 3), (image_iou, 1 / 2)], ids=["f1", "iou"]
)
def test_by_hand(score, part):
    assert score(TRUE, PREDICTED) == pytest.approx((part + part + 0 + 0) / 4)
    assert score(TRUE, PREDICTED, empty=1.0) == pytest.approx((part + part + 1 + 0) / 4)


@pytest.mark.parametrize("empty", [0.0, 1.0])
def test_they_are_those_of_scikit_learn(empty):
    y, y_hat = drawn()
    assert (y.sum(axis=1) + y_hat.sum(axis=1) == 0).any()
    averaged = {"average": "samples", "zero_division": empty}
    f1, iou = sklearn.metrics.f1_score, sklearn.metrics.jaccard_score
    assert example_f1(y, y_hat, empty) == pytest.approx(f1(y, y_hat, **averaged))
    assert image_iou(y, y_hat, empty) == pytest.approx(iou(y, y_hat, **averaged))


@of_each
def test_nothing_at_all_scores_what_is_said(score):
    nothing = np.zeros((3, 2))
    assert score(nothing, nothing) == 0.0
    assert score(nothing, nothing, empty=0.25) == 0.25
    # Then one label too many is no longer nothing.
    assert score(nothing, np.ones((3, 2)), empty=1.0) == 0.0


@of_each
def test_masks_and_booleans_are_labels_too(score):
    y, y_hat = drawn(rows=10, labels=12)
    expected = score(y, y_hat)
    assert score(y.reshape(10, 3, 4, 1), y_hat.reshape(10, 3, 4, 1)) == expected
    assert score(y.astype(bool), y_hat.astype("int64")) == expected
    assert score(y.tolist(), y_hat.tolist()) == expected


@of_each
def test_bad_labels(score):
    with pytest.raises(InputError, match="`y_hat` must hold hard labels.*0.3"):
        score([[1, 0]], [[0.3, 0]])
    with pytest.raises(InputError, match="`y` must hold hard labels.*-1"):
        score([[1, -1]], [[1, 0]])
    with pytest.raises(InputError, match="`y_hat` must hold hard labels.*nan"):
        score([[1, 0]], [[np.nan, 0]])
    with pytest.raises(InputError, match=r"same shape.*\(1, 2\).*\(1, 1\)"):
        score([[1, 0]], [[1]])
    for none in (np.zeros((0, 3)), np.zeros((3, 0)), np.zeros(3)):
        with pytest.raises(InputError, match="at least one row"):
            score(none, none)


@of_each
@pytest.mark.parametrize("empty", [-0.1, 2.0, float("nan"), None])
def test_bad_scores_of_nothing(score, empty):
    with pytest.raises(InputError, match="`empty` must be"):
        score(TRUE, PREDICTED, empty=empty)


def test_the_published_grid():
    assert THRESHOLDS[:7] == (0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.1)
    assert THRESHOLDS[7:] == tuple(i / 100 for i in range(15, 80, 5))


def f1_of(average):
    return functools.partial(sklearn.metrics.f1_score, average=average, zero_division=0.0)


def test_best_threshold_by_hand():
    y = np.array([[1, 1, 0], [1, 0, 0]])
    probabilities = np.array([[0.9, 0.3, 0.2], [0.6, 0.32, 0.1]], "float32")
    # Above 0.25 to 0.30: 1 and 2/3. Above 0.35 to 0.55: 2/3 and 1.
    threshold, score = best_threshold(y, probabilities, thresholds=(0.5, 0.25, 0.35))
    assert (threshold, score) == (0.5, pytest.approx(5 / 6))
    assert best_threshold(y, probabilities, thresholds=(0.25, 0.5))[0] == 0.25
    # Over labels, with the third 0 throughout: (1 + 2/3) / 3 against (1 + 0) / 3.
    threshold, score = best_threshold(y, probabilities, f1_of("macro"), (0.5, 0.25))
    assert (threshold, score) == (0.25, pytest.approx(5 / 9))


def test_best_threshold_is_that_of_a_loop_over_the_grid():
    y, _ = drawn()
    rng = np.random.default_rng(1)
    probabilities = np.clip(0.2 * y + rng.uniform(size=y.shape) * 0.4, 0, 1)
    for metric, average in ((example_f1, "samples"), (f1_of("macro"), "macro")):
        expected = [f1_of(average)(y, probabilities > t) for t in THRESHOLDS]
        threshold, score = best_threshold(y, probabilities, metric)
        assert threshold == THRESHOLDS[int(np.argmax(expected))]
        assert score == pytest.approx(max(expected))


def test_a_probability_at_the_threshold_is_not_above_it():
    assert best_threshold([[1, 0]], [[0.5, 0.0]], thresholds=(0.0,)) == (0.0, 1.0)
    assert best_threshold([[1, 0]], [[0.5, 0.0]], thresholds=(0.5,)) == (0.5, 0.0)


def test_best_threshold_of_masks_and_of_a_metric_of_ones_own():
    y, y_hat = drawn(rows=6, labels=4)
    masks = [a.reshape(6, 2, 2, 1) for a in (y, 0.6 * y_hat)]
    expected = image_iou(y, y_hat)
    assert best_threshold(*masks, image_iou, (0.3, 0.7)) == (0.3, pytest.approx(expected))
    # Few labels are wanted here: those above the largest threshold.
    few = best_threshold(*masks, lambda y, y_hat: -y_hat.sum(), (0.3, 0.7))
    assert few == (0.7, 0.0)


def test_best_threshold_passes_over_what_has_no_score():
    """The share of right ones among those predicted, of which there are none above 0.9."""

    def precision(y, y_hat):
        return np.float64((y & y_hat).sum()) / y_hat.sum() if y_hat.any() else np.nan

    rows = [[1, 0]], [[0.6, 0.4]]
    assert best_threshold(*rows, precision, (0.9, 0.3, 0.5)) == (0.5, 1.0)
    with pytest.raises(InputError, match="a number at some threshold"):
        best_threshold(*rows, precision, (0.9, 0.95))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": ()}, "at least one"),
        ({"thresholds": 0.5}, "at least one.*Received: 0.5"),
        ({"thresholds": (0.5, 1.5)}, "`threshold` must be a finite number between 0 and 1"),
        ({"metric": sklearn.metrics.hamming_loss}, "high is good.*hamming_loss"),
        ({"probabilities": [[1.5, 0.0]]}, "`probabilities` must lie between 0 and 1"),
        ({"probabilities": [[np.nan, 0.0]]}, "`probabilities` must lie between 0 and 1"),
        ({"probabilities": [[0.5, 0.5, 0.5]]}, "same shape"),
        ({"y": [[0.5, 0.0]]}, "hard labels"),
    ],
)
def test_bad_input_of_best_threshold(change, message):
    with pytest.raises(InputError, match=message):
        best_threshold(**{"y": [[1, 0]], "probabilities": [[0.5, 0.5]], **change})


def test_examples_in_docstrings():
    results = doctest.testmod(structured_scores)
    assert results.attempted > 0 and results.failed == 0
