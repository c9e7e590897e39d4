import keras
import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

from zoo.datasets.multi_label_data import multi_label_from_arrays
from zoo.errors import InputError

ROWS = np.arange(60)
# Feature 0 is the row's number; label l is true in the rows that l + 2 divides.
X = np.stack([ROWS, ROWS % 7, np.zeros(60, int)], axis=1)
Y = np.stack([ROWS % 2 == 0, ROWS % 3 == 0], axis=1)


def make(**options):
    options = {"batch_size": 16, "validation_fraction": 0, **options}
    return multi_label_from_arrays((X, Y), (X[:9], Y[:9]), **options)


def rows_of(data_set):
    return [x[:, 0].numpy().astype(int).tolist() for x, _ in data_set]


def test_batches_are_float_features_and_float_labels_that_stay_together():
    data = make()
    assert (data.task, data.input_shape, data.num_labels) == ("multi_label", (3,), 2)
    assert data.labelled_rows == 60 and data.steps_per_epoch == 4
    assert data.rows == {"train": 60, "validation": 0, "test": 9}
    assert data.label_names == ["0", "1"] and data.feature_names == ["0", "1", "2"]
    batches = list(data.train)
    assert [x.shape for x, _ in batches] == [(16, 3)] * 3 + [(12, 3)]
    assert data.train.element_spec[1].shape.as_list() == [None, 2]
    for x, y in batches:
        assert x.dtype == y.dtype == tf.float32
        np.testing.assert_array_equal(y, np.stack([x[:, 0] % 2 == 0, x[:, 0] % 3 == 0], 1))
    assert sorted(sum(rows_of(batches), [])) == ROWS.tolist()


@pytest.mark.parametrize("kind", ["small", "negative", "fractions", "large", "all zero"])
@pytest.mark.parametrize("sparse", [False, True])
def test_features_keep_their_values(kind, sparse):
    x = {
        "small": X,
        "negative": X - 1,
        "fractions": X / 4,
        "large": X * 300,
        "all zero": X * 0,
    }[kind].astype("float64")
    given = scipy.sparse.csr_matrix(x), scipy.sparse.csc_matrix(Y.astype(int))
    data = multi_label_from_arrays(given if sparse else (x, Y), (x, Y), validation_fraction=0)
    for split in ("train", "test"):
        features, labels = data.arrays(split)
        assert features.dtype == labels.dtype == np.float32
        np.testing.assert_array_equal(features, x.astype("float32"))
        np.testing.assert_array_equal(labels, Y)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in data.clean("train")]), features)


def test_stream_is_a_function_of_seed_and_epoch():
    whole = rows_of(make(seed=3).stream(0, 4))
    assert len(whole) == 16
    keras.utils.set_random_seed(77)
    assert rows_of(make(seed=3).stream(2, 4)) == whole[8:]
    epochs = [sum(whole[4 * epoch : 4 * epoch + 4], []) for epoch in range(4)]
    assert all(sorted(epoch) == ROWS.tolist() for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert rows_of(make(seed=4).stream(0, 4)) != whole


def test_the_cut_is_seeded_and_loses_no_row():
    cuts = []
    for seed in (1, 1, 2):
        data = make(seed=seed, validation_fraction=0.25)
        assert data.rows == {"train": 45, "validation": 15, "test": 9}
        kept, cut = sum(rows_of(data.clean("train")), []), sum(rows_of(data.validation), [])
        assert sorted(kept + cut) == ROWS.tolist() and kept == sorted(kept) and cut == sorted(cut)
        cuts.append(cut)
    assert cuts[0] == cuts[1] != cuts[2]
    own = make(validation=(X[:5], Y[:5]), validation_fraction=0.5)
    assert own.rows == {"train": 60, "validation": 5, "test": 9}


def test_sample_is_seeded_and_in_order():
    x, y = make().sample("train", 10, seed=1)
    assert x.dtype == y.dtype == np.float32 and y.shape == (10, 2)
    assert (np.diff(x[:, 0]) > 0).all()
    np.testing.assert_array_equal(y[:, 0], x[:, 0] % 2 == 0)
    np.testing.assert_array_equal(x, make().sample("train", 10, seed=1)[0])
    assert (x != make().sample("train", 10, seed=2)[0]).any()
    assert len(make().sample("test", 100)[0]) == 9


def test_a_row_without_labels_is_allowed():
    y = Y.copy()
    y[7:20] = False
    np.testing.assert_array_equal(
        multi_label_from_arrays((X, y), (X, Y), validation_fraction=0).arrays("train")[1], y
    )


def test_keras_fits_and_evaluates():
    model = keras.Sequential([keras.layers.Normalization(), keras.layers.Dense(2)])
    model.layers[0].adapt(X.astype("float32"))
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    data = make(validation_fraction=0.2)
    history = model.fit(
        data.stream(0, 2),
        steps_per_epoch=3,
        epochs=2,
        validation_data=data.validation,
        shuffle=False,
        verbose=0,
    )
    assert len(history.history["val_loss"]) == 2 and int(model.optimizer.iterations) == 6


NAN = np.where(X == 6, np.nan, X)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (X, r"`train` must be a pair \(features, labels\)"),
        ((X[:, 0], Y), r"features of `train` must have shape.*\(60,\)"),
        ((X, Y[:, 0]), r"labels of `train` must have shape.*\(60,\)"),
        ((X, Y[:, :0]), r"labels of `train` must have shape.*\(60, 0\)"),
        ((X[:0], Y[:0]), r"features of `train` must have shape.*\(0, 3\)"),
        ((X, Y[:59]), r"as many rows of labels as of features.*\(60, 3\).*\(59, 2\)"),
        ((NAN, Y), r"features of `train` must be numbers that are finite"),
        ((X * 1e38, Y), r"features of `train` must be numbers that are finite"),
        ((X.astype(str), Y), r"features of `train` must be numbers.*<U"),
        ((X, Y * 2), r"labels of `train` must be 0 or 1.*row 0, column 0.*2"),
        ((X, Y - 0.5), r"labels of `train` must be 0 or 1.*row 0, column 0"),
        ((X, Y.astype(str)), r"labels of `train` must be 0 or 1"),
        ((X, scipy.sparse.csr_matrix(Y * 3)), r"labels of `train` must be 0 or 1.*3"),
        ((X, Y & False), r"`train` must have at least one row with a label.*60 rows of 2"),
    ],
)
def test_bad_arrays(pair, message):
    with pytest.raises(InputError, match=message):
        multi_label_from_arrays(pair, (X, Y))


def test_splits_must_agree():
    with pytest.raises(InputError, match=r"`test` must have the 3 columns of features.*\(60, 2\)"):
        multi_label_from_arrays((X, Y), (X[:, :2], Y))
    with pytest.raises(InputError, match=r"`test` must have the 2 columns of labels.*\(60, 4\)"):
        multi_label_from_arrays((X, Y), (X, np.concatenate([Y, Y], axis=1)))
    with pytest.raises(InputError, match="`label_names` must be 2 names. Received: 1"):
        make(label_names=["one"])
    with pytest.raises(InputError, match="`feature_names` must be 3 names. Received: 2"):
        make(feature_names=["one", "two"])
    with pytest.raises(InputError, match="validation_fraction=0.001"):
        make(validation_fraction=0.001)
    with pytest.raises(InputError, match="no validation rows.*Allowed: train, test"):
        make().arrays("validation")
