"""What every registered model must do, whatever its mathematics.

By default one entry point of each class, in full every name.
"""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from model_rows import (
    CLASSES_ON_VECTORS,
    OF_EACH_CLASS,
    ON_VECTORS,
    SOME_ON_VECTORS,
    WRONG_SHAPES,
    kind,
    parameters,
    rows,
    state,
    tiny,
)
from public_names import public_names

import zoo
from zoo.models.base import random_state

pytestmark = pytest.mark.usefixtures("letting_go")
QUICK = OF_EACH_CLASS + SOME_ON_VECTORS


def each_of(names):
    """By default those of the default tier, in full all."""
    marked = [pytest.param(each, marks=() if each in QUICK else pytest.mark.full) for each in names]
    return pytest.mark.parametrize("name", marked)


every_model = each_of((*zoo.list_models(), *ON_VECTORS))
every_life = each_of((*zoo.list_models(), *CLASSES_ON_VECTORS))
# A step of each kind: one player, a game, a generator as adversary, two energies.
OF_EACH_STEP = ("vat", "se_nc", "ac_nc_v1", "spen_e2e", "infnet")
# What the base classes do.
every_kind_of_rows = pytest.mark.parametrize("name", ["se_co", "spen", "fcn"])


def outputs(model, x):
    return [np.asarray(value) for value in tf.nest.flatten(model.predict(x, verbose=0))]


def assert_same(model, other, tolerance=0.0):
    assert len(model.variables) == len(other.variables)
    for ours, theirs in zip(state(model), state(other), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=tolerance)


class DrawsOfValidation(keras.callbacks.Callback):
    """Keeps the states of the random generators as a validation found them."""

    def on_test_begin(self, logs=None):
        self.states = [variable.numpy() for variable in random_state.states(self.model)]

    def restore(self):
        for variable, value in zip(random_state.states(self.model), self.states, strict=True):
            variable.assign(value)


def test_each_class_has_an_entry_point_among_those_of_the_default_tier():
    bases = {zoo.models.ZooModel, zoo.models.MinMaxGame, zoo.models.EnergyModel}
    exported = {getattr(zoo.models, name) for name in public_names(zoo.models)}
    made = [type(tiny(name)) for name in OF_EACH_CLASS]
    assert set(made) == exported - bases and len(made) == len(set(made))


@every_model
def test_config_round_trip_keeps_every_argument(name, capsys):
    model = tiny(name)
    assert type(model).__name__ in public_names(zoo.models)
    config = model.get_config()
    again = type(model).from_config(config)
    kept = {key: value for key, value in again.get_config().items() if key not in model.roles}
    assert kept == {key: value for key, value in config.items() if key not in model.roles}
    parameters = set(inspect.signature(type(model).__init__).parameters) - {"self", "kwargs"}
    # Also what of a network is frozen, which a network may not say of what it makes itself.
    for network in model.networks.values():
        network.trainable = False
        layers = [each for each in network._flatten_layers(include_self=False) if each.weights]
        for layer in layers[1:]:
            layer.trainable = True
        twin = type(model).from_config(model.get_config())
        flags, twins = ([each.trainable for each in one._flatten_layers()] for one in (model, twin))
        assert flags == twins and len(twin.trainable_variables) == len(model.trainable_variables)
        network.trainable = True
    # A network that the model does without is left out.
    assert all(getattr(model, absent, None) is None for absent in parameters - set(config))
    model.summary()
    shown = capsys.readouterr().out
    assert all(role in shown for role in model.roles)


