"""zoo/training/memory.py: the most memory, counted anew for each run."""

import sys

import numpy as np
import pytest

from zoo.training.memory import forget_peak, peak_memory

MANY = 400_000_000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system tells it")
def test_what_was_held_before_does_not_count():
    before = peak_memory()
    forget_peak()
    held = peak_memory()
    rows = np.ones(MANY, "uint8")
    most = peak_memory()
    assert held <= before and held + 0.9 * MANY < most
    del rows
    forget_peak()
    assert peak_memory() < most - 0.9 * MANY
