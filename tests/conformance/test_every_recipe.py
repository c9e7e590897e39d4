"""What every recipe must do: name what exists, build, train two steps and be scored."""

import numpy as np
import pytest

import zoo
from zoo.building import build

# Height, width, channels and classes of each data set, so that no files are needed here.
SHAPES = {
    "digits": (8, 8, 1, 10),
    "mnist": (28, 28, 1, 10),
    "fashion_mnist": (28, 28, 1, 10),
    "svhn_cropped": (32, 32, 3, 10),
    "cifar10": (32, 32, 3, 10),
    "pneumonia_mnist": (28, 28, 1, 2),
}


def synthetic(recipe):
    *shape, classes = SHAPES[recipe.dataset]
    x = np.random.default_rng(0).integers(0, 256, (40, *shape), dtype="uint8")
    y = np.arange(40) % classes
    return zoo.datasets.from_arrays(
        (x, y),
        (x[:20], y[:20]),
        batch_size=recipe.batch_size,
        validation_fraction=0.0,
        labelled_fraction=max(recipe.labelled_fraction, 0.5),
    )


@pytest.mark.parametrize("name", zoo.list_recipes())
def test_recipe_names_what_exists(name):
    recipe = zoo.load_recipe(name)
    assert recipe.name == name and name.endswith(f"/{recipe.dataset}")
    assert recipe.model in zoo.list_models()
    assert recipe.dataset in zoo.datasets.list_datasets()
    assert set(recipe.model_arguments) | set(recipe.search) <= set(recipe.override_types())
    assert bool(recipe.target) == bool(recipe.source)


@pytest.mark.parametrize("name", zoo.list_recipes())
def test_recipe_trains_small(name):
    recipe = zoo.load_recipe(name).quick()
    data = synthetic(recipe)
    model = build(recipe, data)
    history = model.fit(data.train, steps_per_epoch=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("name", zoo.list_recipes())
def test_recipe_builds_at_its_full_size(name):
    recipe = zoo.load_recipe(name)
    model = build(recipe.override({"precision": "float32"}), synthetic(recipe))
    assert model.image_shape == SHAPES[recipe.dataset][:3]
    assert model.count_params() > 10_000


def test_every_registered_model_has_a_recipe():
    used = {zoo.load_recipe(name).model for name in zoo.list_recipes()}
    assert used == set(zoo.list_models())
