"""Rows of a table with a class each: from frames, CSV and NPZ files, and the embedded sets."""

import itertools
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoo.datasets.array_rows import ArrayRows
from zoo.datasets.arrays import check_class_rows, from_arrays
from zoo.datasets.checks import check_list
from zoo.datasets.kinds import ClassData, MultiLabelData, TableData
from zoo.datasets.options import Options
from zoo.datasets.own_files import SPLITS, find_csv, find_npz, path_and_column
from zoo.datasets.row_files import ARRAY_SUFFIXES
from zoo.datasets.stratification import stratified
from zoo.datasets.table_columns import as_text, features_of, is_missing, learn_columns
from zoo.datasets.text_tables import read_csv
from zoo.errors import InputError, check_choice, first_line

EMBEDDED = ("wine", "breast_cancer", "digits_vectors")
# Share of the rows that become the test split of a set without one, drawn with this seed.
TEST_FRACTION, TEST_SEED = 0.2, 0
# The column of the class, where nobody names it.
CLASS_COLUMNS = ("class", "label", "target", "y")
# Labels that become classes, see `classes_of_label_sets`.
MOST_FREQUENT = 10
# Of a table behind `#CLASS`.
_SETTINGS = ("missing", "categorical")

Table = Mapping[str, Sequence[Any]]


def from_table(
    train: Any,
    test: Any = None,
    *,
    target: str,
    validation: Any = None,
    categorical: Sequence[str] = (),
    missing: str = "refuse",
    name: str = "table",
    first_row: int = 0,
    **options: Any,
) -> TableData:
    """Data from tables with named columns, one of which is the class of a row.

    Columns of numbers become a feature each, in their own unit, and categories (of texts, or named
    in `categorical`) one of 0 and 1 for each value, behind the numbers. Decimals have a point. A
    value of `test` or `validation` that `train` does not have is refused.

    Args:
        train: a data frame (of pandas, or whatever has `columns` and gives a column by its name),
            or a dict of columns.
        test: the same columns for the test split; None cuts a fifth of the rows, stratified by
            class and always the same.
        target: the column of the class: numbers or texts, of which each is a class, in order.
        validation: the same for the validation split; None cuts it from the training rows.
        categorical: columns whose numbers are names.
        missing: what is done with a missing cell (None, NaN, an empty text, "?" or "NA"): it is
            refused, or with `"impute"` taken for the median of the training rows, of a category
            for its most frequent value. A missing class is refused.
        name: name of the set.
        first_row: the number of a table's first row, by which messages name rows.
        **options: `batch_size`, `validation_fraction`, `labelled_fraction`,
            `labelled_batch_size`, `labelled_draw` and `seed`, see `zoo.datasets.options.Options`.

    Raises:
        InputError: any of these is not as said; the message names column and row.

    Example:
        >>> table = {"weight": [1.5, 2, 3, 4] * 5, "color": ["red", "blue"] * 10, "y": [0, 1] * 10}
        >>> from_table(table, target="y").feature_names
        ['weight', 'color=blue', 'color=red']
    """
    options = Options(**options)
    check_list("categorical", categorical)
    # As the names of columns, which may be numbers.
    target, categorical = str(target), [str(each) for each in categorical]
    given = {"test": test, "validation": validation}
    given = {split: table for split, table in given.items() if table is not None}
    tables = {split: _columns(split, table) for split, table in {"train": train, **given}.items()}
    labels = {split: _labels(split, table, target, first_row) for split, table in tables.items()}
    features = {
        split: {key: table[key] for key in table if key != target}
        for split, table in tables.items()
    }
    rows, cut = range(len(labels["train"])), None
    if "test" not in tables:
        named = f"{name} (class {target!r})"
        rows, _ = cut = _cut(named, np.unique(labels["train"], return_inverse=True)[1])
    training = {key: [cells[row] for row in rows] for key, cells in features["train"].items()}
    columns = learn_columns(training, categorical, missing, [first_row + row for row in rows])
    if cut is not None:
        # Which rows are cut is by chance, and so is where a rare value stands.
        columns = [column.with_values_of(features["train"][column.name]) for column in columns]
    if not columns:
        raise InputError(f"There must be a column beside the class {target!r}. Received: none.")
    class_names = sorted(set(labels["train"].tolist()), key=_by_number)
    if len(class_names) < 2:
        raise InputError(
            f"The training rows must have at least two classes. Received: {class_names[0]!r} in "
            f"all {len(labels['train'])} rows."
        )
    for one, other in itertools.pairwise(class_names):
        is_text, number, _ = _by_number(one)
        if not is_text and _by_number(other)[:2] == (is_text, number):
            raise InputError(f"Classes {one!r} and {other!r} are one number; write them alike.")
    number = {text: place for place, text in enumerate(class_names)}
    made = {}
    for split, table in features.items():
        unknown = sorted(set(labels[split].tolist()) - set(class_names))
        if unknown:
            raise InputError(
                f"Class {unknown[0]!r} of `{split}` is none of the training rows. Allowed: "
                f"{', '.join(class_names)}."
            )
        x = features_of(columns, table, f"`{split}`", first_row)
        made[split] = x, np.array([number[text] for text in labels[split]])
    if cut is not None:
        # Only now, that messages name a row as it stands in the table given.
        x, y = made["train"]
        made |= {"train": (x[cut[0]], y[cut[0]]), "test": (x[cut[1]], y[cut[1]])}
    splits = {split: ArrayRows(*pair) for split, pair in made.items()}
    return TableData(name, splits, options, class_names, columns)


