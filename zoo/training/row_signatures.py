"""By what the rows of a data set are known again."""

import collections
from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo.datasets import SplitData
from zoo.errors import InputError
from zoo.settings import digest_of

# No split's.
NAMES = "names"


def signature_of(data: SplitData, split: str = "test") -> list[float]:
    """By what the n rows of a split are known again: [n, projection of x, projection of y].

    Σ_i Σ_j a_i b_j x_ij / √(number of all) with a, b drawn once from a standard normal
    distribution: another set, or another order, gives other numbers. Rows of features have two
    more: the projections of sign(x) log(1 + |x|), which beside a column of large numbers still sees
    the small ones, and of the mantissa m of x = m · 2^e, 1/2 <= |m| < 1, which sees those of any
    size.
    """
    draw = np.random.default_rng(0).standard_normal
    of_rows, of_parts, rows = draw(data.rows[split]), {}, 0
    sums: dict[int, float] = collections.defaultdict(float)
    for batch in data.clean(split).as_numpy_iterator():
        parts = [np.reshape(values, (len(values), -1)) for values in batch]
        if np.ndim(batch[0]) == 2:
            parts += [np.sign(parts[0]) * np.log1p(np.abs(parts[0])), np.frexp(parts[0])[0]]
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
    # Earlier signatures lack what rows of features have beside the first three.
    shared = min(len(one), len(other))
    comparable = len(one) == len(other) or shared >= 3
    # Images that are resized may differ a little from machine to machine.
    return comparable and np.allclose(one[:shared], other[:shared], rtol=1e-3, atol=1e-3)


def scored_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the results of two runs are of the same test rows, or do not say of which."""
    rows, others = one.get("test_rows"), other.get("test_rows")
    return rows is None or others is None or is_same(rows, others)


def check_rows(results: Mapping[str, Any], data: SplitData) -> list[float]:
    """The signature of the test rows; `InputError` where a run was scored on other ones."""
    held, found = results.get("names"), list(data.names)
    if held is not None and held != found:
        raise InputError(
            f"The names of {data.name!r} are not those that the run of {results['recipe']} "
            f"learned, in their order: {', '.join(held)[:200]}. Received: "
            f"{', '.join(found)[:200]}."
        )
    names = [column["name"] for column in results.get("columns", ())]
    if names and names != (found := [column.name for column in getattr(data, "columns", ())]):
        raise InputError(
            f"The columns of {data.name!r} are not those that the run of {results['recipe']} "
            f"learned, in their order: {', '.join(names)[:200]}. Received: "
            f"{', '.join(found)[:200]}."
        )
    rows, held = signature_of(data), results.get("test_rows")
    if held is not None and not is_same(rows, held):
        raise InputError(
            f"The test rows of {data.name!r} are not those that the run of {results['recipe']} was "
            "scored on; give `evaluate_run` the data of the run as `data`, or train again."
        )
    return rows


def content_of(data: SplitData) -> list[float]:
    """By what the n rows to learn from are known again, however they are ordered and cut.

    [n, Σ_i cos φ_i / √n, Σ_i sin φ_i / √n] over the training and validation rows, with
    φ_i = Σ_j a_j s(x_ij) / √(number of j) + Σ_k b_k y_ik, s(x) = sign(x) log(1 + |x|), and a, b
    drawn once from a standard normal distribution. So a seed that cuts other validation rows has
    the same. Rows of features have these two sums also with the mantissa of x for s(x), see
    `signature_of`. Of a stream, which may be shuffled by whoever gave it, n alone.
    """
    splits = [split for split in ("train", "validation") if data.rows[split]]
    rows = sum(data.rows[split] for split in splits)
    if not data.in_memory:
        return [rows]
    sums: Any = 0.0
    weights = None
    for split in splits:
        for x, y, *_ in data.clean(split).as_numpy_iterator():
            of_features = np.ndim(x) == 2
            x, y = (np.reshape(each, (len(each), -1)) for each in (x, y))
            if weights is None:
                draw = np.random.default_rng(0).standard_normal
                weights = draw(x.shape[1]) / np.sqrt(x.shape[1]), draw(y.shape[1])
            seen = [np.sign(x) * np.log1p(np.abs(x))] + [np.frexp(x)[0]] * of_features
            phases = [each @ weights[0] + y @ weights[1] for each in seen]
            sums += np.array([(np.cos(each).sum(), np.sin(each).sum()) for each in phases])
    return [rows, *np.round(np.ravel(sums) / np.sqrt(rows), 6).tolist()]


def learned_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the results of two runs are of the same rows to learn from, or one does not say."""
    rows, others = one.get("content"), other.get("content")
    return rows is None or others is None or is_same(rows, others)


def trained_rows(data: SplitData) -> dict[str, list[float]]:
    """The signatures of the rows that train and judge a model; their number alone of a stream.

    A stream may be shuffled by whoever gave it. Under `NAMES` stands that of the names of classes,
    labels and features: the first bytes of their digest.
    """
    splits = ["train"] if data.validation is None else ["train", "validation"]
    names = digest_of([list(data.names), list(getattr(data, "feature_names", ()))])
    return {NAMES: [float(each) for each in bytes.fromhex(names)[:12]]} | {
        split: signature_of(data, split) if data.in_memory else [data.rows[split]]
        for split in splits
    }


def check_trained_rows(
    rows: Mapping[str, list[float]], held: Mapping[str, list[float]], file: Any
) -> None:
    """Raises `InputError` where a file is of other rows; splits that both name count."""
    for split in [each for each in rows if each in held and each != NAMES]:
        if not is_same(rows[split], held[split]):
            raise InputError(
                f"{str(file)!r} is of {held[split][0]:.0f} other {split} rows. Received: "
                f"{rows[split][0]:.0f} that are not those; go on with the data that was there at "
                "the beginning, or give another --output."
            )
    if NAMES in held and NAMES in rows and held[NAMES] != rows[NAMES]:
        raise InputError(
            f"{str(file)!r} is of the same rows with other names of classes, labels or features, "
            "or in another order; go on with the data that was there at the beginning, or give "
            "another --output."
        )
