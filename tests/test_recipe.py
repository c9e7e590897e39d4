"""zoo/recipe.py: look-up, overrides by name and type, JSON, published numbers."""

import dataclasses
import json

import keras
import pytest

import zoo
from zoo.recipe import TRAINING_FIELDS, Recipe, read_recipe
from zoo.registry import names as registry


def recipe(**fields):
    return Recipe(**{"name": "se_co/digits", "model": "se_co", "dataset": "digits", **fields})


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("3", "epochs", 3),
        ("1e-4", "learning_rate", 1e-4),
        ("1", "learning_rate", 1.0),
        ("true", "deterministic", True),
        ("None", "jit_compile", None),
        ("none", "jit_compile", None),
        ("False", "jit_compile", False),
        ("(32, 32, 3)", "image_shape", (32, 32, 3)),
        ("float32", "precision", "float32"),
    ],
)
def test_fields_are_read_with_their_type(text, key, value):
    changed = getattr(recipe().override({key: text}), key)
    assert changed == value and type(changed) is type(value)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("2", "classification_weight", 2.0),
        ("large", "size", "large"),
        ("(8, 16)", "size", (8, 16)),
        ("[8, 16]", "size", (8, 16)),
        ("12", "size", 12),
        ("mae", "label_loss", "mae"),
    ],
)
def test_model_arguments_are_read_with_their_type(text, key, value):
    assert recipe().override({key: text}).model_arguments == {key: value}


@pytest.mark.parametrize(
    ("model", "former", "text", "today"),
    [
        ("se_nc", "separability_weight", "0.5", {"classification_weight": 0.5}),
        ("ac_nc_v1", "reading", "pixels", {"variant": "pixels"}),
        ("ac_co_v1", "image_loss", "mae", {"reconstruction_loss": "mae"}),
        ("spen", "hidden", "(8, 4)", {"units": (8, 4)}),
        ("mlp", "loss", "kl", {"label_loss": "kl"}),
        ("spen_e2e", "loss", "squared", {"iterate_loss": "squared"}),
        ("fcn", "crop_seed", "3", {"seed": 3}),
    ],
)
def test_former_names_of_arguments_are_read(model, former, text, today):
    plain = Recipe(name="mine/digits", model=model, dataset="digits", seed=7)
    found = plain.override({former: text})
    assert found.model_arguments == today and found.seed == 7
    values = json.loads(plain.to_json()) | {"model_arguments": {former: today[next(iter(today))]}}
    assert Recipe.from_json(json.dumps(values)) == found


def test_an_argument_of_ones_own_keeps_its_name(monkeypatch):
    def mine_alone(input_shape, hidden: int = 3, reading: str = "fast"):
        return None

    monkeypatch.setitem(registry._MODELS, "mine_alone", mine_alone)
    made = Recipe(name="m/d", model="mine_alone", dataset="digits", model_arguments={"hidden": 4})
    assert made.override({"reading": "slow"}).model_arguments == {"hidden": 4, "reading": "slow"}


@pytest.mark.parametrize(
    ("key", "text", "wants"),
    [
        ("epochs", "2.5", "integer"),
        ("epochs", "many", "integer"),
        ("epochs", "true", "integer"),
        ("learning_rate", "fast", "number"),
        ("learning_rate", "1" * 400, "number"),
        ("deterministic", "1", "true or false"),
        ("code_size", "4.0", "integer"),
        ("image_shape", "28", "integer, integer"),
    ],
)
def test_values_of_another_type_are_refused(key, text, wants):
    message = f"(?i)`{key}` must be.*{wants}.*Received: {key}={text[:80]}"
    with pytest.raises(zoo.InputError, match=message):
        recipe().override({key: text})


def test_a_setting_has_one_of_its_names():
    with pytest.raises(zoo.InputError, match="`reconstruction_loss` once"):
        recipe().override({"image_loss": "mae", "reconstruction_loss": "mse"})
    both = Recipe(name="fcn/digits", model="fcn", dataset="digits").override(
        {"crop_seed": "3", "seed": "7"}
    )
    assert both.model_arguments == {"seed": 3} and both.seed == 7


@pytest.mark.parametrize("key", ["epoch", "name", "model", "target", "encoder", "num_classes"])
def test_unknown_keys_are_refused_and_the_allowed_ones_named(key):
    with pytest.raises(zoo.InputError, match=f"Unknown key of --set '{key}'.*learning_rate"):
        recipe().override({key: "1"})


