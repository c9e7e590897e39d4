"""From a trained model to versions of a SavedModel that TensorFlow Serving can poll."""

import dataclasses
import io
import json
import os
import pathlib
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src.saving.serialization_lib import SafeModeScope

from zoo.datasets.checks import check_names
from zoo.datasets.names import check_outside
from zoo.datasets.table_columns import Column
from zoo.errors import InputError, check_count, check_installed, first_line
from zoo.files import check_folder, claimed, storing, sweep, whole_folder

check_installed("tensorflow_serving", "serving", "tensorflow-serving-api, by which the zoo serves,")

# Only now: the extra may be missing.
# ruff: noqa: E402
from zoo.models import ZooModel
from zoo.models.weights import makers_of
from zoo.serving.server_files import write_server_files
from zoo.serving.signatures import Signature, signatures_of
from zoo.serving.versions import ABOUT, SERVER_FILES, check_versions, versions_in
from zoo.serving.warm_up import write_warm_up
from zoo.settings import defined, read_json, sources_of
from zoo.training.cards import about_model, model_card
from zoo.training.finished_runs import find_run


def export_run(
    run_folder: str | os.PathLike,
    output: str | os.PathLike,
    *,
    version: int | None = None,
    images: str = "float",
    license: str | None = None,
) -> pathlib.Path:
    """Exports the model of a finished run, with a model card of its data, scores and limits.

    Args:
        run_folder: as `zoo train` left it, or the name of a trained model, see
            `zoo.load_pretrained`.
        output: the folder of the versions; its name is the name of the served model.
        version: a whole number of at least 1; None takes the next one.
        images: how images are sent: `"float"`, `"uint8"` or `"encoded"`, see
            `zoo.serving.image_inputs.model_input`.
        license: of the weights, for the model card; None leaves it open, but for a trained model.

    Returns:
        The folder of the version.

    Raises:
        InputError: no finished run, or one whose names were edited, a version that exists, a folder
            that cannot be written, or a kind of images that the model does not take.
    """
    run = find_run(run_folder)
    check_outside(run.recipe.dataset, output)
    model = run.load_model()
    if (names := run.results.get("names")) is not None:
        _check_names(f"names of {run.folder / 'results.json'}", names, model)
    return _export(
        model,
        output,
        version,
        images,
        license or run.results.get("license"),
        results=run.results,
        arguments=run.recipe.model_arguments,
        target=run.recipe.target,
    )


def export_model(
    model: ZooModel,
    output: str | os.PathLike,
    *,
    version: int | None = None,
    images: str = "float",
    names: list[str] | None = None,
    columns: Sequence[Column] = (),
    license: str | None = None,
) -> pathlib.Path:
    """Exports a model trained in a pipeline of one's own; see `export_run`.

    `output`/VERSION/ is a SavedModel with the signatures of `signatures_of`, computed in float32
    whatever the precision it was trained in. Beside it lie warm-up requests
    (assets.extra/tf_serving_warmup_requests), what `zoo predict` wants to know
    (assets.extra/zoo.json) and a model card; in `output` itself models.config, batching.config and
    a README with a server's command line and clients. A version appears in one step: a server that
    polls the folder never sees a part of one.

    Args:
        model: a trained model.
        output: as for `export_run`.
        version: as for `export_run`.
        images: as for `export_run`.
        names: of the classes or labels, in their order; None numbers them.
        columns: of a table, the `columns` of its `zoo.datasets.TableData`.
        license: as for `export_run`.

    Returns:
        The folder of the version.

    Raises:
        InputError: as for `export_run`.
    """
    if names is not None:
        names = _check_names("names", names, model)
    results = {"names": names, "columns": [dataclasses.asdict(column) for column in columns]}
    return _export(model, output, version, images, license, results)


