"""What every recipe must do: name what exists, build, train two steps or be fitted."""

import dataclasses
import inspect
import math
from collections.abc import Mapping

import numpy as np
import pytest
from write_arguments import LABEL_SETS, MASKS, SHAPES, TABLES

import zoo
from zoo import registry
from zoo.datasets import masks_from_arrays, multi_label_from_arrays
from zoo.recipe import TRAINING_FIELDS
from zoo.registry import entry_point, is_estimator
from zoo.training.building import build, build_estimator
from zoo.tuning.search_space import read_search

pytestmark = pytest.mark.usefixtures("letting_go")
ROWS = {**SHAPES, **TABLES, **LABEL_SETS, **MASKS}

ESTIMATORS = [name for name in zoo.list_recipes() if is_estimator(zoo.load_recipe(name).model)]
MODELS = [name for name in zoo.list_recipes() if name not in ESTIMATORS]


def labelled_fraction(recipe):
    """Of the 40 rows, of ten classes, that there are here."""
    return max(recipe.labelled_fraction, 0.5)


def without_numbers(value):
    """What chooses between one thing and another; numbers only say how much of it."""
    if isinstance(value, Mapping):
        return {key: without_numbers(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [without_numbers(part) for part in value]
        return "a number" if all(part == "a number" for part in parts) else parts
    return "a number" if type(value) in (int, float) else value


def kind_of(recipe):
    sets = {"images": SHAPES, "tables": TABLES, "label sets": LABEL_SETS, "masks": MASKS}
    return next(kind for kind, names in sets.items() if recipe.dataset in names)


def choices(recipe):
    """Each model on each kind of data, and all that is chosen for it but numbers, one by one."""
    settings = dataclasses.asdict(recipe.quick())
    chosen = {("kind of data", recipe.model): kind_of(recipe)}
    # Any number is as good as another one, which is tried where a recipe is built at its full size.
    chosen |= {
        (key, recipe.model): value
        for key, value in settings.pop("model_arguments").items()
        if without_numbers(value) != "a number"
    }
    chosen |= {(key, kind_of(recipe)): settings[key] for key in TRAINING_FIELDS}
    return {(key, repr(without_numbers(value))) for key, value in chosen.items()}


def training(recipe):
    """What is chosen for it whatever its model."""
    return {(key, value) for (key, _), value in choices(recipe) if key in TRAINING_FIELDS}


def by_model(recipe):
    return {recipe.model}


def networks(recipe):
    """Each argument that a model has, and the shape of its data."""
    arguments = {"shape": ROWS[recipe.dataset], **recipe.model_arguments}
    return {(recipe.model, key, repr(value)) for key, value in arguments.items()}


def each_new(said, default):
    """The recipes of which something new is said; by default, what is said is less."""
    found, found_by_default = set(), set()
    for name in MODELS:
        recipe = zoo.load_recipe(name)
        if not said(recipe) <= found:
            full = default(recipe) <= found_by_default
            yield pytest.param(name, marks=pytest.mark.full if full else ())
            found_by_default |= default(recipe)
        found |= said(recipe)


def synthetic(recipe, labelled_batch_size=None):
    generator = np.random.default_rng(0)
    held_out = 0.25 if recipe.restore_best else 0.0
    settings = {"batch_size": recipe.batch_size, "validation_fraction": held_out}
    if recipe.dataset in LABEL_SETS:
        features, labels = LABEL_SETS[recipe.dataset]
        x = generator.normal(size=(40, features)).astype("float32")
        y = (generator.uniform(size=(40, labels)) < 0.2).astype("float32")
        return multi_label_from_arrays((x, y), (x[:20], y[:20]), **settings)
    if recipe.dataset in MASKS:
        x = generator.uniform(size=(40, *MASKS[recipe.dataset])).astype("float32")
        y = (x.mean(axis=-1, keepdims=True) > 0.5).astype("float32")
        return masks_from_arrays((x, y), (x[:20], y[:20]), **settings)
    *shape, classes = ROWS[recipe.dataset]
    # Words are there or not.
    values = 2 if recipe.dataset == "bibtex_classes" else 256
    x = generator.integers(0, values, (40, *shape), dtype="uint8")
    y = np.arange(40) % classes
    return zoo.datasets.from_arrays(
        (x, y),
        (x[:20], y[:20]),
        labelled_fraction=labelled_fraction(recipe),
        labelled_batch_size=labelled_batch_size,
        **settings,
    )


def test_every_recipe_names_what_exists(subtests):
    for name in zoo.list_recipes():
        with subtests.test(name):
            recipe = zoo.load_recipe(name)
            assert recipe.name == name and name.endswith(f"/{recipe.dataset}")
            estimators, models = zoo.list_estimators(), zoo.list_models()
            assert recipe.model in (estimators if name in ESTIMATORS else models)
            assert (name in registry.parameters()) == (name in MODELS)
            assert recipe.dataset in zoo.datasets.list_datasets()
            arguments = inspect.signature(entry_point(recipe.model)).parameters
            assert set(recipe.model_arguments) <= set(arguments)
            if name in MODELS:
                assert [dimension.key for dimension in read_search(recipe)] == list(recipe.search)
            assert bool(recipe.target) == bool(recipe.source)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_recipe_is_fitted_small(name):
    recipe = zoo.load_recipe(name)
    data = synthetic(recipe)
    estimator, _ = build_estimator(recipe, data)
    estimator.fit(*data.labelled_arrays())
    # Of noise nothing can be learned, but each row that was fitted explains itself.
    assert estimator.score(*data.arrays("train")) == 1


@pytest.mark.parametrize("name", list(each_new(choices, training)))
def test_recipe_trains_small(name):
    recipe = zoo.load_recipe(name).quick()
    data = synthetic(recipe, recipe.labelled_batch_size)
    model = build(recipe, data)
    history = model.fit(data.train, steps_per_epoch=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("name", list(each_new(networks, by_model)))
def test_recipe_builds_at_its_full_size(name):
    recipe = zoo.load_recipe(name)
    data = synthetic(recipe)
    # So few rows make fewer steps than one call may hold.
    model = build(recipe.override({"precision": "float32", "steps_per_execution": 1}), data)
    if recipe.dataset in MASKS:
        assert model.input_shape == (None, 24, 24, 3)
    else:
        assert model.input_shape[1:] == data.input_shape
    # More than a weight for each input: none fell back to the sizes of a test.
    assert model.count_params() > np.prod(model.input_shape[1:])
    trained = sum(math.prod(each.shape) for each in model.trainable_variables)
    assert trained == registry.parameters()[name], "run: python docs/write_arguments.py"


def test_every_registered_model_has_a_recipe():
    used = {zoo.load_recipe(name).model for name in zoo.list_recipes()}
    assert used == {*zoo.list_models(), *zoo.list_estimators()}
