"""Slides B: classifiers of label sets, energy networks and value networks."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from zoo.inference.descent import Descent
from zoo.models.energy_networks import (
    EndToEndEnergyNetwork,
    StructuredPredictionEnergyNetwork,
)
from zoo.models.inference_networks import InferenceNetworkGame
from zoo.models.multi_label_classifiers import MultiLabelClassifier
from zoo.models.value_networks import DeepValueNetwork
from zoo.networks.energy_network import EnergyNetwork
from zoo.networks.label_networks import energy_network, feature_network
from zoo.registry import register_model, takes_arguments_of

Stages = Sequence[Sequence[Any]] | None

# (part, share of the epochs, learning rate), see `zoo.models.base.stages`.
SPEN_STAGES = (("local", 2), ("energy", 1), ("all", 2))
INFNET_STAGES = (("local", 1), ("energy", 4))
DVN_STAGES = (("all", 2, 0.1), ("all", 2, 0.01), ("all", 1, 0.001))
DVN_GENERATORS = {"inference": 0.5, "value_gradient": 0.5}


@register_model
def mlp(
    input_shape: Sequence[int],
    num_labels: int,
    hidden: int | Sequence[int] = (150, 150),
    activation: str = "relu",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    weight_decay: float = 0.0,
    standardize: bool = False,
    loss: str = "crossentropy",
    classifier: keras.Model | None = None,
) -> MultiLabelClassifier:
    """The MLP that energies are measured against: a logit for each label by itself.

    Args:
        input_shape: (features,), or any shape, which is flattened.
        num_labels: how many labels.
        hidden, activation, dropout, input_dropout, weight_decay, standardize: as for
            `feature_network`.
        loss: as for `MultiLabelClassifier`.
        classifier: a network of your own.
    """
    if classifier is None:
        classifier = feature_network(
            input_shape,
            hidden,
            activation,
            dropout,
            input_dropout,
            weight_decay,
            num_labels=num_labels,
            standardize=standardize,
            name="classifier",
        )
    return MultiLabelClassifier(classifier, loss)


@takes_arguments_of(energy_network)
def energy_and_loop(
    input_shape: Sequence[int],
    num_labels: int,
    inference_steps: int = 20,
    step_size: float = 0.1,
    method: str = "projected",
    momentum: float = 0.0,
    tolerance: float | None = None,
    entropy_weight: float = 0.0,
    **arguments: Any,
) -> tuple[EnergyNetwork, Descent]:
    """An energy, and the inner loop that minimizes it.

    Args:
        input_shape: (features,), or any shape, which is flattened.
        num_labels: how many labels.
        inference_steps: `steps` of `zoo.inference.Descent`.
        step_size, method, momentum, tolerance, entropy_weight: as for `zoo.inference.Descent`.
        **arguments: those of `energy_network`.
    """
    loop = Descent(inference_steps, step_size, method, momentum, tolerance, entropy_weight)
    return energy_network(input_shape, num_labels, **arguments), loop


@register_model
@takes_arguments_of(energy_and_loop)
def spen(
    input_shape: Sequence[int],
    num_labels: int,
    cost: str = "squared",
    margin: str = "margin_rescaling",
    start: str = "local",
    stages: Stages = SPEN_STAGES,
    **arguments: Any,
) -> StructuredPredictionEnergyNetwork:
    """SPEN: features and local energy, then the other terms, then all, by the structured hinge.

    `cost`, `margin`, `start` and `stages` as for `StructuredPredictionEnergyNetwork`.
    """
    network, loop = energy_and_loop(input_shape, num_labels, **arguments)
    return StructuredPredictionEnergyNetwork(
        network, cost, margin, inference=loop, start=start, stages=stages
    )


@register_model
@takes_arguments_of(energy_and_loop)
def spen_e2e(
    input_shape: Sequence[int],
    num_labels: int,
    loss: str = "crossentropy",
    learn_step_sizes: bool = False,
    method: str = "entropic",
    start: str = "half",
    stages: Stages = SPEN_STAGES,
    **arguments: Any,
) -> EndToEndEnergyNetwork:
    """SPEN (E2E): by the gradient through unrolled inference.

    `loss`, `learn_step_sizes`, `start` and `stages` as for `EndToEndEnergyNetwork`.
    """
    network, loop = energy_and_loop(input_shape, num_labels, method=method, **arguments)
    return EndToEndEnergyNetwork(
        network, loss, learn_step_sizes, inference=loop, start=start, stages=stages
    )


@register_model
@takes_arguments_of(energy_network)
def infnet(
    input_shape: Sequence[int],
    num_labels: int,
    activation: str = "relu",
    cost: str = "squared",
    margin: str = "margin_rescaling",
    entropy_weight: float = 1.0,
    decay: float = 0.01,
    distance_weight: float = 10.0,
    adversary_steps: int = 1,
    stages: Stages = INFNET_STAGES,
    inference_network: keras.Model | None = None,
    **arguments: Any,
) -> InferenceNetworkGame:
    """InfNet: an energy against an inference network of the shape of its features.

    `cost`, `margin`, `entropy_weight`, `decay`, `distance_weight`, `adversary_steps` and `stages`
    as for `InferenceNetworkGame`; `inference_network` is a network of your own.
    """
    energy = energy_network(input_shape, num_labels, activation=activation, **arguments)
    if inference_network is None:
        shared = ("hidden", "dropout", "input_dropout", "local_bias", "standardize")
        taken = {key: arguments[key] for key in shared if key in arguments}
        inference_network = feature_network(
            input_shape,
            activation=activation,
            num_labels=num_labels,
            use_bias=taken.pop("local_bias", True),
            name="inference_network",
            **taken,
        )
    return InferenceNetworkGame(
        energy,
        inference_network,
        cost,
        margin,
        entropy_weight,
        decay,
        distance_weight,
        stages,
        adversary_steps=adversary_steps,
    )


@register_model
@takes_arguments_of(energy_and_loop)
def dvn(
    input_shape: Sequence[int],
    num_labels: int,
    hidden: int | Sequence[int] = 150,
    label_bias: bool = False,
    initializer: str = "he_normal",
    weight_decay: float = 5e-4,
    step_size: float = 0.5,
    oracle: str = "f1",
    empty_value: float = 0.0,
    generators: Mapping[str, float] = DVN_GENERATORS,
    generator_steps: int = 1,
    temperature: float = 0.5,
    start: str = "zeros",
    stages: Stages = DVN_STAGES,
    seed: int | None = None,
    value_network: keras.Model | None = None,
    **arguments: Any,
) -> DeepValueNetwork:
    """DVN: a value network that is climbed; v = sigmoid(-E) for the energy built here.

    `oracle`, `empty_value`, `generators`, `generator_steps`, `temperature`, `start`, `stages` and
    `seed` as for `DeepValueNetwork`; `value_network` is a network of your own.
    """
    network, loop = energy_and_loop(
        input_shape,
        num_labels,
        hidden=hidden,
        label_bias=label_bias,
        initializer=initializer,
        weight_decay=weight_decay,
        step_size=step_size,
        **arguments,
    )
    return DeepValueNetwork(
        network if value_network is None else value_network,
        oracle,
        empty_value,
        generators,
        generator_steps,
        temperature,
        seed,
        inference=loop,
        start=start,
        stages=stages,
    )
