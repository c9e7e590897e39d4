"""Every registered model, trained in mixed precision, exported and asked by servers' loaders.

What is served is what was trained, computed in float32. In full each name by TensorFlow's own
loader, some by all of them; by default a network of one's own.
"""

import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from model_rows import CLASSES_ON_VECTORS, SHAPES, SOME_ON_VECTORS, rows, tiny
from tensorflow_serving.apis import prediction_log_pb2

import zoo
from zoo.networks import standardize
from zoo.serving import export_model, signatures_of

pytestmark = pytest.mark.usefixtures("letting_go")
LOADERS = pathlib.Path(__file__).parents[1] / "serving" / "loaders.py"
OF_EACH_KIND = ("se_co", "spen", "fcn")
NAMES = sorted((*zoo.list_models(), *CLASSES_ON_VECTORS), key=lambda name: name not in OF_EACH_KIND)


def questions(model, x, y):
    """Values for each input of each signature."""
    generator = np.random.default_rng(0)
    values = {
        "images": x,
        "features": x,
        "labels": y,
        "masks": y,
        "class_ids": np.arange(len(x)) % 3,
        "seeds": np.arange(len(x), dtype="int32"),
    }
    asked = {}
    for name, signature in signatures_of(model).items():
        for key, spec in signature.inputs.items():
            value = values.get(key)
            if key == "codes":
                value = generator.normal(size=(len(x), *spec.shape[1:]))
            asked[f"{name}/{key}"] = np.asarray(value, spec.dtype.as_numpy_dtype)
    return asked


def loaders_of(name):
    some = name in (*OF_EACH_KIND, *SHAPES, *SOME_ON_VECTORS)
    return ("function", "session", "c_api", "command_line") if some else ("function",)


@pytest.mark.full
# Many models for one process of loaders, which takes long to start.
@pytest.mark.parametrize("names", [NAMES[part::3] for part in range(3)], ids=" ".join)
def test_all_loaders_give_the_numbers_of_the_keras_model(names, tmp_path, subtests):
    models, arguments = {}, []
    for name in names:
        with subtests.test(name):
            model, x, y = learned(name, "mixed_bfloat16")
            asked = questions(model, x[:5], y[:5])
            version = export_model(model, tmp_path / name)
            models[name] = in_float32(name, model, x), version, asked
            files = [tmp_path / f"{name}_{what}.npz" for what in ("questions", "answers")]
            np.savez(files[0], **asked)
            arguments += [version, *files, ",".join(loaders_of(name))]
    process = subprocess.run(
        [sys.executable, LOADERS, *arguments], capture_output=True, text=True, timeout=600
    )
    assert process.returncode == 0, process.stderr[-4000:]
    for name, (model, version, asked) in models.items():
        with subtests.test(name):
            answers = dict(np.load(tmp_path / f"{name}_answers.npz"))
            check_answers(model, asked, answers, loaders_of(name))
            check_signatures(model, asked)
            check_warm_up(name, version)
            check_weights(model, rows(name)[0], tmp_path / name)


def check_answers(model, asked, answers, loaders):
    """Those of all loaders are the numbers of the Keras model."""
    wanted = {}
    for signature, (function, inputs, _) in signatures_of(model).items():
        outputs = function(*(tf.constant(asked[f"{signature}/{key}"]) for key in inputs))
        wanted |= {f"{signature}/{key}": np.asarray(value) for key, value in outputs.items()}
    for loader in loaders:
        given = {
            key.removeprefix(f"{loader}/"): value
            for key, value in answers.items()
            if key.startswith(f"{loader}/")
        }
        assert set(given) == set(wanted)
        for key, value in wanted.items():
            assert given[key].dtype == value.dtype
            np.testing.assert_allclose(
                given[key], value, rtol=1e-5, atol=1e-5, err_msg=f"{loader}/{key}"
            )


def check_signatures(model, asked):
    """They are the methods of the model."""
    found = signatures_of(model)
    (key,) = found["serving_default"].inputs
    x = asked[f"serving_default/{key}"]
    plain = model.predict(x, verbose=0)
    given = found["serving_default"].function(tf.constant(x))
    for value in tf.nest.flatten(plain):
        assert any(
            part.shape == value.shape and np.allclose(part, value, atol=1e-5)
            for part in given.values()
        )
    for method in ("encode", "reconstruct"):
        assert (method in found) == hasattr(model, method)
        if method in found:
            (answer,) = found[method].function(tf.constant(x)).values()
            np.testing.assert_allclose(answer, getattr(model, method)(x), atol=1e-5)
    for method in ("energy", "value"):
        assert (method in found) == hasattr(model, method)
        if method in found:
            labels = asked[f"{method}/{list(found[method].inputs)[1]}"]
            (answer,) = found[method].function(tf.constant(x), tf.constant(labels)).values()
            np.testing.assert_allclose(answer, getattr(model, method)(x, labels), atol=1e-5)
    assert ("classify" in found) == hasattr(model, "classify")
    assert ("decode" in found) == hasattr(model, "decode")
    assert ("generate" in found) == (hasattr(model, "generate") or hasattr(model, "sample"))


