import numpy as np
import pytest

from zoo.datasets.stratification import (
    label_weights,
    stratified,
    stratified_by_labels,
    validation_rows,
)
from zoo.errors import InputError


def test_stratified_gives_left_over_rows_to_the_largest_remainders():
    # Shares of 3 rows: 3 * 4/6 = 2 and 3 * 2/6 = 1.
    chosen = stratified(np.array([0, 0, 0, 0, 1, 1]), 3, seed=0, purpose="sample")
    assert (chosen < 4).sum() == 2 and (chosen >= 4).sum() == 1
    # Shares of 3 rows: 1.5, 0.75, 0.75; floors 1, 0, 0; the 2 left over go to classes 1 and 2.
    labels = np.array([0, 0, 1, 2])
    chosen = stratified(labels, 3, seed=0, purpose="sample")
    assert np.bincount(labels[chosen]).tolist() == [1, 1, 1]


def test_stratified_rows_are_distinct_rising_and_follow_seed_and_purpose():
    labels = np.arange(200) % 10
    chosen = stratified(labels, 50, seed=3, purpose="sample")
    assert len(set(chosen)) == 50 and (np.diff(chosen) > 0).all()
    assert np.bincount(labels[chosen]).tolist() == [5] * 10
    np.testing.assert_array_equal(chosen, stratified(labels, 50, seed=3, purpose="sample"))
    assert (chosen != stratified(labels, 50, seed=4, purpose="sample")).any()
    assert (chosen != stratified(labels, 50, seed=3, purpose="labelled")).any()
    # Of all and of no rows.
    labels = np.array([2, 0, 2, 5])
    assert stratified(labels, 4, seed=0, purpose="sample").tolist() == [0, 1, 2, 3]
    assert stratified(labels, 0, seed=0, purpose="sample").tolist() == []


def test_label_weights_keep_the_share_of_every_class_and_name_one_left_without_a_label():
    labels = np.repeat([0, 1], [100, 20])
    weights = label_weights(labels, 0.2, seed=0, class_names=["a", "b"])
    assert weights.dtype == np.float32 and set(weights) == {0.0, 1.0}
    assert weights[:100].sum() == 20 and weights[100:].sum() == 4
    labels = np.repeat([0, 1], [100, 2])
    with pytest.raises(InputError, match=r"labelled_fraction=0\.1.*none of the 2 rows.*'rare'"):
        label_weights(labels, 0.1, seed=0, class_names=["common", "rare"])


def test_a_balanced_draw_has_as_many_labels_of_every_class_or_says_why_not():
    labels = np.repeat([0, 1, 4], [100, 20, 3])
    classes = ["a", "b", "c", "d", "e"]
    weights = label_weights(labels, 9 / 123, 0, classes, "balanced")
    assert np.bincount(labels, weights).tolist() == [3, 3, 0, 0, 3]
    with pytest.raises(InputError, match="12 / 3 rows.*labelled_draw='balanced'"):
        label_weights(labels, 12 / 123, 0, classes, "balanced")


def test_validation_rows_leave_both_sides_a_row():
    assert validation_rows(60, 0.1) == 6
    assert validation_rows(3, 0) == 0
    for fraction in (0.01, 0.99):
        with pytest.raises(InputError, match=f"validation_fraction={fraction} with 3 training"):
            validation_rows(3, fraction)


def test_stratified_by_labels_keeps_the_share_of_every_label():
    generator = np.random.default_rng(0)
    # Labels from common to rare, which lean on each other; some rows have none.
    rare = generator.random(500) < 0.05
    labels = np.stack([generator.random(500) < 0.5, generator.random(500) < 0.2, rare], axis=1)
    labels[:, 1] |= rare
    chosen = stratified_by_labels(labels.astype("uint8"), 0.2, seed=0)
    assert len(set(chosen)) == len(chosen) and (np.diff(chosen) > 0).all()
    assert abs(len(chosen) - 100) <= 3
    shares = labels[chosen].sum(axis=0) - 0.2 * labels.sum(axis=0)
    assert np.abs(shares).max() <= 2
    empty = labels.sum(axis=1) == 0
    assert empty[chosen].sum() >= 0.1 * empty.sum()
    again = stratified_by_labels(labels.astype("uint8"), 0.2, seed=0)
    np.testing.assert_array_equal(again, chosen)
    other = stratified_by_labels(labels.astype("uint8"), 0.2, seed=1)
    assert not np.array_equal(other, chosen)


def test_stratified_by_labels_gives_a_rare_label_to_the_larger_part():
    # Of a label with one row, 0.2 rows are wanted in the part cut off and 0.8 in the other.
    labels = np.zeros((10, 2), "uint8")
    labels[4, 0] = 1
    labels[[1, 2, 3, 5, 6], 1] = 1
    chosen = stratified_by_labels(labels, 0.2, seed=0)
    assert 4 not in chosen and labels[chosen].sum(axis=0).tolist() == [0, 1] and len(chosen) == 2
