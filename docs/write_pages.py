"""Writes the pages that follow from the code: the reference, the systems, the data sets.

python docs/write_pages.py docs/_generated
"""

import collections
import importlib
import inspect
import pathlib
import re
import sys
import textwrap
import types

import numpy as np
import write_arguments

import zoo
from zoo import registry
from zoo.datasets import names
from zoo.registry import pretrained
from zoo.training.cards import reference

ROOMS = {
    "zoo": "What is asked for first",
    "zoo.models": "Models",
    "zoo.networks": "Networks",
    "zoo.losses": "Losses",
    "zoo.metrics": "Metrics",
    "zoo.priors": "Priors on codes",
    "zoo.inference": "Inference",
    "zoo.datasets": "Data sets",
    "zoo.tasks": "Tasks",
    "zoo.evaluation": "Evaluation",
    "zoo.evaluation.reducers": "Reducers of dimension",
    "zoo.evaluation.probes": "Probes",
    "zoo.training": "Training",
    "zoo.comparison": "Comparison",
    "zoo.tuning": "Tuning",
    "zoo.serving": "Serving",
    "zoo.report": "Report",
    "zoo.representation": "Classifiers by representation",
    "zoo.sklearn": "Estimators for scikit-learn",
    "zoo.distribution": "Several devices",
}


