"""zoo/optimizers.py: the numbers and the state of Keras's Adam, by another kernel."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.optimizers import FusedAdam, LinearEnd, get_optimizer
from zoo.recipe import OPTIMIZERS


def gradients(steps, shapes=((4, 3), (3,)), seed=0):
    generator = np.random.default_rng(seed)
    # Of sizes that differ by far, as Adam's epsilon and its square roots have to cope with.
    scales = 10.0 ** generator.uniform(-5, 2, (steps, len(shapes)))

    def gradient(scale, shape):
        return tf.constant((scale * generator.normal(size=shape)).astype("float32"))

    return [list(map(gradient, row, shapes)) for row in scales]


def descended(optimizer, steps, compiled=lambda function: function):
    """Variables after the steps, from where all begin."""
    generator = np.random.default_rng(1)
    variables = [keras.Variable(generator.normal(size=g.shape).astype("float32")) for g in steps[0]]
    optimizer.build(variables)
    move = compiled(lambda *step: optimizer.apply(list(step), variables))
    for step in steps:
        move(*step)
    return variables


def assert_alike(ours, theirs, tolerance=1e-6):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=tolerance, atol=tolerance)


def kind_of(variable):
    """Its path without the numbers that tell one object from the next."""
    return re.sub(r"_?\d+", "", variable.path).removeprefix("fused_")


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        {"weight_decay": 0.1},
        {"clipnorm": 0.5},
        {"use_ema": True, "ema_momentum": 0.9},
        {"gradient_accumulation_steps": 3},
        {"learning_rate": keras.optimizers.schedules.CosineDecay(0.01, 20)},
        {"amsgrad": True},
    ],
    ids=lambda arguments: "-".join(arguments) or "default",
)
def test_twenty_steps_are_those_of_keras(arguments):
    steps = gradients(20)
    pair = FusedAdam(**arguments), keras.optimizers.Adam(**arguments)
    ours, theirs = (descended(optimizer, steps) for optimizer in pair)
    assert_alike(ours, theirs)
    start = descended(FusedAdam(), steps[:1])
    assert all(np.abs(a.numpy() - b.numpy()).max() > 1e-3 for a, b in zip(ours, start, strict=True))
    for one, other in zip(*(optimizer.variables for optimizer in pair), strict=True):
        assert one.shape == other.shape and one.dtype == other.dtype
        assert kind_of(one) == kind_of(other)
        # Keras rounds 1 - β₂ to float32, the kernel β₂.
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=2e-5, atol=1e-6)


def test_the_first_step_by_hand():
    # m = 0.1 g and v = 0.001 g²; corrected they are g and g², so the step is the learning rate.
    variable = keras.Variable([1.0, 2.0, 3.0])
    optimizer = FusedAdam(0.01)
    optimizer.build([variable])
    optimizer.apply([tf.constant([0.5, -20.0, 0.0])], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.99, 2.01, 3.0], atol=1e-5)
    assert int(optimizer.iterations) == 1


@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_a_graph_and_in_jit_it_is_the_same(jit_compile):
    steps = gradients(5)
    expected = descended(keras.optimizers.Adam(0.1), steps)
    ours = descended(FusedAdam(0.1), steps, lambda f: tf.function(f, jit_compile=jit_compile))
    assert_alike(ours, expected, 1e-5)


def test_sparse_gradients_are_left_to_keras():
    rows = tf.IndexedSlices(tf.ones((2, 3)), tf.constant([0, 2]), tf.constant([4, 3]))
    found = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        variable = keras.Variable(np.ones((4, 3), "float32"))
        optimizer = kind(0.1)
        optimizer.build([variable])
        for _ in range(3):
            optimizer.apply([rows], [variable])
        found.append(variable)
    assert_alike(found[:1], found[1:])
    assert np.all(found[0].numpy()[[1, 3]] == 1) and np.all(found[0].numpy()[[0, 2]] < 0.9)


def network(seed=0):
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((6,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(2)]
    return keras.Sequential(layers)


def rows(count=32):
    generator = np.random.default_rng(2)
    return (generator.normal(size=(count, width)).astype("float32") for width in (6, 2))


def compiled(optimizer, seed=0):
    model = network(seed)
    model.compile(optimizer=optimizer, loss="mse")
    return model


def fit(model, epochs=5):
    model.fit(*rows(), batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    return model


def fitted(optimizer):
    return fit(compiled(optimizer))


def test_with_a_loss_scale():
    scaled = keras.optimizers.LossScaleOptimizer
    ours = fitted(scaled(FusedAdam(0.01), initial_scale=64.0))
    theirs = fitted(scaled(keras.optimizers.Adam(0.01), initial_scale=64.0))
    assert int(ours.optimizer.inner_optimizer.iterations) == 20
    assert_alike(ours.weights, theirs.weights)


@pytest.mark.full
def test_two_replicas_learn_what_one_learns(two_replicas):
    with two_replicas.scope():
        two = compiled(FusedAdam(0.01))
    fit(two)
    one, theirs = fitted(FusedAdam(0.01)), fitted(keras.optimizers.Adam(0.01))
    assert_alike(one.weights, theirs.weights)
    assert_alike(two.weights, theirs.weights, 1e-5)


def test_saved_and_loaded_it_goes_on_as_if_never_saved(tmp_path):
    model = fitted(FusedAdam(0.01, beta_1=0.8))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is FusedAdam
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert int(loaded.optimizer.iterations) == 20
    assert_alike(model.optimizer.variables, loaded.optimizer.variables, 0)
    assert_alike(fit(model, 1).weights, fit(loaded, 1).weights)


def test_weights_saved_with_keras_adam_go_on_with_it(tmp_path):
    """And the other way round: the state is one and the same."""
    kinds = (keras.optimizers.Adam, FusedAdam)
    for first, second in (kinds, kinds[::-1]):
        model = fitted(first(0.01))
        model.save_weights(tmp_path / "model.weights.h5")
        other = compiled(second(0.01), seed=1)
        other.optimizer.build(other.trainable_variables)
        other.load_weights(tmp_path / "model.weights.h5")
        assert_alike(fit(model, 1).weights, fit(other, 1).weights)


def test_the_name_adam_is_the_fused_one():
    assert type(get_optimizer("adam")) is type(get_optimizer("Adam")) is FusedAdam
    assert get_optimizer("adam") is not get_optimizer("adam")
    assert type(get_optimizer("sgd")) is keras.optimizers.SGD
    mine = keras.optimizers.Adam()
    assert get_optimizer(mine) is mine
    with pytest.raises(ValueError, match="adamant"):
        get_optimizer("adamant")
    model = zoo.create_model("ac_nc_v2", input_shape=(8, 8, 1), num_classes=3, size=(4,))
    for settings in ({}, {"optimizer": "adam", "adversary_optimizer": "adam"}):
        model.compile(**settings)
        assert type(model.optimizer) is type(model.adversary_optimizer) is FusedAdam
        assert model.optimizer is not model.adversary_optimizer


def test_a_rate_with_a_linear_end_is_constant_for_two_thirds():
    schedule = LinearEnd(0.3, 90)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    for each in (schedule, again):
        rates = [float(each(step)) for step in (0, 60, 75, 90, 200)]
        assert rates == pytest.approx([0.3, 0.3, 0.15, 0.0, 0.0])


def test_a_recipe_knows_every_optimizer_that_keras_makes_by_its_name():
    """Those that are newer than the oldest Keras that is allowed too."""
    for name, each in vars(keras.optimizers).items():
        if isinstance(each, type) and issubclass(each, keras.optimizers.Optimizer):
            try:
                keras.optimizers.get(name)
            except (KeyError, TypeError, ValueError):
                continue
            assert name.lower() in OPTIMIZERS
