"""The systems that Table 2 compares the auto-classifiers with, each as its paper has it.

    zoo train maxout/mnist
    zoo train maxout/digits
    zoo train maxout/mnist --set kind=convolutional --set "pieces=(2,2,4)"

The slides quote these rows from ten papers under ten protocols; what each published number is
stands in the notes of published.csv.

Maxout: the permutation-invariant network of the paper, 2 layers of 240 units with 5 pieces each,
dropout of 0.2 on the pixels and of 0.5 behind, weights bounded by 1.9365. Adam with half a cosine
takes the place of the paper's 600 epochs of gradient descent.

VAT: all labels of MNIST by the paper's permutation-invariant network and settings (epsilon 2.1,
Adam from 2e-3), with half a cosine in place of 0.9 an epoch. In float32: the finite difference of
the power iteration would be lost in bfloat16.
"""

from typing import Any

from zoo.recipe import Recipe, published

SYSTEMS = {"maxout": "Maxout Networks", "vat": "VAT"}
SEARCH = {
    "maxout": {"dropout": (0.0, 0.6), "max_norm": (0.5, 4.0)},
    "vat": {"epsilon": (0.1, 10.0), "smoothness_weight": (0.1, 10.0)},
}


def recipe(model: str, dataset: str, **settings: Any) -> Recipe:
    """The recipe MODEL/DATASET; `settings` are fields of it."""
    numbers = published(SYSTEMS[model], dataset)
    return Recipe(
        name=f"{model}/{dataset}",
        model=model,
        dataset=dataset,
        search={"learning_rate": (1e-4, 1e-2), **SEARCH[model]},
        target=numbers,
        source="Kamal & Bae slides, Table 2" if numbers else "",
        **settings,
    )


RECIPES = [
    recipe("maxout", "mnist", batch_size=100, epochs=40, learning_rate=1e-3),
    recipe(
        "maxout",
        "digits",
        batch_size=64,
        epochs=60,
        validation_fraction=0.1,
        learning_rate=2e-3,
    ),
    recipe(
        "vat",
        "mnist",
        model_arguments={"epsilon": 2.1},
        batch_size=100,
        epochs=30,
        learning_rate=2e-3,
        precision="float32",
    ),
    recipe(
        "vat",
        "digits",
        model_arguments={"epsilon": 0.5, "units": (256, 128)},
        batch_size=64,
        epochs=40,
        validation_fraction=0.1,
        learning_rate=2e-3,
        precision="float32",
    ),
]
