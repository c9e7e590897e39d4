import numpy as np
import pytest

from zoo.datasets import load
from zoo.errors import InputError


@pytest.fixture(scope="module")
def blocks():
    return load("blocks", validation_fraction=0)


def test_every_block_has_one_label(blocks):
    assert blocks.rows == {"train": 1500, "validation": 0, "test": 10000}
    assert blocks.input_shape == (64,) and blocks.num_labels == 16
    for split in ("train", "test"):
        x, y = blocks.arrays(split)
        np.testing.assert_array_equal(y.reshape(-1, 4, 4).sum(axis=2), 1)
        assert abs(x.mean()) < 0.02 and abs(x.std() - 1) < 0.02


def test_labels_are_the_maxima_of_linear_scores(blocks):
    # Within a block, the difference of two class means points along the difference of their
    # columns of A, so a linear map found by least squares nearly finds the maxima.
    x, y = blocks.arrays("test")
    weights, *_ = np.linalg.lstsq(x, y - y.mean(axis=0), rcond=None)
    found = (x @ weights).reshape(-1, 4, 4).argmax(axis=2)
    truth = y.reshape(-1, 4, 4).argmax(axis=2)
    assert (found == truth).mean() > 0.85


def test_rows_follow_from_no_seed_and_more_rows_begin_with_the_same(blocks):
    options = {"validation_fraction": 0, "seed": 5}
    more = load("blocks/3000", **options)
    assert more.rows["train"] == 3000 and more.name == "blocks/3000"
    for part in (0, 1):
        np.testing.assert_array_equal(
            more.arrays("train")[part][:1500], blocks.arrays("train")[part]
        )
        np.testing.assert_array_equal(more.arrays("test")[part], blocks.arrays("test")[part])
    train, test = blocks.arrays("train")[0], blocks.arrays("test")[0]
    assert not np.isin(train[:, 0], test[:, 0]).any()


def test_numbers_of_rows():
    assert load("blocks/").rows["test"] == 10000
    for rows in ("1", "x", "-5", "2000000"):
        with pytest.raises(InputError, match=r"must be 2 to 1000000.*Received"):
            load(f"blocks/{rows}")
