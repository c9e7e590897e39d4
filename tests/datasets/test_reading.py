import numpy as np
import pytest

from zoo.datasets import array_rows, load


def test_streamed_and_in_memory_hold_the_same_rows(digits_dir):
    memory = load("digits", data_dir=digits_dir)
    streamed = load("digits", data_dir=digits_dir, in_memory=False, labelled_fraction=0.2)
    assert memory.in_memory and not streamed.in_memory
    assert streamed.rows == {"train": 1293, "validation": 144, "test": 360}
    for x, y in zip(memory.test, streamed.test, strict=True):
        np.testing.assert_array_equal(x[0], y[0])
        np.testing.assert_array_equal(x[1], y[1])
    assert streamed.labelled_rows == round(0.2 * 1293)
    assert sum(float(weight.numpy().sum()) for *_, weight in streamed.train) == 259


def test_large_sets_are_streamed(digits_dir, monkeypatch):
    monkeypatch.setattr(array_rows, "_IN_MEMORY_BYTES", 1797 * 64 - 1)
    assert not load("digits", data_dir=digits_dir).in_memory
    assert load("digits", data_dir=digits_dir, in_memory=True).in_memory
    monkeypatch.setattr(array_rows, "_IN_MEMORY_BYTES", 1797 * 64)
    assert load("digits", data_dir=digits_dir).in_memory


@pytest.mark.parametrize("in_memory", [True, False])
def test_image_shape_resizes_in_the_graph(digits_dir, in_memory):
    data = load("digits", data_dir=digits_dir, image_shape=(16, 12, 3), in_memory=in_memory)
    assert data.image_shape == (16, 12, 3)
    x, _ = next(iter(data.train))
    assert x.shape[1:] == (16, 12, 3) and 0 <= float(x.numpy().min()) < float(x.numpy().max()) <= 1
