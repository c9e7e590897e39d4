"""recipes/pipelines/: the zoo inside pipelines of one's own."""

import importlib.util
import pathlib
import sys

import keras
import pytest
import tensorflow as tf

import zoo

pytestmark = pytest.mark.full
FOLDER = pathlib.Path(__file__).parents[1] / "recipes" / "pipelines"


@pytest.fixture
def pipeline(request, monkeypatch):
    """The `main` of an example, as its command line calls it."""
    spec = importlib.util.spec_from_file_location(request.param, FOLDER / f"{request.param}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, request.param, module)
    spec.loader.exec_module(module)
    return module.main


def example(name):
    return pytest.mark.parametrize("pipeline", [name], indirect=True)


def test_every_example_is_tested():
    names = "encoder_in_own_model loss_in_own_model scikit_learn_on_codes tensorboard_and_mlflow"
    assert {path.stem for path in FOLDER.glob("*.py")} == set(names.split())


@example("encoder_in_own_model")
def test_an_encoder_is_the_first_stage_of_another_model(pipeline, tmp_path):
    scores = pipeline(["--epochs", "10", "--output", str(tmp_path)])
    # Half of the digits are even.
    assert scores["frozen"] > 0.85 and scores["fine-tuned"] > 0.95
    model = keras.models.load_model(tmp_path / "even.keras")
    assert model.output_names == ["even"] and not isinstance(model, zoo.SuperEncoder)


@example("loss_in_own_model")
def test_losses_serve_in_compile(pipeline):
    scores = pipeline([])
    assert scores["hinge"] > 0.9 and scores["label sets"] > 0.7


@example("scikit_learn_on_codes")
def test_codes_feed_a_scikit_learn_pipeline(pipeline):
    scores = pipeline([])
    assert scores["accuracy"] > 0.93 and scores["cross_validation"] > 0.9


@example("tensorboard_and_mlflow")
def test_every_term_is_logged(pipeline, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = pipeline(["--epochs", "2", "--output", str(tmp_path / "logged")])
    assert results["epochs"] == 2
    logged = set()
    for file in (tmp_path / "logged").rglob("events.out.tfevents.*"):
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            logged |= {value.tag for value in event.summary.value}
    assert {"epoch_adversarial_loss", "epoch_discriminator_fake_loss"} <= logged
    assert {"epoch_separability_loss", "epoch_reconstruction_loss"} <= logged


@pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is None, reason="mlflow is an extra that is not installed"
)
@example("tensorboard_and_mlflow")
def test_mlflow_has_every_term_too(pipeline, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    pipeline(["--epochs", "2", "--output", str(tmp_path)])
    runs = mlflow.search_runs(experiment_names=["zoo"], output_format="list")
    metrics = {run.info.run_name: set(run.data.metrics) for run in runs}
    assert {"adversarial_loss", "discriminator_fake_loss"} <= metrics["aae"]
    assert {"separability_loss", "reconstruction_loss"} <= metrics["se_co/digits"]
