"""Slides B: label sets by energy and value networks, and support vector machines."""

from collections.abc import Mapping
from typing import Any

import keras

from zoo.entry_points.arguments import Network, call, check_void, takes
from zoo.inference.descent import Descent
from zoo.models import (
    DeepValueNetwork,
    EndToEndEnergyNetwork,
    InferenceNetworkGame,
    MultiLabelClassifier,
    StructuredPredictionEnergyNetwork,
    SupportVectorMachine,
)
from zoo.networks import EnergyNetwork, energy_network, feature_network
from zoo.registry import register_model

# (part, share of the epochs, learning rate), see `zoo.models.base.stages`.
SPEN_STAGES = (("local", 2), ("energy", 1), ("all", 2))
DVN_STAGES = (("all", 2, 0.1), ("all", 2, 0.01), ("all", 1, 0.001))
OF_FEATURES = "units activation dropout input_dropout standardize"
OF_TERMS = "measurements label_activation label_bias conditional_measurements pairwise"
OF_BOTH = "weight_decay initializer"
# The other margins do without a cost.
WITH_COST = {"cost": {"margin": ["margin_rescaling", "slack_rescaling"]}}
SCORER_BUILT = {"units activation weight_decay": "scorer"}
ENERGY_BUILT = {
    OF_FEATURES: "features",
    f"{OF_TERMS} local_bias": "terms",
    OF_BOTH: "features terms",
}
DVN_GENERATORS = {"inference": 0.5, "value_gradient": 0.5}


@register_model
@takes(
    (
        feature_network,
        "input_shape units activation dropout input_dropout weight_decay standardize",
    ),
    MultiLabelClassifier,
    built={"units activation dropout input_dropout weight_decay standardize": "classifier"},
)
def mlp(num_labels: int, classifier, label_loss, **given: Any) -> MultiLabelClassifier:
    """The MLP that energies are measured against: a logit for each label by itself.

    Reference: D. Belanger and A. McCallum, Structured prediction energy networks, ICML 2016, the
    MLP of its tables, arXiv:1511.06350.

    Args:
        num_labels: how many labels.
    """
    if classifier is None:
        classifier = feature_network(**given, num_labels=num_labels, name="classifier")
    return MultiLabelClassifier(classifier, label_loss)


@takes(energy_network, (Descent, "step_size method momentum tolerance entropy_weight"))
def energy_and_loop(inference_steps: int = 20, **given: Any) -> tuple[EnergyNetwork, Descent]:
    """An energy, and the inner loop that minimizes it.

    Args:
        inference_steps: `steps` of `zoo.inference.Descent`.
    """
    return call(energy_network, given), call(Descent, given, steps=inference_steps)


@register_model
@takes(
    energy_and_loop,
    (StructuredPredictionEnergyNetwork, "cost margin start stages"),
    only=WITH_COST,
    built=ENERGY_BUILT,
    start="local",
    stages=SPEN_STAGES,
)
def spen(**given: Any) -> StructuredPredictionEnergyNetwork:
    """SPEN: features and local energy, then the other terms, then all, by the structured hinge."""
    energy, loop = call(energy_and_loop, given)
    return call(StructuredPredictionEnergyNetwork, given, energy_network=energy, inference=loop)


@register_model
@takes(
    energy_and_loop,
    (EndToEndEnergyNetwork, "iterate_loss learn_step_sizes start stages"),
    built=ENERGY_BUILT,
    method="entropic",
    start="half",
    stages=SPEN_STAGES,
)
def spen_e2e(**given: Any) -> EndToEndEnergyNetwork:
    """SPEN (E2E): by the gradient through unrolled inference."""
    energy, loop = call(energy_and_loop, given)
    return call(EndToEndEnergyNetwork, given, energy_network=energy, inference=loop)


@register_model
@takes(
    energy_network,
    (
        InferenceNetworkGame,
        "inference_network cost margin entropy_weight decay distance_weight stages "
        "refinement_steps refinement_rate adversary_steps",
    ),
    only=WITH_COST,
    built={
        OF_FEATURES: "features inference_network",
        OF_TERMS: "terms",
        "local_bias": "terms inference_network",
        OF_BOTH: "features terms",
    },
    activation="relu",
)
def infnet(inference_network, **given: Any) -> InferenceNetworkGame:
    """InfNet: an energy against an inference network of the shape of its features."""
    energy = call(energy_network, given)
    if inference_network is None:
        # Not the weight decay nor the initializer, which are the energy's.
        shared = "input_shape num_labels units activation dropout input_dropout standardize"
        inference_network = feature_network(
            **{key: given[key] for key in shared.split()},
            use_bias=given["local_bias"],
            name="inference_network",
        )
    networks = {"energy_network": energy, "inference_network": inference_network}
    return call(InferenceNetworkGame, given, **networks)


