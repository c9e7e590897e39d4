"""The folder of a run: who may use it, what is written into it, and how it is read again."""

import contextlib
import dataclasses
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import shutil
import warnings
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, NotRequired, Required

import numpy as np
from annotated_types import Ge, Len, Lt, MinLen
from sklearn.base import ClassifierMixin
from typing_extensions import TypedDict

from zoo import distribution
from zoo.datasets import SplitData
from zoo.datasets.table_columns import ColumnFields
from zoo.errors import InputError, StorageError, first_line
from zoo.evaluation import evaluate, evaluate_generation
from zoo.files import (
    check_begun,
    check_finished,
    check_handles,
    check_output,
    check_unclaimed,
    claimed,
    sha256_of,
    sweep,
    whole_file,
)
from zoo.models import ZooModel
from zoo.recipe import Recipe, read_recipe
from zoo.registry import entry_point, pretrained
from zoo.settings import changed, defined, digests_of, import_sources, read_json
from zoo.training.figure_arrays import check_figures
from zoo.training.learners import learner_of
from zoo.training.memory import peak_memory
from zoo.training.row_signatures import signature_of

# In the order in which they are written; the last one says that the run is finished.
FILES = (
    "recipe.json", "model.keras", "model.npz", "history.json", "curves.png", "figures.npz",
    "results.json",
)  # fmt: skip

History = dict[str, list[float]]


# NaN is in no range.
_Amount = Annotated[float, Ge(0), Lt(math.inf)]


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
    input_shape: NotRequired[list[int]]
    names: NotRequired[list[str]]
    # Of a table: name, values of a category and what a missing cell is taken for, by column.
    columns: NotRequired[list[ColumnFields]]
    epochs: NotRequired[Annotated[int, Ge(0)]]
    # Trained numbers of a model, an adversary's too; earlier runs lack them.
    parameters: NotRequired[int]
    # Of a run with `patience` or `restore_best`, counted from 1.
    best_epoch: NotRequired[int | None]
    # Of the data set, None where nobody has said one.
    data_license: NotRequired[str | None]
    # What differs from the recipe of that name; whether the data was given, and has no name to
    # load it by; by what the test rows are known again.
    overridden: NotRequired[dict[str, Any]]
    given_data: NotRequired[bool]
    # How the recipe's settings were chosen, where it says so.
    chosen: NotRequired[str]
    test_rows: NotRequired[Annotated[list[float], Len(3, 4)]]
    # Of the file with what was trained.
    model_sha256: NotRequired[str]
    precision: str
    seeds: Annotated[list[int], MinLen(1)]
    scores: dict[str, Annotated[list[float], MinLen(1)]]
    versions: dict[str, str]
    hardware: _Hardware
    seconds: _Amount | None
    images_per_second: _Amount | None
    # Bytes that the process of a run held at most, TensorFlow's own among them; earlier runs and
    # other systems than Linux lack it.
    peak_memory: NotRequired[int | None]


class _ModelResults(Results):
    """Those of a model, which unlike an estimator learns in epochs."""

    epochs: Required[Annotated[int, Ge(0)]]


class Run(NamedTuple):
    """What the folder of a finished run says.

    `label` is the recipe's name without its data set: `se_co/mnist` is `se_co` on `mnist`. The
    recipe is as run, with the configs of Keras objects in their place. `results` is as `Results`
    says, and `history` term -> one value per epoch. `arrays` is empty where there are no pictures.
    """

    folder: pathlib.Path
    label: str
    recipe: Recipe
    results: dict[str, Any]
    history: History
    arrays: dict[str, np.ndarray]

    def load_model(self) -> ZooModel | ClassifierMixin:
        """What was trained.

        A model is loaded in Keras's safe mode, so a file whose loading would run code of its own
        (a Lambda layer) is refused. An estimator is fitted again on the rows in its file.

        Raises:
            InputError: the file is missing, damaged, refused or not the one that was trained.
        """
        import_sources(self.recipe.sources)
        if edited := changed(self.recipe.definitions, digests_of(self.recipe.sources)):
            warnings.warn(
                f"{', '.join(edited)} changed since the run in {self.folder} was trained; what "
                "follows is of its weights in today's code.",
                stacklevel=2,
            )
        # A package that makes the model known also has its class.
        entry_point(self.recipe.model)
        learner = learner_of(self.recipe.model)
        check_finished(self.folder, (learner.file,))
        file = self.folder / learner.file
        if self.results.get("model_sha256", found := sha256_of(file)) != found:
            raise InputError(
                f"{str(file)!r} is not the file that the run of {self.recipe.name} wrote: damaged, "
                "or of another run; take the whole folder of one run, or train again."
            )
        with defined(self.recipe.sources):
            return learner.load(file)


