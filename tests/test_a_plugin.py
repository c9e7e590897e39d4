"""A package of one's own that is installed: its model is found by its entry point."""

import os
import subprocess
import sys

import pytest

import zoo
from zoo.registry import names as registry

MODELS = '''
import keras
import zoo

@keras.saving.register_keras_serializable(package="zoo_plugin")
class Tiny(zoo.Autoencoder):
    pass

@zoo.register_model
def tiny(input_shape, code_size: int = 2):
    """A tiny auto-encoder of a package."""
    base = zoo.create_model("ae", input_shape=input_shape, code_size=code_size, size=(4,))
    return Tiny(base.encoder, base.decoder)
'''
RECIPE = """
from zoo import Recipe

TINY = Recipe(name="tiny/digits", model="tiny", dataset="digits", epochs=1, precision="float32",
              model_arguments={"code_size": 3})
"""


@pytest.fixture
def installed(tmp_path):
    """What pip leaves of a wheel: the package, and its entry points beside it."""
    site = tmp_path / "site"
    (site / "zoo_plugin").mkdir(parents=True)
    (site / "zoo_plugin" / "__init__.py").write_text("")
    (site / "zoo_plugin" / "models.py").write_text(MODELS)
    info = site / "zoo_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: zoo-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[zoo.models]\ntiny = zoo_plugin.models\n")
    return site


@pytest.fixture
def found(installed, monkeypatch):
    monkeypatch.syspath_prepend(installed)
    registry._places.cache_clear()
    yield
    registry._places.cache_clear()
    registry._MODELS.pop("tiny", None)


def test_its_name_is_there_before_it_is_imported(found):
    assert "tiny" in zoo.list_models() and "zoo_plugin.models" in registry.described("tiny")
    assert "zoo_plugin" not in sys.modules
    model = zoo.create_model("tiny", input_shape=(8, 8, 1))
    assert type(model).__name__ == "Tiny"
    assert registry.described("tiny") == "A tiny auto-encoder of a package."


def test_a_name_that_the_zoo_has_stays_the_zoos(installed, found):
    entry_points = installed / "zoo_plugin-1.0.dist-info" / "entry_points.txt"
    entry_points.write_text("[zoo.models]\nae = zoo_plugin.models\n")
    registry._places.cache_clear()
    assert zoo.create_model("ae", input_shape=(8, 8, 1), size=(4,)).__class__ is zoo.Autoencoder


@pytest.mark.full
def test_it_is_trained_and_loaded_by_other_processes(installed, tmp_path):
    (tmp_path / "mine.py").write_text(RECIPE)
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def python(*command):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Of zoo_plugin.models." in python("-m", "zoo", "list", "models", "tiny")
    python("-m", "zoo", "train", "mine.py:tiny/digits", "--output", "run")
    load = "import zoo; model = zoo.load_run('run'); print(type(model).__name__, model.compiled)"
    assert python("-c", load).split() == ["Tiny", "True"]
