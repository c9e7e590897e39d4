"""An estimator in a file: what it was fitted on."""

import contextlib
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from zoo.errors import InputError, first_line
from zoo.registry import create_estimator


def save_estimator(
    path: pathlib.Path, name: str, arguments: Mapping[str, Any], x: np.ndarray, y: np.ndarray
) -> None:
    """Writes a NumPy archive from which `load_estimator` fits the estimator again.

    No pickle, whose loading may run code. The training rows are what such an estimator keeps.

    Args:
        path: the file, ending in .npz.
        name: that of its entry point.
        arguments: what the entry point was given.
        x: the training rows.
        y: their class numbers.
    """
    np.savez_compressed(path, estimator=name, arguments=json.dumps(dict(arguments)), x=x, y=y)


def load_estimator(path: pathlib.Path) -> ClassifierMixin:
    """The estimator of a file of `save_estimator`, fitted again.

    Raises:
        InputError: no such file, a damaged one, or one of another estimator's or zoo's.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            name, arguments = str(file["estimator"]), dict(json.loads(str(file["arguments"])))
            x, y = file["x"], file["y"]
    except Exception as error:  # zipfile, zlib, json and NumPy each have their own.
        raise InputError(f"{path} cannot be loaded: {first_line(error)}") from error
    estimator = create_estimator(name, **arguments)
    with naming_shortage(name, len(x)):
        return estimator.fit(x, y)


@contextlib.contextmanager
def naming_shortage(name: str, rows: int) -> Iterator[None]:
    """Says in one sentence that an estimator has not enough memory for so many training rows."""
    try:
        yield
    except MemoryError as error:
        raise InputError(
            f"Estimator {name!r} compares each training row with each other, and there is not "
            f"enough memory for so many. Received: {rows} rows; give fewer, for example by a "
            "smaller labelled_fraction."
        ) from error
