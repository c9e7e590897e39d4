"""zoo/entry_points/arguments.py: what an entry point takes of what it builds, and passes on."""

import inspect
import re

import keras
import pytest
from keras import layers

import zoo
from zoo.entry_points.arguments import Network, call, takes
from zoo.registry import entry_point, void_arguments


class Base:
    def __init__(self, steps: int = 1, **kwargs):
        self.made = {"steps": steps, **kwargs}


class Model(Base):
    """A class, with an argument of its own and one of its base."""

    def __init__(self, network: keras.Model, weight: float = 1.0, **kwargs):
        super().__init__(**kwargs, network=network, weight=weight)


def build(shape: tuple, size: int = 3, dropout: float = 0.5, name: str = "network"):
    return shape, size, dropout, name


@takes(build, Model, (Model, "steps"), dropout=0.25)
def system(size, own: str = "mine", **given):
    """A system.

    Args:
        own: of the system.
    """
    return {"size": size, "own": own, **given}


@takes(system, size=7)
def other(**given):
    """Another size."""
    return system(**given)


def test_a_function_without_a_docstring_has_its_arguments_described():
    """As all are under `python -OO`."""

    @takes(build)
    def bare(**given):
        return given

    assert "size, dropout" in bare.__doc__


def test_the_signature_is_that_of_the_parts():
    shown = inspect.signature(system).parameters
    assert {key: (each.annotation, each.default) for key, each in shown.items()} == {
        "shape": (tuple, inspect.Parameter.empty),
        "own": (str, "mine"),
        "size": (int, 3),
        "dropout": (float, 0.25),
        "network": (Network, None),
        "weight": (float, 1.0),
        "steps": (int, 1),
    }
    assert [key for key, each in shown.items() if each.kind is not each.KEYWORD_ONLY] == ["shape"]
    assert set(inspect.signature(other).parameters) == set(shown)


def test_every_argument_arrives_with_its_default():
    defaults = {"own": "mine", "dropout": 0.25, "network": None, "weight": 1.0, "steps": 1}
    assert system((8,)) == {"shape": (8,), "size": 3, **defaults}
    assert other((8,), weight=2.0) == {"shape": (8,), "size": 7, **defaults, "weight": 2.0}
    with pytest.raises(TypeError, match="dropuot"):
        system((8,), dropuot=0.1)


def test_a_part_is_called_with_what_it_knows():
    given = other((8,), steps=4)
    assert call(build, given) == ((8,), 7, 0.25, "network")
    assert call(build, given, size=9, name="mine") == ((8,), 9, 0.25, "mine")
    assert call(Model, given).made == {"network": None, "weight": 1.0, "steps": 4}


def test_the_docstring_says_whose_the_arguments_are():
    text = inspect.getdoc(other)
    assert text.startswith("Another size.\n\nArgs:\n")
    for part in ("size, dropout: as for `[^`]*build`", "own: as for `[^`]*system`"):
        assert re.search(part, text)
    assert re.search("weight, steps: as for `[^`]*Model`", text)
    assert "    own: of the system.\n" in inspect.getdoc(system)


@pytest.mark.parametrize("name", [*zoo.list_models(), *zoo.list_estimators()])
def test_every_argument_of_an_entry_point_is_documented(name):
    function = entry_point(name)
    described = inspect.getdoc(function).partition("Args:\n")[2]
    parameters = inspect.signature(function).parameters
    assert set(parameters) <= set(re.findall(r"\w+", described))
    assert not [key for key in parameters if key.startswith("_") or key == "given"]


IMAGES = {"input_shape": (8, 8, 1), "num_classes": 3, "size": (4,)}
FLAT = {"input_shape": (8, 8, 1), "num_classes": 3}
ROWS = {"input_shape": (6,), "num_labels": 3, "units": (4,)}
ROWS_ALONE = {"input_shape": (6,), "num_labels": 3}
LEARNED_FROM_ITS_OWN = {"generators": {"inference": 1.0}}


