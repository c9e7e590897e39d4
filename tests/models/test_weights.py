"""zoo/models/weights.py: what could be trained but not loaded again is refused before."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_runs

import zoo
from zoo.models.weights import check_loads
from zoo.serving.export import _in_float32
from zoo.training import run

X = np.random.default_rng(0).uniform(size=(24, 4, 4, 1)).astype("float32")


class Times(keras.layers.Layer):
    """Not registered with Keras."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor


class Forgetful(Times):
    def get_config(self):
        return keras.layers.Layer.get_config(self)


def twice(x):
    return 2 * x


def classifier(layer):
    layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), layer, keras.layers.Dense(3)]
    return zoo.Classifier(keras.Sequential(layers))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Times(3),
        lambda: keras.layers.Dense(4, activation=twice),
        lambda: keras.layers.Lambda(twice),
    ],
)
def test_parts_of_ones_own_load_and_are_served(make):
    check_loads(classifier(make()), [__name__])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = classifier(make())
    finally:
        keras.config.set_dtype_policy("float32")
    served = _in_float32(model)
    assert {layer.compute_dtype for layer in served._flatten_layers()} == {"float32"}
    tf.debugging.assert_near(served(X), model(X), rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Forgetful(3), "Times.* missing 1 required positional argument: 'factor'"),
        (lambda: keras.layers.Lambda(lambda x: 2 * x), "a Python lambda in it"),
        (lambda: keras.layers.Dense(4, activation=lambda x: 2 * x), "a Python lambda in it"),
    ],
)
def test_what_could_not_be_loaded_is_refused(make, said):
    with pytest.raises(zoo.InputError, match=rf"trained, but not loaded: {said}[^\n]*$"):
        check_loads(classifier(make()), [__name__])


def test_a_run_that_nobody_could_load_does_not_begin(tmp_path):
    arguments = {**tiny_runs.QUICK, "corruption": keras.layers.Lambda(lambda x: 1 - x)}
    recipe = tiny_runs.recipe("dae", model_arguments=arguments)
    with pytest.raises(zoo.InputError, match="a Python lambda in it"):
        run(recipe, tmp_path / "run", verbose=0)
    assert not (tmp_path / "run").exists()
