"""The embedded digits, prepared once; no test reads the user's own data by accident."""

import numpy as np
import pytest

import zoo.datasets


@pytest.fixture(autouse=True)
def _no_data_of_the_user(request, monkeypatch):
    if "real_data" not in request.keywords:
        monkeypatch.delenv("ZOO_MANUAL_DIR", raising=False)
        monkeypatch.delenv("TFDS_DATA_DIR", raising=False)


@pytest.fixture(scope="session")
def digits_dir(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("digits"))
    zoo.datasets.load("digits", data_dir=folder)
    return folder


@pytest.fixture
def arrays():
    """60 rows of 4x4 whose every pixel is the row number; classes 0, 1, 2 in turn."""
    images = np.broadcast_to(np.arange(60, dtype="uint8")[:, None, None, None], (60, 4, 4, 1))
    return images.copy(), np.arange(60) % 3
