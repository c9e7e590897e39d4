"""Writes the pages that follow from the code: the reference, and a page for each system.

python docs/write_pages.py docs/_generated
"""

import collections
import importlib
import inspect
import pathlib
import sys
import textwrap

import zoo
from zoo import registry

ROOMS = {
    "zoo": "What is asked for first",
    "zoo.models": "Models",
    "zoo.networks": "Networks",
    "zoo.losses": "Losses",
    "zoo.metrics": "Metrics",
    "zoo.inference": "Inference",
    "zoo.datasets": "Data sets",
    "zoo.evaluation": "Evaluation",
    "zoo.training": "Training",
    "zoo.comparison": "Comparison",
    "zoo.tuning": "Tuning",
    "zoo.serving": "Serving",
    "zoo.report": "Report",
    "zoo.representation": "Classifiers by representation",
    "zoo.distribution": "Several devices",
}


def write_pages(folder: pathlib.Path) -> None:
    """All pages, and the lists of them."""
    for name in ("reference", "catalogue"):
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


def _write_list(file: pathlib.Path, title: str, text: str, pages) -> None:
    names = "\n".join(pages)
    file.write_text(f"# {title}\n\n{text}\n\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n")


def public(room: str) -> dict[str, object]:
    """The functions and classes of a room, by name."""
    module = importlib.import_module(room)
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    return {
        name: value
        for name, value in found.items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__.startswith("zoo.")
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
    return "\n".join([*lines, "```", ""])


def _system(model: str, recipes: list[str]) -> str:
    function = registry.entry_point(model)
    made = inspect.signature(function).return_annotation
    lines = [f"# {model}", "", _paragraph(function.__doc__), ""]
    if inspect.isclass(made):
        room = "zoo.models" if made.__module__.startswith("zoo.models") else "zoo.representation"
        lines += [f"A {{py:class}}`{room}.{made.__name__}`: {_paragraph(made.__doc__)}", ""]
        lines += ["```text", _formula(made.__doc__), "```", ""]
        paper = _paragraph(sys.modules[made.__module__].__doc__)
        lines += [f"*{paper}*", ""]
    lines += _numbers(recipes)
    if trained := zoo.list_models(recipes, pretrained=True):
        names = ", ".join(f"`{name}`" for name in trained)
        lines += [f"Trained, {{doc}}`to take home <../../pretrained>`: {names}.", ""]
    first = next((name for name in recipes if name.endswith(("/digits", "/blocks"))), recipes[0])
    recipe = zoo.load_recipe(first)
    lines += ["## Train it", "", "```sh", f"zoo train {first} --output runs/{model}", "```", ""]
    lines += ["```python", *_lines(recipe), "```", ""]
    rows = [(key, str(value)) for key, value in recipe.model_arguments.items()]
    if rows:
        lines += [f"The recipe `{first}` gives the model, other than by default:", ""]
        lines += _table(("argument", "value"), [(f"`{key}`", f"`{value}`") for key, value in rows])
    return "\n".join(lines) + "\n"


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
    """The first indented block of a docstring, which is the objective."""
    block = []
    for line in inspect.cleandoc(text or "").split("\n"):
        if line.startswith("    "):
            block.append(line)
        elif block and line:
            break
    return textwrap.dedent("\n".join(block)).strip() or "See the class."


if __name__ == "__main__":
    write_pages(pathlib.Path(sys.argv[1]))
