"""The examples in the docstrings of the losses are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "cooperation",
        "entropy",
        "hinge",
        "multi_label",
        "oracles",
        "regression",
        "selection",
        "structured",
    ],
)
def test_examples(name):
    # Not `from zoo.losses import entropy`: that is the function of the same name.
    results = doctest.testmod(importlib.import_module(f"zoo.losses.{name}"))
    assert results.attempted > 0
    assert results.failed == 0


def test_every_public_name_of_the_modules_is_in_the_package():
    package = importlib.import_module("zoo.losses")
    assert sorted(package.__all__) == list(package.__all__)
    for name in ("entropy", "hinge", "multi_label", "oracles", "regression", "structured"):
        module = importlib.import_module(f"zoo.losses.{name}")
        assert set(module.__all__) <= set(package.__all__)
