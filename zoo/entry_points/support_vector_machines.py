"""Slides B: support vector machines of two classes, of many, and of label sets."""

from collections.abc import Sequence
from typing import Any

import keras

from zoo.entry_points.structured import energy_and_loop
from zoo.models.energy_networks import StructuredPredictionEnergyNetwork
from zoo.models.support_vector_machines import SupportVectorMachine
from zoo.networks.label_networks import feature_network
from zoo.registry import register_model, takes_arguments_of


@register_model
def binary_svm(
    input_shape: Sequence[int],
    hidden: int | Sequence[int] = (),
    activation: str = "relu",
    weight_decay: float = 1e-4,
    scorer: keras.Model | None = None,
) -> SupportVectorMachine:
    """A support vector machine of two classes, 0 and 1, linear unless given hidden layers.

    Args:
        input_shape: (features,), or any shape, which is flattened.
        hidden, activation, weight_decay: as for `feature_network`; λ is that of λ · ‖W‖².
        scorer: a network of your own, to one score.
    """
    if scorer is None:
        scorer = _scorer(input_shape, 1, hidden, activation, weight_decay)
    return SupportVectorMachine(scorer, "binary")


@register_model
def multiclass_svm(
    input_shape: Sequence[int],
    num_classes: int,
    hinge: str = "crammer_singer",
    hidden: int | Sequence[int] = (),
    activation: str = "relu",
    weight_decay: float = 1e-4,
    scorer: keras.Model | None = None,
) -> SupportVectorMachine:
    """A support vector machine of many classes, linear unless given hidden layers.

    Args:
        input_shape: (features,), or any shape, which is flattened.
        num_classes: how many classes.
        hinge: `"crammer_singer"` or `"weston_watkins"`.
        hidden, activation, weight_decay: as for `feature_network`; λ is that of λ · ‖W‖².
        scorer: a network of your own, to one score for each class.
    """
    if scorer is None:
        scorer = _scorer(input_shape, num_classes, hidden, activation, weight_decay)
    return SupportVectorMachine(scorer, hinge)


@register_model
@takes_arguments_of(energy_and_loop)
def structured_svm(
    input_shape: Sequence[int],
    num_labels: int,
    hidden: int | Sequence[int] = (),
    measurements: int = 0,
    pairwise: bool = True,
    weight_decay: float = 1e-4,
    cost: str = "hamming",
    margin: str = "margin_rescaling",
    solver: str = "gradient",
    start: str = "local",
    **arguments: Any,
) -> StructuredPredictionEnergyNetwork:
    """The structured support vector machine: local and pairwise scores, linear in the input.

    `cost`, `margin`, `solver` and `start` as for `StructuredPredictionEnergyNetwork`: without the
    pairs the `"exact"` solver is a closed form.
    """
    network, loop = energy_and_loop(
        input_shape,
        num_labels,
        hidden=hidden,
        measurements=measurements,
        pairwise=pairwise,
        weight_decay=weight_decay,
        **arguments,
    )
    return StructuredPredictionEnergyNetwork(
        network, cost, margin, solver, inference=loop, start=start
    )


def _scorer(input_shape, scores, hidden, activation, weight_decay):
    return feature_network(
        input_shape,
        hidden,
        activation,
        weight_decay=weight_decay,
        num_labels=scores,
        name="scorer",
    )
