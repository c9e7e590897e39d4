"""The examples in the docstrings of the losses are true."""

import doctest
import importlib

import pytest
from public_names import public_names


@pytest.mark.parametrize(
    "name",
    [
        "adversarial",
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
    assert results.attempted > 0 and results.failed == 0


def test_every_public_name_of_the_modules_is_in_the_package():
    package = importlib.import_module("zoo.losses")
    for name in ("entropy", "hinge", "multi_label", "oracles", "regression", "structured"):
        module = importlib.import_module(f"zoo.losses.{name}")
        values = {name: vars(module)[name] for name in public_names(module)}
        own = {
            name
            for name, value in values.items()
            if getattr(value, "__module__", "") == module.__name__
        }
        assert own and own <= public_names(package)
