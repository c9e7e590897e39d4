"""Losses of outputs with structure: costs between labelings, and the structured hinge.

Labels are of shape `(batch, labels)`, or masks of shape `(batch, height, width, 1)`; sums are over
all axes but the first. Energies are low where a labeling is good. The other losses of such outputs
are here by name, too: `zoo.losses.multi_label` and `zoo.losses.oracles`.
"""

from collections.abc import Callable

import tensorflow as tf
from keras import ops

from zoo.errors import InputError, check_choice
from zoo.losses.checks import (
    as_floats,
    check_same_shape,
    label_pair,
    require,
    sum_over_labels,
)

# The least probability that `crossentropy_cost` takes the logarithm of.
SMALLEST_PROBABILITY = 1e-7


def hamming_cost(y, y_hat):
    """Hamming cost: how many labels differ, made linear in soft labels.

    Formula: `sum(y * (1 - y_hat) + (1 - y) * y_hat)`: the expected number of labels that differ,
    were each drawn with its probability. For y in {0, 1} it is `sum(|y - y_hat|)`; but it is
    smooth, and its gradient by `y_hat`, 1 - 2y, also leads away from `y_hat = y`, where inference
    that looks for costly labelings may start. Of two soft labels that are equal it is not 0.

    Args:
        y: Labels in [0, 1].
        y_hat: Predicted labels in [0, 1], of the same shape.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ and, eagerly, for labels outside [0, 1].

    Example:
        One label missed, one half too many.

        >>> float(hamming_cost([[1.0, 0.0, 1.0]], [[0.0, 0.5, 1.0]])[0])
        1.5
    """
    y, y_hat = label_pair(y, y_hat)
    return sum_over_labels(y * (1.0 - y_hat) + (1.0 - y) * y_hat)


def squared_cost(y, y_hat):
    """Squared cost: the squared distance between two labelings.

    Formula: `sum((y - y_hat)**2)`, the number of labels that differ where both are 0 or 1.

    Args:
        y: Labels in [0, 1].
        y_hat: Predicted labels in [0, 1], of the same shape.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ and, eagerly, for labels outside [0, 1].

    Example:
        One label missed, one half too many.

        >>> float(squared_cost([[1.0, 0.0, 1.0]], [[0.0, 0.5, 1.0]])[0])
        1.25

    Reference: L. Tu and K. Gimpel, "Learning approximate inference networks for structured
    prediction", ICLR 2018: their cost for label sets.
    """
    y, y_hat = label_pair(y, y_hat)
    return sum_over_labels(ops.square(y - y_hat))


def crossentropy_cost(y, y_hat):
    """Cross-entropy as a cost between labelings, in nats.

    Formula: `sum(-y * log(y_hat) - (1 - y) * log(1 - y_hat))`, each logarithm being of at least
    1e-7: a label that is entirely wrong costs 16.1, and its gradient is 0.

    Args:
        y: Labels in [0, 1].
        y_hat: Predicted labels in [0, 1] (probabilities, not logits), of the same shape.

    Returns:
        One value per sample, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ and, eagerly, for labels outside [0, 1].

    Example:
        Half sure of two labels: 2 log(2).

        >>> float(crossentropy_cost([[1.0, 0.0]], [[0.5, 0.5]])[0])
        1.3862943649291992
    """
    y, y_hat = label_pair(y, y_hat)
    log_one = ops.log(ops.maximum(y_hat, SMALLEST_PROBABILITY))
    log_zero = ops.log(ops.maximum(1.0 - y_hat, SMALLEST_PROBABILITY))
    return sum_over_labels(-y * log_one - (1.0 - y) * log_zero)


COSTS = {"crossentropy": crossentropy_cost, "hamming": hamming_cost, "squared": squared_cost}


def cost_named(name: str) -> Callable:
    """The cost between labelings of a name: "hamming", "squared" or "crossentropy".

    Args:
        name: One of `COSTS`.

    Returns:
        A function `(y, y_hat)` to one value per sample.

    Raises:
        InputError: for another name.

    Example:
        >>> float(cost_named("hamming")([[1.0, 0.0]], [[0.0, 0.0]])[0])
        1.0
    """
    check_choice("cost", name, COSTS)
    return COSTS[name]


def structured_hinge(
    energy_of_truth, energy_of_prediction, cost=None, kind: str = "margin_rescaling"
):
    """Structured hinge: what the truth lacks to lie lower than a prediction, by a margin.

    Formulas, with E the energies and `[a]_+ = max(0, a)`:

    - "margin_rescaling": `[cost - E(y_hat) + E(y)]_+`;
    - "slack_rescaling": `[cost * (1 - E(y_hat) + E(y))]_+`;
    - "contrastive": `[1 - E(y_hat) + E(y)]_+`;
    - "perceptron": `[-E(y_hat) + E(y)]_+`.

    At the labeling that maximizes them, the first two are at least the cost of the labeling of
    the lowest energy, and the last is 0 only if that is the truth's energy.

    Args:
        energy_of_truth: E(x, y), of shape `(batch,)`.
        energy_of_prediction: E(x, y_hat), of the same shape.
        cost: Cost between y and y_hat, at least 0, of the same shape; None where the kind takes
            none ("contrastive" and "perceptron" do not look at it).
        kind: One of the four.

    Returns:
        One value per sample, of the shape of the energies.

    Raises:
        InputError: for another kind, shapes that differ, a cost that is missing or, eagerly,
            negative.

    Example:
        The truth lies lower by 2, but should by 3:

        >>> float(structured_hinge([-1.0], [1.0], [3.0])[0])
        1.0

    Reference: I. Tsochantaridis et al., "Large margin methods for structured and interdependent
    output variables", JMLR 6, 2005, for the first two; L. Tu and K. Gimpel, "Learning approximate
    inference networks for structured prediction", ICLR 2018, for all four.
    """
    check_choice("kind of structured hinge", kind, HINGES)
    prediction = as_floats(energy_of_prediction)
    truth = ops.cast(energy_of_truth, prediction.dtype)
    check_same_shape("energy_of_truth", truth, "energy_of_prediction", prediction)
    # How much too low the prediction lies.
    excess = truth - prediction
    if kind in ("contrastive", "perceptron"):
        return ops.relu(HINGES[kind](excess, None))
    if cost is None:
        raise InputError(
            f"The structured hinge {kind!r} needs a cost. Received: cost=None. "
            "Without one there are 'contrastive' and 'perceptron'."
        )
    cost = ops.cast(cost, prediction.dtype)
    check_same_shape("cost", cost, "energy_of_prediction", prediction)
    if not tf.is_symbolic_tensor(cost):
        require(~ops.any(cost < 0), "`cost` must be at least 0. Received: negative ones.", cost)
    return ops.relu(HINGES[kind](excess, cost))


HINGES = {
    "margin_rescaling": lambda excess, cost: cost + excess,
    "slack_rescaling": lambda excess, cost: cost * (1.0 + excess),
    "contrastive": lambda excess, cost: 1.0 + excess,
    "perceptron": lambda excess, cost: excess,
}
