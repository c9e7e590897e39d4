"""Sets of files in Mulan's form: which tables there are, and the splits they make."""

import pathlib

import numpy as np
import scipy.sparse

from zoo.datasets.arff import MultiLabelTable, read_arff
from zoo.datasets.arrays import in_memory
from zoo.datasets.kinds import MultiLabelData
from zoo.datasets.options import Options
from zoo.datasets.own_files import find_arff
from zoo.datasets.stratification import stratified_by_labels
from zoo.errors import InputError, check_number

# Share of the rows that become the test split of a set without one, drawn with this seed.
TEST_FRACTION, TEST_SEED = 0.2, 0
_LARGEST = float(np.finfo("float32").max)


def load_arff(path: str, options: Options, missing: float | None = None) -> MultiLabelData:
    """The user's own multi-label set.

    PATH.xml names the labels, or -C in the ARFF files counts them, see `read_arff`. The rows are in
    PATH-train.arff and PATH-test.arff, and perhaps PATH-dev.arff for validation; or all in
    PATH.arff, of which about a fifth becomes the test split, stratified by labels and always the
    same, whatever `options.seed`. Every ARFF file may be gzipped, with .gz added to its name; the
    endings may be in capitals.

    Args:
        path: PATH, with or without .arff or .arff.gz at its end.
        options: see `Options`.
        missing: see `read_arff`, in all files alike.

    Raises:
        InputError: files are missing or damaged, or do not fit together; the message names them.
    """
    if missing is not None:
        check_number("missing", missing, -_LARGEST, _LARGEST)
    xml, files = find_arff(path)
    tables = read_tables(files, xml, missing)
    if "whole" in tables:
        whole = tables["whole"]
        test = stratified_by_labels(whole.labels, TEST_FRACTION, TEST_SEED)
        train = np.setdiff1d(np.arange(len(whole.labels)), test)
        if 0 in (len(test), len(train)):
            raise InputError(
                f"File {files['whole']} must have enough rows to cut a test split of "
                f"{TEST_FRACTION:.0%}. Received: {len(whole.labels)}."
            )
        tables = {"train": take_rows(whole, train), "test": take_rows(whole, test)}
    for split, table in tables.items():
        if not table.labels.any():
            raise InputError(
                f"Split {split!r} of data set 'arff:{path}' must have at least one row with a "
                f"label. Received: {len(table.labels)} rows without any."
            )
    pairs = {split: (table.features, table.labels) for split, table in tables.items()}
    train = tables["train"]
    return MultiLabelData(
        f"arff:{path}", in_memory(pairs), options, train.label_names, train.feature_names
    )


def read_tables(
    files: dict[str, pathlib.Path], xml: pathlib.Path | None, missing: float | None = None
) -> dict[str, MultiLabelTable]:
    """The tables of a set's files, with the same attributes in all of them.

    Raises:
        InputError: a file breaks the form, or its attributes are not those of the first.
    """
    tables = {split: read_arff(file, xml, missing) for split, file in files.items()}
    first = next(iter(files))
    for split, table in tables.items():
        if table[2:] != tables[first][2:]:
            raise InputError(
                f"File {files[split]} must have the attributes of {files[first]}, in the same "
                f"order. Received: {_difference(table, tables[first])}."
            )
    return tables


def take_rows(table: MultiLabelTable, rows: np.ndarray | slice) -> MultiLabelTable:
    """Some rows of a table."""
    return table._replace(features=table.features[rows], labels=table.labels[rows])


def sparse_rows(table: MultiLabelTable) -> scipy.sparse.csr_matrix:
    """The features of a table as a CSR matrix, whatever its file had."""
    return scipy.sparse.csr_matrix(table.features)


def _difference(table: MultiLabelTable, first: MultiLabelTable) -> str:
    for what in ("feature_names", "label_names"):
        ours, theirs = getattr(table, what), getattr(first, what)
        kind = what.removesuffix("_names")
        if len(ours) != len(theirs):
            return f"{len(ours)} {kind}s, not {len(theirs)}"
        for number, (name, expected) in enumerate(zip(ours, theirs, strict=True)):
            if name != expected:
                return f"{name!r} as {kind} {number}, not {expected!r}"
    return "the same"
