"""Ladder networks of Table 2, and their Γ variant, with all labels of MNIST and with few.

    zoo train ladder/mnist
    zoo train ladder_100/mnist
    zoo train ladder_gamma_1000/mnist

The number behind the name is that of the labels. Networks, noise and the weights of the costs are
the paper's on the permutation-invariant MNIST: 1000, 1 and 0.01 for image, first and further layers
with all labels, ten times as much behind the image with 100, and 2000, 20 and 0.1 with 1,000; Γ has
2, 0.5 and 10 with all, 100 and 1,000 labels. Adam from 2e-3 with half a cosine, where the paper
stays at that rate for two thirds of 150 epochs and falls to 0 in a line. With few labels half of a
batch is labeled rows.
"""

from typing import Any

from zoo.recipes.image_sets import MNIST_ROWS, ON_DIGITS, RATES

from zoo.recipe import Recipe, published_fields

PAPER = "Rasmus et al., Semi-supervised learning with ladder networks, NIPS 2015"
SYSTEM = "Ladder Networks"
# By variant and number of labels (None is all of them): the weights, and what the paper reports.
MNIST: dict[tuple[str, int | None], tuple[dict[str, Any], float | None]] = {
    ("full", None): ({}, None),
    ("full", 100): ({"first_weight": 10.0, "further_weight": 0.1}, 0.9894),
    ("full", 1000): (
        {"input_weight": 2000.0, "first_weight": 20.0, "further_weight": 0.1},
        0.9916,
    ),
    ("gamma", None): ({"further_weight": 2.0}, 0.9922),
    ("gamma", 100): ({"further_weight": 0.5}, 0.9694),
    ("gamma", 1000): ({"further_weight": 10.0}, None),
}
TRAINING = {"batch_size": 100, "epochs": 30, "learning_rate": 2e-3}
TRAINING_FEW = {"batch_size": 200, "epochs": 40, "learning_rate": 2e-3, "labelled_batch_size": 100}
SEARCH = {
    "full": {"input_weight": (10.0, 10_000.0), "noise": (0.1, 0.6)},
    "gamma": {"further_weight": (0.1, 100.0), "noise": (0.1, 0.6)},
}


def recipe(variant: str, labels: int | None) -> Recipe:
    """The recipe of a variant for MNIST with so many labels."""
    arguments, accuracy = MNIST[variant, labels]
    name = "ladder" if variant == "full" else "ladder_gamma"
    training: dict[str, Any] = dict(TRAINING)
    if labels:
        training = {**TRAINING_FEW, "labelled_fraction": labels / MNIST_ROWS}
        name += f"_{labels}"
    if (variant, labels) == ("full", None):
        numbers = published_fields(SYSTEM, "mnist")
    elif accuracy:
        numbers = {"system": SYSTEM, "target": {"accuracy": accuracy}, "source": PAPER}
    else:
        numbers = {"system": SYSTEM}
    return Recipe(
        name=f"{name}/mnist",
        model="ladder",
        dataset="mnist",
        model_arguments={"variant": variant, **arguments},
        search={**RATES, **SEARCH[variant]},
        **numbers,
        **training,
    )


DIGITS = Recipe(
    name="ladder/digits",
    model="ladder",
    dataset="digits",
    system=SYSTEM,
    model_arguments={"units": (256, 128), "input_weight": 100.0},
    epochs=50,
    learning_rate=2e-3,
    **ON_DIGITS,
    search={**RATES, **SEARCH["full"]},
)

RECIPES = [*(recipe(variant, labels) for variant, labels in MNIST), DIGITS]
