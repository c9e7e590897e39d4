"""Packs finished runs into trained models to take home.

    python saved_models/pack.py runs/cifar/runs/cnn/cifar10/seed_0 ...
    python saved_models/pack.py     writes the cards of all anew

A run goes to pretrained/MODEL/DATASET/ beside this file, as model.keras and its card README.md,
and into the registry recipes/pretrained.json. Optimizers begin anew, and weights are stored in
half precision where the scores on the test rows stay the same; both scores are in the registry.
This is no command of `zoo`: what it writes belongs to a checkout, and is given out with it.
"""

import argparse
import hashlib
import io
import json
import os
import pathlib
import sys
import tempfile
import zipfile

import h5py
import numpy as np

import zoo
from zoo.datasets.names import origin_of
from zoo.errors import InputError
from zoo.evaluation.classes import evaluate_classifier
from zoo.files import whole_file
from zoo.models.weights import load_model
from zoo.registry import pretrained
from zoo.training.cards import pretrained_card
from zoo.training.finished_runs import Run, find_run, read_run
from zoo.training.row_signatures import check_rows
from zoo.training.run_results import OF_ITS_FILES, write_json

ROOT = pathlib.Path(__file__).parents[1]
LICENSE = "Apache-2.0"


def pack(folder: str | os.PathLike, output: pathlib.Path, registry: pathlib.Path) -> str:
    """Packs the run in a folder; returns its name.

    Args:
        folder: of a finished run of one of the zoo's recipes, as it stands.
        output: where MODEL/DATASET/ goes.
        registry: the file that gets its entry.

    Raises:
        InputError: a run of something else, or whose model has not the scores of its results.
    """
    run = read_run(folder)
    name = run.recipe.name
    check_run(run)
    data = zoo.training.load_data(run.recipe)
    check_rows(run.results, data)
    file = output / name / "model.keras"
    wanted = {metric: values[0] for metric, values in run.results["scores"].items()}
    for precision in ("float16", "float32"):
        packed = packed_file(run.folder / "model.keras", precision)
        scores = scores_of(loaded(packed), data, run.recipe.seed)
        kept = pretrained.headline(scores, run.recipe.target)
        off = [metric for metric in kept if not same(scores[metric], wanted[metric])]
        if not off:
            break
    else:
        raise InputError(
            f"The model of {folder} has not the scores of its results.json: {off[0]} "
            f"{scores[off[0]]:.4f}. Received: {wanted[off[0]]:.4f}."
        )
    with whole_file(file) as path:
        path.write_bytes(packed)
    entry = pretrained.Pretrained(
        file=f"{name}/model.keras",
        bytes=len(packed),
        sha256=hashlib.sha256(packed).hexdigest(),
        precision=precision,
        scores=scores,
        license=LICENSE,
        data_license=origin_of(run.recipe.dataset).license,
        data_source=origin_of(run.recipe.dataset).source,
        recipe=json.loads(run.recipe.to_json()),
        results={key: run.results[key] for key in run.results if key not in OF_ITS_FILES},
    )
    held = json.loads(registry.read_text()) | {name: entry._asdict()}
    write_json(registry, dict(sorted(held.items())))
    return name


def check_run(run: Run) -> None:
    """Raises `InputError` unless a run is of a recipe as it stands, and its scores are kept."""
    name, why = run.recipe.name, ""
    kept = ROOT / "recipes" / "results" / f"{name}.json"
    if not run.recipe.in_epochs:
        why = "an estimator keeps its training rows"
    elif name not in zoo.list_recipes() or run.recipe.sources or run.results.get("given_data"):
        why = "it is of no recipe of the zoo's own"
    elif changed := run.recipe.overridden():
        why = f"its recipe is now another, in {', '.join(changed)}"
    elif not kept.is_file():
        why = f"there is no {kept.relative_to(ROOT)}"
    else:
        results, (seed,) = json.loads(kept.read_text()), run.results["seeds"]
        place = results["seeds"].index(seed) if seed in results["seeds"] else None
        for metric, ours in pretrained.headline(run.results["scores"], run.recipe.target).items():
            if place is None or abs(results["scores"][metric][place] - ours[0]) > 1e-6:
                why = f"{kept.relative_to(ROOT)} has another {metric} for seed {seed}"
    if why:
        raise InputError(f"{run.folder} is not packed: {why}.")


def same(ours: float, theirs: float) -> bool:
    """Whether two scores are the same to 1e-3, and small errors to a hundredth."""
    return abs(ours - theirs) <= min(1e-3, abs(theirs) / 100)


def scores_of(model: zoo.ZooModel, data: zoo.datasets.SplitData, seed: int) -> dict[str, float]:
    """The scores of a model on all test rows, without those of probes and of perturbed images."""
    if model.task.name == "classes":
        return dict(evaluate_classifier(model, data, seed, perturbations={}).scores)
    return dict(zoo.evaluation.evaluate(model, data, seed, probes=()).scores)


def loaded(packed: bytes) -> zoo.ZooModel:
    """The model of a packed file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.keras")
        path.write_bytes(packed)
        return load_model(path)


def packed_file(path: pathlib.Path, precision: str) -> bytes:
    """A `.keras` file with new optimizers and weights of a precision; same model, same bytes."""
    model = load_model(path)
    model.compile_from_config(model.get_compile_config())
    file = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "model.keras")
        model.save(copy)
        with zipfile.ZipFile(copy) as new, zipfile.ZipFile(path) as old:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
                for name in new.namelist():
                    # When it was saved says the run itself.
                    content = (old if name == "metadata.json" else new).read(name)
                    if name.endswith(".h5"):
                        content = stored(content, precision)
                    info = zipfile.ZipInfo(name)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(info, content)
    return file.getvalue()


def stored(content: bytes, precision: str) -> bytes:
    """The HDF5 file of a model's variables, those of networks in a precision that holds them."""
    file = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as old, h5py.File(file, "w") as new:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                values = item[()]
                with np.errstate(over="ignore"):
                    lower = np.asarray(values).astype(precision)
                plain = np.asarray(values).dtype == "float32" and "optimizer" not in name
                target = new.create_dataset(
                    name, data=lower if plain and np.isfinite(lower).all() else values
                )
            else:
                target = new.require_group(name)
            target.attrs.update(item.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)
    return file.getvalue()


def write_card(name: str, output: pathlib.Path) -> None:
    """Writes the card of a trained model beside its file."""
    run = find_run(name)
    with whole_file(output / name / "README.md") as path:
        path.write_text(pretrained_card(run, run.load_model()) + "\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help="the folder of a finished run")
    folders = parser.parse_args(arguments).runs
    registry = ROOT / "recipes" / "pretrained.json"
    names = []
    for folder in folders:
        try:
            names.append(pack(folder, pretrained.CHECKOUT, registry))
        except InputError as error:
            print(error, file=sys.stderr)
    pretrained.registry.cache_clear()
    for name in names if folders else pretrained.registry():
        write_card(name, pretrained.CHECKOUT)
        print(f"{name}: {pretrained.described(name)}")
    total = sum(held.bytes for held in pretrained.registry().values())
    print(f"{len(pretrained.registry())} models, {total / 1e6:.1f} MB")
    return int(len(names) < len(folders))


if __name__ == "__main__":
    sys.exit(main())
