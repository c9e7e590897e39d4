"""What the results.json of a run says, and what is put there: data, scores, versions, hardware."""

import dataclasses
import importlib.metadata
import json
import math
import pathlib
import platform
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, Required

import numpy as np
from annotated_types import Ge, Gt, Len, Lt, MinLen
from sklearn.base import ClassifierMixin
from typing_extensions import TypedDict

from zoo import distribution
from zoo.datasets import SplitData
from zoo.datasets.table_columns import ColumnFields
from zoo.evaluation import evaluate, evaluate_generation
from zoo.files import whole_file
from zoo.models import ZooModel
from zoo.recipe import OF_FILES, Recipe
from zoo.settings import digest_of, read_json
from zoo.training.memory import peak_memory
from zoo.training.row_signatures import content_of, signature_of

# NaN is in no range.
_Amount = Annotated[float, Ge(0), Lt(math.inf)]
_Finite = Annotated[float, Gt(-math.inf), Lt(math.inf)]


# What results.json says of the files of its own folder.
OF_ITS_FILES = ("model_sha256", "digests")


class _Hardware(TypedDict):
    cpu: str
    cores: int | None
    accelerators: list[str]


class Results(TypedDict):
    """What results.json holds: who learned what from what, where, how fast and how well.

    `seeds` has the seed of each run, one or several of a merged one, and `scores` by metric a
    number for each. `seconds` and `images_per_second` may be unknown.
    """

    recipe: str
    model: str
    dataset: str
    train_rows: Annotated[int, Ge(1)]
    labelled_rows: Annotated[int, Ge(0)]
    # Runs of the zoo's first weeks lack these two.
    input_shape: NotRequired[Annotated[list[Annotated[int, Ge(1)]], MinLen(1)]]
    names: NotRequired[list[str]]
    # Of a table: name, values of a category and what a missing cell is taken for, by column.
    columns: NotRequired[list[ColumnFields]]
    epochs: NotRequired[Annotated[int, Ge(0)]]
    # Trained numbers of a model, an adversary's too; earlier runs lack them.
    parameters: NotRequired[Annotated[int, Ge(0)]]
    # Of a run with `patience` or `restore_best`, counted from 1.
    best_epoch: NotRequired[Annotated[int, Ge(1)] | None]
    # Of the data set, None where nobody has said one.
    data_license: NotRequired[str | None]
    # What differs from the recipe of that name; whether the data was given, and has no name to
    # load it by; by what the test rows are known again.
    overridden: NotRequired[dict[str, Any]]
    given_data: NotRequired[bool]
    # How the recipe's settings were chosen, where it says so.
    chosen: NotRequired[str]
    test_rows: NotRequired[Annotated[list[_Finite], Len(3, 5)]]
    # Of the rows to learn from (`zoo.training.row_signatures.content_of`).
    content: NotRequired[Annotated[list[_Finite], Len(1, 5)]]
    # Of the file with what was trained; and, by name, of what each JSON file of the run holds.
    model_sha256: NotRequired[str]
    digests: NotRequired[dict[str, str]]
    precision: str
    seeds: Annotated[list[int], MinLen(1)]
    scores: dict[str, Annotated[list[float], MinLen(1)]]
    versions: dict[str, str]
    hardware: _Hardware
    seconds: _Amount | None
    images_per_second: _Amount | None
    # Bytes that the process of a run held at most, TensorFlow's own among them; earlier runs and
    # other systems than Linux lack it.
    peak_memory: NotRequired[Annotated[int, Ge(0)] | None]


class ModelResults(Results):
    """Those of a model, which unlike an estimator learns in epochs."""

    epochs: Required[Annotated[int, Ge(0)]]


def write_json(file: pathlib.Path, value: Any) -> None:
    """Writes a value as JSON, whole."""
    with whole_file(file) as path:
        path.write_text(json.dumps(value, indent=2) + "\n")


def digests_in(folder: pathlib.Path, results: Mapping[str, Any]) -> dict[str, str]:
    """Of what the JSON files of a run hold, by name; of the scores apart, which may be anew."""
    held = {file: read_json(folder / file, dict) for file in ("recipe.json", "history.json")}
    for field in OF_FILES:
        held["recipe.json"].pop(field, None)
    apart = ("digests", "scores")
    held["results.json"] = {key: each for key, each in results.items() if key not in apart}
    held["scores"] = results["scores"]
    return {what: digest_of(values) for what, values in held.items()}


def write_results(folder: pathlib.Path, results: Mapping[str, Any]) -> dict[str, Any]:
    """Writes results.json, by which a run is finished, with its digests; returns what it holds."""
    results = {**results, "digests": digests_in(folder, results)}
    write_json(folder / "results.json", results)
    return results


def score_run(
    folder: pathlib.Path | None,
    recipe: Recipe,
    model: ZooModel | ClassifierMixin,
    data: SplitData,
    generation: bool = False,
) -> dict[str, list[float]]:
    """Scores a model or an estimator; writes figures.npz, and returns a list for each score.

    Args:
        folder: of the run; None writes nothing.
        recipe: as run.
        model: what was trained.
        data: the data set.
        generation: also what `evaluate_generation` scores.
    """
    # First, since it refuses a model that makes no images.
    made = evaluate_generation(model, data, recipe.seed) if generation else {}
    evaluation = evaluate(model, data, seed=recipe.seed)
    if folder is not None:
        with whole_file(folder / "figures.npz") as path:
            np.savez_compressed(path, **evaluation.figures)
    return {name: [value] for name, value in {**evaluation.scores, **made}.items()}


def describe_run(
    recipe: Recipe, data: SplitData, seconds: float, images: int, **more: Any
) -> dict[str, Any]:
    """The `Results` of a run without its scores.

    Args:
        recipe: as run.
        data: its data set.
        seconds: what it took.
        images: rows that went through in that time, each as often as it did.
        **more: what is said besides.
    """
    return {
        "recipe": recipe.name,
        "model": recipe.model,
        "dataset": recipe.dataset,
        "train_rows": data.rows["train"],
        "labelled_rows": data.labelled_rows,
        "input_shape": list(data.input_shape),
        "names": list(data.names),
        "data_license": data.license,
        **_columns(data),
        "overridden": recipe.overridden(),
        "given_data": data.loaded_as != recipe.dataset,
        "chosen": recipe.chosen,
        "test_rows": signature_of(data),
        "content": content_of(data),
        **more,
        "seeds": [recipe.seed],
        "scores": {},
        "versions": _versions(),
        "hardware": distribution.describe_hardware(),
        # An estimator may take less than a tenth of a second.
        "seconds": round(seconds, 1 if seconds >= 10 else 3),
        "images_per_second": round(images / seconds, 1),
        "peak_memory": peak_memory(),
    }


def _columns(data: SplitData) -> dict[str, Any]:
    columns = getattr(data, "columns", ())
    return {"columns": [dataclasses.asdict(column) for column in columns]} if columns else {}


def _versions() -> dict[str, str]:
    packages = ("autonet-zoo", "tensorflow", "keras", "tensorflow-datasets", "scikit-learn")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}
