"""By what the rows of a data set are known again."""

import collections
from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo.datasets import SplitData
from zoo.errors import InputError


def signature_of(data: SplitData, split: str = "test") -> list[float]:
    """By what the n rows of a split are known again: [n, projection of x, projection of y].

    Σ_i Σ_j a_i b_j x_ij / √(number of all) with a, b drawn once from a standard normal
    distribution: another set, or another order, gives other numbers. Rows of features have a
    fourth, the projection of sign(x) log(1 + |x|): beside a column of large numbers it still sees
    the small ones.
    """
    draw = np.random.default_rng(0).standard_normal
    of_rows, of_parts, rows = draw(data.rows[split]), {}, 0
    sums: dict[int, float] = collections.defaultdict(float)
    for batch in data.clean(split).as_numpy_iterator():
        parts = [np.reshape(values, (len(values), -1)) for values in batch]
        if np.ndim(batch[0]) == 2:
            parts.append(np.sign(parts[0]) * np.log1p(np.abs(parts[0])))
        for part, values in enumerate(parts):
            if part not in of_parts:
                of_parts[part] = draw(values.shape[1])
            columns = of_parts[part]
            scale = np.sqrt(len(of_rows) * len(columns))
            weights = of_rows[rows : rows + len(values)]
            sums[part] += float(weights @ (values @ columns)) / scale
        rows += len(batch[0])
    return [rows, *(round(each, 6) for each in sums.values())]


def is_same(one: list[float], other: list[float]) -> bool:
    """Whether two signatures are of the same rows."""
    # Earlier signatures of features lack the fourth.
    shared = min(len(one), len(other))
    comparable = len(one) == len(other) or shared == 3
    # Images that are resized may differ a little from machine to machine.
    return comparable and np.allclose(one[:shared], other[:shared], rtol=1e-3, atol=1e-3)


def scored_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the results of two runs are of the same test rows, or do not say of which."""
    rows, others = one.get("test_rows"), other.get("test_rows")
    return rows is None or others is None or is_same(rows, others)


def check_rows(results: Mapping[str, Any], data: SplitData) -> list[float]:
    """The signature of the test rows; `InputError` where a run was scored on other ones."""
    rows, held = signature_of(data), results.get("test_rows")
    if held is not None and not is_same(rows, held):
        raise InputError(
            f"The test rows of {data.name!r} are not those that the run of {results['recipe']} was "
            "scored on; give `evaluate_run` the data of the run as `data`, or train again."
        )
    return rows


def trained_rows(data: SplitData) -> dict[str, list[float]]:
    """The signatures of the rows that train and judge a model; their number alone of a stream.

    A stream may be shuffled by whoever gave it.
    """
    splits = ["train"] if data.validation is None else ["train", "validation"]
    return {
        split: signature_of(data, split) if data.in_memory else [data.rows[split]]
        for split in splits
    }


def check_trained_rows(
    rows: Mapping[str, list[float]], held: Mapping[str, list[float]], file: Any
) -> None:
    """Raises `InputError` where a file is of other rows; splits that both name count."""
    for split in rows:
        if split in held and not is_same(rows[split], held[split]):
            raise InputError(
                f"{str(file)!r} is of {held[split][0]:.0f} other {split} rows. Received: "
                f"{rows[split][0]:.0f} that are not those; go on with the data that was there at "
                "the beginning, or give another --output."
            )
