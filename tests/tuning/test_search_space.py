"""zoo/tuning/search_space.py: what a recipe's `search` means, and what it may not say."""

import dataclasses

import keras_tuner
import numpy as np
import pytest

import zoo
from zoo.recipe import Recipe
from zoo.tuning.search_space import read_search

RECIPE = zoo.load_recipe("spen/blocks")


def read(**search):
    return read_search(dataclasses.replace(RECIPE, search=search))


def one(key, asked):
    (dimension,) = read(**{key: asked})
    return dimension


def drawn(dimension, count=400):
    hp = keras_tuner.HyperParameters()
    dimension.declare(hp)
    (parameter,) = hp.space
    values = []
    for seed in range(count):
        hp.values[dimension.key] = parameter.random_sample(seed)
        values.append(dimension.declare(hp))
    return values


@pytest.mark.parametrize("ends", [(1e-4, 1e-2), [1e-4, 1e-2]])
def test_a_wide_range_is_drawn_evenly_in_the_logarithm(ends):
    values = drawn(one("learning_rate", ends))
    assert min(values) >= 1e-4 and max(values) <= 1e-2
    assert np.mean(np.less(values, 1e-3)) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("ends", [(0.0, 0.8), (0.2, 1.9), (0, 0.8)])
def test_a_range_from_zero_or_a_narrow_one_is_drawn_evenly(ends):
    low, high = ends
    values = drawn(one("step_size" if low else "dropout", ends))
    assert min(values) >= low and max(values) <= high
    assert np.mean(np.less(values, (low + high) / 2)) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("ends", [(3, 6), (1, 40)])
def test_a_range_of_whole_numbers_has_both_its_ends(ends):
    values = drawn(one("measurements", ends))
    assert all(type(value) is int for value in values)
    assert (min(values), max(values)) == ends


def test_a_range_of_whole_ends_is_one_of_floats_where_the_value_is_one():
    assert all(type(value) is float for value in drawn(one("step_size", (1, 5)), 20))


@pytest.mark.parametrize(
    "key, asked",
    [
        ("measurements", (4, 8, 16)),
        ("measurements", {"choice": (4, 16)}),
        ("learning_rate", (1e-3, 2e-3, 4e-3)),
        ("start", ("half", "local")),
        ("pairwise", (False, True)),
        ("ema_momentum", (None, 0.99)),
        ("units", ((150, 150), (250,))),
    ],
)
def test_a_choice_gives_each_of_its_values_and_no_other(key, asked):
    values = drawn(one(key, asked), 60)
    wanted = asked["choice"] if isinstance(asked, dict) else asked
    assert set(values) == set(wanted)
    assert {type(value) for value in values} == {type(value) for value in wanted}


@pytest.mark.parametrize("name", ["se_nc/digits", "spen/bibtex", "dvn/weizmann_horse"])
def test_a_recipe_from_json_has_the_same_space(name):
    recipe = zoo.load_recipe(name)
    assert read_search(Recipe.from_json(recipe.to_json())) == read_search(recipe)


def test_a_search_begun_under_a_former_name_goes_on_under_it():
    space = one("hidden", ((150, 150), (250,)))
    assert space == dataclasses.replace(one("units", ((150, 150), (250,))), key="hidden")


def test_the_space_starts_with_the_recipe_where_it_lies_in_it():
    hp = keras_tuner.HyperParameters()
    assert one("learning_rate", (1e-4, 1e-2)).declare(hp, 2e-3) == 2e-3
    assert one("step_size", (0.5, 1.0)).declare(hp, 7.0) == 0.5
    assert one("start", ("half", "local")).declare(hp, "local") == "local"
    assert one("measurements", (4, 8, 16)).declare(hp, None) == 4


@pytest.mark.parametrize(
    "search, words",
    [
        ({}, "names nothing to search"),
        ({"learning_rate": (1e-2, 1e-2)}, "range .* is empty"),
        ({"learning_rate": (1e-2, 1e-4)}, "range .* is empty"),
        ({"measurements": (8, 4)}, "range .* is empty"),
        ({"learning_rate": (1e-4, float("inf"))}, "range .* is empty"),
        ({"learning_rates": (1e-4, 1e-2)}, "Did you mean 'learning_rate'"),
        ({"seed": (1, 9)}, "Unknown key of `search` 'seed'"),
        ({"epochs": (1, 9)}, "Unknown key of `search` 'epochs'"),
        ({"validation_fraction": (0.1, 0.5)}, "Unknown key of `search`"),
        ({"learning_rate": ("low", "high")}, "must be: finite number"),
        ({"measurements": (4.0, 64.0)}, "must be: integer"),
        ({"measurements": (True, 64)}, "must be: integer"),
        ({"image_shape": (32, 64)}, "must be: "),
        ({"learning_rate": (-1.0, 1.0)}, "`learning_rate` must be"),
        ({"learning_rate": 1e-3}, "must be a range"),
        ({"learning_rate": (1e-3,)}, "must be a range"),
        ({"start": "local"}, "must be a range"),
        ({"start": {"choice": "local"}}, "must be a range"),
        ({"start": {"values": ("local", "half")}}, "must be a range"),
        ({"start": ("local", "local")}, "must differ"),
    ],
)
def test_what_is_no_space_is_refused(search, words):
    with pytest.raises(zoo.InputError, match=words):
        read(**search)