def test_a_slip_of_the_pen_is_answered_with_the_nearest_name():
    with pytest.raises(zoo.InputError, match="Did you mean 'epochs'"):
        recipe().override({"epoch": "1"})
    with pytest.raises(zoo.InputError, match="Did you mean 'se_co/mnist'"):
        zoo.load_recipe("se_co/mnits")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("epochs", 0, "epochs"),
        ("batch_size", -1, "batch_size"),
        ("batch_size", 2.0, "batch_size"),
        ("seed", -1, "seed"),
        ("seed", 2**32, "`seed` must be"),
        ("learning_rate", -1e-3, "learning_rate"),
        ("learning_rate", float("nan"), "learning_rate"),
        ("optimizer", "adamant", "Unknown optimizer 'adamant'. Did you mean 'adamax'"),
        ("schedule", "linear", "'linear'.* Allowed: constant, cosine"),
        ("precision", "float8", "'float8'.* Allowed: auto, float32, mixed_bf"),
        ("deterministic", "yes", "`deterministic` must be"),
        ("labelled_fraction", "half", "`labelled_fraction` must be"),
        ("image_shape", "abc", "`image_shape` must be"),
    ],
)
def test_values_out_of_range_and_of_another_type_are_refused_at_once(field, value, words):
    with pytest.raises(zoo.InputError, match=words):
        recipe(**{field: value})


def test_an_override_leaves_the_recipe_itself_alone():
    search = {"code_size": (8, 16), "learning_rate": (1e-4, 1e-2)}
    original = recipe(model_arguments={"code_size": 8}, search=search)
    changed = original.override({"code_size": "16", "epochs": "2"})
    # What is fixed is not searched.
    assert list(changed.search) == ["learning_rate"] and original.search == search
    former = recipe(search={"classification_weight": (0.1, 10.0)}).override(
        {"separability_weight": 2.0}
    )
    assert former.search == {}
    assert original.model_arguments == {"code_size": 8} and original.epochs == 20
    assert changed.model_arguments == {"code_size": 16} and changed.epochs == 2


def test_every_recipe_comes_back_from_json():
    for name in zoo.list_recipes():
        original = zoo.load_recipe(name)
        again = Recipe.from_json(original.to_json())
        assert again.to_json() == original.to_json(), name
        assert again.model_arguments == original.model_arguments, name


def test_json_of_before_recipes_had_a_system():
    ours, mine = zoo.load_recipe("beta_vae/digits"), recipe(name="mine/digits", system="mine")
    for given, system in ((ours, "beta-VAE"), (mine, "")):
        old = json.loads(given.to_json())
        del old["system"]
        expected = dataclasses.replace(given, system=system)
        assert Recipe.from_json(json.dumps(old)).to_json() == expected.to_json()


def test_users_own_file_by_path_and_name(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from zoo import Recipe\n"
        "ALONE = Recipe(name='mine/alone', model='ae', dataset='digits')\n"
        "MORE = [Recipe(name='mine/listed', model='ae', dataset='digits', epochs=3)]\n"
        "COLON = Recipe('ae/folder:x', 'ae', 'folder:x')\n"
    )
    assert zoo.load_recipe(f"{file}:mine/listed").epochs == 3
    assert zoo.load_recipe(f"{file}:mine/alone").model == "ae"
    assert zoo.load_recipe(f"{file}:ae/folder:x").dataset == "folder:x"
    with pytest.raises(zoo.InputError, match="Allowed: ae/folder:x, mine/alone, mine/listed"):
        zoo.load_recipe(f"{file}:other")
    # The recipe.json of a run is a recipe too.
    file = tmp_path / "recipe.json"
    file.write_text(recipe(epochs=7).to_json())
    assert zoo.load_recipe(str(file)).epochs == 7 == zoo.load_recipe(file).epochs


TARGET = '{"name": "ae/digits", "model": "ae", "dataset": "digits", "target": %s}'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.py:a", None, "No recipe file"),
        ("broken.py:a", "1 +", "SyntaxError"),
        ("failing.py:a", "raise RuntimeError('no')", "RuntimeError: no"),
        ("failing.py:a", "raise RuntimeError('no\\nand no')", "RuntimeError: no.$"),
        (
            "twice.py:a",
            "import zoo\nA, B = (zoo.Recipe('a', 'ae', 'digits', epochs=n) for n in (1, 2))",
            "Two recipes of .*twice.py are called 'a'",
        ),
        ("recipe.json", "{", "recipe.json' is not JSON"),
        ("recipe.json", '{"name": "a", "name": "b"}', "the key 'name' is there twice"),
        ("recipe\0.json", None, "cannot be read"),
        ("recipe.json", "[]", "recipe.json' must hold a JSON object"),
        ("recipe.json", '{"nothing": 1}', "lacks the key 'name', 'model', 'dataset'"),
        ("recipe.json", TARGET % "[1]", "the key 'target' is wrong"),
        ("recipe.json", TARGET % '{"psnr": "y"}', "the key 'target.psnr' is wrong.*'y'"),
        ("recipe.json", TARGET % '{}, "epoch": 3', "the key 'epoch' is wrong: unexpected"),
        ("recipe.json", TARGET % '{}, "epochs": 0', "`epochs` must be an integer of at least 1"),
    ],
)
def test_files_that_hold_no_recipe_are_refused(name, content, message, tmp_path):
    if content is not None:
        (tmp_path / name.partition(":")[0]).write_text(content)
    with pytest.raises(zoo.InputError, match=message):
        zoo.load_recipe(str(tmp_path / name))


