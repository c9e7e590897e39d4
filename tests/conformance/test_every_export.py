"""Every registered model, exported and asked by the loaders that servers use.

By default one model of each kind of rows, in full all of them.
"""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from model_rows import rows, tiny
from tensorflow_serving.apis import prediction_log_pb2

import zoo
from zoo.serving import export_model, signatures_of

LOADERS = pathlib.Path(__file__).parents[1] / "serving" / "loaders.py"
# Several models for one process of loaders, which takes long to start.
OF_EACH_KIND = ["se_co", "spen", "fcn"]
OTHERS = [name for name in zoo.list_models() if name not in OF_EACH_KIND]


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


@pytest.mark.parametrize(
    "names",
    [OF_EACH_KIND, *(pytest.param(OTHERS[i::4], marks=pytest.mark.full) for i in range(4))],
    ids=" ".join,
)
def test_all_loaders_give_the_numbers_of_the_keras_model(names, tmp_path, subtests):
    models, arguments = {}, []
    for name in names:
        model = tiny(name)
        x, y = rows(name)
        asked = questions(model, x[:5], y[:5])
        np.savez(tmp_path / f"{name}_questions.npz", **asked)
        version = export_model(model, tmp_path / name)
        models[name] = model, version, asked
        arguments += [version, tmp_path / f"{name}_questions.npz", tmp_path / f"{name}_answers.npz"]
    process = subprocess.run(
        [sys.executable, LOADERS, *arguments], capture_output=True, text=True, timeout=600
    )
    assert process.returncode == 0, process.stderr[-4000:]
    for name, (model, version, asked) in models.items():
        with subtests.test(name):
            check_answers(model, asked, dict(np.load(tmp_path / f"{name}_answers.npz")))
            check_signatures(model, asked)
            check_warm_up(name, version)


def check_answers(model, asked, answers):
    """Those of all loaders are the numbers of the Keras model."""
    wanted = {}
    for signature, (function, inputs) in signatures_of(model).items():
        outputs = function(*(tf.constant(asked[f"{signature}/{key}"]) for key in inputs))
        wanted |= {f"{signature}/{key}": np.asarray(value) for key, value in outputs.items()}
    for loader in ("function", "session", "c_api", "command_line"):
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