def read_run(folder: str | os.PathLike) -> Run:
    """Reads the folder of a finished run, but for its model.

    Raises:
        InputError: the folder is no finished run, or one of its files is damaged or of another run.
    """
    check_handles()
    folder = pathlib.Path(folder)
    check_finished(folder)
    recipe = read_recipe(folder / "recipe.json", objects=False)
    kind = _ModelResults if recipe.in_epochs else Results
    results = read_json(folder / "results.json", kind)
    history = read_json(folder / "history.json", History)
    arrays = _read_arrays(folder / "figures.npz")
    _check_agreement(folder, recipe, results, history, arrays)
    label = results["recipe"].removesuffix("/" + results["dataset"])
    return Run(folder, label, recipe, results, history, arrays)


def _check_agreement(
    folder: pathlib.Path,
    recipe: Recipe,
    results: dict[str, Any],
    history: History,
    arrays: dict[str, np.ndarray],
) -> None:
    """Raises `InputError` where the files of a folder cannot be of one run."""
    told = [results[key] for key in ("recipe", "model", "dataset")]
    disagreeing = {
        "results.json": told != [recipe.name, recipe.model, recipe.dataset]
        or recipe.seed not in results["seeds"]
        or recipe.epochs < results.get("epochs", 0)
        or any(len(values) != len(results["seeds"]) for values in results["scores"].values())
        or any(_is_no_share(name, values) for name, values in results["scores"].items()),
        "history.json": bool(history)
        and max(map(len, history.values())) != results.get("epochs", 0),
        "figures.npz": "class_names" in arrays
        and arrays["class_names"].tolist() != results.get("names", arrays["class_names"].tolist()),
    }
    for file, disagrees in disagreeing.items():
        if disagrees:
            raise InputError(
                f"{str(folder / file)!r} does not go with the other files of its folder, a run of "
                f"{recipe.name} with seed {recipe.seed}; take the whole folder of one run."
            )


def find_run(run: str | os.PathLike) -> Run:
    """The run in a folder, or that of a trained model by its name, whose file is fetched.

    A trained model has no history and no pictures.

    Raises:
        InputError: as `read_run`, and as `zoo.registry.pretrained.fetch`.
    """
    name = str(run)
    if not pretrained.check_run(run):
        return read_run(run)
    held = pretrained.entry(name)
    recipe = Recipe.from_values(held.recipe, objects=False)
    folder = pretrained.fetch(name).parent
    results = {**held.results, "license": held.license, "data_license": held.data_license}
    # The file is packed, and checked where it is fetched.
    results.pop("model_sha256", None)
    return Run(folder, name.partition("/")[0], recipe, results, {}, {})


def load_run(folder: str | os.PathLike) -> ZooModel | ClassifierMixin:
    """What the run in a folder has trained: a Keras model, compiled as it was, or an estimator.

    Args:
        folder: of a finished run.

    Raises:
        InputError: the folder is no finished run, or one of its files is damaged.

    Example:

        model = zoo.load_run("runs/co")
        probabilities = model.classify(images)
    """
    return read_run(folder).load_model()


