"""The embedded multi-label data set: four blocks of labels, exactly one of each block true."""

import numpy as np

from zoo.datasets.arrays import in_memory
from zoo.datasets.kinds import MultiLabelData
from zoo.datasets.options import Options
from zoo.errors import InputError

NAME = "blocks"
TRAIN_ROWS = 1_500
TEST_ROWS = 10_000
_FEATURES, _BLOCKS, _BLOCK_SIZE = 64, 4, 4
# A larger set would no longer fit the point of being embedded: 256 MB of features.
_MOST_ROWS = 1_000_000


def load_blocks(name: str, options: Options) -> MultiLabelData:
    """Sixteen labels in four blocks of four; in every block the label with the largest score.

    With X ~ N(0, 1) of shape (n, 64), A ~ N(0, 1) of shape (64, 16) and Z = X A, label j of a row
    is 1 where Z_j is the largest of its block, so every row has four labels. The labels of a
    block exclude each other, which a classifier of single labels cannot know.

    The rows are drawn anew each time, always the same: A, the 10,000 test rows and the training
    rows follow from fixed seeds, not from `options.seed`, and the first 1,500 of 15,000 training
    rows are those of 1,500.

    Args:
        name: "blocks" for 1,500 training rows, or "blocks/ROWS", for example "blocks/15000".
        options: see `Options`.

    Raises:
        InputError: ROWS is not a number from 2 to 1,000,000.

    Reference: Belanger and McCallum, "Structured Prediction Energy Networks", ICML 2016, the
    task with mutually exclusive labels. Its own rows and A are not published.
    """
    rows = name.removeprefix(NAME).removeprefix("/") or str(TRAIN_ROWS)
    if not (rows.isascii() and rows.isdigit() and 2 <= int(rows) <= _MOST_ROWS):
        raise InputError(
            f"Data set {name!r}: the number of training rows must be 2 to {_MOST_ROWS}, as in "
            f"blocks/15000. Received: {rows!r}."
        )
    weights = _normal(0, _FEATURES, _BLOCKS * _BLOCK_SIZE)
    pairs = {
        "train": _rows(_normal(2, int(rows), _FEATURES), weights),
        "test": _rows(_normal(1, TEST_ROWS, _FEATURES), weights),
    }
    label_names = [f"{block}.{member}" for block in range(_BLOCKS) for member in range(_BLOCK_SIZE)]
    feature_names = [str(number) for number in range(_FEATURES)]
    return MultiLabelData(name, in_memory(pairs), options, label_names, feature_names)


def _normal(stream: int, rows: int, columns: int) -> np.ndarray:
    # RandomState, because its stream is frozen; that of default_rng may change with NumPy.
    return np.random.RandomState([0, stream]).standard_normal((rows, columns)).astype("float32")


def _rows(x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # In float64: of two scores as good as equal, every machine takes the same for the larger.
    scores = (x.astype("float64") @ weights.astype("float64")).reshape(-1, _BLOCKS, _BLOCK_SIZE)
    labels = np.eye(_BLOCK_SIZE, dtype="uint8")[scores.argmax(axis=2)]
    return x, labels.reshape(len(x), -1)
