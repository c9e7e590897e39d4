"""zoo/evaluation/reducers.py: closed forms, what may and may not see the labels, and files."""

import dataclasses
import importlib.machinery
import importlib.util
import sys
import types

import numpy as np
import pytest
from sklearn.decomposition import PCA

from zoo.datasets import from_arrays
from zoo.errors import InputError
from zoo.evaluation.probes import probe_accuracy
from zoo.evaluation.reducers import (
    NESTED,
    REDUCERS,
    Reduction,
    installed_reducers,
    read_reductions,
    reduce,
    reduce_all,
    write_reductions,
)

ALWAYS = ["pca", "lda", "tsne", "nca", "isomap"]


def images(rows, seed, classes=3):
    """Images of 4x4x1 whose class shows in four pixels, under noise in the others."""
    generator = np.random.default_rng(seed)
    labels = np.arange(rows) % classes
    x = generator.uniform(0.0, 0.5, (rows, 4, 4, 1))
    x[:, 0, :, 0] = 0.1 * generator.uniform(size=(rows, 4)) + 0.3 * labels[:, None]
    return x.astype("float32"), labels


TRAIN, TEST = images(60, 0), images(33, 1)


@pytest.fixture(scope="module")
def data():
    return from_arrays(TRAIN, TEST, batch_size=16, validation_fraction=0.0)


def run(name, train=TRAIN, test=TEST, seed=0):
    return reduce(name, *train, test[0], seed)


@pytest.mark.parametrize("name", ALWAYS)
def test_two_finite_columns_for_each_row_the_same_again_and_classes_told_apart(name):
    train, test = run(name)
    assert train.shape == (60, 2) and test.shape == (33, 2)
    assert train.dtype == test.dtype == np.float32
    assert np.isfinite(train).all() and np.isfinite(test).all()
    for first, second in zip((train, test), run(name), strict=True):
        np.testing.assert_array_equal(first, second)
    assert probe_accuracy("svc", train, TRAIN[1], test, TEST[1]) > 0.9


def test_pca_is_the_projection_on_the_widest_directions():
    train, test = (x.reshape(len(x), -1).astype("float64") for x in (TRAIN[0], TEST[0]))
    mean = train.mean(axis=0)
    directions = np.linalg.svd(train - mean, full_matrices=False)[2][:2]
    for embedding, x in zip(run("pca"), (train, test), strict=True):
        # Each direction up to its sign.
        np.testing.assert_allclose(
            np.abs(embedding), np.abs((x - mean) @ directions.T), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("name", ALWAYS)
def test_only_the_supervised_ones_learn_from_labels(name):
    shuffled = TRAIN[0], np.random.default_rng(0).permutation(TRAIN[1])
    gaps = [np.abs(a - b).max() for a, b in zip(run(name), run(name, shuffled), strict=True)]
    assert gaps[1] > 1e-2 if name in ("lda", "nca") else gaps == [0, 0]


@pytest.mark.parametrize("name", ["pca", "lda", "nca", "isomap"])
def test_a_test_row_is_embedded_by_itself(name):
    """All but t-SNE are fitted on the training rows alone."""
    few = TEST[0][:5], TEST[1][:5]
    np.testing.assert_allclose(run(name, test=few)[1], run(name)[1][:5], atol=1e-4)


def test_lda_of_two_classes_has_one_dimension_and_a_column_of_zeros():
    train, test = images(40, 0, classes=2), images(20, 1, classes=2)
    for embedding, labels in zip(run("lda", train, test), (train[1], test[1]), strict=True):
        np.testing.assert_array_equal(embedding[:, 1], 0.0)
        ones, zeros = embedding[labels == 1, 0], embedding[labels == 0, 0]
        assert ones.min() > zeros.max() or ones.max() < zeros.min()


@pytest.mark.parametrize("name", ALWAYS)
def test_few_rows_and_a_single_pixel_will_do(name):
    train = TRAIN[0][:4, :1, :1], np.array([0, 0, 1, 1])
    embeddings = reduce(name, *train, TEST[0][:2, :1, :1])
    assert [embedding.shape for embedding in embeddings] == [(4, 2), (2, 2)]


def test_rows_are_those_of_the_samples_and_the_svc_scores_them(data):
    reductions = reduce_all(data, ["lda", "pca"], train_rows=30, test_rows=20, seed=3)
    assert list(reductions) == ["lda", "pca"]
    train_x, train_y = data.sample("train", 30, seed=3)
    test_x, test_y = data.sample("test", 20, seed=3)
    for name, reduction in reductions.items():
        train, test = reduce(name, train_x, train_y, test_x, seed=3)
        np.testing.assert_array_equal(reduction.embedding, test)
        np.testing.assert_array_equal(reduction.labels, test_y)
        assert reduction.probe_accuracy == probe_accuracy("svc", train, train_y, test, test_y)
        assert 0 < reduction.seconds < 60
    pca = PCA(2).fit(train_x.reshape(len(train_x), -1))
    share = pca.explained_variance_ratio_.sum()
    assert reductions["pca"].explained_variance == pytest.approx(share, rel=1e-4)
    assert np.isnan(reductions["lda"].explained_variance)
    # A smaller set gives what it has.
    assert reduce_all(data, ["pca"])["pca"].embedding.shape == (33, 2)


def without_umap(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "umap" else find(name, *a)
    )
    monkeypatch.setitem(sys.modules, "umap", None)


def test_umap_is_left_out_where_it_is_not_installed(data, monkeypatch):
    without_umap(monkeypatch)
    assert list(REDUCERS) == [*ALWAYS, "umap"]
    assert installed_reducers() == ALWAYS
    with pytest.raises(InputError, match=r"autonet-zoo\[umap\]"):
        run("umap")
    with pytest.raises(InputError, match=r"autonet-zoo\[umap\]"):
        reduce_all(data, ["pca", "umap"])


class FirstColumns:
    """Stands in for UMAP: what was asked of it, and the first two columns."""

    asked = {}

    def __init__(self, **arguments):
        FirstColumns.asked = arguments

    def fit_transform(self, x):
        self.fitted = len(x)
        return x[:, :2]

    def transform(self, x):
        return x[:, :2] + self.fitted


def test_umap_is_seeded_and_fitted_on_the_training_rows(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=FirstColumns))
    train, test = run("umap", seed=7)
    assert FirstColumns.asked["random_state"] == 7
    np.testing.assert_allclose(train, TRAIN[0].reshape(60, -1)[:, :2])
    np.testing.assert_allclose(test, TEST[0].reshape(33, -1)[:, :2] + 60)


