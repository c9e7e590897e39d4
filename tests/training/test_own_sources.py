"""zoo/settings/sources.py: models, layers and data sets of one's own in later processes."""

import json
import pathlib
import sys

import keras
import pytest

import zoo
from zoo.datasets import names
from zoo.registry import names as registry
from zoo.serving import export_run
from zoo.settings.sources import is_same
from zoo.training import evaluate_run, run

PARTS = """
import keras

class Twice(keras.layers.Layer):  # Not registered with Keras.
    def call(self, x):
        return 2 * x
"""

OWN = """
import keras, numpy as np, zoo
from parts_of_mine import Twice

@keras.saving.register_keras_serializable(package="mine")
class Wae(zoo.Autoencoder):
    pass

@zoo.register_model
def my_wae(input_shape, code_size: int = 2):
    base = zoo.create_model("ae", input_shape=input_shape, code_size=code_size, size=(4,))
    x = keras.Input((code_size,))
    return Wae(base.encoder, keras.Model(x, base.decoder(Twice()(x))))

@zoo.datasets.register_dataset
def my_noise(options):
    x = np.random.default_rng(0).random((24, 8, 8, 1)).astype("float32")
    y = np.arange(24) % 3
    return zoo.datasets.from_arrays((x, y), (x, y), name="my_noise", batch_size=options.batch_size)

SAME = {"model": "my_wae", "dataset": "my_noise", "epochs": 1, "precision": "float32"}
RECIPES = [
    zoo.Recipe(name="wae/my_noise", search={"learning_rate": (1e-4, 1e-2)}, **SAME),
    zoo.Recipe(name="cae/my_noise", learning_rate=1e-2, **SAME),
]
"""


@pytest.fixture
def mine(tmp_path):
    """A user's file, and another one that it imports."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "parts_of_mine.py").write_text(PARTS)
    (folder / "wae.py").write_text(OWN)
    yield folder / "wae.py"
    forget()


def forget():
    """Leaves what another process would know."""
    registry._MODELS.pop("my_wae", None)
    names._REGISTERED.pop("my_noise", None)
    for name in [name for name in sys.modules if name.startswith(("zoo_user_", "parts_of_mine"))]:
        del sys.modules[name]
    keras.saving.get_custom_objects().pop("mine>Wae", None)


@pytest.mark.full
def test_a_run_knows_the_files_of_what_it_is_made_of(mine, tmp_path):
    """B16."""
    folder = tmp_path / "run"
    results = run(zoo.load_recipe(f"{mine}:wae/my_noise"), folder, verbose=0)
    sources = json.loads((folder / "recipe.json").read_text())["sources"]
    assert sorted(map(pathlib.Path, sources.values())) == [mine.parent / "parts_of_mine.py", mine]
    forget()
    assert evaluate_run(folder)["scores"] == results["scores"]
    forget()
    assert export_run(folder, tmp_path / "served" / "wae").name == "1"
    forget()
    again = zoo.load_recipe(str(folder / "recipe.json"))
    assert run(again, tmp_path / "again", verbose=0)["scores"] == results["scores"]
    forget()
    mine.unlink()
    with pytest.raises(zoo.InputError, match="wae.py, which is not there any more"):
        evaluate_run(folder)


def test_a_file_in_the_folder_of_a_run_is_not_run(mine, tmp_path):
    recipe = zoo.load_recipe(f"{mine}:wae/my_noise")
    hostile = tmp_path / "run" / "hostile.py"
    hostile.parent.mkdir()
    hostile.write_text("raise SystemExit")
    values = json.loads(recipe.to_json()) | {"sources": {"hostile": str(hostile)}}
    (hostile.parent / "recipe.json").write_text(json.dumps(values))
    with pytest.raises(zoo.InputError, match="names a Python file beside itself"):
        zoo.load_recipe(str(hostile.parent / "recipe.json"))


def test_what_a_notebook_defines_is_said_to_be_gone(mine, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "/tests.py", raising=False)
    values = json.loads(zoo.load_recipe(f"{mine}:wae/my_noise").to_json())
    for file, where in (("", "a notebook"), ("/train.py", "the script /train.py")):
        with pytest.raises(zoo.InputError, match=f"was defined in {where}"):
            zoo.Recipe.from_values(values | {"sources": {"__main__": file}})


def test_the_same_definition_again_is_no_clash(mine):
    """B17: the file is loaded twice, and again after it was changed."""
    for _ in range(2):
        for name in ("wae/my_noise", "cae/my_noise"):
            assert zoo.load_recipe(f"{mine}:{name}").name == name
        mine.write_text(OWN.replace("24", "30"))
    cell = "def my_wae(): pass\ndef other(): pass"
    first, second = ({"__name__": "__main__"} for _ in range(2))
    exec(compile(cell, "/tmp/cell_1.py", "exec"), first)
    exec(compile(cell, "/tmp/cell_2.py", "exec"), second)
    assert is_same(first["my_wae"], second["my_wae"])
    assert not is_same(first["my_wae"], second["other"])
    with pytest.raises(zoo.InputError, match="There is a model named 'my_wae' already"):
        zoo.register_model(first["my_wae"])


@pytest.mark.full
def test_all_commands_in_processes_of_their_own(mine, forks, tmp_path):
    """B16 and B17 as a user meets them."""
    for command in (
        f"train {mine}:wae/my_noise --output W",
        "evaluate W",
        "export W --output S/wae",
        "report W --reducers --output P",
        f"train {mine}:wae/my_noise --resume --output W",
        f"compare {mine}:wae/my_noise {mine}:cae/my_noise --no-reducers --output C",
        f"tune {mine}:wae/my_noise --trials 1 --output T",
        "train T/best_recipe.json --output T/best",
    ):
        done = forks.run("zoo", command.split(), tmp_path)
        assert done.code == 0, done.stderr
