"""zoo/errors.py: each check lets the good through and says three things about the bad."""

import math
import sys

import keras
import numpy as np
import pytest

from zoo.errors import (
    InputError,
    NonFiniteLossError,
    check_choice,
    check_count,
    check_installed,
    check_number,
    first_line,
)


def refusal(check, *arguments, **limits):
    with pytest.raises(InputError) as caught:
        check(*arguments, **limits)
    return str(caught.value)


def test_bad_input_is_a_value_error_and_divergence_is_not():
    assert issubclass(InputError, ValueError)
    assert issubclass(NonFiniteLossError, ArithmeticError)
    assert not issubclass(NonFiniteLossError, InputError)


def test_a_choice_among_the_allowed_passes():
    check_choice("color", "red", ["green", "red"])
    check_choice("color", "red", {"red": 1})
    check_choice("color", "red", iter(["green", "red"]))


def test_an_unknown_choice_is_answered_with_the_nearest_and_all_allowed():
    message = refusal(check_choice, "color", "gren", ["red", "green", "blue"])
    assert message == "Unknown color 'gren'. Did you mean 'green'? Allowed: blue, green, red."


def test_an_array_is_no_choice():
    message = refusal(check_choice, "color", np.asarray(["red", "blue"]), ["red", "blue"])
    assert message.startswith("Unknown color array(['red', 'blue']")


@pytest.mark.parametrize("value", ["zzz", "", 3, None])
def test_nothing_is_suggested_where_nothing_is_near(value):
    message = refusal(check_choice, "color", value, ["red", "blue"])
    assert message == f"Unknown color {value!r}. Allowed: blue, red."
    assert refusal(check_choice, "color", value, []) == f"Unknown color {value!r}. Allowed: none."


def test_numbers_from_the_minimum_on_pass_and_both_limits_belong_to_the_range():
    for value, minimum in ((1, 1), (7, 1), (0, 0), (3, 3), (-2, -2)):
        check_count("epochs", value, minimum)
    for value in (0, 0.0, 2, 0.25, 3e38, np.float32(3e38)):
        check_number("weight", value)
    for value in (0.5, 0.75, 1, 1.0):
        check_number("rate", value, 0.5, 1.0)


@pytest.mark.parametrize(
    ("value", "minimum"),
    [(0, 1), (-1, 0), (2, 3), (1.0, 1), ("1", 1), (True, 1), (None, 1), (math.nan, 1), ((1,), 1)],
)
def test_anything_else_is_no_count(value, minimum):
    assert refusal(check_count, "epochs", value, minimum) == (
        f"`epochs` must be an integer of at least {minimum}. Received: epochs={value!r}."
    )


@pytest.mark.parametrize(
    "value", [-0.1, -1, math.nan, math.inf, -math.inf, 1e39, 10**400, "1", True, None, 1j, [1.0]]
)
def test_anything_else_is_no_number(value):
    assert refusal(check_number, "weight", value) == (
        "`weight` must be a finite number of at least 0. Received: weight=" + f"{value!r:.60}."
    )


@pytest.mark.parametrize("value", [0.49, 1.01, math.nan, math.inf])
def test_a_range_is_told_with_both_its_ends(value):
    assert refusal(check_number, "rate", value, 0.5, 1.0) == (
        f"`rate` must be a finite number between 0.5 and 1. Received: rate={value!r}."
    )


def test_of_many_names_the_nearest_are_given():
    names = [f"colour_{number}" for number in range(50)] + ["green"]
    message = refusal(check_choice, "color", "gren", names)
    assert "Did you mean 'green'?" in message and message.endswith("and 39 more.")
    assert message.count("colour_") == 11


def test_an_extra_that_is_missing_is_asked_for_by_name(monkeypatch):
    check_installed("json", "tuning", "json")
    monkeypatch.setitem(sys.modules, "keras_tuner", None)
    with pytest.raises(ImportError, match="pip install 'autonet-zoo\\[tuning\\]'") as error:
        check_installed("keras_tuner", "tuning", "keras-tuner")
    # The command says it in one line.
    assert isinstance(error.value, InputError)


def test_of_a_layer_that_fails_the_cause_is_told():
    class Scale(keras.layers.Layer):
        def call(self, x):
            return x * self.factor

    with pytest.raises(AttributeError) as caught:
        Scale()(np.ones((1, 2)))
    said = first_line(caught.value)
    assert "Scale.call()" in said and "no attribute 'factor'" in said and "\x1b" not in said
