"""The README: its code runs, its commands exist and run, its numbers are the measured ones."""

import csv
import json
import pathlib
import re
import shlex

import numpy as np
import PIL.Image
import pytest

import zoo
from zoo.cli import main
from zoo.cli.parser import make_parser

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def commands():
    lines = "".join(blocks("sh")).splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def tables():
    """Every table of what is here: its head and its rows, lists of cells."""
    found, previous = [], ""
    for line in README.partition("## What is here")[2].splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip()[1:-1].split("|")]
            if previous.startswith("|"):
                found[-1].append(cells)
            else:
                found.append([cells])
        previous = line
    return [(head, rows) for head, _, *rows in found]


def is_quick(code):
    return not re.search(r"\.(fit|search)\(", code)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, marks=() if is_quick(code) else pytest.mark.full)
        for code in blocks("python")[1:]
    ],
)
def test_code_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.full
def test_the_ten_lines_learn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(blocks("python")[0], "README.md", "exec"), names)
    assert np.mean(names["probabilities"].numpy().argmax(-1) == names["labels"]) > 0.9
    assert names["codes"].shape == (100, 16) and names["rebuilt"].shape == (100, 8, 8, 1)
    assert (tmp_path / "super_encoder.keras").is_file()


def test_commands_are_understood():
    makefile = (ROOT / "Makefile").read_text()
    for program, *arguments in commands():
        if program == "make":
            # What CI runs.
            assert re.search(rf"^{arguments[0]}:", makefile, flags=re.MULTILINE)
        else:
            assert program == "zoo"
            make_parser().parse_args(arguments)


@pytest.mark.full
def test_commands_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for split in ("train", "test"):
        for number in range(2):
            folder = tmp_path / "images" / split / f"class_{number}"
            folder.mkdir(parents=True)
            for row in range(20):
                pixels = np.full((8, 8), 100 * number + row, "uint8")
                PIL.Image.fromarray(pixels).save(folder / f"{row}.png")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "digit.png").write_bytes((ROOT / "docs" / "digit.png").read_bytes())
    ran = 0
    for program, *arguments in commands():
        if program == "make":
            continue
        if arguments[0] in ("train", "compare", "tune") and "--resume" not in arguments:
            arguments += ["--set", "epochs=1"]
        if "--trials" in arguments:
            arguments[arguments.index("--trials") + 1] = "2"
        assert main(arguments) == 0, capsys.readouterr().err
        ran += 1
    assert ran >= 7
    assert (tmp_path / "runs" / "report" / "index.html").is_file()
    assert (tmp_path / "runs" / "digits" / "report" / "index.html").is_file()


def test_every_system_of_the_slides_is_in_a_table():
    with (ROOT / "recipes" / "published.csv").open() as file:
        # Table 3 has other metrics of systems of Table 2.
        systems = {row["system"] for row in csv.DictReader(file) if row["table"] != "3"}
    shown = {row[0] for _, rows in tables() for row in rows}
    assert systems <= shown, f"not in the README: {sorted(systems - shown)}"


SETS = {
    "MNIST, 2,000 / 2,000": "mnist_2k2k",
    "100 labels": "mnist",
    "1,000 labels": "mnist",
    "SVHN": "svhn_cropped",
    "PneumoniaMNIST": "pneumonia_mnist",
    "Weizmann horses": "weizmann_horse",
}
# What the name of a recipe ends in for a column of few labels.
ENDINGS = {"100 labels": "_100", "1,000 labels": "_1000"}
# The metrics in a cell, by the place of the table: Tables 1 and 2 of the slides, label sets, masks,
# the protocol of 2,000 images, few labels, and support vector machines.
METRICS = {
    0: ("separability_accuracy", "reconstruction_error"),
    1: ("accuracy",),
    4: ("example_f1",),
    5: ("mean_iou",),
    6: ("accuracy",),
    7: ("accuracy",),
    8: ("accuracy",),
}


def set_of(title):
    return SETS.get(title, title.lower().replace("-", "_").replace("cifar_", "cifar"))


def cells(number):
    """The cells of a table by the recipe's name: published and measured numbers.

    An empty cell is no recipe, one with a dash a recipe without numbers.
    """
    head, rows = tables()[number]
    for _, name, *values in rows:
        for title, value in zip(head[2:], values, strict=True):
            if value:
                ending = ENDINGS.get(title, "")
                yield f"{name.strip('`')}{ending}/{set_of(title)}", *published_and_ours(value)


def published_and_ours(cell):
    ours = re.findall(r"\*\*(.*?)\*\*", cell)
    return numbers(re.sub(r"\*\*.*?\*\*", "", cell)), numbers(" ".join(ours))


def numbers(text):
    return [float(number) for number in re.findall(r"\d\.\d+", text)]


def results_of(name):
    return json.loads((ROOT / "recipes" / "results" / f"{name}.json").read_text())


def means(name, metrics):
    results = results_of(name)
    assert results["recipe"] == name
    scores = results["scores"]
    # Without a separator of its own, a model's codes are separated by the probe.
    if "probe_accuracy" in scores:
        scores.setdefault("separability_accuracy", scores["probe_accuracy"])
        scores.setdefault("accuracy", scores["probe_accuracy"])
    return [np.mean(scores[metric]) for metric in metrics]


def test_the_tables_have_every_recipe_and_no_other():
    assert sorted(name for number in METRICS for name, *_ in cells(number)) == zoo.list_recipes()


def test_numbers_in_the_tables_are_the_published_and_the_measured_ones():
    measured = set()
    for number, metrics in METRICS.items():
        for name, published, ours in cells(number):
            target = zoo.load_recipe(name).target
            assert published == [target[metric] for metric in metrics if metric in target], name
            if ours:
                assert ours == pytest.approx(means(name, metrics), abs=5.1e-5), name
                measured.add(ROOT / "recipes" / "results" / f"{name}.json")
    kept = set((ROOT / "recipes" / "results").glob("*/*.json"))
    assert measured == kept, f"measured, and not in the README: {sorted(kept - measured)}"


def test_numbers_of_table_3_are_the_published_and_the_measured_ones():
    metrics = ("macro_f1", "macro_precision", "macro_recall")
    _, rows = tables()[2]
    for _, name, *values in rows:
        target = zoo.load_recipe(name.strip("`")).target
        measured = means(name.strip("`"), metrics)
        for metric, mean, cell in zip(metrics, measured, values, strict=True):
            published, ours = published_and_ours(cell)
            assert published == [target[metric]], name
            assert ours == pytest.approx([mean], abs=5.1e-5), name


def test_numbers_of_robustness_are_the_measured_ones():
    head, rows = tables()[3]
    metrics = [re.findall(r"`(.*?)`", title)[0] for title in head[2:]]
    for _, name, *values in rows:
        ours = [float(value) for value in values]
        assert ours == pytest.approx(means(name.strip("`"), metrics), abs=5.1e-5), name


def test_pictures_exist():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path
