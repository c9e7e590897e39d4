"""What every registered model must do, whatever its mathematics."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from model_rows import QUIET, WRONG_SHAPES, kind, parameters, rows, tiny, without_draws

import zoo
from zoo.models.base import random_state

every_model = pytest.mark.parametrize("name", zoo.list_models())

# A label vector has the length that the classes give it: no code to size there.
every_coder = pytest.mark.parametrize(
    "name",
    [name for name in zoo.list_models() if "code_size" in parameters(name)],
)


@pytest.fixture(name="without_draws")
def _without_draws(monkeypatch):
    without_draws(monkeypatch)


def outputs(model, x):
    return [np.asarray(value) for value in tf.nest.flatten(model.predict(x, verbose=0))]


def state(model):
    """Weights, the state of the optimizers and the state of the random generators."""
    optimizers = [model.optimizer]
    if model.adversary_role is not None:
        optimizers.append(model.adversary_optimizer)
    moments = [variable for optimizer in optimizers for variable in optimizer.variables]
    return model.weights + moments + random_state.states(model)


def assert_same(model, other, tolerance=0.0):
    assert len(model.variables) == len(other.variables)
    for ours, theirs in zip(state(model), state(other), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=tolerance)


@every_model
def test_config_round_trip_keeps_every_argument(name):
    model = tiny(name)
    config = model.get_config()
    again = type(model).from_config(config)
    kept = {key: value for key, value in again.get_config().items() if key not in model.roles}
    assert kept == {key: value for key, value in config.items() if key not in model.roles}
    parameters = set(inspect.signature(type(model).__init__).parameters) - {"self", "kwargs"}
    # A network that the model does without is left out.
    assert all(getattr(model, absent, None) is None for absent in parameters - set(config))


@every_model
def test_saved_and_loaded_it_goes_on_as_if_never_saved(name, tmp_path):
    x, y = rows(name)
    model = tiny(name)
    model.compile(optimizer="adam")
    model.fit(x, y, batch_size=16, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")

    assert type(loaded) is type(model)
    assert_same(model, loaded)
    for ours, theirs in zip(outputs(model, x), outputs(loaded, x), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    model.fit(x, y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    loaded.fit(x, y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    assert_same(model, loaded, tolerance=1e-6)


# One of each kind of rows; what `zoo.serving` exports of every model: test_every_export.py.
@pytest.mark.parametrize("name", ["se_co", "spen", "fcn"])
def test_exported_it_answers_alike(name, tmp_path):
    x, _ = rows(name)
    model = tiny(name)
    model.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    served = tf.nest.flatten(loaded.serve(tf.constant(x)))
    for ours, theirs in zip(outputs(model, x), served, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@every_model
def test_weights_alone_restore_the_optimizer_and_the_noise(name, tmp_path):
    x, y = rows(name)
    model, other = tiny(name), tiny(name)
    for each in (model, other):
        each.compile(optimizer="adam")
    model.fit(x, y, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert_same(model, other)


@every_model
def test_fit_and_evaluate_name_every_term(name, without_draws):
    x, y = rows(name)
    model = tiny(name)
    model.compile(optimizer="adam")
    history = model.fit(x, y, validation_data=(x, y), epochs=2, verbose=0).history
    scores = model.evaluate(x, y, verbose=0, return_dict=True)
    terms = {tracker.name for tracker in model.term_trackers}
    assert terms | {"loss"} <= set(scores)
    assert {f"val_{term}" for term in terms} <= set(history)
    assert all(np.isfinite(value) for value in scores.values())
    assert history["val_loss"][-1] == pytest.approx(scores["loss"], rel=1e-4)
    assert len(model.metrics_names) == len(set(model.metrics_names)), "T9: two metrics of one name"


@every_model
def test_loss_falls(name):
    x, y = rows(name)
    # The loss of a value between 0 and 1 cannot fall below the value's own entropy.
    model = tiny(name, generators={"ground_truth": 1.0})
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    losses = model.fit(x, y, batch_size=16, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]


@every_model
def test_two_replicas_learn_what_one_learns(name, two_replicas, without_draws):
    x, y = rows(name)
    x, y = x[:61], y[:61]  # The last batch, of 13, does not divide evenly.
    weights = np.linspace(0.0, 2.0, len(x)).astype("float32")

    def trained():
        model = tiny(name, **QUIET)
        # The terms of a VAE are sums over the pixels, with gradients as much larger.
        rate = 0.01 if hasattr(model, "elbo") else 0.1
        model.compile(optimizer=keras.optimizers.SGD(rate))
        return model

    one = trained()
    with two_replicas.scope():
        two = trained()
        two.set_weights(one.get_weights())
    settings = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0}
    first = one.fit(x, y, sample_weight=weights, **settings).history
    second = two.fit(x, y, sample_weight=weights, **settings).history
    for ours, theirs in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    for key in first:
        np.testing.assert_allclose(first[key], second[key], rtol=1e-4, atol=1e-5, err_msg=key)


@every_model
def test_it_draws_and_corrupts_on_two_replicas_and_in_jit(name, two_replicas):
    x, y = rows(name)
    with two_replicas.scope():
        two = tiny(name)
        two.compile(optimizer="adam")
    jitted = tiny(name)
    jitted.compile(optimizer="adam", jit_compile=True)
    for model in (two, jitted):
        assert np.isfinite(
            model.fit(x, y, batch_size=32, epochs=2, verbose=0).history["loss"]
        ).all()


@every_model
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_and_answers_in_float32(name, policy):
    x, y = rows(name)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = tiny(name)
        model.compile(optimizer="adam")
    finally:
        keras.config.set_dtype_policy(before)
    start = [variable.numpy() for variable in model.trainable_variables]
    # Enough steps for float16 to find its loss scale; those before it leave the weights alone.
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0).history
    assert np.all(np.isfinite(history["loss"]))
    assert all(value.dtype == np.float32 for value in outputs(model, x))
    assert any(
        np.any(old != new.numpy())
        for old, new in zip(start, model.trainable_variables, strict=True)
    )


# Label sets and masks are all there: only classes can be few.
@pytest.mark.parametrize("name", [name for name in zoo.list_models() if kind(name) == "images"])
def test_hidden_labels_teach_nothing(name):
    x, y = rows(name)
    labelled = np.arange(len(x)) % 2

    def trained(y):
        keras.utils.set_random_seed(0)
        model = tiny(name)
        model.compile(optimizer=keras.optimizers.SGD(0.01))
        settings = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0}
        weights = labelled.astype("float32")
        history = model.fit(x, y, sample_weight=weights, **settings).history
        return [*model.get_weights(), *history.values()]

    for ours, theirs in zip(trained(y), trained(np.where(labelled, y, 0)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@every_model
def test_jit_compiled_step_agrees_with_the_plain_one(name, without_draws):
    x, y = rows(name)
    plain, jitted = tiny(name, **QUIET), tiny(name, **QUIET)
    jitted.set_weights(plain.get_weights())
    for model, jit in ((plain, False), (jitted, True)):
        model.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=jit)
        model.fit(x, y, batch_size=32, shuffle=False, verbose=0)
    for ours, theirs in zip(plain.get_weights(), jitted.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


@every_model
def test_streams_of_tf_data_train_it(name):
    x, y = rows(name)
    model = tiny(name)
    model.compile(optimizer="adam", steps_per_execution=2)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    assert np.isfinite(model.fit(dataset, verbose=0).history["loss"]).all()
    assert np.isfinite(model.evaluate(dataset, verbose=0, return_dict=True)["loss"])
    assert len(outputs(model, dataset)[0]) == 64


@every_model
def test_wrong_inputs_are_refused(name):
    model = tiny(name)
    model.compile(optimizer="adam")
    _, y = rows(name)
    for wrong in WRONG_SHAPES[kind(name)]:
        x = np.zeros(wrong, "float32")
        with pytest.raises(zoo.InputError, match="Expected (images|inputs) of shape"):
            model.fit(x, y, verbose=0)
        with pytest.raises(zoo.InputError, match="Expected (images|inputs) of shape"):
            model.encode(x) if hasattr(model, "encode") else model(x)


@every_model
def test_bytes_are_refused(name):
    model = tiny(name)
    model.compile(optimizer="adam")
    x, y = rows(name)
    with pytest.raises(zoo.InputError, match="divide pixels by 255|Expected inputs of floats"):
        model.fit(x.astype("uint8"), y, verbose=0)


@every_model
def test_a_loss_of_ones_own_is_refused(name):
    with pytest.raises(zoo.InputError, match="takes no `loss`"):
        tiny(name).compile(optimizer="adam", loss="mse")


@every_model
def test_summary_shows_every_network(name, capsys):
    model = tiny(name)
    model.summary()
    shown = capsys.readouterr().out
    assert all(role in shown for role in model.roles)


@every_coder
def test_a_code_size_of_zero_is_refused(name):
    with pytest.raises(zoo.InputError, match="code_size"):
        tiny(name, code_size=0)
