"""Files of weights, written and loaded whole or not at all."""

import contextlib
import os
import re
import warnings
import zipfile
from collections.abc import Iterator

import keras

from zoo.errors import InputError, first_line
from zoo.files import whole_file


def save_whole(model: keras.Model, path: str | os.PathLike) -> None:
    """Writes the weights of a model to a `.weights.h5`.

    Keras lets HDF5 write into the file, which on a full disk may end the process. Here HDF5 writes
    into memory, as it does for a `.keras` archive.
    """
    with whole_file(path) as file:
        archive = file.with_suffix(".keras")
        try:
            model.save(archive)
            with zipfile.ZipFile(archive) as saved:
                file.write_bytes(saved.read("model.weights.h5"))
        finally:
            archive.unlink(missing_ok=True)


@contextlib.contextmanager
def loading_whole(model: keras.Model, path: str | os.PathLike) -> Iterator[None]:
    """Where the block fails, weights and optimizer are as they were, and one sentence says why.

    Raises:
        InputError: weights that do not fit, or a file that cannot be read.
    """
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer else ())]
    held = [variable.numpy() for variable in variables]
    try:
        # What Keras warns of before it fails says less than the sentence.
        with warnings.catch_warnings(record=True) as told:
            yield
    except Exception as error:
        for variable, value in zip(variables, held, strict=True):
            variable.assign(value)
        if isinstance(error, InputError) or not isinstance(error, ValueError | OSError):
            raise
        if isinstance(error, OSError):
            # HDF5 names no file.
            what = "damaged, or no file of weights" if os.path.isfile(path) else "not there"
            raise InputError(f"{str(path)!r} is {what}; the model is as it was.") from error
        raise InputError(
            f"{str(path)!r} holds no weights of this model, or those of networks of another size; "
            f"the model is as it was. {_fault(error)}"
        ) from error
    for each in told:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _fault(error: ValueError) -> str:
    """The first weight that Keras could not load, of its several lines."""
    shapes = re.search(r"variable\.shape=(\(.*?\)), Received: value\.shape=(\(.*?\))", str(error))
    return f"A weight of shape {shapes[1]} is {shapes[2]} there." if shapes else first_line(error)