def test_umap_itself():
    pytest.importorskip("umap", reason="umap-learn is not installed")
    train, test = run("umap")
    assert "umap" in installed_reducers()
    assert probe_accuracy("svc", train, TRAIN[1], test, TEST[1]) > 0.9
    np.testing.assert_array_equal(run("umap")[1], test)


REDUCTION = Reduction(np.ones((3, 2), "float32"), np.array([0, 1, 1]), 0.75, 1.5)


def test_written_reductions_are_read_back(tmp_path):
    written = {
        "tsne": REDUCTION,
        "pca": Reduction(np.zeros((2, 2), "float32"), np.array([1, 0]), 1.0, 0.25, 0.5),
    }
    write_reductions(tmp_path / "reductions.npz", written)
    assert [path.name for path in tmp_path.iterdir()] == ["reductions.npz"]
    read = read_reductions(tmp_path / "reductions.npz")
    assert list(read) == ["tsne", "pca"]
    for name, reduction in written.items():
        np.testing.assert_array_equal(read[name].embedding, reduction.embedding)
        np.testing.assert_array_equal(read[name].labels, reduction.labels)
        assert read[name].probe_accuracy == reduction.probe_accuracy
        assert read[name].seconds == reduction.seconds
        np.testing.assert_equal(read[name].explained_variance, reduction.explained_variance)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="There is no file of reductions"):
        read_reductions(tmp_path / "none.npz")
    damaged, other, single, uneven = (tmp_path / f"{i}.npz" for i in range(4))
    write_reductions(damaged, {"pca": REDUCTION})
    damaged.write_bytes(damaged.read_bytes()[:-40])
    np.savez(other, codes=np.ones(3))
    with open(single, "wb") as file:
        np.save(file, np.ones(3))
    write_reductions(uneven, {"pca": dataclasses.replace(REDUCTION, labels=np.array([0, 1]))})
    for path in (damaged, other, single, uneven):
        with pytest.raises(InputError, match="is no whole file of reductions"):
            read_reductions(path)


def test_mistakes_are_named(data):
    with pytest.raises(InputError, match="Unknown reducer 'tnse'. Did you mean 'tsne'"):
        run("tnse")
    with pytest.raises(InputError, match="Unknown reducer"):
        reduce_all(data, ["pca", "mds"])
    with pytest.raises(InputError, match="one class number per"):
        reduce("pca", TRAIN[0], TRAIN[1][:9], TEST[0])
    with pytest.raises(InputError, match="images of one shape"):
        reduce("pca", *TRAIN, TEST[0][:, :2])
    with pytest.raises(InputError, match="at least 4 training images"):
        reduce("pca", TRAIN[0][:3], TRAIN[1][:3], TEST[0])
    broken = TEST[0].copy()
    broken[2, 1] = np.nan
    with pytest.raises(InputError, match="test_x of float32 with NaN"):
        reduce("tsne", *TRAIN, broken)
    with pytest.raises(InputError, match="at least two classes"):
        reduce("lda", TRAIN[0], np.zeros(60, int), TEST[0])
    with pytest.raises(InputError, match="`train_rows`|`rows`"):
        reduce_all(data, ["pca"], train_rows=0)


def test_a_folder_of_that_name_is_not_umap(monkeypatch):
    # What Python finds for a bare folder: a namespace, without an origin.
    folder = importlib.machinery.ModuleSpec("umap", loader=None, is_package=True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: folder)
    assert "umap" not in installed_reducers()


@pytest.mark.parametrize("name", NESTED)
def test_fewer_dimensions_are_the_first_of_more(name):
    few, more = run(name), reduce(name, *TRAIN, TEST[0], size=5)
    for narrow, wide in zip(few, more, strict=True):
        assert wide.shape == (len(narrow), 5)
        # An axis may point either way.
        np.testing.assert_allclose(np.abs(wide[:, :2]), np.abs(narrow), atol=1e-3)
    if name == "lda":
        # Three classes span two dimensions.
        assert not more[0][:, 2:].any()


def test_codes_are_met_by_reducers_of_their_size(data, tmp_path):
    found = reduce_all(data, ["pca", "tsne"], sizes={6, 3})
    train, test = reduce("pca", *TRAIN, TEST[0], size=3)
    (size, accuracy), (other, _) = found["pca"].wider
    assert (size, other) == (3, 6) and found["tsne"].wider == ()
    assert accuracy == probe_accuracy("svc", train, TRAIN[1], test, TEST[1])
    write_reductions(tmp_path / "file.npz", found)
    assert read_reductions(tmp_path / "file.npz")["pca"].wider == found["pca"].wider
    with pytest.raises(InputError, match="at most 3.*size=4"):
        reduce("tsne", *TRAIN, TEST[0], size=4)
