"""The README and docs/: code runs, commands exist and run, numbers are the measured ones."""

import csv
import pathlib
import re
import shlex

import numpy as np
import PIL.Image
import pytest
import write_pages
import write_tables

import zoo
from zoo.cli import main
from zoo.cli.parser import make_parser
from zoo.registry import pretrained

pytestmark = pytest.mark.usefixtures("optimized")

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
RESULTS = write_tables.RESULTS.read_text()
# In this order their commands stand on each other.
HOW_TO = ["first_steps", "command_line", "own_data", "serving", "tuning", "several_devices"]
# The files of trained models are in a checkout alone.
HOW_TO += ["pretrained"] * any(pretrained.CHECKOUT.glob("*/*/model.keras"))
PAGES = {"README.md": README} | {name: (DOCS / f"{name}.md").read_text() for name in HOW_TO}

TUTORIALS = {path.stem: path.read_text() for path in DOCS.glob("tutorials/*.md")}


def blocks(language, pages=PAGES):
    found = [
        re.findall(rf"^```{language}\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
        for page in pages.values()
    ]
    return [block for of_page in found for block in of_page]


def commands(pages=PAGES):
    """Those of all pages, each once."""
    lines = dict.fromkeys("".join(blocks("sh", pages)).splitlines())
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def tables():
    """Every table of results: its head and its rows, lists of cells."""
    found, previous = [], ""
    for line in RESULTS.splitlines():
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
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    if "GridSearchCV" in names:
        # Over alpha and beta in a pipeline, by two processes.
        search = names["search"]
        assert search.best_score_ > 0.9 and len(search.cv_results_["params"]) == 4


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
    for program, *arguments in [*commands(), *commands(TUTORIALS)]:
        if program == "make":
            # What CI runs.
            assert re.search(rf"^{arguments[0]}:", makefile, flags=re.MULTILINE)
        else:
            assert program == "zoo"
            make_parser().parse_args(arguments)


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_opened_elsewhere_installs_the_package(name):
    tags, _, line = blocks(r"\{code-cell\} ipython3", {name: TUTORIALS[name]})[0].splitlines()
    assert tags == ":tags: [skip-execution]"
    assert re.fullmatch(r"%pip install --quiet ('autonet-zoo\[\w+\]'|autonet-zoo)", line)


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
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "digit.png").write_bytes((ROOT / "recipes" / "digit.png").read_bytes())
    ran = 0
    for program, *arguments in commands():
        if program == "make":
            continue
        if arguments[0] in ("train", "compare", "tune") and "--resume" not in arguments:
            # In place of the epochs that it sets, if it does.
            set_to = next((each for each in arguments if each.startswith("epochs=")), None)
            if set_to:
                arguments[arguments.index(set_to)] = "epochs=1"
            else:
                arguments += ["--set", "epochs=1"]
        for counted, count in (("--trials", "2"), ("--seeds", "1")):
            if counted in arguments:
                arguments[arguments.index(counted) + 1] = count
        if arguments[0] == "compare":
            # Reducers have tests of their own, and take longer than all training here.
            arguments += ["--no-reducers"]
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
    assert systems <= shown, f"not in the tables: {sorted(systems - shown)}"


def cells():
    """Those of the tables with one cell for each recipe."""
    of_one_cell = set(write_tables.METRICS.values())
    for line, _, recipe, metrics, published in write_tables.cells(RESULTS):
        if published and tuple(metrics) in of_one_cell:
            yield line, recipe


def test_the_tables_have_every_recipe_and_no_other():
    assert sorted(recipe for _, recipe in cells()) == zoo.list_recipes()


def test_numbers_in_the_tables_are_the_published_and_the_measured_ones():
    assert write_tables.written(RESULTS) == RESULTS, "run: python docs/write_tables.py"


def test_every_result_is_in_a_table():
    measured = {row.recipe for row in zoo.results() if row.measured is not None}
    lines = RESULTS.splitlines()
    assert measured <= {recipe for line, recipe in cells() if "**" in lines[line]}


def test_pictures_and_pages_exist():
    for file in [ROOT / "README.md", *DOCS.glob("*.md")]:
        for path in re.findall(r"\]\(([^):]+)\)", file.read_text()):
            assert (file.parent / path.partition("#")[0]).is_file(), f"{path} of {file.name}"


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150


def test_every_equation_of_the_slides_has_its_name_and_its_test():
    rows = [line.split("|") for line in (DOCS / "slides.md").read_text().splitlines()]
    found = [re.findall(r"`([^`]+)`", "|".join(row[-3:])) for row in rows if len(row) > 5]
    assert len(found) > 35
    for name, test in (each for each in found if each):
        value = zoo
        for part in name.split(".")[1:]:
            value = getattr(value, part)
        assert value.__name__.rpartition(".")[2] in (ROOT / test).read_text(), (name, test)


def test_the_tutorials_run_in_the_build():
    started = (DOCS / "index.md").read_text()
    for file in (DOCS / "tutorials").glob("*.md"):
        text = file.read_text()
        assert text.startswith("---\nfile_format: mystnb") and "```{code-cell}" in text
        assert f"tutorials/{file.stem}\n" in started


def test_every_public_name_and_every_system_has_its_place(tmp_path):
    write_pages.write_pages(tmp_path)
    reference = "".join(page.read_text() for page in (tmp_path / "reference").glob("*.md"))
    assert len(re.findall(r"^\.\. auto\w+:: ", reference, re.MULTILINE)) > 150
    said = "SuperEncoder crammer_singer_hinge create_model export_model tune gaussian_mixture"
    for name in (*said.split(), "SuperEncoderTransformer", "reduce_all", "probe_accuracy"):
        assert re.search(rf"^\.\. auto\w+:: {name}$", reference, re.MULTILINE), name
    for text in ("`huber`", "`CODES`: `codes`", "`PROBES`: `svc`"):
        assert text in reference
    pages = {page.stem: page.read_text() for page in (tmp_path / "catalogue").glob("*.md")}
    assert pages.keys() - {"index"} == {*zoo.list_models(), *zoo.list_estimators()}
    assert "loss = α · L_enc + β · L_dec" in pages["se_co"]
    assert "+ β · L_dec + γ · adversarial_loss" in pages["se_nc"]
    assert "| 0.9893 | 0.9948 |" in pages["se_co"] and "(se_co.png)" in pages["se_co"]
    assert "a = argmin_a" in pages["kenrr"] and "https://doi.org/10.1109" in pages["src"]
    assert "[arXiv:1511.06350](https://arxiv.org/abs/1511.06350)" in pages["spen"]
    for name in zoo.list_models(pretrained=True):
        card = (tmp_path / "cards" / f"{name.replace('/', '_')}.md").read_text()
        assert card.startswith("---\norphan: true\n") and f"# {name}" in card
    sets = (tmp_path / "datasets.md").read_text()
    assert all(f"| `{name}` |" in sets for name in zoo.datasets.list_datasets())
