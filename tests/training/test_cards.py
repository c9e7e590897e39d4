"""zoo/training/cards.py and saved_models/pack.py: a run, packed, and what comes of it elsewhere."""

import dataclasses
import json

import numpy as np
import pack
import pytest
import tiny_runs
import yaml

import zoo
from zoo.cli import main
from zoo.registry import pretrained

CHECK_RUN = pack.check_run


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A run of a super-encoder on digits of an epoch, and the folder and registry it goes to."""
    folder = tmp_path_factory.mktemp("packed")
    recipe = tiny_runs.recipe("se_co", model_arguments={**tiny_runs.QUICK, "dropout": 0.2})
    zoo.training.run(recipe, folder / "run", verbose=0)
    registry = folder / "pretrained.json"
    registry.write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "check_run", lambda run: None)
        patch.setattr(pretrained, "CHECKOUT", folder / "models")
        name = pack.pack(folder / "run", folder / "models", registry)
        entries = json.loads(registry.read_text())
        held = {name: pretrained.Pretrained(**entries[name])}
        patch.setattr(pretrained, "registry", lambda: held)
        pack.write_card(name, folder / "models")
        yield folder, name


@pytest.mark.full
def test_a_packed_model_is_the_trained_one_with_a_new_optimizer(packed):
    folder, name = packed
    trained, model = zoo.load_run(folder / "run"), zoo.load_pretrained(name)
    held = pretrained.entry(name)
    assert held.precision == "float16" and held.recipe["model"] == "se_co"
    assert (folder / "models" / held.file).stat().st_size == held.bytes
    assert held.bytes < 0.3 * (folder / "run" / "model.keras").stat().st_size
    for ours, theirs in zip(model.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy().astype("float16"))
    assert int(trained.optimizer.iterations) > 0 == int(model.optimizer.iterations)
    assert model.optimizer.get_config() == trained.optimizer.get_config()
    data = zoo.datasets.load("digits")
    logs = model.evaluate(data.test, verbose=0, return_dict=True)
    assert logs["reconstruction_error"] == pytest.approx(held.scores["reconstruction_error"], 1e-3)
    model.fit(data.train.take(2), verbose=0)


@pytest.mark.full
def test_the_same_run_gives_the_same_bytes(packed):
    folder, name = packed
    content = (folder / "models" / name / "model.keras").read_bytes()
    assert pack.packed_file(folder / "run" / "model.keras", "float16") == content


@pytest.mark.full
def test_its_card_has_the_head_that_hubs_read(packed):
    folder, name = packed
    card = (folder / "models" / name / "README.md").read_text()
    assert card == zoo.load_pretrained(name).card + "\n"
    head = yaml.safe_load(card.split("---\n")[1])
    assert (head["license"], head["library_name"]) == ("apache-2.0", "keras")
    assert head["datasets"] == ["digits"] and "autonet-zoo" in head["tags"]
    (entry,) = head["model-index"]
    (result,) = entry["results"]
    assert entry["name"] == name and result["dataset"]["type"] == "digits"
    scores = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert scores == pytest.approx(pretrained.entry(name).headline, abs=1e-6)
    assert head["metrics"] == list(scores)
    for part in ("CC-BY-4.0", "Alpaydin", "## Limits", f"zoo train {name}", "## Citation"):
        assert part in card


@pytest.mark.full
def test_another_model_starts_from_its_weights(packed):
    _, name = packed
    trained = zoo.load_pretrained(name)
    same = zoo.create_model("se_co", weights=name)
    images = zoo.datasets.load("digits").sample("test", 5)[0]
    np.testing.assert_allclose(same.encode(images), trained.encode(images), rtol=1e-5, atol=1e-6)
    other = zoo.create_model("se_co", weights=name, num_classes=3)
    np.testing.assert_allclose(other.encode(images), trained.encode(images), rtol=1e-5, atol=1e-6)
    assert other.classify(images).shape == (5, 3)
    with pytest.raises(zoo.InputError, match="of another size"):
        zoo.create_model("se_co", weights=name, code_size=5)
    with pytest.raises(zoo.InputError, match="of another size"):
        # As many more numbers of a code as classes.
        size = trained.encoder.output_shape[-1]
        zoo.create_model("se_co", weights=name, num_classes=12, code_size=size + 2)
    with pytest.raises(zoo.InputError, match="other networks"):
        zoo.create_model("se_co", weights=name, size=(4,))


@pytest.mark.full
def test_it_is_exported_and_asked_by_its_name(packed, tmp_path, capsys):
    _, name = packed
    np.save(tmp_path / "digits.npy", np.asarray(zoo.datasets.load("digits").sample("test", 3)[0]))
    assert main(["predict", name, str(tmp_path / "digits.npy")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["export", name, "--output", str(tmp_path / "served")]) == 0
    assert "| license | Apache-2.0" in (tmp_path / "served" / "1" / "model_card.md").read_text()
    assert list(zoo.serving.predict(tmp_path / "served", [tmp_path / "digits.npy"])) == lines


def test_a_run_of_something_else_is_not_packed(tmp_path):
    recipe = zoo.load_recipe("se_co/digits")
    results = {"scores": {"separability_accuracy": [0.5]}, "seeds": [0]}

    def refused(match, recipe=recipe, **more):
        run = zoo.training.finished_runs.Run(tmp_path, "se_co", recipe, results | more, {}, {})
        with pytest.raises(zoo.InputError, match=match):
            CHECK_RUN(run)

    refused("another separability_accuracy")
    refused("no recipe of the zoo's own", given_data=True)
    refused("no recipe of the zoo's own", dataclasses.replace(recipe, name="se_co/mine"))
    refused("now another, in epochs", dataclasses.replace(recipe, epochs=1))
    refused("training rows", zoo.load_recipe("src/mnist_2k2k"))
