"""The README: its code runs, its commands exist and run, its numbers are the measured ones."""

import csv
import pathlib
import re
import shlex

import numpy as np
import PIL.Image
import pytest
import write_tables

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
    flowers = [f"{row % 7},{'red' if row % 3 else 'blue'},{row % 2}" for row in range(60)]
    (tmp_path / "flowers.csv").write_text("\n".join(["length,color,species", *flowers]))
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


def cells():
    """Those of the tables with one cell for each recipe."""
    of_one_cell = set(write_tables.METRICS.values())
    for line, _, recipe, metrics, published in write_tables.cells(README):
        if published and tuple(metrics) in of_one_cell:
            yield line, recipe


def test_the_tables_have_every_recipe_and_no_other():
    assert sorted(recipe for _, recipe in cells()) == zoo.list_recipes()


def test_numbers_in_the_tables_are_the_published_and_the_measured_ones():
    assert write_tables.written(README) == README, "run: python docs/write_tables.py"


def test_every_result_is_in_a_table():
    measured = {row.recipe for row in zoo.results() if row.measured is not None}
    lines = README.splitlines()
    assert measured <= {recipe for line, recipe in cells() if "**" in lines[line]}


def test_pictures_exist():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path
