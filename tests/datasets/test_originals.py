import gzip

import pytest

from zoo.datasets import DamagedDataError, MissingDataError, load, originals
from zoo.errors import InputError

MNIST_FILES = [
    "t10k-images-idx3-ubyte.gz: 1648877 bytes, sha256 8d422c7b",
    "t10k-labels-idx1-ubyte.gz: 4542 bytes, sha256 f7ae60f9",
    "train-images-idx3-ubyte.gz: 9912422 bytes, sha256 440fcabf",
    "train-labels-idx1-ubyte.gz: 28881 bytes, sha256 3552534a",
]


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setattr(originals, "_reachable", lambda url: False)


@pytest.fixture
def no_downloads(monkeypatch):
    """With a manual folder not even the server may be asked."""

    def fail(url):
        raise AssertionError(url)

    monkeypatch.setattr(originals, "_reachable", fail)


@pytest.mark.parametrize("by_variable", [False, True])
def test_missing_files_are_listed_with_folder_and_source(
    tmp_path, monkeypatch, no_downloads, by_variable
):
    manual = tmp_path / "originals"
    monkeypatch.setenv("ZOO_MANUAL_DIR", str(manual) if by_variable else "/not/this")
    given = None if by_variable else str(manual)
    with pytest.raises(MissingDataError) as error:
        load("mnist", manual_dir=given, data_dir=str(tmp_path / "prepared"))
    message = str(error.value)
    assert message.startswith("Data set 'mnist' is not prepared in")
    assert str(manual / "mnist") in message and str(tmp_path / "prepared") in message
    assert all(file in message for file in MNIST_FILES)
    assert "from https://" in message and "ZOO_MANUAL_DIR" in message


def test_without_network_the_files_are_listed_at_once(tmp_path, no_network):
    for name, file in [("cifar10", "cifar-10-binary.tar.gz"), ("svhn_cropped", "test_32x32.mat")]:
        with pytest.raises(MissingDataError, match="server does not answer") as error:
            load(name, data_dir=str(tmp_path))
        assert file in str(error.value) and isinstance(error.value, InputError)


def test_a_server_out_of_reach_is_noticed(monkeypatch):
    import requests

    def head(url, timeout):
        raise requests.ConnectionError("no route")

    monkeypatch.setattr(requests, "head", head)
    assert not originals._reachable("https://example.invalid/file")
    monkeypatch.setattr(requests, "head", lambda url, timeout: None)
    assert originals._reachable("https://example.invalid/file")


@pytest.mark.parametrize(
    "content",
    # Named, and without a time stamp: every process must collect the same tests.
    [b"", b"\0" * 28881, gzip.compress(bytes(60008), mtime=0)[:-9]],
    ids=["empty", "zeros", "cut"],
)
def test_a_damaged_file_is_refused_by_name_before_anything_is_prepared(
    tmp_path, no_downloads, content
):
    file = tmp_path / "originals" / "mnist" / "train-labels-idx1-ubyte.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(DamagedDataError, match=r"mnist/train-labels-idx1-ubyte\.gz.*28881 bytes"):
        load("mnist", manual_dir=str(tmp_path / "originals"), data_dir=str(tmp_path / "prepared"))
    assert not (tmp_path / "prepared").exists()
