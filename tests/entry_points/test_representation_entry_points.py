"""zoo/entry_points/representation.py: the classes' own arguments, defaults and checks."""

import inspect

import pytest

import zoo
from zoo.registry import entry_point
from zoo.representation import (
    CollaborativeRepresentationClassifier,
    KernelElasticNetClassifier,
    SparseRepresentationClassifier,
)


@pytest.mark.parametrize(
    ("name", "kind", "arguments"),
    [
        ("src", SparseRepresentationClassifier,
         {"lambda1": 0.7, "tolerance": 1e-3, "max_rounds": 9}),
        ("crc", CollaborativeRepresentationClassifier, {"lambda2": 0.7}),
        ("kenrr", KernelElasticNetClassifier,
         {"kernel": "polynomial", "lambda1": 0.7, "lambda2": 0.6, "degree": 3, "gamma": 0.5,
          "coef0": 0.4, "tolerance": 1e-3, "max_rounds": 9}),
    ],
)  # fmt: skip
def test_arguments_and_defaults_are_those_of_the_class(name, kind, arguments):
    made = zoo.create_estimator(name, num_classes=4)
    assert type(made) is kind
    assert made.get_params() == {**kind().get_params(), "num_classes": 4}
    assert set(inspect.signature(entry_point(name)).parameters) == set(made.get_params())
    made = zoo.create_estimator(name, num_classes=2, **arguments)
    assert made.get_params() == {"num_classes": 2, **arguments}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("src", {"lambda1": -1e-9}, "`lambda1` must be"),
        ("crc", {"lambda2": float("nan")}, "`lambda2` must be"),
        ("kenrr", {"kernel": "sigmoid"}, "Unknown kernel 'sigmoid'. .*hellinger, linear, poly"),
        ("kenrr", {"lambda1": -1}, "`lambda1` must be"),
        ("kenrr", {"degree": 0}, "`degree` must be"),
    ],
)
def test_bad_values_are_refused_before_anything_is_fitted(name, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        zoo.create_estimator(name, num_classes=2, **arguments)
