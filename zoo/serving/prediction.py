"""Answers of an exported model for a person: a line for each image or row of features."""

import json
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from zoo.datasets.pixels import to_unit_range
from zoo.errors import InputError, check_path
from zoo.files import whole_file
from zoo.kinds import find_task
from zoo.serving.export import versions_in
from zoo.serving.prediction_inputs import Inputs, shown

# How many classes a line shows.
SHOWN_CLASSES = 3
# The task of a model that was exported before zoo.json named it, by an output.
_BY_OUTPUT = {
    "soft_labels": "label_sets",
    "soft_masks": "masks",
    "label": "classes",
    "scores": "classes",
    "reconstruction": "codes",
}


def predict(
    saved_model: str | os.PathLike,
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike | None = None,
) -> Iterator[str]:
    """Asks an exported model about files; yields a line for each.

    A model that classifies gives the likeliest classes, one of label sets the labels, one of masks
    the share of the image that is covered, one of codes the error of its reconstruction. Nothing of
    the model's own code is needed: the answers are those of the SavedModel.

    Args:
        saved_model: what `zoo export` wrote: the folder of the versions, of which the newest is
            asked, or one version.
        inputs: files, folders and patterns of image files, of every kind that Pillow reads, or of
            .npy and .npz files with pixels, see `read_images`; for a model of feature vectors of
            .npy, .npz and .csv files, see `read_rows`.
        output: a folder for reconstructions and masks, as PNG files of the inputs' names; None
            writes none. No file of the inputs is overwritten.

    Raises:
        InputError: no exported model, or a file that is not what the model takes.
    """
    asked = Served(saved_model)
    shape = tuple(asked.about["data_shape"])
    given = Inputs(inputs, shape)
    outputs = {} if output is None else given.outputs(check_path(str(output)))
    for file in given.files:
        row = 0
        for rows in given.batches(file):
            for line, picture in asked.describe(rows):
                row += 1
                where = shown(file) if given.is_image(file) else f"{shown(file)}:{row}"
                yield f"{where}: {line}"
                if picture is not None and outputs:
                    _write_png(outputs[file, row], picture)


class Served:
    """A SavedModel, and what its zoo.json says of it."""

    def __init__(self, saved_model: str | os.PathLike) -> None:
        folder = pathlib.Path(saved_model)
        if not (folder / "saved_model.pb").is_file() and (versions := versions_in(folder)):
            folder /= str(versions[-1])
        try:
            self.about: dict[str, Any] = json.loads((folder / "assets.extra/zoo.json").read_text())
            self.model = tf.saved_model.load(str(folder))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise InputError(
                f"{saved_model} holds no model that `zoo export` wrote: {error}."
            ) from error
        self.signatures = self.model.signatures

    def describe(self, rows: np.ndarray) -> Iterable[tuple[str, np.ndarray | None]]:
        """For each row what the task of the model says of its answers, and perhaps a picture."""
        outputs = self.signatures["serving_default"].structured_outputs
        by_output = (task for name, task in _BY_OUTPUT.items() if name in outputs)
        return find_task(self.about.get("task") or next(by_output)).describe(self, rows)

    def ask(self, signature: str, rows: Any) -> dict[str, np.ndarray]:
        """Answers to images of bytes, or to rows of features."""
        function = self.signatures[signature]
        ((name, spec),) = function.structured_input_signature[1].items()
        if spec.dtype.is_floating:
            value = to_unit_range(rows)
        else:
            value = rows if rows.dtype == np.uint8 else np.round(rows * 255).astype("uint8")
        if spec.dtype == tf.string:
            value = tf.stack([tf.io.encode_png(image) for image in value])
        return {key: np.asarray(part) for key, part in function(**{name: value}).items()}

    def classify(self, rows: Any) -> list[str]:
        """The likeliest classes of each row, or the class alone without probabilities."""
        answers = self.ask("classify", rows)
        if "probabilities" not in answers:
            return [self.name(each) for each in answers["class_ids"]]
        lines = []
        for probabilities in answers["probabilities"]:
            best = np.argsort(-probabilities, kind="stable")[:SHOWN_CLASSES]
            lines.append(", ".join(f"{self.name(each)} {probabilities[each]:.3f}" for each in best))
        return lines

    def name(self, number: int) -> str:
        """The name of a class or label."""
        names = self.about["names"]
        return names[number] if names else str(number)


def _write_png(path: pathlib.Path, image: np.ndarray) -> None:
    pixels = np.round(image * 255).astype("uint8")
    try:
        with whole_file(path) as temporary:
            temporary.write_bytes(tf.io.encode_png(pixels).numpy())
    except OSError as error:
        raise InputError(f"Cannot write to {path.parent}: {error.strerror}.") from error
