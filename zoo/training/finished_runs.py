"""Finished runs, read again: what their folders say, and what they trained."""

import os
import pathlib
import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import ClassifierMixin

from zoo.errors import InputError, first_line
from zoo.files import check_finished, check_handles, sha256_of
from zoo.models import ZooModel
from zoo.recipe import Recipe, read_recipe
from zoo.registry import entry_point, pretrained
from zoo.settings import changed, defined, digests_of, import_sources, read_json
from zoo.training.figure_arrays import check_figures
from zoo.training.learners import learner_of
from zoo.training.run_results import OF_ITS_FILES, ModelResults, Results, digests_in

History = dict[str, list[float]]


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
        import_sources(self.recipe.sources, needed=bool(self.recipe.definitions))
        if edited := changed(self.recipe.definitions, digests_of(self.recipe.sources)):
            warnings.warn(
                f"{', '.join(edited)} changed since the run in {self.folder} was trained; what "
                "follows is of its weights in today's code.",
                stacklevel=2,
            )
        # A package that makes the model known also has its class.
        entry_point(self.recipe.model)
        self.check_file()
        with defined(self.recipe.sources):
            return learner_of(self.recipe.model).load(self.file)

    @property
    def file(self) -> pathlib.Path:
        """The file with what was trained."""
        return self.folder / learner_of(self.recipe.model).file

    def check_file(self) -> None:
        """Raises `InputError` where that file is missing or not the one that was trained."""
        if not self.file.is_file():
            raise InputError(f"{self.folder} is no finished run: it has no {self.file.name}.")
        if self.results.get("model_sha256", found := sha256_of(self.file)) != found:
            raise InputError(
                f"{str(self.file)!r} is not the file that the run of {self.recipe.name} wrote: "
                "damaged, or of another run; take the whole folder of one run, or train again."
            )


def read_run(folder: str | os.PathLike, scored: bool = True) -> Run:
    """Reads the folder of a finished run, but for its model.

    Args:
        folder: of the run.
        scored: whether its scores are used, and so must be those that were measured.

    Raises:
        InputError: the folder is no finished run, or one of its files is damaged or of another run.
    """
    check_handles()
    folder = pathlib.Path(folder)
    check_finished(folder)
    recipe = read_recipe(folder / "recipe.json", objects=False)
    kind = ModelResults if recipe.in_epochs else Results
    results = read_json(folder / "results.json", kind)
    history = read_json(folder / "history.json", History)
    arrays = _read_arrays(folder / "figures.npz")
    _check_agreement(folder, recipe, results, history, arrays)
    _check_digests(folder, results, scored)
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
        or results["labelled_rows"] > results["train_rows"]
        or (results.get("best_epoch") or 0) > results.get("epochs", 0)
        or any(len(values) != len(results["seeds"]) for values in results["scores"].values())
        or "digests" not in results
        and any(_is_no_share(name, values) for name, values in results["scores"].items()),
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


def _check_digests(folder: pathlib.Path, results: dict[str, Any], scored: bool) -> None:
    """Raises `InputError` where a JSON file of a run is not as the run wrote it."""
    digests = results.get("digests", {})
    for what, found in digests_in(folder, results).items():
        if what == "scores" and not scored or digests.get(what, found) == found:
            continue
        if what == "scores":
            raise InputError(
                f"{str(folder / 'results.json')!r} has other scores than were measured; "
                "`zoo evaluate` measures them anew."
            )
        raise InputError(
            f"{str(folder / what)!r} was changed since the run of {results['recipe']} wrote it; "
            "put it back as it was, or train again."
        )


def _is_no_share(name: str, values: list[float]) -> bool:
    """Whether a score that is a share of rows or labels is none, as one that was edited.

    Of a run without digests, which were before tasks of one's own gave scores their names.
    """
    is_share = any(word in name for word in ("accuracy", "f1", "recall", "precision", "iou"))
    return is_share and not all(0 <= value <= 1 for value in values)


def find_run(run: str | os.PathLike, scored: bool = True) -> Run:
    """The run in a folder, or that of a trained model by its name, whose file is fetched.

    A trained model has no history and no pictures. See `read_run` for `scored`.

    Raises:
        InputError: as `read_run`, and as `zoo.registry.pretrained.fetch`.
    """
    name = str(run)
    if not pretrained.check_run(run):
        return read_run(run, scored)
    held = pretrained.entry(name)
    recipe = Recipe.from_values(held.recipe, objects=False)
    folder = pretrained.fetch(name).parent
    results = {**held.results, "license": held.license, "data_license": held.data_license}
    # The file is packed, and checked where it is fetched.
    for key in OF_ITS_FILES:
        results.pop(key, None)
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
