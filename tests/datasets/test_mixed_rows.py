"""zoo/datasets/mixed_rows.py: labeled rows in every batch, beside rows of all."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.datasets import from_arrays, from_tf_data
from zoo.errors import InputError

ROWS, LABELLED = 50, 10


# The pixels of a row say its number.
X = np.broadcast_to(np.arange(ROWS, dtype="uint8")[:, None, None], (ROWS, 8, 8))
Y = np.arange(ROWS) % 2
GIVEN = {"labelled_fraction": LABELLED / ROWS, "batch_size": 12, "labelled_batch_size": 4}


def in_memory(**settings):
    return from_arrays((X, Y), (X, Y), validation_fraction=0.0, **GIVEN | settings)


def streamed(**settings):
    pairs = tf.data.Dataset.from_tensor_slices((X, Y))
    return from_tf_data(pairs, pairs, image_shape=(8, 8, 1), num_classes=2, **GIVEN | settings)


both = pytest.mark.parametrize("make", [in_memory, streamed])


def numbers(batch):
    return np.round(batch[0][:, 0, 0, 0].numpy() * 255).astype(int)


@both
def test_every_batch_begins_with_labelled_rows(make):
    data = make()
    batches = list(data.stream(0, 1))
    # 50 rows by 8 beside 4 labeled ones.
    assert data.steps_per_epoch == len(batches) == 7
    assert [len(x) for x, _, _ in batches] == [12] * 6 + [6] and data.last_batch_size == 6
    labelled = set()
    for batch in batches:
        _, y, weights = batch
        np.testing.assert_array_equal(weights, [1.0] * 4 + [0.0] * (len(y) - 4))
        np.testing.assert_array_equal(y, numbers(batch) % 2)
        labelled |= set(numbers(batch)[:4])
    assert len(labelled) == LABELLED == data.labelled_rows


@both
def test_labelled_rows_come_equally_often_and_beside_them_every_row_once_an_epoch(make):
    batches = [numbers(batch) for batch in make().stream(0, 1)]
    assert sorted(np.concatenate([batch[4:] for batch in batches])) == list(range(ROWS))
    # Seven batches of four are two passes over ten rows and eight of the third.
    drawn = np.concatenate([batch[:4] for batch in batches])
    _, counts = np.unique(drawn, return_counts=True)
    assert sorted(counts) == [2] * 2 + [3] * 8


@both
def test_the_order_follows_from_seed_and_epoch(make):
    whole = [numbers(batch) for batch in make().stream(0, 3)]
    resumed = [numbers(batch) for batch in make().stream(2, 3)]
    for ours, theirs in zip(whole[14:], resumed, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    first, second = (np.concatenate(whole[start : start + 7]) for start in (0, 7))
    assert not np.array_equal(first, second)
    other = np.concatenate([numbers(batch) for batch in make(seed=1).stream(0, 1)])
    assert not np.array_equal(first, other)


@both
def test_what_is_only_looked_at_stays_as_it_was(make):
    data = make()
    clean = np.concatenate([numbers(batch) for batch in data.clean("train")])
    np.testing.assert_array_equal(clean, np.arange(ROWS))
    assert data.arrays("train")[1].shape == (ROWS,)
    assert data.labelled_batch_size == 4
    assert make(labelled_batch_size=None).labelled_batch_size is None


def test_few_labels_teach_a_model():
    few = {"labelled_fraction": 20 / 1293, "labelled_batch_size": 20}
    data = zoo.datasets.load("digits", batch_size=60, **few)
    assert data.labelled_rows == 20
    model = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=10, size=(16, 32))
    model.compile(optimizer="adam")
    model.fit(data.train, epochs=3, verbose=0)
    scores = model.evaluate(data.test, verbose=0, return_dict=True)
    assert scores["accuracy"] > 0.5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labelled_batch_size": 0}, "`labelled_batch_size` must be an integer of at least 1"),
        ({"labelled_batch_size": 12}, "below `batch_size`.*=12 with batch_size=12"),
        ({"labelled_fraction": 1.0}, "rows without labels.*labelled_fraction=1"),
        (
            {"labelled_fraction": 1.0, "labelled_batch_size": None, "labelled_draw": "balanced"},
            "which labels are kept where some are hidden",
        ),
    ],
)
@both
def test_mistakes_are_named(make, settings, message):
    with pytest.raises(InputError, match=message):
        make(**settings)
