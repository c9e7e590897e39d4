"""Writes two files of recipes/ anew, which the command reads without TensorFlow.

python docs/write_arguments.py

arguments.json has what `--set` takes of each entry point, with its types; parameters.json how many
numbers the model of each recipe trains.
"""

import inspect
import json
import math
import pathlib

import zoo
from zoo.registry import entry_point, is_estimator, settable

RECIPES = pathlib.Path(__file__).parents[1] / "recipes"
ARGUMENTS, PARAMETERS = RECIPES / "arguments.json", RECIPES / "parameters.json"
# Height, width, channels and classes of each data set, so that no files are needed here.
SHAPES = {
    "digits": (8, 8, 1, 10),
    "mnist": (28, 28, 1, 10),
    "mnist_2k2k": (28, 28, 1, 10),
    "fashion_mnist": (28, 28, 1, 10),
    "svhn_cropped": (32, 32, 3, 10),
    "cifar10": (32, 32, 3, 10),
    "pneumonia_mnist": (28, 28, 1, 2),
}
# Features and classes of tables.
TABLES = {"wine": (13, 3), "breast_cancer": (30, 2), "bibtex_classes": (1836, 10)}
# Features and labels.
LABEL_SETS = {
    "blocks": (64, 16),
    "bibtex": (1836, 159),
    "delicious": (500, 983),
    "bookmarks": (2150, 208),
}
MASKS = {"weizmann_horse": (32, 32, 3)}
_OUTPUTS = {**SHAPES, **TABLES, **LABEL_SETS}


def written() -> str:
    """The text of arguments.json, a line for each entry point."""
    lines = []
    for name in sorted(zoo.list_models() + zoo.list_estimators()):
        if entry_point(name).__module__.startswith("zoo."):
            types = {key: _as_text(kind) for key, kind in settable(name).items()}
            lines.append(f"{json.dumps(name)}: {json.dumps(types)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _as_text(kind: object) -> str:
    return kind.__name__ if type(kind) is type else str(kind).replace("collections.abc.", "")


def shape_of(dataset: str) -> tuple[tuple[int, ...], int]:
    """The shape of a row, and the number of classes or labels; 0 of masks."""
    *shape, outputs = (*MASKS[dataset], 0) if dataset in MASKS else _OUTPUTS[dataset]
    return tuple(shape), outputs


def model_of(recipe: zoo.Recipe) -> zoo.ZooModel:
    """The model of a recipe, made without its data."""
    shape, outputs = shape_of(recipe.dataset)
    of_data = {"input_shape": shape, "num_classes": outputs, "num_labels": outputs}
    known = inspect.signature(entry_point(recipe.model)).parameters
    given = {key: value for key, value in of_data.items() if key in known}
    return zoo.create_model(recipe.model, **given, **recipe.model_arguments)


def counted() -> dict[str, int]:
    """What is trained of each recipe's model, an adversary's numbers too; estimators have none."""
    recipes = [zoo.load_recipe(name) for name in zoo.list_recipes()]
    models = {each.name: each for each in recipes if not is_estimator(each.model)}
    return {
        name: sum(math.prod(each.shape) for each in model_of(recipe).trainable_variables)
        for name, recipe in models.items()
    }


if __name__ == "__main__":
    ARGUMENTS.write_text(written())
    PARAMETERS.write_text(json.dumps(counted(), indent=0) + "\n")
