"""Which rows: stratified choices, seeded, for the validation split, the kept labels and samples."""

import numpy as np

from zoo.errors import InputError

# One stream of random numbers per purpose: hiding labels does not move the validation split.
_STREAMS = {"validation": 1, "labelled": 2, "sample": 3, "split": 4}


def stratified(
    labels: np.ndarray, rows: int, seed: int, purpose: str, balanced: bool = False
) -> np.ndarray:
    """Row numbers (rising) of `rows` rows in which every class keeps its share.

    Class c gets floor(rows · n_c / n) rows; those left over go to the largest remainders
    (ties: the lower class). Within a class the rows are drawn without replacement.

    Args:
        labels: class numbers, `(n,)`.
        rows: how many, at most n.
        seed: 0 to 2³² - 1; the same seed, purpose and labels give the same rows.
        purpose: `"validation"`, `"labelled"`, `"sample"` or `"split"`.
        balanced: every class that occurs gets as many rows, rows / classes, or all that it has.

    Returns:
        int64 row numbers, `(rows,)`.

    Example:
        Labels (0, 0, 0, 0, 1, 1) and 3 rows: two of class 0, one of class 1.
    """
    draw = random_numbers(seed, purpose)
    classes, counts = np.unique(labels, return_counts=True)
    weights = np.ones_like(counts) if balanced else counts
    shares = rows * weights
    taken = shares // weights.sum()
    remainders = shares % weights.sum()
    left_over = int(rows - taken.sum())
    taken[np.argsort(-remainders, kind="stable")[:left_over]] += 1
    chosen = [
        draw.permutation(np.flatnonzero(labels == number))[:count]
        for number, count in zip(classes, taken, strict=True)
    ]
    return np.sort(np.concatenate(chosen)).astype("int64")


def stratified_by_labels(labels: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Row numbers (rising) of about `fraction` · n rows in which every label keeps its share.

    Iterative stratification into two parts: the label with the fewest rows left comes first; each
    of its rows goes to the part that still lacks more of that label (ties: of rows, then the
    part left behind). Rows without labels come last. The number of rows follows from that, and
    may be off by a few.

    Args:
        labels: 0 and 1, `(n, labels)`.
        fraction: share of the rows wanted, in (0, 1).
        seed: 0 to 2³² - 1; what the order of the rows follows from.

    Returns:
        int64 row numbers.

    Reference: Sechidis, Tsoumakas and Vlahavas, "On the Stratification of Multi-Label Data",
    ECML PKDD 2011, algorithm 1.
    """
    parts = np.array([1 - fraction, fraction])
    left = labels.sum(axis=0, dtype="int64")
    wanted, wanted_rows = np.outer(parts, left), parts * len(labels)
    chosen = np.zeros(len(labels), bool)
    waiting = random_numbers(seed, "split").permutation(len(labels))
    while left.any():
        label = np.where(left > 0, left, len(labels) + 1).argmin()
        has_it = labels[waiting, label] == 1
        for row in waiting[has_it]:
            part = int((wanted[1, label], wanted_rows[1]) > (wanted[0, label], wanted_rows[0]))
            chosen[row] = part == 1
            wanted[part] -= labels[row]
            wanted_rows[part] -= 1
            left -= labels[row]
        waiting = waiting[~has_it]
    chosen[waiting[: max(0, round(wanted_rows[1]))]] = True
    return np.flatnonzero(chosen).astype("int64")


def random_numbers(seed: int, purpose: str) -> np.random.RandomState:
    # RandomState, because its stream is frozen; that of default_rng may change with NumPy.
    return np.random.RandomState([seed, _STREAMS[purpose]])


def validation_rows(total: int, fraction: float) -> int:
    """How many of `total` rows go to the validation split: round(fraction · total).

    Raises:
        InputError: a fraction above 0 that leaves no row for validation or none for training.
    """
    rows = round(fraction * total)
    if fraction > 0 and not 0 < rows < total:
        raise InputError(
            f"`validation_fraction` must leave at least one row on both sides. Received: "
            f"validation_fraction={fraction!r} with {total} training rows."
        )
    return rows


def label_weights(
    labels: np.ndarray, fraction: float, seed: int, class_names: list[str], draw: str = "shares"
) -> np.ndarray:
    """Weights of the label term: 1 on labeled rows, 0 on the others, stratified per class.

    Args:
        labels: class numbers of the training rows, `(n,)`.
        fraction: share of labeled rows, in (0, 1].
        seed: 0 to 2³² - 1.
        class_names: for the error message.
        draw: `"shares"`, or `"balanced"` for as many labels of each class.

    Returns:
        float32, `(n,)`; their sum is round(fraction · n).

    Raises:
        InputError: a class that occurs would keep no label at all, or has too few rows.
    """
    weights, rows = np.zeros(len(labels), "float32"), round(fraction * len(labels))
    weights[stratified(labels, rows, seed, "labelled", draw == "balanced")] = 1.0
    if weights.sum() < rows:
        raise InputError(
            f"Not every class has {rows} / {len(np.unique(labels))} rows to be labeled. Received: "
            f"labelled_draw={draw!r} with labelled_fraction={fraction!r}."
        )
    kept = np.bincount(labels, weights, minlength=len(class_names))
    for number in np.unique(labels):
        if kept[number] == 0:
            rows = int((labels == number).sum())
            raise InputError(
                f"`labelled_fraction` must leave every class at least one label. Received: "
                f"labelled_fraction={fraction!r}, which leaves none of the {rows} rows of class "
                f"{class_names[number]!r}."
            )
    return weights