def check_warm_up(name, version):
    """The requests fit the signatures, and can be answered."""
    loaded = tf.saved_model.load(str(version))
    warmed = set()
    path = version / "assets.extra" / "tf_serving_warmup_requests"
    for record in tf.data.TFRecordDataset(str(path)):
        request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        assert request.model_spec.name == name
        signature = loaded.signatures[request.model_spec.signature_name]
        specs = signature.structured_input_signature[1]
        assert set(request.inputs) == set(specs)
        values = {}
        for key, spec in specs.items():
            proto = request.inputs[key]
            values[key] = tf.make_ndarray(proto)
            assert tf.as_dtype(proto.dtype) == spec.dtype
            assert spec.shape.is_compatible_with(values[key].shape)
        rows = {len(value) for value in values.values()}
        outputs = signature(**{key: tf.constant(value) for key, value in values.items()})
        assert {len(output) for output in outputs.values()} == rows
        warmed |= {(request.model_spec.signature_name, *rows)}
    assert warmed == {(key, rows) for key in loaded.signatures for rows in (1, 64)}


@keras.saving.register_keras_serializable(package="tests")
class Scaled(keras.layers.Layer):
    """A layer of a user's own, with a weight."""

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, x):
        return x * self.scale


def own_classifier():
    """A network that holds state in every way: adapted, seeded, of a class of one's own."""
    layers = [
        keras.Input((8, 8, 1)),
        keras.layers.Normalization(axis=None),
        Scaled(),
        keras.layers.GaussianNoise(0.1, seed=3),
        keras.layers.Flatten(),
        keras.layers.Dense(5, "relu"),
        keras.layers.Dropout(0.2, seed=1),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(3),
    ]
    return keras.Sequential(layers)


def made(name):
    if name == "own":
        return zoo.Classifier(own_classifier())
    return tiny(name, **({"standardize": True} if name in ("mlp", "spen", "infnet", "dvn") else {}))


def learned(name, policy):
    """A model of a policy that has learned of rows, and the rows."""
    x, y = rows("cnn" if name == "own" else name)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = made(name)
    finally:
        keras.config.set_dtype_policy(before)
    if name == "own":
        model.classifier.layers[0].adapt(3.0 * x)
    standardize(model, x) if x.ndim == 2 else None
    averaged = keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=0.9)
    model.compile(averaged)
    start = model.get_weights()
    history = model.fit(x, y, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    if policy != "mixed_float16":  # Which first looks for its loss scale.
        assert any(np.any(old != new) for old, new in zip(start, model.get_weights(), strict=True))
    assert all(part.dtype == np.float32 for part in tf.nest.flatten(model.predict(x, verbose=0)))
    return model, x, y


def in_float32(name, model, x):
    """What a model answers as, computed in float32."""
    # Weights alone are the whole model, also to a function that was traced before.
    reference = made(name)
    if reference.scaling is not None:
        reference.scaling.adapt(2.0 * x)
    reference.predict(x, verbose=0)
    reference.set_weights(model.get_weights())
    return reference


def check_weights(model, x, folder):
    """They are the whole model, from a file too."""
    model.save_weights(folder / "model.weights.h5")
    again = keras.models.clone_model(model)
    again.load_weights(folder / "model.weights.h5")
    answers = (tf.nest.flatten(each.predict(x, verbose=0)) for each in (model, again))
    for one, other in zip(*answers, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(
    "policy",
    [
        "mixed_bfloat16",
        *(pytest.param(policy, marks=pytest.mark.full) for policy in ("float32", "mixed_float16")),
    ],
)
def test_a_network_of_ones_own_is_served_as_it_was_trained(policy, tmp_path):
    model, x, _ = learned("own", policy)
    served = tf.saved_model.load(str(export_model(model, tmp_path / "served")))
    answers = served.signatures["serving_default"](images=x)
    reference = in_float32("own", model, x)
    for part in tf.nest.flatten(reference.predict(x, verbose=0)):
        assert any(
            part.shape == answer.shape and np.abs(part - answer).max() <= 1e-5
            for answer in answers.values()
        )
    check_weights(reference, x, tmp_path)