@every_life
def test_it_learns_is_saved_and_goes_on_as_if_never_saved(name, tmp_path):
    x, y = rows(name)
    labelled = (np.arange(len(x)) // 6 % 2).astype("float32")  # Half of each class.
    # Of whole batches, as arrays are of 64 rows: nothing is traced twice.
    whole = {"batch_size": 16, "drop_remainder": True}
    stream = tf.data.Dataset.from_tensor_slices((x, y, labelled)).batch(**whole)
    model = tiny(name)
    model.compile(optimizer=zoo.optimizers.FusedAdam(1e-2))
    draws = DrawsOfValidation()
    settings = {"sample_weight": labelled, "batch_size": 16, "verbose": 0}
    validation = {"validation_data": (x, y), "callbacks": [draws]}
    first = model.fit(x, y, **settings, **validation).history["loss"][0]
    # Few epochs of many steps: an epoch costs as much as they do. Stages change between them.
    model.fit(stream.repeat(12), epochs=3, verbose=0)
    history = model.fit(x, y, **settings, **validation).history
    assert history["loss"][0] < 0.9 * first

    draws.restore()
    scores = model.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)
    terms = {tracker.name for tracker in model.term_trackers}
    assert terms | {"loss"} <= set(scores)
    assert {f"val_{term}" for term in terms} <= set(history)
    assert all(np.isfinite(value) for value in scores.values())
    assert history["val_loss"][-1] == pytest.approx(scores["loss"], rel=1e-4)
    assert len(model.metrics_names) == len(set(model.metrics_names)), "T9: two metrics of one name"

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert_same(model, loaded)
    for ours, theirs in zip(outputs(model, x), outputs(loaded, x), strict=True):
        np.testing.assert_array_equal(ours, theirs)

    model.save_weights(tmp_path / "model.weights.h5")
    restored = tiny(name)
    restored.compile(optimizer=zoo.optimizers.FusedAdam(1e-2))
    restored.load_weights(tmp_path / "model.weights.h5")
    assert_same(model, restored)

    def go_on(model, y):
        stream = tf.data.Dataset.from_tensor_slices((x, y, labelled)).batch(**whole)
        assert len(outputs(model, stream)[0]) == len(x)
        return {key: value for key, (value,) in model.fit(stream, verbose=0).history.items()}

    go_on(model, y), go_on(loaded, y)
    assert_same(model, loaded, tolerance=1e-6)
    # Label sets and masks are all there: only classes can be few. Hidden ones teach nothing.
    hidden = np.where(labelled, y, 0).astype(y.dtype) if kind(name) in ("images", "vectors") else y
    assert go_on(loaded, hidden) == pytest.approx(go_on(model, y), rel=1e-5, abs=1e-6)
    assert_same(model, loaded, tolerance=1e-6)


@every_model
def test_other_inputs_and_losses_are_refused(name):
    model = tiny(name)
    if model.scaling is not None:
        model.scaling.adapt(rows(name)[0])
    with pytest.raises(zoo.InputError, match="takes no `loss`"):
        model.compile(optimizer="adam", loss="mse")
    model.compile(optimizer="adam")
    x, y = rows(name)
    with pytest.raises(zoo.InputError, match="int64; (divide by 255|give them as float32)"):
        model.fit(x.astype("int64"), y, verbose=0)
    for wrong in WRONG_SHAPES[kind(name)]:
        x = np.zeros(wrong, "float32")
        with pytest.raises(zoo.InputError, match="Expected (images|inputs) of shape"):
            model.fit(x, y, verbose=0)
        with pytest.raises(zoo.InputError, match="Expected (images|inputs) of shape"):
            model.encode(x) if hasattr(model, "encode") else model(x)
    # A label vector has the length that the classes give it: no code to size there.
    if "code_size" in parameters(name):
        with pytest.raises(zoo.InputError, match="code_size"):
            tiny(name, code_size=0)


@pytest.mark.parametrize(
    "argument", ["adversary_steps", "convolutions", "num_encodings", "power_iterations"]
)
def test_what_a_loop_writes_out_has_an_end(argument):
    names = [name for name in OF_EACH_CLASS if argument in parameters(name)]
    assert names
    for name in names:
        # Dense networks have no convolutions to count.
        kind = {"kind": "convolutional"} if "kind" in parameters(name) else {}
        with pytest.raises(zoo.InputError, match=f"`{argument}` must be .* at most 1000. Received"):
            tiny(name, **{argument: 10**9}, **kind if argument == "convolutions" else {})


def test_steps_of_inference_have_an_end_where_they_are_written_out():
    with pytest.raises(zoo.InputError, match="`inference_steps` must be .* at most 1000. Received"):
        tiny("spen_e2e", inference_steps=10**9)
    assert tiny("spen", inference_steps=10**9).inference.steps == 10**9


# In full every name in the policy that scales losses; what is served is trained in the other.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in OF_EACH_STEP else pytest.mark.full)
        for name in zoo.list_models()
    ],
)
def test_mixed_precision_trains_and_answers_in_float32(name):
    x, y = rows(name)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
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


# What `zoo.serving` exports of every model: test_every_export.py.
@every_kind_of_rows
def test_exported_it_answers_alike(name, tmp_path):
    x, _ = rows(name)
    model = tiny(name)
    model.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    served = tf.nest.flatten(loaded.serve(tf.constant(x)))
    for ours, theirs in zip(outputs(model, x), served, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@every_kind_of_rows
def test_several_steps_of_a_stream_go_in_one_call(name):
    x, y = rows(name)
    model = tiny(name)
    model.compile(optimizer="adam", steps_per_execution=2)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    assert np.isfinite(model.fit(dataset, verbose=0).history["loss"]).all()
    assert np.isfinite(model.evaluate(dataset, verbose=0, return_dict=True)["loss"])
    assert len(outputs(model, dataset)[0]) == 64
