"""The image sets of Table 1, and what every recipe on them shares.

Double convolutions 32-64-128 with a code of 64, and Adam with half a cosine from 2e-3, are what
brought the super-encoder past its published numbers; on the 8x8 digits two single convolutions
with a code of 16 are enough. A recipe of `digits` holds out a tenth of the training rows to show
validation curves; the others train on every row, as nothing is stopped early.
"""

import math
from typing import Any

from zoo.published import published_fields
from zoo.recipe import Recipe

IMAGE_SETS = ("mnist", "fashion_mnist", "svhn_cropped", "cifar10", "pneumonia_mnist", "digits")
# What recipes of other tables share too: the rates that are searched, and how small sets are
# trained on.
RATES = {"learning_rate": (1e-4, 1e-2)}
ON_DIGITS = {"batch_size": 64, "validation_fraction": 0.1}
ON_PNEUMONIA = {"batch_size": 64, "class_weights": "balanced"}
MNIST_ROWS = 60_000
# Those of the super-encoder, which all rows share.
CHOSEN_NETWORKS = "networks by hand, on held-out training rows"
SEARCH = {**RATES, "code_size": (16, 32, 64, 128)}


def on_image_set(
    name: str,
    dataset: str,
    model: str,
    system: str,
    epoch_share: float = 1.0,
    accuracy: str = "probe_accuracy",
    **settings: Any,
) -> Recipe:
    """The recipe NAME/DATASET with the shared settings; `settings` add to them or replace them.

    Args:
        name: the first part of the recipe's name.
        dataset: one of `IMAGE_SETS`.
        model: the entry point.
        system: the row's name in published.csv.
        epoch_share: the part of the image set's usual epochs to train, rounded up.
        accuracy: the score that the published accuracy of the codes is held against; without a
            separator of the model's own, as there, that of a support vector machine.
        **settings: fields of the recipe; `model_arguments` and `search` are merged.
    """
    if dataset == "digits":
        networks = {"code_size": 16, "size": (32, 64)}
        training = {**ON_DIGITS, "epochs": 30}
    else:
        networks = {"convolutions": 2}
        training = {"epochs": 15 if dataset == "cifar10" else 10}
    training["epochs"] = math.ceil(epoch_share * training["epochs"])
    arguments = {**networks, **settings.pop("model_arguments", {})}
    search = {**SEARCH, **settings.pop("search", {})}
    chosen = CHOSEN_NETWORKS if dataset == "fashion_mnist" else ""
    known = published_fields(system, dataset)
    known["target"] = {
        accuracy if metric == "separability_accuracy" else metric: value
        for metric, value in known["target"].items()
    }
    return Recipe(
        name=f"{name}/{dataset}",
        model=model,
        dataset=dataset,
        model_arguments=arguments,
        search=search,
        **known,
        **{"learning_rate": 2e-3, "chosen": chosen, **training, **settings},
    )
