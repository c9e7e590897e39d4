"""Ladder networks of Table 2, and their Γ variant, with all labels of MNIST and with few.

    zoo train ladder/mnist
    zoo train ladder_100/mnist
    zoo train ladder_gamma_1000/mnist

The number behind the name is that of the labels. Networks, noise and the weights of the costs are
the paper's on the permutation-invariant MNIST: 1000, 1 and 0.01 for image, first and further layers
with all labels, ten times as much behind the image with 100, and 2000, 20 and 0.1 with 1,000; Γ has
2, 0.5 and 10 with all, 100 and 1,000 labels. With few labels, as many of each class, half of a
batch is labeled rows.

The paper trains for 90,000 steps, 150 epochs, by Adam at 2e-3 that falls to 0 in a line over the
last third. Γ does so here, which by the minutes of shorter runs takes 30 to 45 on two cores. The
full ladder takes half a cosine over 18,000 steps with all labels and 24,000 with few, 20 minutes of
the 70 or so that all would.

On CIFAR-10, Γ has 4,000 labels and a convolutional network of normalized layers, 3 to 4 times as
narrow as the paper's, without its whitening of the pixels.
"""

from typing import Any

from zoo.recipes.image_sets import MNIST_ROWS, ON_DIGITS, RATES

from zoo.published import published_fields
from zoo.recipe import Recipe

PAPER = "Rasmus et al., Semi-supervised learning with ladder networks, NIPS 2015"
SYSTEM = "Ladder Networks"
# By variant and number of labels (None is all of them): the weights, and what the paper reports.
MNIST: dict[tuple[str, int | None], tuple[dict[str, Any], float | None]] = {
    ("full", None): ({}, None),
    ("full", 100): ({"first_weight": 10.0, "further_weight": 0.1}, 0.9894),
    ("full", 1000): (
        {
            "input_weight": 2000.0,
            "first_weight": 20.0,
            "further_weight": 0.1,
            # Of the normalized layers; the image's stays at 0.3.
            "hidden_noise": 0.2,
        },
        0.9916,
    ),
    ("gamma", None): ({"further_weight": 2.0}, 0.9922),
    ("gamma", 100): ({"further_weight": 0.5}, 0.9694),
    ("gamma", 1000): ({"further_weight": 10.0}, 0.9847),
}
TRAINING = {"batch_size": 100, "epochs": 30, "learning_rate": 2e-3}
TRAINING_FEW = {"batch_size": 200, "epochs": 40, "learning_rate": 2e-3, "labelled_batch_size": 100}
AS_LONG_AS_THE_PAPER = {"epochs": 150, "schedule": "linear_end"}
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
        training["labelled_draw"] = "balanced"
        name += f"_{labels}"
    if variant == "gamma":
        training |= AS_LONG_AS_THE_PAPER
    if (variant, labels) == ("full", None):
        numbers = published_fields(SYSTEM, "mnist")
    else:
        numbers = {"system": SYSTEM, "target": {"accuracy": accuracy}, "source": PAPER}
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

CIFAR10 = Recipe(
    name="ladder_gamma_4000/cifar10",
    model="ladder",
    dataset="cifar10",
    model_arguments={
        "variant": "gamma",
        "kind": "convolutional",
        "size": (32, 64, 64),
        "further_weight": 4.0,
        "flip": True,
        "shift": 2,
    },
    batch_size=200,
    epochs=30,
    learning_rate=2e-3,
    schedule="linear_end",
    labelled_fraction=4_000 / 50_000,
    labelled_batch_size=100,
    labelled_draw="balanced",
    search={**RATES, **SEARCH["gamma"]},
    **published_fields(SYSTEM, "cifar10"),
)

RECIPES = [*(recipe(variant, labels) for variant, labels in MNIST), DIGITS, CIFAR10]