@pytest.mark.parametrize(
    ("name", "arguments", "void", "otherwise"),
    [
        ("ac_nc_v1", IMAGES, {"adversarial_loss": "minimax"}, {"variant": "two_heads"}),
        ("ac_nc_v1", IMAGES | {"variant": "pixels"}, {"reconstruction_loss": "mae"}, None),
        ("ac_nc_v1", IMAGES | {"variant": "pixels"}, {"margin": 0.7}, {"variant": "energy"}),
        ("spen", ROWS | {"margin": "contrastive"}, {"cost": "hamming"},
         {"margin": "slack_rescaling"}),
        ("infnet", ROWS | {"margin": "perceptron"}, {"cost": "hamming"},
         {"margin": "margin_rescaling"}),
        ("vae", {"input_shape": (6,), "features": "unit"}, {"likelihood_scale": 0.2}, None),
        ("m1", {"input_shape": (8, 8, 1), "size": (4,)}, {"likelihood_scale": "learned"},
         {"likelihood": "gaussian"}),
        ("cnn", IMAGES, {"residual": True}, {"units": (5,)}),
        ("ae", {"input_shape": (8, 8, 1), "size": (4,)}, {"normalization": "batch"},
         {"kind": "dense"}),
        ("maxout", FLAT, {"filters": (4,)}, {"kind": "convolutional"}),
        ("maxout", FLAT | {"kind": "convolutional"}, {"units": (5,)}, {"kind": "dense"}),
        ("vat", FLAT, {"dropout": 0.2}, {"kind": "convolutional"}),
        ("vat", FLAT, {"size": (4,)}, {"kind": "pooled"}),
        ("vat", IMAGES | {"kind": "pooled"}, {"convolutions": 1}, {"kind": "convolutional"}),
        ("vat", IMAGES | {"kind": "pooled"}, {"units": (5,)}, None),
        ("ladder", FLAT, {"size": (4,)}, {"kind": "convolutional", "variant": "gamma"}),
        ("ladder", FLAT | {"variant": "gamma"}, {"first_weight": 2.0}, {"variant": "full"}),
        ("catgan", FLAT, {"dropout": 0.2}, {"kind": "convolutional"}),
        ("catgan", IMAGES | {"kind": "convolutional"}, {"classifier_noise": 0.1}, None),
        ("catgan", IMAGES | {"kind": "convolutional"}, {"generator_units": (5,)}, None),
        ("task_oriented_gan", IMAGES, {"units": (5,)}, None),
        ("task_oriented_gan", FLAT | {"kind": "dense"}, {"size": (4,)},
         {"generator_kind": "convolutional"}),
        ("task_oriented_gan", IMAGES | {"generator_kind": "convolutional"},
         {"discriminator_units": (5,)}, {"generator_kind": "dense"}),
        ("dvn", ROWS, {"temperature": 0.1}, {"generators": {"stratified": 1.0}}),
        ("dvn", ROWS | LEARNED_FROM_ITS_OWN, {"generator_steps": 3},
         {"generators": {"adversarial": 1.0}}),
        ("structured_svm", {"input_shape": (6,), "num_labels": 3, "solver": "exact"},
         {"inference_steps": 5}, {"solver": "gradient"}),
    ],
)  # fmt: skip
def test_what_says_nothing_is_refused(name, arguments, void, otherwise):
    zoo.create_model(name, **arguments)
    with pytest.raises(zoo.InputError, match=f"`{next(iter(void))}`.* (says nothing|are of dense)"):
        zoo.create_model(name, **arguments, **void)
    if otherwise:
        zoo.create_model(name, **{**arguments, **void, **otherwise})


@pytest.mark.parametrize("name", zoo.list_models())
def test_what_depends_on_another_argument_is_an_argument(name):
    function = entry_point(name)
    parameters = inspect.signature(function).parameters
    others = [other for each in function.only.values() for other in each]
    built = [argument for names in function.built for argument in names.split()]
    parts = [part for parts in function.built.values() for part in parts.split()]
    assert {*function.only, *others, *built, *parts} <= set(parameters)
    assert void_arguments(function, dict.fromkeys(parts, "given")).keys() >= set(built)
    assert not set(built) & void_arguments(function, {}).keys() - function.only.keys()


DENSE_ENCODER = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(4)])
DECODER = keras.Sequential([keras.Input((2,)), layers.Dense(64), layers.Reshape((8, 8, 1))])
CLASSIFIER = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3)])
SCORER = keras.Sequential([keras.Input((6,)), layers.Dense(1)])
LABELS = keras.Sequential([keras.Input((6,)), layers.Dense(3)])


@pytest.mark.parametrize(
    ("name", "shapes", "networks", "void", "message"),
    [
        ("m1", {"input_shape": (8, 8, 1)}, {"encoder": DENSE_ENCODER}, {"code_size": 3},
         "`code_size` says nothing beside `encoder`; leave it out"),
        ("m1", {"input_shape": (8, 8, 1)}, {"encoder": DENSE_ENCODER, "decoder": DECODER},
         {"kind": "convolutional"}, "`kind` says nothing beside `encoder` and `decoder`"),
        ("vat", FLAT, {"classifier": CLASSIFIER}, {"units": (5,)}, "beside `classifier`"),
        ("mlp", ROWS_ALONE, {"classifier": LABELS}, {"dropout": 0.5}, "beside `classifier`"),
        ("binary_svm", {"input_shape": (6,)}, {"scorer": SCORER}, {"units": (5,)}, "`scorer`"),
    ],
)  # fmt: skip
def test_how_a_network_is_built_says_nothing_where_it_is_given(
    name, shapes, networks, void, message
):
    zoo.create_model(name, **shapes, **networks)
    with pytest.raises(zoo.InputError, match=message):
        zoo.create_model(name, **shapes, **networks, **void)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ae", {"input_shape": (6,), "categories": 2}, r"as in \[3, 2\]. Received: categories=2"),
        ("spen", {**ROWS_ALONE, "terms": 3}, r"one or more energy terms.*Received: \[3\]"),
        ("structured_svm", {**ROWS_ALONE, "activation": "rely"}, "rely"),
        ("structured_svm", {**ROWS_ALONE, "label_activation": "rely"}, "rely"),
    ],
)
def test_a_bad_value_is_told_also_where_nothing_is_made_of_it(name, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        zoo.create_model(name, **arguments)


def test_without_generators_a_value_network_has_those_of_its_class():
    model = zoo.create_model("dvn", **ROWS, generators=None, generator_steps=4)
    assert model.generator_steps == 4