def load_csv(name: str, options: Options) -> TableData:
    """The user's own table, "csv:PATH", "csv:PATH#CLASS" or "csv:PATH#CLASS&missing=impute".

    PATH is a file with a header, of which a fifth of the rows becomes the test split, stratified by
    class and always the same; or a folder with train.csv and test.csv, and perhaps validation.csv.
    CLASS is the column of the class; without it that is called class, label, target or y. See
    `from_table` for the columns, for `missing` and for `categorical`, which stands once for each
    column: "csv:PATH#CLASS&categorical=zip&categorical=code".

    Raises:
        InputError: a file that is missing or no table, or what `from_table` refuses.
    """
    text, wanted = path_and_column(name.removeprefix("csv:"))
    wanted = unicodedata.normalize("NFC", wanted)
    files = find_csv(text)
    tables = {split: read_csv(file) for split, file in files.items()}
    target, settings = _target_and_settings(wanted, tables["train"])
    if not target:
        known = [column for column in tables["train"] if column.lower() in CLASS_COLUMNS]
        if len(known) != 1:
            raise InputError(
                f"Which column of {files['train']} is the class? Name it: csv:PATH#COLUMN. "
                f"Allowed: {', '.join(tables['train'])}."
            )
        (target,) = known
    return from_table(
        **tables,
        target=target,
        missing=settings["missing"][-1] if settings["missing"] else "refuse",
        categorical=settings["categorical"],
        name=name,
        # Behind the header.
        first_row=1,
        **vars(options),
    )


def _target_and_settings(wanted: str, table: Table) -> tuple[str, dict[str, list[str]]]:
    """The column of the class, "" if none is named, and the settings behind it."""
    settings: dict[str, list[str]] = {key: [] for key in _SETTINGS}
    # A name may have such signs itself.
    while wanted not in table and wanted:
        wanted, _, part = wanted.rpartition("&")
        key, is_setting, value = part.partition("=")
        if not is_setting:
            return (f"{wanted}&{part}" if wanted else part), settings
        check_choice("setting of a table", key, _SETTINGS)
        settings[key].insert(0, value)
    return wanted, settings


def load_npz(
    name: str, options: Options, image_shape: tuple[int, int, int] | None = None
) -> ClassData:
    """The user's own arrays, "npz:PATH": rows of features or images, with class numbers.

    The file holds x_train, y_train, x_test and y_test, and perhaps x_validation and y_validation;
    or x and y, of which a fifth becomes the test split, as for `load_csv`. It may name
    `feature_names` and `class_names`. See `zoo.datasets.from_arrays` for what arrays are taken.

    Raises:
        InputError: a file that lacks them, or what `from_arrays` refuses.
    """
    path = find_npz(name.removeprefix("npz:"))
    try:
        if path.suffix.lower() not in ARRAY_SUFFIXES:
            raise ValueError("its name does not end in .npz")
        if not path.is_file():
            raise ValueError("it is no regular file")
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise ValueError("it is one array; numpy.savez writes several by their names")
        with archive:
            arrays = {key: _array(archive, key) for key in archive.files}
    # NumPy and zipfile raise what they like at damaged files.
    except Exception as error:
        raise InputError(f"{path} must be arrays in an .npz file: {first_line(error)}") from error
    names = {}
    for key in ("feature_names", "class_names"):
        if key in arrays:
            check_list(key, given := np.atleast_1d(arrays[key]))
            names[key] = [str(each) for each in given]
    pairs = {
        split: (arrays[f"x_{split}"], arrays[f"y_{split}"])
        for split in SPLITS
        if {f"x_{split}", f"y_{split}"} <= arrays.keys()
    }
    if not pairs and {"x", "y"} <= arrays.keys():
        x, y = arrays["x"], arrays["y"]
        # Before they are cut, that messages name a row as it stands in the file.
        rows, held = _cut(name, check_class_rows("train", (x, y))[1])
        pairs = {"train": (x[rows], y[rows]), "test": (x[held], y[held])}
    if "train" not in pairs or "test" not in pairs:
        raise InputError(
            f"{path} must hold x_train, y_train, x_test and y_test, or x and y. Received: "
            f"{', '.join(arrays) or 'nothing'}."
        )
    return from_arrays(**pairs, **names, image_shape=image_shape, name=name, **vars(options))


