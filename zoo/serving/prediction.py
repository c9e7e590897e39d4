"""Answers of an exported model for a person: a line for each image or row of features."""

import csv
import json
import os
import pathlib
import tempfile
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NotRequired

import numpy as np
import tensorflow as tf
from annotated_types import Ge, MaxLen, MinLen
from PIL import Image, PngImagePlugin
from typing_extensions import TypedDict

import zoo
from zoo.datasets.checks import check_names
from zoo.datasets.pixels import to_unit_range
from zoo.datasets.table_columns import Column, ColumnFields
from zoo.errors import InputError, check_path, spoken
from zoo.files import check_folder, check_replaced, storing, whole_file
from zoo.kinds import Answer, find_task
from zoo.serving.answers import ANSWERS
from zoo.serving.prediction_inputs import HEADS, Inputs, shown
from zoo.serving.versions import ABOUT, find_export, is_served
from zoo.settings import read_json

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
# Signatures with an output that has a number for each name.
_NUMBERED = (
    ("classify", "probabilities"), ("classify", "scores"), ("serving_default", "soft_labels"),
)  # fmt: skip

_Shape = Annotated[list[Annotated[int, Ge(1)]], MinLen(1), MaxLen(3)]


class About(TypedDict):
    """Of zoo.json, what answers need."""

    data_shape: _Shape
    input_shape: _Shape
    names: list[str] | None
    columns: NotRequired[list[ColumnFields] | None]
    task: NotRequired[str]


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
            asked, or one version; or the folder of a run, or the name of a trained model, see
            `zoo.load_pretrained`.
        inputs: files, folders and patterns of image files, of every kind that Pillow reads, or of
            .npy and .npz files with pixels, see `read_images`; for a model of feature vectors of
            .npy, .npz and .csv files, see `read_rows`. Of a model of a table with named columns a
            .csv file may have these by name, in any order, with others among them.
        output: a folder for reconstructions and masks, as PNG files of the inputs' names; or a
            .csv or .json file for a table with a line for each row: the class and the probability
            of each, the numbers of labels, the share of a mask, the error. None writes nothing. No
            file of the inputs is overwritten, nor any that is no answer of before, and nothing is
            written into what is asked.

    Raises:
        InputError: no exported model, a file that is not what the model takes, or a folder for the
            answers of a model that makes no pictures.
    """
    asked = _served(saved_model)
    shape = tuple(asked.about["data_shape"])
    columns = [Column.read(each) for each in asked.about.get("columns") or ()]
    given = Inputs(inputs, shape, columns)
    path = None if output is None else check_path(str(output))
    table = path if path and path.suffix.lower() in TABLES and not path.is_dir() else None
    outputs = {} if path is None or table else given.outputs(path)
    for picture in outputs.values():
        _check_picture(picture)
    if table:
        given.check_free(table)
        check_folder(table.parent)
    if path and path.resolve().is_relative_to(pathlib.Path(saved_model).resolve()):
        raise InputError(
            f"{path} lies in what is asked, {saved_model}, and might take the place of a file of "
            "it; give another --output."
        )
    if table:
        check_replaced(table, HEADS[table.suffix.lower()], "table of answers")
    if outputs:
        given.look_at_images()
    records = []
    for file in given.files:
        row = 0
        for rows in given.batches(file):
            for text, picture, values in asked.describe(rows):
                row += 1
                if outputs and picture is None:
                    raise InputError(
                        "The answers of this model are no pictures for a folder; a table of them "
                        f"is a FILE.csv or FILE.json. Received: output={str(output)!r}."
                    )
                where = shown(file) if given.is_image(file) else f"{shown(file)}:{row}"
                yield f"{where}: {text}"
                if outputs:
                    _write_png(outputs[file, row], picture)
                if table:
                    records.append({"file": shown(file), "row": row, **values})
    if table:
        with storing(table.parent), whole_file(table) as temporary:
            TABLES[table.suffix.lower()](temporary, records)


def _served(saved_model: str | os.PathLike) -> "Served":
    """What is asked; of a run or a trained model an export, which is read whole and gone."""
    if is_served(saved_model):
        return Served(saved_model)
    # With Keras and all models.
    from zoo.serving.export import export_run

    with tempfile.TemporaryDirectory() as folder:
        return Served(export_run(saved_model, pathlib.Path(folder, "asked")))


class Served:
    """A SavedModel, and what its zoo.json says of it."""

    def __init__(self, saved_model: str | os.PathLike) -> None:
        folder = find_export(saved_model)
        try:
            self.about: About = read_json(folder / ABOUT, About)
            self.model = tf.saved_model.load(str(folder))
            self.signatures = self.model.signatures
            self._check_about(folder / ABOUT)
        except InputError:
            raise
        # TensorFlow raises what it likes at damaged files.
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")[:300]
            raise InputError(
                f"{saved_model} holds no model that `zoo export` wrote, or a damaged one: {reason}."
            ) from error

    def _check_about(self, file: pathlib.Path) -> None:
        """Raises `InputError` where zoo.json, as a hand may change it, is not of this model."""
        _, _, spec = self._function("serving_default")
        given, names = self.about["input_shape"], self.about["names"]
        # Whole files have no sides.
        if spec.dtype != tf.string and not spec.shape[1:].is_compatible_with(given):
            shape = spec.shape[1:].as_list()
            raise InputError(f"{file}: `input_shape` must be {shape}. Received: {given}.")
        if names is not None:
            check_names(f"names of {file}", names, self._num_names() or len(names))

    def _num_names(self) -> int | None:
        """How many classes or labels the signatures answer about; None where none tells."""
        for signature, output in _NUMBERED:
            function = self.signatures.get(signature)
            spec = function and function.structured_outputs.get(output)
            if spec is not None and spec.shape.rank == 2:
                # A binary machine has one score for two classes.
                return max(spec.shape[-1], 2) if output == "scores" else spec.shape[-1]
        return None

    def describe(self, rows: np.ndarray) -> Iterator[Answer]:
        """For each row what the task of the model says of its answers."""
        outputs = self.signatures["serving_default"].structured_outputs
        by_output = (task for name, task in _BY_OUTPUT.items() if name in outputs)
        task = self.about.get("task") or next(by_output, "")
        if task not in ANSWERS:
            zoo.load_rooms()
        describe = ANSWERS[task] if task in ANSWERS else find_task(task).describe
        try:
            yield from (Answer(*answer) for answer in describe(self, rows))
        except KeyError as error:
            raise InputError(
                f"The exported model has no output {error}, which its task {task!r} in zoo.json "
                "needs."
            ) from error

    def ask(self, signature: str, rows: Any) -> dict[str, np.ndarray]:
        """Answers to images of bytes, or to rows of features."""
        function, name, spec = self._function(signature)
        if spec.dtype.is_floating:
            value = to_unit_range(rows)
        else:
            value = rows if rows.dtype == np.uint8 else np.round(rows * 255).astype("uint8")
        if spec.dtype == tf.string:
            value = tf.stack([tf.io.encode_png(image) for image in value])
        try:
            with spoken():
                answers = function(**{name: tf.constant(value, spec.dtype)})
        except (tf.errors.OpError, TypeError, ValueError) as error:
            reason = getattr(error, "message", str(error)).splitlines()[0]
            raise InputError(f"The exported model refuses the rows: {reason}") from error
        return {key: np.asarray(part) for key, part in answers.items()}

    def _function(self, signature: str) -> tuple[Any, str, tf.TensorSpec]:
        """A signature, with the name and the form of its input."""
        if signature not in self.signatures:
            raise InputError(f"The exported model has no signature {signature!r}.")
        function = self.signatures[signature]
        ((name, spec),) = function.structured_input_signature[1].items()
        return function, name, spec

    def classify(self, rows: Any) -> Iterator[Answer]:
        """The likeliest classes of each row, or the class alone without probabilities."""
        answers = self.ask("classify", rows)
        if "probabilities" not in answers:
            for name in map(self.name, answers["class_ids"]):
                yield Answer(name, values={"class": name})
            return
        for probabilities in answers["probabilities"]:
            best = np.argsort(-probabilities, kind="stable")[:SHOWN_CLASSES]
            values = {f"p({self.name(i)})": p for i, p in enumerate(probabilities.tolist())}
            text = ", ".join(f"{self.name(each)} {probabilities[each]:.3f}" for each in best)
            yield Answer(text, values={"class": self.name(best[0]), **values})

    def name(self, number: int) -> str:
        """The name of a class or label."""
        names = self.about["names"]
        return names[number] if names and number < len(names) else str(number)


def _write_png(path: pathlib.Path, image: np.ndarray) -> None:
    pixels = np.round(image * 255).astype("uint8")
    mark = PngImagePlugin.PngInfo()
    mark.add_text(*_MARK)
    with storing(path.parent), whole_file(path) as temporary:
        Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(
            temporary, pnginfo=mark
        )


def _check_picture(path: pathlib.Path) -> None:
    """Raises `InputError` where what is no answer of before stands in the place of a picture."""
    if not path.is_file():
        return
    try:
        with Image.open(path) as held:
            is_answer = _MARK in held.info.items()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        is_answer = False
    if not is_answer:
        raise InputError(f"{path} is there and is no answer of before; give another --output.")


def _write_csv(path: pathlib.Path, records: list[dict[str, Any]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, records[0])
        writer.writeheader()
        writer.writerows(records)


def _write_json(path: pathlib.Path, records: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(records, indent=1) + "\n")


# What stands in a picture.
_MARK = ("Software", "autonet-zoo")
TABLES = {".csv": _write_csv, ".json": _write_json}
