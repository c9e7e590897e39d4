"""Images with masks that a network can find."""

import numpy as np


def pairs(rows=24, side=8):
    """Images whose bright part is the mask."""
    rng = np.random.default_rng(0)
    mask = np.zeros((rows, side, side, 1), "float32")
    for row, (top, left) in enumerate(rng.integers(0, side // 2, (rows, 2))):
        mask[row, top : top + side // 2, left : left + side // 2] = 1
    return (rng.uniform(0, 0.5, (rows, side, side, 3)) + 0.5 * mask).astype("float32"), mask