def _array(archive: Any, key: str) -> np.ndarray:
    try:
        return archive[key]
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        raise ValueError(
            f"{key!r} holds Python objects; make it an array of numbers, or of texts by dtype=str"
        ) from error


def load_embedded(name: str, options: Options) -> TableData:
    """The tables inside of scikit-learn: `wine`, `breast_cancer`, and `digits_vectors`.

    A fifth of the rows (360 of the digits, those of `digits`) is the test split, stratified by
    class and drawn with seed 0, whatever `options.seed`. Features have their own units.

    Reference: Aeberhard and Forina, "Wine"; Wolberg et al., "Breast Cancer Wisconsin (Diagnostic)";
    Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits"; UCI Machine Learning
    Repository.
    """
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{name.removesuffix('_vectors')}")()
    rows, held = _cut(name, bunch.target)
    x, y = bunch.data.astype("float32"), bunch.target
    return from_arrays(
        (x[rows], y[rows]),
        (x[held], y[held]),
        name=name,
        class_names=[str(each) for each in bunch.target_names],
        feature_names=[str(each) for each in bunch.feature_names],
        **vars(options),
    )


def classes_of_label_sets(data: MultiLabelData, name: str, options: Options) -> TableData:
    """Rows of label sets as rows of one class: the most frequent of their labels.

    The classes are the ten labels that the most training rows have, that of the most first; a row's
    is the first of these that it has, and rows with none of them are left out.
    """
    pairs = {split: data.arrays(split) for split in ("train", "test")}
    top = np.argsort(-pairs["train"][1].sum(axis=0), kind="stable")[:MOST_FREQUENT]
    made = {}
    for split, (x, y) in pairs.items():
        rows = np.flatnonzero(y[:, top].any(axis=1))
        made[split] = x[rows], y[np.ix_(rows, top)].argmax(axis=1)
    return from_arrays(
        **made,
        name=name,
        class_names=[data.label_names[label] for label in top],
        feature_names=data.feature_names,
        **vars(options),
    )


def _cut(name: str, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the training and of the test rows of a set without splits."""
    count = -(-len(labels) // round(1 / TEST_FRACTION))
    test = stratified(labels, count, TEST_SEED, "split")
    train = np.setdiff1d(np.arange(len(labels)), test)
    counts = np.unique(labels, return_counts=True)[1]
    if not len(test) or len(np.unique(labels[train])) < len(counts):
        raise InputError(
            f"Data set {name} must have enough rows of each class to cut a test split of "
            f"{TEST_FRACTION:.0%}. Received: {len(counts)} classes in {len(labels)} rows, of the "
            f"rarest {counts.min()}."
        )
    return train, test


def _columns(split: str, table: Any) -> Table:
    """A dict of columns of one length from a data frame or a dict of them."""
    # As Arrow's tables.
    table = table.to_pydict() if hasattr(table, "to_pydict") else table
    names = list(getattr(table, "columns", table if isinstance(table, Mapping) else ()))
    if not names:
        raise InputError(
            f"`{split}` must be a data frame or a dict of columns. Received: "
            f"{type(table).__name__}."
        )
    columns = {str(name): list(table[name]) for name in names}
    lengths = {len(cells) for cells in columns.values()}
    if len(columns) < len(names) or len(lengths) > 1 or 0 in lengths:
        raise InputError(
            f"`{split}` must have columns of one length and of names that differ. Received: "
            f"lengths {sorted(lengths)} of {len(names)} columns."
        )
    return columns


def _labels(split: str, table: Table, target: str, first: int) -> np.ndarray:
    if target not in table:
        raise InputError(
            f"`{split}` must have the column of the class, {target!r}. Received: "
            f"{', '.join(table)}."
        )
    missing = [row for row, cell in enumerate(table[target], first) if is_missing(cell)]
    if missing:
        raise InputError(f"Row {missing[0]} of `{split}` has no class in column {target!r}.")
    return np.array([as_text(cell) for cell in table[target]])


def _by_number(text: str) -> tuple[bool, float, str]:
    """Numbers by their size, before texts by their letters."""
    try:
        return False, float(text), text
    except ValueError:
        return True, 0.0, text
