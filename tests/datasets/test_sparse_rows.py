"""Features of which most are 0, kept as they come."""

import numpy as np
import pytest
import scipy.sparse

from zoo.datasets import multi_label_from_arrays
from zoo.datasets.array_rows import SparseRows


@pytest.mark.parametrize("values", [np.ones(40), np.linspace(-1.5, 1.5, 40)], ids=["1", "floats"])
def test_they_are_the_same_rows_as_dense_ones(values, monkeypatch):
    generator = np.random.default_rng(0)
    places = generator.integers(0, 50, 40), generator.integers(0, 30, 40)
    x = scipy.sparse.coo_array((values, places), (50, 30))  # Some places twice, some rows empty.
    y = generator.integers(0, 2, (50, 4))
    settings = {"batch_size": 16, "validation_fraction": 0.2, "seed": 3}
    dense = multi_label_from_arrays((x.toarray(), y), (x.toarray(), y), **settings)
    monkeypatch.setattr("zoo.datasets.arrays._DENSE_VALUES", 100)
    sparse = multi_label_from_arrays((x, y), (x, y), **settings)
    assert isinstance(sparse._splits["train"], SparseRows)
    assert sparse.input_shape == dense.input_shape == (30,) and sparse.rows == dense.rows
    for ours, theirs in zip(
        sparse.stream(0, 2).as_numpy_iterator(), dense.stream(0, 2).as_numpy_iterator(), strict=True
    ):
        for part, other in zip(ours, theirs, strict=True):
            assert part.dtype == other.dtype
            np.testing.assert_array_equal(part, other)
    for found in ("arrays", "sample"):
        arguments = ["test", 7][: 1 + (found == "sample")]
        pairs = getattr(sparse, found)(*arguments), getattr(dense, found)(*arguments)
        for ours, theirs in zip(*pairs, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("most", [10, 1000])
def test_places_given_twice_add_up_and_the_matrix_stays_as_it_was(most, monkeypatch):
    monkeypatch.setattr("zoo.datasets.arrays._DENSE_VALUES", most)
    # Of which each would be a byte, and their sum is none.
    x = scipy.sparse.csr_matrix(([200, 100, 3], [1, 1, 0], [0, 3, *[3] * 19]), (20, 2))
    y = np.ones((20, 1))
    data = multi_label_from_arrays((x, y), (x, y), validation_fraction=0)
    assert data.arrays("train")[0][0].tolist() == [3, 300]
    assert x.data.tolist() == [200, 100, 3] and x.indices.tolist() == [1, 1, 0]


def test_parts_are_all_rows_in_order(monkeypatch):
    x = np.arange(100.0).reshape(100, 1)
    data = multi_label_from_arrays((x, x > 5), (x, x > 5), validation_fraction=0)
    monkeypatch.setattr("zoo.datasets.split_data._VALUES_OF_A_PART", 70)
    parts = [part for part, _ in data.parts("test")]
    assert [len(part) for part in parts] == [64, 36]
    np.testing.assert_array_equal(np.concatenate(parts), x)
