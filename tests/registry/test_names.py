"""zoo/registry/names.py: names, arguments, and that nothing public is out of reach."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
import write_arguments
from public_names import public_names
from sklearn.base import is_classifier

import zoo
from zoo import losses, models
from zoo.registry import names as registry


def test_names_are_sorted_and_filtered():
    names = zoo.list_models()
    assert names == sorted(names) and {"ae", "se_nc", "ac_nc_v2", "vat", "dvn_masks"} < set(names)
    assert zoo.list_models("se_*") == [name for name in names if name.startswith("se_")]


def test_unknown_names_and_arguments_are_refused():
    with pytest.raises(zoo.InputError, match="Unknown model 'se_cow'. Did you mean 'se_co'"):
        zoo.create_model("se_cow")
    with pytest.raises(zoo.InputError, match="argument of 'ae' 'codesize'.*'code_size'"):
        zoo.create_model("ae", input_shape=(8, 8, 1), codesize=3)
    with pytest.raises(zoo.InputError, match="also needs: num_classes"):
        zoo.create_model("se_co", input_shape=(8, 8, 1))


@pytest.mark.parametrize("value", ["False", "no", 1, None, []])
def test_no_text_or_number_is_a_truth_value(value):
    image, features = {"input_shape": (8, 8, 1)}, {"input_shape": (8,), "num_labels": 3}
    for name, shape, flag in (
        ("ae", image, "flip"),
        ("ae", image, "residual"),
        ("fcn", image, "mirror"),
        ("spen", features, "pairwise"),
    ):
        with pytest.raises(zoo.InputError, match=f"`{flag}` must be True or False. Received"):
            zoo.create_model(name, **shape, **{flag: value})
        zoo.create_model(name, **shape, **{flag: np.bool_(False)})


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("mlp", {"activation": "abc"}, "none of that name for 'mlp'.*abc"),
        ("spen", {"label_activation": "abc"}, "none of that name"),
        ("dvn", {"initializer": "abc"}, "none of that name"),
        ("mlp", {"dropout": "abc"}, "`dropout` must be: finite number.*abc"),
        ("mlp", {"classifier": 5}, "`classifier` must be a built keras.Model.*5"),
    ],
)
def test_what_keras_does_not_know_and_other_types_are_refused(name, arguments, said):
    settable = inspect.signature(zoo.registry.entry_point(name)).parameters
    assert arguments.keys() <= settable.keys()
    with pytest.raises(zoo.InputError, match=said):
        zoo.create_model(name, input_shape=(4,), num_labels=3, **arguments)


def test_what_can_be_set_is_known_without_the_code(monkeypatch):
    names = zoo.list_models() + zoo.list_estimators()
    for name in names:
        registry.entry_point(name)
    assert write_arguments.ARGUMENTS.read_text() == write_arguments.written(), (
        "run: python docs/write_arguments.py"
    )
    by_code = {name: registry.settable(name) for name in names}
    for table in ("_MODELS", "_ESTIMATORS"):
        monkeypatch.setattr(registry, table, {})
    assert {name: registry.settable(name) for name in names} == by_code


@pytest.mark.parametrize(
    "error",
    [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM when allocating a tensor")],
)
def test_what_there_is_no_memory_for_is_one_sentence(error, monkeypatch):
    def vast(input_shape, units: int = 3):
        raise error

    monkeypatch.setitem(registry._MODELS, "vast", vast)
    with pytest.raises(zoo.InputError, match=r"not enough memory for 'vast' .* units=8"):
        zoo.create_model("vast", input_shape=(8, 8, 1), units=8)


def test_a_name_is_given_once(tmp_path):
    def ae(input_shape):
        return None

    for register in (zoo.register_model, zoo.register_estimator):
        with pytest.raises(zoo.InputError, match="named 'ae' already"):
            register(ae)
    text = "import zoo\n@zoo.register_model\ndef of_{}(input_shape):\n    return {}\n"
    for name, file, value in (("a", "a.py", 1), ("a", "a.py", 2), ("b", "b.py", 3)):
        (tmp_path / file).write_text(text.format(name, value))
        # The same function of the same file again is no clash: the file was read again.
        exec(compile((tmp_path / file).read_text(), tmp_path / file, "exec"), {})
        assert registry.entry_point(f"of_{name}")((8, 8, 1)) == value
    with pytest.raises(zoo.InputError, match="named 'of_a' already"):
        exec(compile((tmp_path / "a.py").read_text(), tmp_path / "b.py", "exec"), {})
    for name in ("of_a", "of_b"):
        del registry._MODELS[name]


def test_estimators_stand_beside_the_models():
    assert {"src", "crc", "kenrr"} <= set(zoo.list_estimators())
    assert zoo.list_estimators("k*") == ["kenrr"]
    assert not set(zoo.list_estimators()) & set(zoo.list_models())
    assert registry.is_estimator("src") and not registry.is_estimator("ae")
    for name in zoo.list_estimators():
        estimator = zoo.create_estimator(name, num_classes=3)
        assert is_classifier(estimator) and estimator.num_classes == 3


def test_models_and_estimators_are_not_taken_for_each_other():
    with pytest.raises(zoo.InputError, match="'src' is an estimator, which `create_estimator`"):
        zoo.create_model("src", num_classes=3)
    with pytest.raises(zoo.InputError, match="Unknown estimator 'ae'. .*crc, kenrr, src"):
        zoo.create_estimator("ae")
    with pytest.raises(zoo.InputError, match="'src' also needs: num_classes"):
        zoo.create_estimator("src")
    with pytest.raises(zoo.InputError, match="argument of 'crc' 'lambda1'. .*lambda2"):
        zoo.create_estimator("crc", num_classes=3, lambda1=0.1)


def test_entry_points_share_their_arguments():
    for name in zoo.list_models():
        parameters = inspect.signature(registry.entry_point(name)).parameters
        assert "input_shape" in parameters
        if {"num_labels", "crop_size", "scorer"} & set(parameters):
            continue
        assert {"size", "units"} & set(parameters)
        # The networks of these are those of their papers, and of the last always dense.
        if name in ("m1", "m2", "m1m2", "ladder", "catgan", "task_oriented_gan", "mlp_classifier"):
            continue
        assert {"kind", "flip", "shift"} <= set(parameters)
        # A label vector has the length that the classes give it: no code to size there.
        if "classifier" in parameters:
            assert "num_classes" in parameters and "code_size" not in parameters
            assert ("generator" in parameters) == name.startswith("ac_")
        else:
            assert {"encoder", "decoder"} <= set(parameters)
            assert parameters["code_size"].default == 64


def test_every_public_model_and_loss_is_reachable():
    """A class joins an entry point, or stands here with the reason why not."""
    shape = {"input_shape": (8, 8, 1), "num_classes": 3, "num_labels": 4}
    made = set()
    for name in zoo.list_models():
        known = shape.keys() & inspect.signature(registry.entry_point(name)).parameters.keys()
        made.add(type(zoo.create_model(name, **{key: shape[key] for key in known})).__name__)
    bases = {"ZooModel", "MinMaxGame", "EnergyModel"}
    assert {name for name in public_names(models) if name not in bases} == made
    # Losses outside a model's own objective are for users' pipelines.
    assert all(callable(getattr(losses, name)) for name in public_names(losses))
    classes = [getattr(losses, name) for name in public_names(losses)]
    for each in classes:
        if inspect.isclass(each) and issubclass(each, keras.losses.Loss):
            assert type(each.from_config(each().get_config())) is each
