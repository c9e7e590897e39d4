"""zoo/evaluation/probes.py: against scikit-learn, brute force and cases worked by hand."""

import numpy as np
import pytest
from sklearn.svm import SVC

from zoo.errors import InputError
from zoo.evaluation.probes import PROBES, fit_probe, probe_accuracy


def blobs(rows, spread, seed):
    """Codes of two dimensions around three corners of a square of side 1, with their labels."""
    labels = np.arange(rows) % 3
    noise = np.random.default_rng(seed).normal(0.0, spread, (rows, 2))
    return np.array([[0, 0], [0, 1], [1, 0]])[labels] + noise, labels


@pytest.mark.parametrize("name", PROBES)
def test_classes_far_apart_are_told_apart(name):
    train, (codes, labels) = blobs(30, 0.02, 0), blobs(21, 0.02, 1)
    assert probe_accuracy(name, *train, codes, labels) == 1.0
    # Labels of the test rows only count.
    wrong = np.where(np.arange(21) < 7, (labels + 1) % 3, labels)
    assert probe_accuracy(name, *train, codes, wrong) == pytest.approx(14 / 21)


def test_the_svc_is_scikit_learns():
    train, test = blobs(60, 0.5, 0), blobs(90, 0.5, 1)
    by_hand = SVC(C=1.0, kernel="rbf", gamma=1 / (2 * train[0].var())).fit(*train)
    accuracy = float(np.mean(by_hand.predict(test[0]) == test[1]))
    assert 0.4 < accuracy < 0.95, "a case that every probe solves would show nothing"
    assert probe_accuracy("svc", *train, *test) == pytest.approx(accuracy)


def test_neighbours_are_the_five_nearest_as_they_lie():
    """By brute force, on codes one of whose dimensions is far wider than the other."""
    (train, train_labels), (test, _) = blobs(60, 0.5, 0), blobs(90, 0.5, 1)
    train, test = train * [1, 30], test * [1, 30]
    distances = np.square(test[:, None] - train[None]).sum(-1)
    nearest = train_labels[np.argsort(distances, axis=1)[:, :5]]
    # Ties go to the lower class, as they do in argmax.
    votes = np.array([np.bincount(row, minlength=3).argmax() for row in nearest])
    np.testing.assert_array_equal(fit_probe("neighbours", train, train_labels).predict(test), votes)


def test_fewer_rows_than_five_all_vote():
    codes, labels = np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 1])
    assert fit_probe("neighbours", codes, labels).predict([[0.0]]) == [1]


@pytest.mark.parametrize("name", ["svc", "neighbours"])
def test_the_scale_of_the_codes_does_not_matter(name):
    (train, train_labels), (test, test_labels) = blobs(60, 0.5, 0), blobs(90, 0.5, 1)
    small = probe_accuracy(name, train, train_labels, test, test_labels)
    assert probe_accuracy(name, 1e3 * train, train_labels, 1e3 * test, test_labels) == small


def test_to_logistic_regression_the_scale_of_each_dimension_does_not_matter():
    (train, train_labels), (test, _) = blobs(60, 0.5, 0), blobs(90, 0.5, 1)
    scale, shift = np.array([1e3, 1e-3]), np.array([5.0, -7.0])
    even = fit_probe("logistic", train, train_labels).predict(test)
    uneven = fit_probe("logistic", scale * train + shift, train_labels)
    assert len(np.unique(even)) == 3
    np.testing.assert_array_equal(uneven.predict(scale * test + shift), even)


def test_logistic_regression_sees_planes_alone():
    """A ring around a disc: no plane between them, but nearness and the kernel tell them apart."""
    angles = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    radius = np.where(np.arange(80) % 2, 0.3, 1.0)
    codes = radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    labels = np.arange(80) % 2
    assert probe_accuracy("logistic", codes, labels, codes, labels) < 0.7
    for name in ("svc", "neighbours"):
        assert probe_accuracy(name, codes, labels, codes, labels) == 1.0


@pytest.mark.parametrize("name", PROBES)
def test_a_training_set_of_one_class_or_of_one_code_is_no_mistake(name):
    codes, labels = blobs(21, 0.02, 1)
    accuracy = probe_accuracy(name, codes, np.full(21, 2), codes, labels)
    assert accuracy == pytest.approx(1 / 3)
    assert fit_probe(name, codes, np.full(21, 2)).predict(codes).tolist() == [2] * 21
    ones, labels = np.ones((7, 3)), np.array([0, 1, 1, 1, 1, 1, 1])
    assert probe_accuracy(name, ones, labels, ones, labels) == 6 / 7


def test_mistakes_are_named():
    codes, labels = blobs(21, 0.02, 1)
    with pytest.raises(InputError, match="Unknown probe 'logistics'. Did you mean 'logistic'"):
        fit_probe("logistics", codes, labels)
    broken = codes.copy()
    broken[[3, 5], 0] = np.nan, np.inf
    with pytest.raises(InputError, match="2 of 21 codes, the first in row 3"):
        fit_probe("svc", broken, labels)
    with pytest.raises(InputError, match="2 of 21 codes, the first in row 3"):
        probe_accuracy("svc", codes, labels, broken, labels)
    with pytest.raises(InputError, match=r"codes of shape \(21, 2\), labels of shape \(20,\)"):
        fit_probe("svc", codes, labels[:20])
    with pytest.raises(InputError, match="codes of shape"):
        fit_probe("svc", codes[:0], labels[:0])
    with pytest.raises(InputError, match="Received: 2 and 1"):
        probe_accuracy("svc", codes, labels, codes[:, :1], labels)