def _export(model, output, version, images, license, results, arguments=None, target=None):
    if not isinstance(model, ZooModel):
        raise InputError(
            f"Only a Keras model of the zoo is exported. Received: {type(model).__name__}."
        )
    folder = pathlib.Path(output)
    check_folder(folder)
    check_versions(folder)
    _free_version(folder, version)
    if not folder.resolve().name.isprintable():
        raise InputError(
            "A served model is named after its folder, in printable characters. Received: "
            f"{folder.resolve().name!r}."
        )
    model = _in_float32(model)
    about = {**about_model(model, images, results), "license": license}
    columns = [Column.read(each) for each in about["columns"] or ()]
    signatures = signatures_of(model, images, columns)
    with claimed(folder, wait=True):
        sweep(folder, "[0-9]*", *SERVER_FILES)
        version = _free_version(folder, version)
        _tell_of_another(folder, about)
        with whole_folder(folder / str(version)) as temporary:
            _write_saved_model(temporary, signatures)
            extra = temporary / "assets.extra"
            name = folder.resolve().name
            png = _grey_png(model.input_shape[1:]) if images == "encoded" else b""
            write_warm_up(extra / "tf_serving_warmup_requests", name, signatures, png)
            (extra / "zoo.json").write_text(json.dumps(about, indent=2) + "\n")
            card = model_card(about, results, arguments, target)
            (temporary / "model_card.md").write_text(card)
            # Before the version appears: killed in between, the next export writes both anew.
            write_server_files(folder, version, about, temporary)
    return folder / str(version)


def _tell_of_another(folder, about):
    """Warns where the newest version answers other questions than the next one will."""
    held = versions_in(folder)
    try:
        was = read_json(folder / str(held[-1]) / ABOUT, dict[str, Any]) if held else about
    except InputError:
        # Of another program, or damaged, which is no reason to export nothing.
        return
    keys = ("class_name", "input_shape", "names")
    if differing := [key for key in keys if was.get(key) != about[key]]:
        warnings.warn(
            f"The versions in {folder} were of another model, a {was.get('class_name')} with other "
            f"{', '.join(differing)}; a server that polls it answers by the new one.",
            stacklevel=4,
        )


def _check_names(argument, names, model):
    return check_names(argument, names, getattr(model, "num_classes", None) or len(names))


def _free_version(folder: pathlib.Path, version: int | None) -> int:
    held = versions_in(folder)
    if version is None:
        return held[-1] + 1 if held else 1
    check_count("version", version)
    if version in held:
        raise InputError(
            f"{folder} already has a version {version}; give another one, or none for "
            f"{held[-1] + 1}. Received: version={version}."
        )
    return int(version)


def _in_float32(model: ZooModel) -> ZooModel:
    """A copy of the model that computes in float32, or the model itself where it does already."""
    if all(layer.compute_dtype == "float32" for layer in model._flatten_layers()):
        return model
    # What is in memory runs no code that is not there.
    try:
        with defined(sources_of(makers_of(model))), SafeModeScope(False):
            copy = type(model).from_config(model.get_config())
    except Exception as error:  # Whatever classes of one's own do.
        raise InputError(
            f"The {type(model).__name__} cannot be copied to float32: {first_line(error)}"
        ) from error
    for layer in copy._flatten_layers():
        layer.dtype_policy = keras.DTypePolicy("float32")
    # As a file, so that each layer restores what it holds beside its weights, in float32 now.
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.weights.h5"
        with storing(folder):
            model.save_weights(path)
        copy.load_weights(path)
    return copy


def _write_saved_model(folder: pathlib.Path, signatures: Mapping[str, Signature]) -> None:
    archive = keras.export.ExportArchive()
    for name, signature in signatures.items():
        specs = [
            tf.TensorSpec(spec.shape, spec.dtype, name=key)
            for key, spec in signature.inputs.items()
        ]
        archive.add_endpoint(name, signature.function, input_signature=specs)
    archive.write_out(str(folder), verbose=False)


def _grey_png(shape: tuple[int, ...]) -> bytes:
    from PIL import Image

    height, width, channels = shape
    file = io.BytesIO()
    Image.new("L" if channels == 1 else "RGB", (width, height), "grey").save(file, "PNG")
    return file.getvalue()