def write_pages(folder: pathlib.Path) -> None:
    """All pages, and the lists of them."""
    for name in ("reference", "catalogue", "cards"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    seen: set[int] = set()
    # A class of a model stands with the models, not with all that `zoo` names.
    for room in sorted(ROOMS, key=lambda room: room == "zoo"):
        (folder / "reference" / f"{room}.md").write_text(_room(room, seen))
    _write_list(folder / "reference" / "index.md", "Reference", "Every public name.", ROOMS)
    by_model = collections.defaultdict(list)
    for name in zoo.list_recipes():
        by_model[zoo.load_recipe(name).model].append(name)
    models = [*zoo.list_models(), *zoo.list_estimators()]
    for model in models:
        (folder / "catalogue" / f"{model}.md").write_text(_system(model, by_model[model]))
    text = "Each named system: its objective, its numbers, and the lines that train it."
    _write_list(folder / "catalogue" / "index.md", "Catalogue", text, models)
    for name in pretrained.registry():
        card = (pretrained.CHECKOUT / name / "README.md").read_text()
        page = folder / "cards" / f"{name.replace('/', '_')}.md"
        page.write_text(card.replace("---\n", "---\norphan: true\n", 1))
    (folder / "datasets.md").write_text(_datasets())


def draw_models(folder: pathlib.Path) -> None:
    """A picture of each system: its networks by role, its terms, and what moves what."""
    for model in zoo.list_models():
        recipe = _first_recipe(model)
        shape, outputs = write_arguments.shape_of(recipe.dataset)
        x = np.random.default_rng(0).random((4, *shape), "float32")
        if recipe.dataset in write_arguments.MASKS:
            y = np.float32(x.mean(-1, keepdims=True) > 0.5)
        elif recipe.dataset in write_arguments.LABEL_SETS:
            y = np.eye(4, outputs, dtype="float32")
        else:
            y = np.arange(4) % outputs
        zoo.plot_model(write_arguments.model_of(recipe), x, y, folder / f"{model}.png")


def _write_list(file: pathlib.Path, title: str, text: str, pages) -> None:
    names = "\n".join(pages)
    file.write_text(f"# {title}\n\n{text}\n\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n")


def public(room: str) -> dict[str, object]:
    """The functions and classes of a room, by name."""
    module = importlib.import_module(room)
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    # A package lists its names by importing them.
    within = "zoo." if hasattr(module, "__path__") else room
    return {
        name: value
        for name, value in found.items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__.startswith(within)
    }


def _room(room: str, seen: set[int]) -> str:
    lines = [f"# {ROOMS[room]}: `{room}`", "", _paragraph(importlib.import_module(room).__doc__)]
    lines += ["", "```{eval-rst}", f".. currentmodule:: {room}", ""]
    for name, value in sorted(public(room).items()):
        if id(value) in seen:
            continue
        seen.add(id(value))
        lines.append(f".. auto{'class' if inspect.isclass(value) else 'function'}:: {name}")
        lines.append("")
    return "\n".join([*lines, "```", "", *_others(importlib.import_module(room))])


def _others(module: types.ModuleType) -> list[str]:
    """The public names of a room that are Keras's, and those of values."""
    found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    keras = [n for n, v in found.items() if getattr(v, "__module__", "").startswith("keras.")]
    lines = ["- Keras's own: " + ", ".join(f"`{name}`" for name in sorted(keras))] if keras else []
    for name in sorted(filter(str.isupper, found)):
        value = found[name]
        parts = value if np.iterable(value) and not isinstance(value, zoo.Task) else [value]
        parts = [getattr(part, "name", part) for part in parts]
        lines.append(f"- `{name}`: {', '.join(f'`{part}`' for part in parts)}")
    return ["## Other names", "", *lines, ""] if lines else []


def _system(model: str, recipes: list[str]) -> str:
    function, fitted = registry.entry_point(model), registry.is_estimator(model)
    room = "zoo.representation" if fitted else "zoo.models"
    made = inspect.signature(function).return_annotation
    if fitted:
        made = type(zoo.create_estimator(model, num_classes=2))
    lines = [f"# {model}", "", _paragraph(function.__doc__), ""]
    lines += [f"A {{py:class}}`{room}.{made.__name__}`: {_paragraph(made.__doc__)}", ""]
    lines += ["```text", _formula(made.__doc__), "```", ""]
    paper = reference(function, made) or _paragraph(sys.modules[made.__module__].__doc__)
    lines += [_linked(paper), ""]
    if not fitted:
        said = f"The networks of {model} by role, its terms, and which term moves which network"
        lines += [f"![{said}]({model}.png)", ""]
    lines += _numbers(recipes)
    if trained := zoo.list_models(recipes, pretrained=True):
        cards = [f"{{doc}}`{name} <../cards/{name.replace('/', '_')}>`" for name in trained]
        lines += [f"Trained, {{doc}}`to take home <../../pretrained>`: {', '.join(cards)}.", ""]
    recipe = _first_recipe(model)
    first = recipe.name
    lines += ["## Train it", "", "```sh", f"zoo train {first} --output runs/{model}", "```", ""]
    lines += ["```python", *_lines(recipe), "```", ""]
    if first in (counts := registry.parameters()):
        lines += [f"The model of `{first}` has {counts[first]:,} parameters.", ""]
    rows = [(key, str(value)) for key, value in recipe.model_arguments.items()]
    if rows:
        lines += [f"The recipe `{first}` gives the model, other than by default:", ""]
        lines += _table(("argument", "value"), [(f"`{key}`", f"`{value}`") for key, value in rows])
    return "\n".join(lines) + "\n"


def _first_recipe(model: str) -> zoo.Recipe:
    """The recipe that shows a system: on embedded data where there is one."""
    recipes = [each for each in map(zoo.load_recipe, zoo.list_recipes()) if each.model == model]
    embedded = (each for each in recipes if each.dataset in ("digits", "blocks"))
    return next(embedded, recipes[0])


def _linked(paper: str) -> str:
    """A reference whose numbers are links."""
    paper = re.sub(r"arXiv:(\d+\.\d+)", r"[\g<0>](https://arxiv.org/abs/\1)", paper)
    return re.sub(r"doi:(10\.\S+[^\s.,;])", r"[\g<0>](https://doi.org/\1)", paper)


def _datasets() -> str:
    text = "What the recipes are on; `zoo list datasets` names them too. "
    text += "A license is what the makers of a set say; where they say nothing, ask them."
    rows = []
    for name in names.list_datasets():
        license, source = names.origin_of(name)
        rows.append((f"`{name}`", names.described(name), license, _linked(source)))
    head = ("data set", "what it has", "license", "from, and to cite")
    return "\n".join(["# Data sets", "", text, "", *_table(head, rows), ""])


def _numbers(recipes: list[str]) -> list[str]:
    rows = []
    for name in recipes:
        for each in zoo.results(name):
            numbers = ["–" if n is None else f"{n:.4f}" for n in (each.published, each.measured)]
            of = f"{each.seeds} seeds" if each.seeds != 1 else "1 seed"
            rows.append((f"`{name}`", f"`{each.metric}`", *numbers, of * bool(each.seeds)))
    sources = dict.fromkeys(filter(None, (zoo.load_recipe(name).source for name in recipes)))
    said = ["", f"Published: {'; '.join(sources)}.", ""] if sources else [""]
    head = ("recipe", "metric", "published", "measured here", "of")
    return ["## Numbers", "", *(_table(head, rows) if rows else ["None yet."]), *said]


def _lines(recipe: zoo.Recipe) -> list[str]:
    if not recipe.in_epochs:
        return [
            "import zoo", "", f'data = zoo.datasets.load("{recipe.dataset}")',
            f'model = zoo.create_estimator("{recipe.model}", num_classes=data.num_classes)',
            'model.fit(*data.arrays("train"))', 'accuracy = model.score(*data.arrays("test"))',
        ]  # fmt: skip
    return [
        "import zoo", "", f'recipe = zoo.load_recipe("{recipe.name}")',
        "data = zoo.training.load_data(recipe)",
        "model = zoo.training.build(recipe, data)  # compiled as the recipe says",
        "model.fit(data.train, validation_data=data.validation, epochs=recipe.epochs)",
    ]  # fmt: skip


def _table(head, rows) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _paragraph(text: str | None) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def _formula(text: str | None) -> str:
    """The indented blocks of a docstring before its arguments: the objective, with each variant."""
    text = inspect.cleandoc(text or "").partition("\nArgs:\n")[0]
    blocks = re.findall(r"(?:^    .*\n)(?:^(?:    .*)?\n)*", text + "\n", re.MULTILINE)
    return "\n\n".join(textwrap.dedent(each).strip("\n") for each in blocks) or "See the class."


if __name__ == "__main__":
    written = pathlib.Path(sys.argv[1])
    write_pages(written)
    draw_models(written / "catalogue")
