"""The support vector machines of slides B as classifiers of images, linear in the pixels.

    zoo train multiclass_svm/digits
    zoo train multiclass_svm/mnist --set hinge=weston_watkins
    zoo train binary_svm/pneumonia_mnist

`multiclass_svm` has the hinge of Crammer and Singer. The structured machine stands beside the
energies of label sets.
"""

from zoo.recipes.image_sets import RATES

from zoo.recipe import Recipe

SYSTEMS = {"multiclass_svm": "Multi-class SVM", "binary_svm": "Binary SVM"}
EPOCHS = {"digits": 60, "mnist": 10, "fashion_mnist": 10, "pneumonia_mnist": 20}


def recipe(model: str, dataset: str) -> Recipe:
    """The recipe MODEL/DATASET."""
    return Recipe(
        name=f"{model}/{dataset}",
        model=model,
        dataset=dataset,
        system=SYSTEMS[model],
        batch_size=64,
        epochs=EPOCHS[dataset],
        learning_rate=1e-3,
        precision="float32",
        search={**RATES, "weight_decay": (1e-6, 1e-2)},
    )


RECIPES = [recipe("multiclass_svm", dataset) for dataset in EPOCHS if dataset != "pneumonia_mnist"]
RECIPES += [recipe("binary_svm", "pneumonia_mnist")]
