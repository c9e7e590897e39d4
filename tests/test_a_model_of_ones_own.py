"""CONTRIBUTING's recipe for a model from a paper, followed in a folder outside of the zoo."""

import json
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.cli import main

MODEL = '''
"""A sparse auto-encoder: loss = |x - x̂|² + weight · |z|, per pixel and per number of the code."""

import keras
from keras import ops

import zoo
from zoo.models import codes


@keras.saving.register_keras_serializable(package="toy")
class SparseAutoencoder(zoo.ZooModel):
    task = zoo.tasks.CODES
    logit_roles = ("decoder",)

    def __init__(self, encoder, decoder, sparsity_weight=0.1, **kwargs):
        networks = {"encoder": encoder, "decoder": decoder}
        super().__init__(networks, term_names=("reconstruction_loss", "sparsity_loss"), **kwargs)
        self.sparsity_weight = sparsity_weight

    def encode(self, x):
        return codes.encode(self.encoder, x)

    def decode(self, code):
        return codes.decode(self.decoder, code)

    def reconstruct(self, x):
        return self.decode(self.encode(x))

    def forward(self, x, y=None, sample_weight=None, training=False):
        code = self.encoder(x, training=training)
        return {"code": code, "pixels": codes.pixels(self.decoder(code, training=training))}

    def terms(self, x, y, outputs):
        errors = ops.mean(ops.square(x - outputs["pixels"]), axis=(1, 2, 3))
        sizes = ops.mean(ops.abs(outputs["code"]), axis=-1)
        return {"reconstruction_loss": errors, "sparsity_loss": sizes}

    def total(self, means):
        return means["reconstruction_loss"] + self.sparsity_weight * means["sparsity_loss"]

    def predictions(self, outputs):
        return outputs["pixels"]

    def metric_pairs(self, x, y, y_pred):
        return x, y_pred
'''

ENTRY_POINT = '''
import zoo
from toy_model import SparseAutoencoder


@zoo.register_model
def toy_sae(input_shape, code_size: int = 8, sparsity_weight: float = 0.1):
    """A sparse auto-encoder of dense networks."""
    return SparseAutoencoder(
        zoo.networks.encoder(input_shape, code_size, (16,), "dense"),
        zoo.networks.decoder(input_shape, code_size, (16,), "dense"),
        sparsity_weight,
    )
'''

RECIPE = """
import toy_entry_point
import zoo

SPARSE = zoo.Recipe(
    name="toy_sae/digits", model="toy_sae", dataset="digits", epochs=2, batch_size=256,
    search={"sparsity_weight": (0.01, 1.0)}, target={"psnr": 12.5}, source="a paper, table 1",
)
"""
FILES = {"toy_model.py": MODEL, "toy_entry_point.py": ENTRY_POINT, "toy_recipe.py": RECIPE}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """The recipe on the command line, with the three files on the path."""
    folder = tmp_path_factory.mktemp("toy")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setattr("zoo.registry.names._MODELS", dict(zoo.registry.names._MODELS))
        yield f"{folder / 'toy_recipe.py'}:toy_sae/digits"
    for name in FILES:
        sys.modules.pop(name.removesuffix(".py"), None)


@pytest.fixture(scope="module")
def finished(recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "toy"
    settings = ["--set", "sparsity_weight=0.2", "--set", "precision=float32"]
    assert main(["train", recipe, *settings, "--output", str(folder)]) == 0
    return folder


def scores_of(folder):
    return json.loads((folder / "results.json").read_text())["scores"]


def test_it_is_trained_by_its_terms_and_scored_beside_the_published_numbers(finished):
    history = json.loads((finished / "history.json").read_text())
    terms = np.array(history["reconstruction_loss"]) + 0.2 * np.array(history["sparsity_loss"])
    np.testing.assert_allclose(history["loss"], terms, rtol=1e-4)
    assert history["loss"][1] < history["loss"][0]
    assert {"probe_accuracy", "psnr", "reconstruction_error"} <= set(scores_of(finished))


def test_it_is_loaded_as_it_was_saved(finished):
    model = keras.models.load_model(finished / "model.keras")
    assert type(model).__name__ == "SparseAutoencoder" and model.sparsity_weight == 0.2
    assert model.optimizer.iterations > 0
    before = scores_of(finished)
    assert main(["evaluate", str(finished)]) == 0
    near = {name: pytest.approx(values, rel=1e-4) for name, values in before.items()}
    assert scores_of(finished) == near


def test_it_is_exported_and_answers_alike(finished, tmp_path):
    assert main(["export", str(finished), "--output", str(tmp_path / "served")]) == 0
    served = tf.saved_model.load(tmp_path / "served" / "1")
    model = keras.models.load_model(finished / "model.keras")
    x, _ = zoo.datasets.load("digits").sample("test", 5)
    codes = served.signatures["encode"](tf.constant(x))
    np.testing.assert_allclose(*tf.nest.flatten(codes), model.encode(x), atol=1e-5)


def test_it_is_reported(finished, tmp_path):
    assert main(["report", str(finished), "--output", str(tmp_path / "report")]) == 0
    text = (tmp_path / "report" / "index.html").read_text()
    assert "toy_sae" in text and "12.5" in text
