"""zoo/serving/server_files.py: what the README beside the versions says is what a server does."""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.request

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
from tensorflow_serving.config import model_server_config_pb2

import zoo
from zoo.serving import export_model

KINDS = ("float", "uint8", "encoded")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One model exported in each way of sending images, and its versions."""
    place = tmp_path_factory.mktemp("saved_models")
    model = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=3, size=(4, 8))
    return model, {kind: export_model(model, place / kind, images=kind) for kind in KINDS}


def code(version, language):
    readme = (version.parent / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)


def over_the_client(version, port):
    """The probabilities that the README's second client gets at a port."""
    client = code(version, "python")[1].replace("localhost:8500", f"localhost:{port}")
    names = {}
    exec(compile(client, "README.md", "exec"), names)
    return tf.make_ndarray(names["answer"].outputs["probabilities"])


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """What TensorFlow Serving's Predict does, over a SavedModel in this process."""

    def __init__(self, folder):
        self.folder = folder

    def Predict(self, request, context):
        loaded = tf.saved_model.load(str(self.folder / request.model_spec.name / "1"))
        signature = loaded.signatures[request.model_spec.signature_name]
        given = {key: tf.constant(tf.make_ndarray(v)) for key, v in request.inputs.items()}
        answer = predict_pb2.PredictResponse()
        for key, value in signature(**given).items():
            answer.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return answer


@pytest.fixture(scope="module")
def port(served):
    _, versions = served
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    service = Service(versions["float"].parents[1])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    yield server.add_insecure_port("localhost:0"), server.start()
    server.stop(None)


@pytest.fixture
def image(tmp_path, monkeypatch):
    """image.png, where the README's examples look for it."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.full((8, 8), 127, "uint8")).save("image.png")


@pytest.mark.parametrize("kind", KINDS)
def test_the_grpc_client_of_the_readme_gets_the_models_answer(kind, served, port, image, capsys):
    model, versions = served
    x = np.full((1, 8, 8, 1), 0.5 if kind == "float" else 127 / 255, "float32")
    found = over_the_client(versions[kind], port[0])
    np.testing.assert_allclose(found, model.classify(x), atol=1e-5)
    assert "class_ids" in capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_the_rest_question_of_the_readme_fits_the_signature(kind, served, image):
    _, versions = served
    exec(compile(code(versions[kind], "python")[0], "README.md", "exec"), {})
    question = json.loads(pathlib.Path("request.json").read_text())
    loaded = tf.saved_model.load(str(versions[kind]))
    specs = loaded.signatures[question["signature_name"]].structured_input_signature[1]
    assert set(question["inputs"]) == set(specs)
    for key, spec in specs.items():
        value = question["inputs"][key]
        if spec.dtype == tf.string:
            assert all(set(row) == {"b64"} for row in value)
        else:
            assert spec.shape.is_compatible_with(np.shape(value))
            assert np.array_equal(np.asarray(value, spec.dtype.as_numpy_dtype), value)


def test_the_readme_lists_every_signature_with_its_shapes(served):
    model, versions = served
    readme = (versions["encoded"].parent / "README.md").read_text()
    assert "| `classify` | `image_bytes` string (batch) |" in readme
    assert "`probabilities` float32 (batch, 3)" in readme and "`serving_default`" in readme
    assert "docker run" in readme and "/v1/models/encoded:predict" in readme


def test_the_servers_own_parser_reads_the_models_config(served):
    _, versions = served
    for kind, version in versions.items():
        text = (version.parent / "models.config").read_text()
        config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
        (model,) = config.model_config_list.config
        assert (model.name, model.base_path) == (kind, f"/models/{kind}")
        assert model.model_platform == "tensorflow"


@pytest.mark.skipif(
    shutil.which("tensorflow_model_server") is None,
    reason="tensorflow_model_server is not on the PATH",
)
def test_tensorflow_serving_answers_over_rest_and_grpc(served, image, tmp_path):
    model, versions = served
    folder = versions["float"].parent
    config = (folder / "models.config").read_text().replace("/models/float", str(folder))
    (tmp_path / "models.config").write_text(config)
    ports = [_free_port(), _free_port()]
    command = [
        "tensorflow_model_server",
        f"--port={ports[0]}",
        f"--rest_api_port={ports[1]}",
        f"--model_config_file={tmp_path / 'models.config'}",
        "--enable_batching=true",
        f"--batching_parameters_file={folder / 'batching.config'}",
    ]
    with subprocess.Popen(command, env={**os.environ}) as server:
        try:
            url = f"http://localhost:{ports[1]}/v1/models/float"
            _wait(url)
            exec(compile(code(versions["float"], "python")[0], "README.md", "exec"), {})
            body = pathlib.Path("request.json").read_bytes()
            with urllib.request.urlopen(f"{url}:predict", body) as answer:
                over_rest = json.load(answer)["outputs"]["probabilities"]
            over_grpc = over_the_client(versions["float"], ports[0])
        finally:
            server.terminate()
    wanted = model.classify(np.full((1, 8, 8, 1), 0.5, "float32"))
    np.testing.assert_allclose(over_rest, wanted, atol=1e-5)
    np.testing.assert_allclose(over_grpc, wanted, atol=1e-5)


def _free_port():
    with socket.socket() as place:
        place.bind(("localhost", 0))
        return place.getsockname()[1]


def _wait(url):
    for _ in range(120):
        try:
            with urllib.request.urlopen(url) as answer:
                if b"AVAILABLE" in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError("the server did not start")


HOSTILE = ["<script>alert(1)</script>", "a|b\nc", "`x` [y](z)", "$\\frac{$"]


def test_what_somebody_typed_is_text_in_pages_and_one_word_in_shells(tmp_path):
    """A13 and B23."""
    model = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=4, size=(4,))
    folder = tmp_path / "a`b$(touch pwned)\"c'd"
    card = (export_model(model, folder, names=HOSTILE) / "model_card.md").read_text()
    [row] = [line for line in card.splitlines() if line.startswith("| classes |")]
    assert "<script>" not in card and "\\[y\\](z)" in row and "a\\|b\\\\nc" in row
    assert "Apache" not in card and "| license | the maker's to say |" in card
    readme = (folder / "README.md").read_text()
    [command] = [line for line in readme.splitlines() if line.startswith("docker run")]
    words = subprocess.run(
        ["sh", "-c", command.replace("docker", "printf '%s\\n'", 1)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    ).stdout.splitlines()
    assert f"{tmp_path}/{folder.name}:/models/{folder.name}" in words
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_license_is_what_its_maker_says(tmp_path):
    model = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=4, size=(4,))
    version = export_model(model, tmp_path / "cnn", license="CC-BY-4.0")
    assert "| license | CC-BY-4.0 |" in (version / "model_card.md").read_text()


def test_a_folder_whose_name_is_no_line_is_refused(tmp_path):
    model = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=4, size=(4,))
    with pytest.raises(zoo.InputError, match="printable"):
        export_model(model, tmp_path / "a\nb")
    assert not list(tmp_path.iterdir())
