"""How long to look for inputs that break a reader: seconds, or ZOO_FUZZ_MINUTES of them.

By default the inputs are always the same. For minutes they are new ones each time; what breaks is
printed as the smallest input that does.
"""

import os
import pathlib
import tempfile

import pytest
from hypothesis import HealthCheck, settings

_MINUTES = float(os.environ.get("ZOO_FUZZ_MINUTES", 0))

settings.register_profile(
    "zoo",
    # A second holds about so many of a test; there are some ten tests.
    max_examples=max(30, int(_MINUTES * 300)),
    derandomize=not _MINUTES,
    database=None,
    # Milliseconds: what takes longer hangs.
    deadline=10_000,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("zoo")


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield pathlib.Path(path)
