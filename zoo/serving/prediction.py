"""Answers of an exported model for a person: a line for each image or row of features."""

import json
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from zoo.datasets.image_files import read_image
from zoo.datasets.pixels import to_unit_range
from zoo.errors import InputError
from zoo.evaluation.masks import MASK_THRESHOLD
from zoo.files import whole_file
from zoo.networks.crops import average_crops, extract_crops
from zoo.serving.export import versions_in

# How many classes a line shows.
SHOWN_CLASSES = 3


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
        inputs: PNG or JPEG files; for a model of feature vectors .npy or .csv files, with one row
            or more each.
        output: a folder for reconstructions and masks, as PNG files of the inputs' names; None
            writes none.

    Raises:
        InputError: no exported model, or a file that is not what the model takes.
    """
    asked = _Served(saved_model)
    if not inputs:
        raise InputError("There is nothing to predict: give at least one file.")
    for file in map(pathlib.Path, inputs):
        if not file.is_file():
            raise InputError(f"There is no file {file}.")
    folder = None if output is None else pathlib.Path(output)
    for file in map(pathlib.Path, inputs):
        if len(asked.about["input_shape"]) == 1:
            for row, line in enumerate(asked.of_features(_features(file)), 1):
                yield f"{file}:{row}: {line}"
        else:
            line, picture = asked.of_image(file)
            yield f"{file}: {line}"
            if folder is not None and picture is not None:
                _write_png(folder / f"{file.stem}.png", picture)


class _Served:
    """A SavedModel, and what its zoo.json says of it."""

    def __init__(self, saved_model):
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

    def ask(self, signature: str, pixels: Any) -> dict[str, np.ndarray]:
        """Answers to images of bytes, or to rows of features."""
        function = self.signatures[signature]
        ((name, spec),) = function.structured_input_signature[1].items()
        if spec.dtype == tf.string:
            value = tf.stack([tf.io.encode_png(image) for image in pixels])
        else:
            value = pixels if spec.dtype == tf.uint8 else to_unit_range(pixels)
        return {key: np.asarray(part) for key, part in function(**{name: value}).items()}

    def of_features(self, rows: np.ndarray) -> Iterator[str]:
        wanted = self.about["input_shape"]
        if rows.shape[1:] != tuple(wanted):
            raise InputError(
                f"The model takes rows of {wanted[0]} features. Received: {rows.shape[1]}."
            )
        answers = self.ask("serving_default", rows)
        for labels, soft in zip(answers["labels"], answers["soft_labels"], strict=True):
            found = sorted(np.nonzero(labels)[0], key=lambda label: -soft[label])
            yield ", ".join(f"{self.name(each)} {soft[each]:.3f}" for each in found) or "no labels"

    def of_image(self, file: pathlib.Path) -> tuple[str, np.ndarray | None]:
        shape = tuple(self.about["data_shape"])
        pixels = read_image(file, shape)[np.newaxis]
        if "classify" in self.signatures:
            return self.classes(self.ask("classify", pixels)), None
        size = tuple(self.about["input_shape"][:2])
        if size != shape[:2]:
            crops = self.ask("serving_default", extract_crops(pixels, size))["soft_masks"]
            return _covered(average_crops(crops, shape[:2])[0])
        answers = self.ask("serving_default", pixels)
        if "soft_masks" in answers:
            return _covered(answers["soft_masks"][0])
        rebuilt = answers["reconstruction"][0]
        error = np.mean(np.square(rebuilt - to_unit_range(pixels)[0]))
        return f"reconstruction error {error:.4f}", rebuilt

    def classes(self, answers: dict[str, np.ndarray]) -> str:
        if "probabilities" not in answers:
            return self.name(answers["class_ids"][0])
        (probabilities,) = answers["probabilities"]
        best = np.argsort(-probabilities, kind="stable")[:SHOWN_CLASSES]
        return ", ".join(f"{self.name(each)} {probabilities[each]:.3f}" for each in best)

    def name(self, number: int) -> str:
        names = self.about["names"]
        return str(number) if names is None else names[number]


def _covered(soft):
    mask = soft > MASK_THRESHOLD
    return f"{mask.mean():.1%} of the image is covered", mask.astype("float32")


def _features(file: pathlib.Path) -> np.ndarray:
    try:
        if file.suffix == ".npy":
            rows = np.load(file, allow_pickle=False)
        else:
            lines = file.read_text().split()
            rows = np.asarray([line.split(",") for line in lines], "float32")
        return np.atleast_2d(rows).astype("float32")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file} must hold rows of numbers, as .npy or as .csv without a header: {error}."
        ) from error


def _write_png(path: pathlib.Path, image: np.ndarray) -> None:
    pixels = np.round(image * 255).astype("uint8")
    try:
        with whole_file(path) as temporary:
            temporary.write_bytes(tf.io.encode_png(pixels).numpy())
    except OSError as error:
        raise InputError(f"Cannot write to {path.parent}: {error.strerror}.") from error
