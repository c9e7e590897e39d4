"""zoo/datasets/split_data.py: splits, order and hidden labels, of rows of every kind."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.datasets import from_arrays, from_tf_data, masks_from_arrays, multi_label_from_arrays
from zoo.errors import InputError


def numbers(x):
    """The numbers of rows, which their first pixels or features say."""
    return np.rint(np.reshape(x, (len(x), -1))[:, 0] * 255).astype(int)


def rows_of(data_set):
    return [numbers(x).tolist() for x, *_ in data_set]


def as_stream(pair):
    return tf.data.Dataset.from_tensor_slices(pair)


def streamed(train, test, **options):
    pairs = {split: as_stream(pair) for split, pair in options.items() if split == "validation"}
    shape = {"image_shape": (4, 4, 1), "num_classes": 3}
    return from_tf_data(as_stream(train), as_stream(test), **shape, **options | pairs)


def maker(arrays, builder, y):
    """Makes data of the 60 rows, which are the test rows too, in batches of 16."""
    x, _ = arrays

    def make(validation=None, **options):
        if validation:
            options["validation"] = x[:validation], y[:validation]
        options = {"batch_size": 16, "validation_fraction": 0, **options}
        return builder((x, y), (x, y), **options)

    return make


CLASSES = {"in memory": from_arrays, "streamed": streamed}


@pytest.fixture(params=CLASSES)
def make(request, arrays):
    """Rows with a class each, in memory and streamed."""
    return maker(arrays, CLASSES[request.param], arrays[1])


@pytest.fixture(params=[*CLASSES, "label sets", "masks"])
def make_any(request, arrays):
    """Rows of every kind."""
    x, y = arrays
    if request.param in CLASSES:
        return maker(arrays, CLASSES[request.param], y)
    if request.param == "masks":
        return maker(arrays, masks_from_arrays, np.broadcast_to(y[:, None, None] == 1, x.shape[:3]))
    # Features in place of images, which look like them to `numbers`.
    return maker((x[:, 0, 0] / 255, y), multi_label_from_arrays, np.eye(3)[y])


def test_batches_are_unit_floats_and_class_numbers(make):
    data = make()
    assert data.steps_per_epoch == 4
    assert data.train.cardinality() == data.test.cardinality() == 4
    batches = list(data.train)
    assert [x.shape for x, _ in batches] == [(16, 4, 4, 1)] * 3 + [(12, 4, 4, 1)]
    for x, y in batches:
        assert x.dtype == tf.float32 and y.dtype == tf.int64
        # Class = row % 3 and pixel = row / 255: images and labels stay together.
        np.testing.assert_array_equal(numbers(x) % 3, y)


def test_train_is_reshuffled_each_time_and_whole_each_time(make_any):
    train = make_any().train
    epochs = [sum(rows_of(train), []) for _ in range(3)]
    assert all(sorted(epoch) == list(range(60)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs[0] != list(range(60))
    data = make_any()
    assert rows_of(data.train) != rows_of(data.train)
    # It follows the seed.
    orders = [rows_of(make_any(seed=seed).train) for seed in (5, 5, 6)]
    assert orders[0] == orders[1] != orders[2]


def test_stream_is_a_function_of_seed_and_epoch(make_any):
    whole = rows_of(make_any(seed=3).stream(0, 4))
    assert len(whole) == make_any().stream(0, 4).cardinality() == 16
    keras.utils.set_random_seed(77)
    resumed = rows_of(make_any(seed=3).stream(2, 4))
    assert resumed == whole[8:]
    epochs = [sum(whole[4 * epoch : 4 * epoch + 4], []) for epoch in range(4)]
    assert all(sorted(epoch) == list(range(60)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert rows_of(make_any(seed=4).stream(0, 4)) != whole


def test_stream_works_with_a_global_seed_of_zero_and_needs_an_epoch_left(make_any):
    tf.random.set_seed(0)
    assert sorted(sum(rows_of(make_any().stream(1, 2)), [])) == list(range(60))
    for first, epochs in ((2, 2), (-1, 3), (0, 0)):
        with pytest.raises(InputError, match="epoch"):
            make_any().stream(first, epochs)


def test_hidden_labels_are_weights_on_the_same_rows_in_every_epoch(make):
    data = make(labelled_fraction=0.2)
    assert data.labelled_rows == 12
    epochs = []
    for data_set in (data.train, data.train, data.stream(5, 6)):
        rows = {}
        for x, _, weight in data_set:
            assert weight.dtype == tf.float32
            rows |= dict(zip(numbers(x), weight.numpy(), strict=True))
        epochs.append(rows)
    assert epochs[0] == epochs[1] == epochs[2] and len(epochs[0]) == 60
    labelled = [row for row, weight in epochs[0].items() if weight == 1]
    assert np.bincount(np.array(labelled) % 3).tolist() == [4, 4, 4]
    assert set(epochs[0].values()) == {0.0, 1.0}
    assert all(len(batch) == 2 for split in ("train", "test") for batch in data.clean(split))


@pytest.mark.parametrize("mixed", [{}, {"labelled_batch_size": 4}])
def test_labelled_rows_are_those_with_a_weight_in_their_order(make, mixed):
    data = make(labelled_fraction=0.2, validation_fraction=0.25, **mixed)
    labelled = {
        row
        for x, _, weights in data.stream(0, 9)
        for row, weight in zip(numbers(x).tolist(), weights, strict=True)
        if weight
    }
    x, y = data.labelled_arrays()
    assert numbers(x).tolist() == sorted(labelled)
    np.testing.assert_array_equal(y, numbers(x) % 3)
    assert len(y) == data.labelled_rows == 9


def test_without_hidden_labels_all_training_rows_are_labelled(make_any):
    data = make_any(validation_fraction=0.25)
    for ours, all_of_them in zip(data.labelled_arrays(), data.arrays("train"), strict=True):
        np.testing.assert_array_equal(ours, all_of_them)


def test_fewer_labels_than_classes_are_refused(make):
    # 2 of 60 rows for 3 classes; 3 are enough.
    with pytest.raises(InputError, match="every class at least one label.*labelled_fraction=0.04"):
        make(labelled_fraction=0.04)
    assert make(labelled_fraction=0.05).labelled_rows == 3


def test_hidden_labels_and_the_cut_together(make):
    data = make(labelled_fraction=0.5, validation_fraction=0.2)
    assert data.rows == {"train": 48, "validation": 12, "test": 60} and data.labelled_rows == 24
    weights = np.concatenate([weight for *_, weight in data.train])
    assert len(weights) == 48 and weights.sum() == 24


def test_the_cut_is_seeded_and_loses_no_row(make_any):
    cuts = []
    for seed in (1, 1, 2):
        data = make_any(seed=seed, validation_fraction=0.25)
        assert data.rows == {"train": 45, "validation": 15, "test": 60}
        kept, cut = sum(rows_of(data.clean("train")), []), sum(rows_of(data.validation), [])
        assert sorted(kept + cut) == list(range(60))
        assert kept == sorted(kept) and cut == sorted(cut)
        cuts.append(cut)
    assert cuts[0] == cuts[1] != cuts[2]
    own = make_any(validation=5, validation_fraction=0.5)
    assert own.rows == {"train": 60, "validation": 5, "test": 60}


def test_sample_is_seeded_and_in_order(make_any):
    x, y = make_any().sample("train", 9, seed=1)
    assert x.dtype == np.float32 and len(x) == len(y) == 9
    assert (np.diff(numbers(x)) > 0).all()
    np.testing.assert_array_equal(x, make_any().sample("train", 9, seed=1)[0])
    assert (x != make_any().sample("train", 9, seed=2)[0]).any()
    assert len(make_any().sample("test", 1000)[1]) == 60


def test_sample_is_stratified(make):
    x, y = make().sample("train", 9, seed=1)
    assert np.issubdtype(y.dtype, np.integer) and np.bincount(y).tolist() == [3, 3, 3]
    np.testing.assert_array_equal(numbers(x) % 3, y)


def test_splits_that_are_not_there(make_any):
    data = make_any()
    assert data.validation is None and data.rows["validation"] == 0
    for method in (data.clean, data.arrays):
        with pytest.raises(InputError, match="no validation rows.*Allowed: train, test"):
            method("validation")
    with pytest.raises(InputError, match="split 'tests'.*'test'"):
        data.sample("tests", 3)


def test_keras_fits_evaluates_and_knows_the_length(make_any):
    data = make_any()
    if hasattr(data, "num_classes"):
        data = make_any(labelled_fraction=0.5)
    shape = tuple(data.train.element_spec[1].shape[1:]) or (1,)
    layers = keras.layers.Dense(int(np.prod(shape))), keras.layers.Reshape(shape)
    model = keras.Sequential([keras.layers.Flatten(), *layers])
    model.compile("sgd", "mse")
    # Keras's own shuffling is for arrays; without this it warns.
    history = model.fit(data.train, epochs=2, validation_data=data.test, shuffle=False, verbose=0)
    assert len(history.history["val_loss"]) == 2
    stream = data.stream(1, 3)
    model.fit(stream, steps_per_epoch=4, initial_epoch=1, epochs=3, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 16


def test_two_replicas_share_out_every_row(make, two_replicas, capfd):
    batches = two_replicas.experimental_distribute_dataset(make(labelled_fraction=0.5).stream(0, 2))
    shares = [two_replicas.experimental_local_results(x) for x, *_ in batches]
    rows = np.concatenate([part.numpy()[:, 0, 0, 0] for share in shares for part in share])
    assert sorted(np.rint(rows * 255)) == sorted([*range(60)] * 2)
    assert [len(part) for part in shares[0]] == [8, 8]
    assert "AutoShard" not in capfd.readouterr().err