def _read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The arrays of the pictures; codes that are not finite are left out."""
    if not path.exists():
        return {}
    name = repr(str(path))
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except Exception as error:  # zipfile, zlib and numpy each have their own.
        raise InputError(
            f"{name} is not a whole NumPy archive: {first_line(error).rstrip('.')}. Where there is "
            "none, `zoo evaluate` writes it."
        ) from error
    check_figures(arrays, name)
    if {"codes", "labels"} <= arrays.keys():
        codes = arrays["codes"]
        codes = codes.reshape(len(codes), int(np.prod(codes.shape[1:])))
        finite = np.isfinite(codes).all(axis=1)
        arrays |= {"codes": codes[finite], "labels": arrays["labels"][finite]}
        if not finite.all():
            # They go by the number of the code.
            arrays.pop("code_images", None)
    return arrays


def held_recipe(folder: pathlib.Path) -> Recipe | None:
    """The recipe of the run in an output folder, with configs of objects; None where it is free.

    Raises:
        InputError: the folder is a file, or holds something else than a run.
    """
    file = "recipe.json"
    return read_recipe(folder / file, False) if check_output(folder, file, "run") else None


def check_same(folder: pathlib.Path, held: Recipe, recipe: Recipe) -> None:
    """Raises `InputError` where the run in a folder is not one of this recipe."""
    # What a search would vary says nothing of one run.
    differing = [field for field in recipe.differing(held) if field != "search"]
    if differing:
        raise InputError(
            f"Output folder {folder} holds another run: {held.name} with another "
            f"{', '.join(differing)}; give another --output, or the recipe and the settings it was "
            "started with."
        )


def check_same_definitions(folder: pathlib.Path, recipe: Recipe) -> None:
    """Raises `InputError` where code of one's own has changed since the run in a folder began."""
    held = held_recipe(folder)
    if edited := changed(held.definitions if held else {}, recipe.definitions):
        raise InputError(
            f"{', '.join(edited)} changed since the run in {folder} began; put it back as it was, "
            "or give another --output."
        )


def _is_no_share(name: str, values: list[float]) -> bool:
    """Whether a score that is a share of rows or labels is none, as one that was edited."""
    is_share = any(word in name for word in ("accuracy", "f1", "recall", "precision"))
    return is_share and not all(0 <= value <= 1 for value in values)


def is_finished(folder: pathlib.Path) -> bool:
    """Whether the run in a folder came to its end."""
    return (folder / "results.json").exists()


@contextlib.contextmanager
def resumed(folder: pathlib.Path, recipe: Recipe) -> Iterator[dict[str, Any] | None]:
    """Keeps the folder of a run for this process; gives the results where it is finished.

    What a killed process has left there is removed.

    Raises:
        InputError: the folder holds no run or another one, or another process has it.
    """
    held = held_recipe(folder)
    check_begun(folder, "run", held and held.name, resume=True)
    check_same(folder, held, recipe)
    with contextlib.ExitStack() as claim:
        try:
            claim.enter_context(kept(folder))
        except StorageError:
            # What is finished is only read, which a read-only disk allows.
            if not is_finished(folder):
                raise
        if is_finished(folder) and not (folder / learner_of(recipe.model).file).exists():
            warnings.warn(
                f"{folder} has scores, but not the model any more: remove it to train again.",
                stacklevel=3,
            )
        yield read_run(folder).results if is_finished(folder) else None


@contextlib.contextmanager
def begun(folder: pathlib.Path, recipe: Recipe) -> Iterator[None]:
    """Keeps a free folder for this process, and writes recipe.json into it.

    Raises:
        InputError: the folder is not free any more, or cannot be written.
    """
    with kept(folder):
        _check_holds_none(folder)
        with whole_file(folder / "recipe.json") as path:
            path.write_text(recipe.to_json())
        yield


def check_free(folder: pathlib.Path) -> None:
    """Raises `InputError` unless a new run may begin in a folder."""
    check_unclaimed(folder)
    _check_holds_none(folder)


def _check_holds_none(folder: pathlib.Path) -> None:
    held = held_recipe(folder)
    check_begun(folder, "run", held and held.name, resume=False)


@contextlib.contextmanager
def kept(folder: pathlib.Path) -> Iterator[None]:
    """Keeps the folder of a run for this process, without what a killed one has left there.

    Raises:
        InputError: another process has it.
        StorageError: it cannot be written.
    """
    with claimed(folder):
        sweep(folder, *FILES, "checkpoint/*")
        if is_finished(folder):
            shutil.rmtree(folder / "checkpoint", ignore_errors=True)
        yield


def write_json(file: pathlib.Path, value: Any) -> None:
    """Writes a value as JSON, whole."""
    with whole_file(file) as path:
        path.write_text(json.dumps(value, indent=2) + "\n")


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
