"""zoo/datasets/mnist_2k2k.py: the first rows of the four files of MNIST, in their order."""

import gzip
import hashlib

import numpy as np
import pytest

from zoo.datasets import DamagedDataError, MissingDataError, load

ROWS = 2_010


def images_and_labels(first):
    """Row i has the number first + i in its first two pixels, and its last digit for a label."""
    numbers = np.arange(first, first + ROWS)
    images = np.zeros((ROWS, 784), "uint8")
    images[:, 0], images[:, 1] = numbers // 256, numbers % 256
    return images.tobytes(), (numbers % 10).astype("uint8").tobytes()


@pytest.fixture
def manual(tmp_path, monkeypatch):
    """The four files in the folder of `mnist`, with other rows, and on record as the originals."""
    import tensorflow_datasets as tfds

    from zoo.datasets.mnist_2k2k import Mnist2k2k

    folder = tmp_path / "originals" / "mnist"
    folder.mkdir(parents=True)
    for part, first in (("train", 0), ("t10k", 5_000)):
        images, labels = images_and_labels(first)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(16) + images, 1))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + labels, 1))
    recorded = {}
    for url, info in Mnist2k2k.url_infos.items():
        content = (folder / info.filename).read_bytes()
        recorded[url] = tfds.download.checksums.UrlInfo(
            len(content), hashlib.sha256(content).hexdigest(), info.filename
        )
    assert len(recorded) == 4
    monkeypatch.setattr(Mnist2k2k, "url_infos", recorded)
    return folder


def load_it(manual, **options):
    folders = {"manual_dir": str(manual.parent), "data_dir": str(manual.parents[1] / "data")}
    return load("mnist_2k2k", **folders, **options)


def test_rows_are_the_first_of_each_file_in_its_order(manual):
    data = load_it(manual, validation_fraction=0)
    assert data.rows == {"train": 2_000, "validation": 0, "test": 2_000}
    assert data.image_shape == (28, 28, 1) and data.num_classes == 10
    for split, first in (("train", 0), ("test", 5_000)):
        x, y = data.arrays(split)
        pixels = np.rint(x.reshape(2_000, -1) * 255).astype(int)
        numbers = 256 * pixels[:, 0] + pixels[:, 1]
        np.testing.assert_array_equal(numbers, np.arange(first, first + 2_000))
        np.testing.assert_array_equal(y, numbers % 10)


def test_its_originals_are_those_of_mnist(manual):
    file = manual / "train-labels-idx1-ubyte.gz"
    content = file.read_bytes()
    file.unlink()
    with pytest.raises(MissingDataError, match=r"(?s)are not in .*/mnist .*MANUAL_DIR/mnist") as e:
        load_it(manual)
    assert "train-labels-idx1-ubyte.gz" in str(e.value) and "t10k" not in str(e.value)
    file.write_bytes(content[:-1])
    with pytest.raises(DamagedDataError, match=r"mnist/train-labels-idx1-ubyte\.gz"):
        load_it(manual)
