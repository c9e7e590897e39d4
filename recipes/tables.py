"""Rows of a table: each system of Tables 1 and 2 that needs no pixels, on tables of real rows.

    zoo train se_co/wine
    zoo compare '*/wine'
    zoo train se_co/wine --dataset 'csv:mine.csv#kind'

The sets are inside of scikit-learn: `wine`, 178 rows of 13 measurements in three classes, and
`breast_cancer`, 569 rows of 30 in two. A fifth of the rows, stratified, is never trained on.
`bibtex_classes`, 4,880 training rows of 1,836 words, is Bibtex with the most frequent of its labels
as the class (its files as for Bibtex). Nothing is published of these systems there.

Every row of a set has dense networks of the same size, a code of two numbers where there is a code,
and the same training. Features are standardized inside of the model, so the weights of the terms
are others than for pixels: the mean squared error starts at 1. The words of Bibtex are there or
not, which `features="unit"` takes as pixels of 0 and 1.
"""

from typing import Any

from zoo.recipes import (
    adversarial_autoencoders,
    auto_classifiers,
    autoencoders,
    comparators,
    super_encoders,
    variational_autoencoders,
)
from zoo.recipes.image_sets import ON_DIGITS, RATES

from zoo.recipe import Recipe

DATASETS = ("wine", "breast_cancer")
SUPER_ENCODERS = super_encoders.SYSTEMS
SYSTEMS = {
    **autoencoders.SYSTEMS,
    **variational_autoencoders.SYSTEMS,
    **adversarial_autoencoders.SYSTEMS,
    **{name: system for name, (system, _) in SUPER_ENCODERS.items()},
    **{
        model: auto_classifiers.system_of(model, "mse")
        for model in auto_classifiers.SYSTEMS
        if model != "cnn"
    },
    "mlp_classifier": "Independent MLP",
    **comparators.SYSTEMS,
    "m1": "M1, by the SVC of its codes",
    "m2": "M2",
    "m1m2": "VAE (M1 + M2)",
    "catgan": "CatGAN",
    "ladder": "Ladder Networks",
}
SIZE = (64, 32)
TRAINING = {"batch_size": 32, "epochs": 60, "learning_rate": 3e-3, "precision": "float32"}
# What differs from model to model, beside the sizes.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "dae": {"noise": 0.3},
    "daae": {"noise": 0.3},
    "idaae": {"noise": 0.3},
    "aae": {},
    "se_co": {"reconstruction_weight": 0.3},
    "se_nc": {"reconstruction_weight": 0.3},
    # The error of a generator that knows the class and nothing else is some 0.6.
    "ac_nc_v1": {"margin": 1.0},
    "maxout": {"units": (32,), "input_dropout": 0.1, "dropout": 0.2},
    "vat": {"units": SIZE, "epsilon": 0.5},
    "m2": {"units": (64,), "code_size": 4},
    "m1m2": {"units": (64,), "feature_size": 4, "code_size": 4, "classification_weight": 1.0},
    "catgan": {
        "units": SIZE,
        "generator_units": SIZE[::-1],
        "latent_size": 8,
        "classifier_noise": 0.1,
    },
    "ladder": {"units": SIZE, "input_weight": 10.0, "further_weight": 0.1},
}
SEARCH: dict[str, dict[str, Any]] = {
    "se_co": {"reconstruction_weight": (0.01, 10.0)},
    "se_nc": {"reconstruction_weight": (0.01, 10.0), "adversarial_weight": (1e-3, 1.0)},
    "vat": {"epsilon": (0.1, 10.0)},
    "beta_vae": {"beta": (0.1, 10.0)},
}
ON_BIBTEX = ("ae", "vae", "se_co", "ac_co_v2", "mlp_classifier")


def recipe(name: str, dataset: str) -> Recipe:
    """The recipe NAME/DATASET."""
    model = name.removesuffix("_semi")
    arguments: dict[str, Any] = dict(ARGUMENTS.get(model, {}))
    if "units" not in arguments or model == "m1m2":
        arguments["size"] = SIZE
    if model in CODES:
        arguments["code_size"] = 2
    if model in adversarial_autoencoders.SYSTEMS:
        arguments["adversarial_weight"] = 0.03
    labelled = SUPER_ENCODERS[name][1] if name in SUPER_ENCODERS else 1.0
    training: dict[str, Any] = dict(TRAINING)
    if dataset == "bibtex_classes":
        training |= {"batch_size": 128, "epochs": 20, "learning_rate": 1e-3}
        arguments |= {"features": "unit", "size": (256,)}
        arguments |= {"dropout": 0.5} if model not in ("ae", "vae") else {}
        arguments |= {"code_size": 16} if model in CODES else {}
    return Recipe(
        name=f"{name}/{dataset}",
        model=model,
        dataset=dataset,
        system=SYSTEMS[name],
        model_arguments=arguments,
        labelled_fraction=labelled,
        search={**RATES, **SEARCH.get(model, {})},
        **training,
    )


CODES = {
    "m1",
    "se_co",
    "se_nc",
    *autoencoders.SYSTEMS,
    *variational_autoencoders.SYSTEMS,
    *adversarial_autoencoders.SYSTEMS,
}
RECIPES = [recipe(name, dataset) for name in SYSTEMS for dataset in DATASETS]
RECIPES += [recipe(name, "bibtex_classes") for name in ON_BIBTEX]
RECIPES.append(
    Recipe(
        name="mlp_classifier/digits",
        model="mlp_classifier",
        dataset="digits",
        system="Independent MLP",
        model_arguments={"size": (256, 128)},
        search=RATES,
        epochs=30,
        learning_rate=2e-3,
        **ON_DIGITS,
    )
)
