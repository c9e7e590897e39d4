"""The systems that Table 2 compares the auto-classifiers with, each as its paper has it.

    zoo train maxout/mnist
    zoo train vat/mnist
    zoo train vat/mnist --set labelled_fraction=0.01 --set labelled_batch_size=50

The slides quote these rows from ten papers under ten protocols; what a published number is stands
in the notes of published.csv. On MNIST the networks are the papers' permutation-invariant ones; on
the other sets they are convolutional, with the augmentation of the auto-classifiers.

Maxout: 2 layers of 240 units with 5 pieces each, dropout of 0.2 on the pixels and of 0.5 behind,
weights bounded by 1.9365. Adam with half a cosine takes the place of the paper's hundreds of
epochs of gradient descent.

VAT: epsilon 2.1, batches of 100 and Adam from 2e-3, with half a cosine in place of 0.9 an epoch. In
float32: a pixel's part in the finite difference lies below the resolution of bfloat16.
"""

from typing import Any

from zoo.recipes.auto_classifiers import AUGMENTATION, DATASETS, EPOCHS
from zoo.recipes.image_sets import ON_DIGITS, ON_PNEUMONIA, RATES

from zoo.published import published_fields
from zoo.recipe import Recipe

SYSTEMS = {"maxout": "Maxout Networks", "vat": "VAT"}
SEARCH = {
    "maxout": {"dropout": (0.0, 0.6), "max_norm": (0.5, 4.0)},
    "vat": {"epsilon": (0.1, 10.0), "smoothness_weight": (0.1, 10.0)},
}
# The papers' own, on MNIST.
TRAINING = {
    "maxout": {"batch_size": 100, "epochs": 40, "learning_rate": 1e-3},
    "vat": {"batch_size": 100, "epochs": 30, "learning_rate": 2e-3},
}
PIECES = 2
EPSILON = dict(mnist=2.1, fashion_mnist=1.0, cifar10=2.0, pneumonia_mnist=1.0, digits=0.5)


def recipe(model: str, dataset: str) -> Recipe:
    """The recipe MODEL/DATASET."""
    arguments: dict[str, Any] = {}
    training: dict[str, Any] = dict(TRAINING[model])
    if dataset == "digits":
        training |= {**ON_DIGITS, "epochs": 50, "learning_rate": 2e-3}
    elif dataset != "mnist":
        arguments |= {"kind": "convolutional", **AUGMENTATION[dataset]}
        training["epochs"] = EPOCHS[dataset]
    if dataset == "pneumonia_mnist":
        training |= ON_PNEUMONIA
    if model == "maxout" and "kind" in arguments:
        arguments["pieces"] = PIECES
    if model == "vat":
        arguments["epsilon"] = EPSILON[dataset]
        training["precision"] = "float32"
        if dataset == "digits":
            arguments["units"] = (256, 128)
    return Recipe(
        name=f"{model}/{dataset}",
        model=model,
        dataset=dataset,
        model_arguments=arguments,
        search={**RATES, **SEARCH[model]},
        **published_fields(SYSTEMS[model], dataset),
        **training,
    )


RECIPES = [recipe(model, dataset) for model in SYSTEMS for dataset in DATASETS]