def check_generators(given: Mapping[str, Any]) -> None:
    """Raises `InputError` for an argument of a generator that is not in the mix."""
    # None is the mix of `zoo.DeepValueNetwork`.
    names = DVN_GENERATORS if given["generators"] is None else given["generators"]
    if not {"adversarial", "value_gradient"} & set(names):
        check_void(given, "without the adversarial or value gradient generator", generator_steps=1)
    if "stratified" not in names:
        check_void(given, "without the stratified generator", temperature=0.5)


@register_model
@takes(
    energy_and_loop,
    (
        DeepValueNetwork,
        "value_network oracle empty_value generators generator_steps temperature seed start stages",
    ),
    built={
        **ENERGY_BUILT,
        f"features terms {OF_FEATURES} {OF_TERMS} local_bias {OF_BOTH}": "value_network",
    },
    units=150,
    label_bias=False,
    initializer="he_normal",
    weight_decay=5e-4,
    step_size=0.5,
    generators=DVN_GENERATORS,
    stages=DVN_STAGES,
)
def dvn(value_network, **given: Any) -> DeepValueNetwork:
    """DVN: a value network that is climbed; v = sigmoid(-E) for the energy built here."""
    check_generators(given)
    energy, loop = call(energy_and_loop, given)
    value_network = energy if value_network is None else value_network
    return call(DeepValueNetwork, given, value_network=value_network, inference=loop)


@register_model
@takes(
    (feature_network, "input_shape units activation weight_decay"),
    (SupportVectorMachine, "scorer"),
    built=SCORER_BUILT,
    units=(),
    weight_decay=1e-4,
)
def binary_svm(**given: Any) -> SupportVectorMachine:
    """A support vector machine of two classes, 0 and 1, linear unless given hidden layers.

    λ of λ · ‖W‖² is `weight_decay`. A `scorer` of your own gives one score.

    Reference: C. Cortes and V. Vapnik, Support-vector networks, Machine Learning 20, 1995,
    doi:10.1007/BF00994018; slides B, "Binary SVM".
    """
    return SupportVectorMachine(_scorer(**given, num_labels=1), "binary")


@register_model
@takes(binary_svm, (SupportVectorMachine, "hinge"), built=SCORER_BUILT)
def multiclass_svm(num_classes: int, hinge, **given: Any) -> SupportVectorMachine:
    """A support vector machine of many classes, linear unless given hidden layers.

    λ of λ · ‖W‖² is `weight_decay`. A `scorer` of your own gives a score for each class.

    Reference: K. Crammer and Y. Singer, On the algorithmic implementation of multiclass
    kernel-based vector machines, JMLR 2, 2001; J. Weston and C. Watkins, Support vector machines
    for multi-class pattern recognition, ESANN 1999; slides B, "Multi-class SVM".

    Args:
        num_classes: how many classes.
    """
    return SupportVectorMachine(_scorer(**given, num_labels=num_classes), hinge)


@register_model
@takes(
    energy_and_loop,
    (StructuredPredictionEnergyNetwork, "cost margin solver start"),
    only=WITH_COST,
    built=ENERGY_BUILT,
    units=(),
    measurements=0,
    pairwise=True,
    weight_decay=1e-4,
    cost="hamming",
    start="local",
)
def structured_svm(**given: Any) -> StructuredPredictionEnergyNetwork:
    """The structured support vector machine: local and pairwise scores, linear in the input.

    Without the pairs the `"exact"` solver is a closed form.

    Reference: I. Tsochantaridis, T. Joachims, T. Hofmann and Y. Altun, Large margin methods for
    structured and interdependent output variables, JMLR 6, 2005; slides B, "Structured SVM".
    """
    if given["solver"] == "exact":
        check_void(
            given,
            "with solver='exact'",
            inference_steps=20,
            step_size=0.1,
            method="projected",
            tolerance=None,
            momentum=0.0,
            entropy_weight=0.0,
            start="local",
        )
    energy, loop = call(energy_and_loop, given)
    return call(StructuredPredictionEnergyNetwork, given, energy_network=energy, inference=loop)


def _scorer(scorer: Network, **settings: Any) -> keras.Model:
    return feature_network(**settings, name="scorer") if scorer is None else scorer
