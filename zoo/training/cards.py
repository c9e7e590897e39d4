"""What a trained model says of itself, in Markdown; and trained models with it, by name."""

import inspect
import re
import sys
from collections.abc import Mapping
from typing import Any

from zoo.datasets.names import origin_of
from zoo.kinds import task_of
from zoo.models import ZooModel
from zoo.registry import entry_point, pretrained
from zoo.training.finished_runs import Run, find_run
from zoo.training.markdown import render

# What hubs of models call a task, where they know it.
_HUB_TASKS = {
    "classes": "image-classification",
    "codes": "image-feature-extraction",
    "masks": "image-segmentation",
}


def load_pretrained(name: str) -> ZooModel:
    """A trained model by its name, compiled as it was trained; its `card` says what it is.

    Args:
        name: one of `zoo.list_models(pretrained=True)`: the name of the recipe.

    Raises:
        InputError: no such model, or none that can be had, see
            `zoo.registry.pretrained.fetch`.

    Example:

        model = zoo.load_pretrained("cnn/cifar10")
        probabilities = model.classify(images)
        print(model.card)
    """
    pretrained.entry(name)
    run = find_run(name)
    model = run.load_model()
    model.card = pretrained_card(run, model)
    return model


def about_model(model: ZooModel, images: str, results: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader of the SavedModel wants to know of it, as JSON holds it."""
    return {
        "recipe": results.get("recipe"),
        "model": results.get("model"),
        "dataset": results.get("dataset"),
        "class_name": type(model).__name__,
        "summary": (type(model).__doc__ or "").strip().partition("\n")[0],
        "parameters": model.count_params(),
        "images": images,
        "input_shape": list(model.input_shape[1:]),
        # Masks of images larger than the model's are the mean over its crops.
        "data_shape": list(results.get("input_shape") or model.input_shape[1:]),
        "names": results.get("names"),
        "columns": results.get("columns"),
        "kind_of_names": task_of(model).names,
        "task": task_of(model).name,
    }


def model_card(
    about: Mapping[str, Any],
    results: Mapping[str, Any],
    arguments: Mapping[str, Any] | None,
    target: Mapping[str, float] | None,
    held: pretrained.Pretrained | None = None,
) -> str:
    """The model card of an export, or the part on the run of a trained model's.

    Args:
        about: of `about_model`, with the `license` of the weights.
        results: of the run; without scores where there was none.
        arguments: of the recipe's model.
        target: the published scores.
        held: the trained model.
    """
    # Rows that were given in place of a data set have its name alone.
    dataset = "" if results.get("given_data") else about["dataset"] or ""
    return render(
        "zoo.training.templates",
        "model_card.md.jinja",
        about=about,
        origin=origin_of(dataset),
        results=results,
        arguments=arguments,
        target=target,
        held=held,
    )


def reference(*named: object) -> str:
    """Where something is from, in one line: the first of several docstrings that says it, or ""."""
    for each in named:
        text = inspect.getdoc(each) or ""
        if found := re.search(r"^Reference:(.+?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL):
            return " ".join(found[1].split())
    return ""


def pretrained_card(run: Run, model: ZooModel) -> str:
    """The card of a trained model, whose head in YAML is as hubs of models read it."""
    held = pretrained.entry(run.recipe.name)
    about = {**about_model(model, "float", run.results), "license": held.license}
    module = inspect.getdoc(sys.modules[type(model).__module__]) or ""
    paper = reference(entry_point(run.recipe.model), type(model))
    return render(
        "zoo.training.templates",
        "pretrained.md.jinja",
        about=about,
        held=held,
        task=_HUB_TASKS.get(about["task"], "tabular-classification"),
        paper=paper or " ".join(module.partition("\n\n")[0].split()),
        source=run.recipe.source,
        body=model_card(about, run.results, run.recipe.model_arguments, run.recipe.target, held),
    )
