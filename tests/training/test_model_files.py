"""zoo/training/model_files.py: what is saved can be loaded as it was, and no code is run."""

import json
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_runs

import zoo
from zoo.models.weights import check_loads
from zoo.serving.export import _in_float32
from zoo.training import run
from zoo.training.model_files import load_estimator, save_estimator


def rows():
    generator = np.random.default_rng(0)
    return generator.uniform(size=(24, 4, 4, 1)).astype("float32"), np.arange(24) % 3


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("src", {"lambda1": 0.05}),
        ("crc", {"lambda2": 0.5}),
        ("kenrr", {"kernel": "hellinger", "lambda1": 0.2, "lambda2": 0.0}),
    ],
)
def test_it_classifies_as_before_bit_for_bit(name, arguments, tmp_path):
    x, y = rows()
    arguments = {"num_classes": 3, **arguments}
    estimator = zoo.create_estimator(name, **arguments).fit(x, y)
    save_estimator(tmp_path / "model.npz", name, arguments, x, y)
    loaded = load_estimator(tmp_path / "model.npz")
    assert type(loaded) is type(estimator) and loaded.get_params() == estimator.get_params()
    asked = np.random.default_rng(1).uniform(size=(9, 4, 4, 1)).astype("float32")
    np.testing.assert_array_equal(loaded.residuals(asked), estimator.residuals(asked))


class Told:
    """What a pickle would run."""

    def __reduce__(self):
        return exec, ("raise SystemExit('code was run')",)


def archive(**arrays):
    return lambda path: np.savez(path, **arrays)


X, Y = rows()
ARGUMENTS = json.dumps({"num_classes": 3})


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b"PK"), "cannot be loaded"),
        (lambda path: path.write_bytes(pickle.dumps(Told())), "cannot be loaded.*pickle"),
        (archive(estimator="src", arguments=ARGUMENTS, x=X), "cannot be loaded"),
        (archive(estimator="src", arguments="{", x=X, y=Y), "cannot be loaded"),
        (
            archive(estimator="src", arguments=ARGUMENTS, x=np.array([Told()], object), y=Y),
            "cannot be loaded.*allow_pickle=False",
        ),
        (archive(estimator="scr", arguments=ARGUMENTS, x=X, y=Y), "estimator 'scr'.*'src'"),
        (archive(estimator="src", arguments=ARGUMENTS, x=X, y=Y % 2), "no row of class 2"),
        (lambda path: None, "model.npz cannot be loaded: .*No such file"),
    ],
)
def test_damaged_files_are_refused(write, message, tmp_path):
    write(tmp_path / "model.npz")
    with pytest.raises(zoo.InputError, match=message):
        load_estimator(tmp_path / "model.npz")


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
