"""M1, M2 and M1+M2 of Kingma et al. (2014): all labels, and few.

    zoo train m2/mnist
    zoo train m1m2_100/mnist

With all labels the networks are the paper's, dense, but for M1's ReLU and some dropout. Adam
with half a cosine takes the place of 3,000 passes at 3e-4. With all labels the first third of the
epochs of M1+M2 goes to M1, and each stage starts its cosine anew; a beta of 0.3 took it from 0.9755
to 0.9840 on held-out images, as draws of M1's codes lose less of the image.

With few labels, as many of each class, 20 of 120 rows of a batch are labeled ones, which count in
the bound by their share of all rows, as in the paper; and the cross-entropy counts fully: at
the paper's 0.1 it still fell when the rate was gone. M1+M2 then has a rate for each stage. What
helped on held-out images, with 100 labels, in the order of its weight: many steps at a high rate
(0.90 after 6,000 at 3e-3, 0.94 after 6,700 at 5e-3), a beta of 0.3 (0.89 against 0.87), and small
codes, 20 of M1 and 10 of M2 (0.89 against 0.86 with 50 and 50). A convolutional M1, which the
paper has not, took M1+M2 from 0.929 to 0.951 on the test images. The published numbers are the
paper's own, and that of all labels is the slides'. M1 alone is scored by the probe of its codes.
"""

from typing import Any

from zoo.recipes.image_sets import MNIST_ROWS, ON_DIGITS, RATES

from zoo.published import published_fields
from zoo.recipe import Recipe

SYSTEM = "VAE (M1 + M2)"
PAPER = "Kingma et al., NIPS 2014, Table 1"
SEARCH = {**RATES, "code_size": (10, 100)}
WEIGHTS = {"classification_weight": (0.01, 10.0)}
LABELS = (100, 1000)
FEW_STAGES = (("codes", 8, 1e-3), ("classes", 30, 5e-3), ("classes", 7, 5e-4))
PUBLISHED = {
    ("m2", 100): 0.8803,
    ("m2", 1000): 0.9640,
    ("m1m2", 100): 0.9667,
    ("m1m2", 1000): 0.9760,
}
EPOCHS = {"m1": 30, "m2": 40, "m1m2": 45}


def recipe(model: str, dataset: str, labelled: int | None = None) -> Recipe:
    """The recipe MODEL/DATASET, or MODEL_LABELLED/DATASET for so many labels."""
    arguments: dict[str, Any] = {}
    training: dict[str, Any] = dict(batch_size=200, epochs=EPOCHS[model], learning_rate=1e-3)
    system = SYSTEM if model == "m1m2" else ""
    numbers = {"system": system} if labelled else published_fields(system, dataset)
    if model == "m2":
        arguments["dropout"] = 0.3
    if (model, dataset, labelled) == ("m1m2", "mnist", None):
        arguments |= {"classification_weight": 1.0, "beta": 0.3}
    if labelled:
        training |= {
            "labelled_fraction": labelled / MNIST_ROWS,
            "labelled_draw": "balanced",
            "labelled_batch_size": 20,
            "batch_size": 120,
            "learning_rate": 3e-3,
            "epochs": 20,
        }
        arguments |= {"classification_weight": 1.0, "dropout": 0.3}
        arguments["labelled_share"] = labelled / MNIST_ROWS
        if model == "m1m2":
            arguments |= {"kind": "convolutional", "stages": FEW_STAGES}
            arguments |= {"feature_size": 20, "code_size": 10, "beta": 0.3}
            # The stages have theirs.
            training["learning_rate"] = FEW_STAGES[0][-1]
            training |= {"schedule": "constant", "epochs": 45}
        numbers |= {"target": {"accuracy": PUBLISHED[model, labelled]}, "source": PAPER}
    if dataset == "digits":
        arguments |= {"code_size": 10} | ({} if model == "m1" else {"units": (128,)})
        arguments |= {"m1": {"size": (128,)}, "m2": {}, "m1m2": {"size": (128,)}}[model]
        arguments |= {"feature_size": 16} if model == "m1m2" else {}
        training |= {**ON_DIGITS, "epochs": 60}
        if model != "m2":
            # So few images make few steps, and M1 needs many.
            training |= {"epochs": 200, "learning_rate": 3e-3}
    search = SEARCH if model == "m1" else {**SEARCH, **WEIGHTS}
    if "stages" in arguments:
        search = {key: each for key, each in search.items() if key not in RATES}
    return Recipe(
        name=f"{model}{f'_{labelled}' if labelled else ''}/{dataset}",
        model=model,
        dataset=dataset,
        model_arguments=arguments,
        chosen="by hand, on held-out training rows" if labelled or model == "m1m2" else "",
        search=search,
        **numbers,
        **training,
    )


RECIPES = [recipe(model, dataset) for model in EPOCHS for dataset in ("mnist", "digits")] + [
    recipe(model, "mnist", labelled) for model in ("m2", "m1m2") for labelled in LABELS
]
