"""zoo/settings/sources.py: models, layers and data sets of one's own in later processes."""

import json
import pathlib
import sys
import warnings

import keras
import pytest

import zoo
from zoo.datasets import names
from zoo.registry import names as registry
from zoo.serving import export_run
from zoo.settings.sources import defined, import_file, import_sources, is_same
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


def test_what_has_changed_since_is_said_and_no_run_goes_on_with_it(mine, tmp_path):
    folder = tmp_path / "run"
    run(zoo.load_recipe(f"{mine}:wae/my_noise"), folder, verbose=0)
    begun = tmp_path / "begun" / "recipe.json"
    begun.parent.mkdir()
    begun.write_bytes((folder / "recipe.json").read_bytes())
    # What defines nothing that was there may be written.
    mine.write_text(OWN + "def another(): pass\n")
    forget()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        zoo.load_run(folder)
    parts = mine.parent / "parts_of_mine.py"
    parts.write_text(PARTS.replace("2 * x", "3 * x"))
    forget()
    with pytest.warns(UserWarning, match="parts_of_mine.Twice changed since"):
        evaluate_run(folder)
    with pytest.raises(zoo.InputError, match="parts_of_mine.Twice changed since"):
        run(zoo.load_recipe(f"{mine}:wae/my_noise"), begun.parent, resume=True, verbose=0)


def test_each_file_gets_what_lies_beside_it_and_its_own_registered_class(tmp_path):
    part = "import keras\n@keras.saving.register_keras_serializable('mine')\n"
    part += "class Scale(keras.Layer):\n"
    files = []
    for folder, factor in (("one", 2), ("two", -7)):
        package = tmp_path / folder / "parts_of_mine"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "scale.py").write_text(f"{part}    factor = {factor}\n")
        files.append(package.parent / "own.py")
        files[-1].write_text("from parts_of_mine.scale import Scale\n")
    modules = [import_file(file) for file in (*files, files[0])]
    assert [module.Scale.factor for module in modules] == [2, -7, 2]
    config = keras.saving.serialize_keras_object(modules[0].Scale())
    for number, factor in ((0, 2), (1, -7), (0, 2)):
        source = tmp_path / ("one", "two")[number] / "parts_of_mine" / "scale.py"
        sources = {"parts_of_mine.scale": str(source)}
        import_sources(sources)
        with defined(sources):
            made = keras.saving.deserialize_keras_object(config)
        assert type(made).factor == factor
    forget()


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


ONLY_SETTINGS = """
import zoo
SETTINGS = {"size": (4,), "code_size": 2}
RECIPES = [zoo.Recipe("ae/digits", "ae", "digits", SETTINGS, epochs=1, precision="float32")]
"""


def test_a_file_of_settings_alone_may_be_gone(tmp_path):
    (tmp_path / "settings.py").write_text(ONLY_SETTINGS)
    name = f"{tmp_path / 'settings.py'}:ae/digits"
    results = run(zoo.load_recipe(name), tmp_path / "run", verbose=0)
    (tmp_path / "settings.py").unlink()
    forget()
    assert evaluate_run(tmp_path / "run")["scores"] == results["scores"]
    assert zoo.load_recipe(tmp_path / "run" / "recipe.json").model_arguments["code_size"] == 2


class StopBeforeTheSecondEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_a_run_that_goes_on_with_a_moved_file_knows_where_it_is(mine, tmp_path):
    folder = tmp_path / "run"
    recipe = zoo.load_recipe(f"{mine}:wae/my_noise").override({"epochs": 2})
    with pytest.raises(KeyboardInterrupt):
        run(recipe, folder, verbose=0, callbacks=[StopBeforeTheSecondEpoch()])
    moved = mine.parent.rename(tmp_path / "elsewhere")
    forget()
    recipe = zoo.load_recipe(f"{moved / 'wae.py'}:wae/my_noise").override({"epochs": 2})
    results = run(recipe, folder, resume=True, verbose=0)
    forget()
    assert evaluate_run(folder)["scores"] == results["scores"]
