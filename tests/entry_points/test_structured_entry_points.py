"""zoo/entry_points/structured.py: arguments reach the models they belong to."""

import inspect

import pytest

import zoo
from zoo.networks.label_networks import feature_network
from zoo.registry import create_model, entry_point

SHAPE = {"input_shape": (6,), "num_labels": 4}


@pytest.mark.parametrize("name", ["spen", "spen_e2e", "dvn", "structured_svm"])
def test_the_inner_loop_is_as_told(name):
    model = create_model(name, **SHAPE, inference_steps=7, step_size=0.3, momentum=0.5)
    assert (model.inference.steps, model.inference.step_size) == (7, 0.3)
    assert model.inference.momentum == 0.5
    assert "inference_steps" not in inspect.signature(entry_point("infnet")).parameters


def test_dvn_is_by_default_what_was_published():
    model = create_model("dvn", input_shape=(1836,), num_labels=159)
    local, label = model.value_network.terms
    assert local.kernel.shape == (150, 159) and label.label_kernel.shape == (159, 16)
    assert local.use_bias and not label.use_bias
    assert (model.inference.steps, model.inference.step_size, model.start) == (20, 0.5, "zeros")
    assert model.generators == {"inference": 0.5, "value_gradient": 0.5}


def test_an_inference_network_is_as_large_as_the_features():
    model = create_model("infnet", **SHAPE, units=(5, 3), local_bias=False)
    shapes = [tuple(v.shape) for v in model.inference_network.trainable_variables]
    assert shapes == [(6, 5), (5,), (5, 3), (3,), (3, 4)]
    own = feature_network((6,), (9,), num_labels=4)
    assert create_model("infnet", **SHAPE, inference_network=own).inference_network is own


def test_networks_of_ones_own():
    classifier = feature_network((6,), (9,), num_labels=4)
    assert create_model("mlp", **SHAPE, classifier=classifier).classifier is classifier
    value_network = create_model("spen", **SHAPE).energy_network
    model = create_model("dvn", **SHAPE, value_network=value_network)
    assert model.value_network is value_network


def test_a_misspelt_argument_is_named():
    with pytest.raises(zoo.InputError, match="Did you mean 'measurements'"):
        create_model("spen", **SHAPE, measurement=3)