@pytest.mark.parametrize("target", [[1], {"psnr": "y"}, {"psnr": float("nan")}, {"psnr": True}])
def test_a_target_that_is_no_numbers_is_refused_before_training(target):
    with pytest.raises(zoo.InputError, match="`target"):
        recipe(target=target)
    assert recipe(target={"psnr": -3}).target["psnr"] == -3


def test_the_fields_in_which_recipes_differ_name_the_arguments():
    one = recipe(model_arguments={"code_size": 4, "flip": True})
    other = recipe(model_arguments={"code_size": 5}, epochs=9)
    assert one.differing(other) == ["model_arguments (code_size, flip)", "epochs"]
    assert one.differing(one) == []


def test_a_layer_that_is_made_again_is_the_same_recipe():
    def made(rate):
        arguments = {"corruption": keras.layers.GaussianNoise(rate)}
        return Recipe("dae/digits", "dae", "digits", arguments)

    # Keras counts up the names of its objects.
    assert made(0.3).to_json() != made(0.3).to_json()
    assert made(0.3).differing(made(0.3)) == []
    assert made(0.3).differing(made(0.4)) == ["model_arguments (corruption)"]


def test_a_recipe_is_read_also_where_a_class_of_its_arguments_is_unknown(tmp_path):
    values = json.loads(recipe().to_json())
    mine = {"module": "mine", "class_name": "Mine", "config": {}, "registered_name": "mine>Mine"}
    values["model_arguments"] = {"corruption": mine}
    (tmp_path / "recipe.json").write_text(json.dumps(values))
    kept = read_recipe(tmp_path / "recipe.json", objects=False)
    assert kept.model_arguments == {"corruption": mine}
    assert Recipe.from_values(json.loads(kept.to_json()), objects=False) == kept
    with pytest.raises(zoo.InputError, match="argument of the recipe .* cannot be made"):
        zoo.load_recipe(str(tmp_path / "recipe.json"))


def test_a_layer_among_the_arguments_is_kept_by_its_config():
    original = Recipe("dae/digits", "dae", "digits", {"corruption": keras.layers.Dropout(0.3)})
    again = Recipe.from_json(original.to_json())
    assert isinstance(again.model_arguments["corruption"], keras.layers.Dropout)
    assert again.model_arguments["corruption"].rate == 0.3
    assert again.to_json() == original.to_json()


ESTIMATOR = Recipe("kenrr_rbf/digits", "kenrr", "digits", {"kernel": "rbf"})


def test_an_estimators_recipe_has_only_what_says_something_of_it():
    assert set(ESTIMATOR.override_types()) == {
        "kernel", "lambda1", "lambda2", "degree", "gamma", "coef0", "tolerance", "max_rounds",
        "dataset", "labelled_draw", "labelled_fraction", "validation_fraction", "image_shape",
        "seed", "in_memory", "missing",
    }  # fmt: skip
    held = json.loads(ESTIMATOR.to_json())
    assert held["model_arguments"] == {"kernel": "rbf"}
    assert not set(held) & set(TRAINING_FIELDS) and "epochs" in TRAINING_FIELDS
    assert Recipe.from_json(ESTIMATOR.to_json()) == ESTIMATOR == ESTIMATOR.quick()
    changed = ESTIMATOR.override({"lambda1": "1", "labelled_fraction": "0.5"})
    assert changed.model_arguments == {"kernel": "rbf", "lambda1": 1.0}
    assert changed.labelled_fraction == 0.5


@pytest.mark.parametrize("key", TRAINING_FIELDS)
def test_how_a_network_is_trained_says_nothing_of_an_estimator(key):
    assert key in recipe().override_types()
    with pytest.raises(zoo.InputError, match=f"without steps, so `{key}` says nothing.*lambda1"):
        ESTIMATOR.override({key: "1"})
