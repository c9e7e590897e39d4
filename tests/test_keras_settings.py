"""zoo/keras_settings.py: settings of Keras under which the zoo would make other networks."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import pytest

import zoo
from zoo.keras_settings import use_defaults

ROWS = {"input_shape": (8, 8, 1), "num_classes": 3}


@pytest.fixture
def settings():
    yield
    use_defaults()


@pytest.mark.parametrize(
    ("name", "value"),
    [("image_data_format", "channels_first"), ("floatx", "float64"), ("floatx", "float16")],
)
def test_settings_that_make_other_networks_or_numbers_are_refused(name, value, settings, tmp_path):
    network = zoo.networks.classifier((8, 8, 1), 3, size=(4,))
    zoo.Classifier(network).save(tmp_path / "model.keras")
    getattr(keras.config, f"set_{name}")(value)
    for make in (
        lambda: zoo.create_model("cnn", **ROWS),
        lambda: zoo.create_model("mlp", input_shape=(8, 8, 1), num_labels=3),
        lambda: zoo.networks.encoder((8, 8, 1), 4),
        lambda: zoo.networks.fully_convolutional_network((8, 8, 1)),
        lambda: zoo.Classifier(network),
        lambda: keras.models.load_model(tmp_path / "model.keras"),
    ):
        with pytest.raises(zoo.InputError, match=rf"config\.set_{name}.*Received: '{value}'"):
            make()
    use_defaults()
    assert keras.models.load_model(tmp_path / "model.keras").networks.keys() == {"classifier"}


@pytest.mark.full
@pytest.mark.parametrize("way", ["environment", "file"])
def test_another_backend_is_refused_and_the_command_takes_its_own(way, tmp_path):
    chosen = {"backend": "jax", "image_data_format": "channels_first", "floatx": "float64"}
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps({**chosen, "epsilon": 1e-7}))
    root = pathlib.Path(zoo.__file__).parents[1]
    environment = {key: each for key, each in os.environ.items() if not key.startswith("KERAS_")}
    environment |= {"PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment |= {"HOME": str(tmp_path)} if way == "file" else {"KERAS_BACKEND": "jax"}
    told = {"capture_output": True, "text": True, "env": environment, "cwd": tmp_path}
    done = subprocess.run([sys.executable, "-c", "import zoo"], **told)
    assert "\nImportError: The zoo needs TensorFlow behind Keras" in done.stderr
    command = "train cnn/digits --set epochs=1 --set size=4,8 --output run --quiet"
    done = subprocess.run([sys.executable, "-m", "zoo", *command.split()], **told)
    assert done.returncode == 0, done.stderr
    model = zoo.load_run(tmp_path / "run")
    assert {each.dtype for each in model.weights} == {"float32"}
    assert model.classifier.layers[1].kernel.shape == (3, 3, 1, 4)
