import base64
import csv
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from report_pages import Page, make_run, page_of, pictures

import zoo.report
from zoo.errors import InputError
from zoo.report import write_report
from zoo.training.runs import run

PACKAGE = pathlib.Path(zoo.report.__file__).parents[1]


def test_table_sets_ours_beside_the_published_numbers(tmp_path):
    scores = {
        "reconstruction_error": [0.0150],
        "separability_accuracy": [0.9317],
        "probe_accuracy": [0.9211],
    }
    recipe = {"target": {"separability_accuracy": 0.9257, "reconstruction_error": 0.0129}}
    page = page_of(tmp_path, dataset="fashion_mnist", scores=scores, recipe=recipe)
    assert page.table == {
        "fashion_mnist": [
            ["Separability accuracy", "se_co", "0.9317", "0.9257", "+0.0060 ✓ better"],
            ["Probe accuracy", "se_co", "0.9211", "–", "–"],
            ["Reconstruction error", "se_co", "0.0150", "0.0129", "+0.0021 ✗ worse"],
        ]
    }


def test_an_estimator_has_no_epochs_and_only_its_confusion(tmp_path):
    x = np.random.default_rng(0).uniform(size=(30, 4, 4, 1))
    data = zoo.datasets.from_arrays((x, np.arange(30) % 3), (x, np.arange(30) % 3))
    recipe = zoo.Recipe("src/arrays", "src", "arrays", target={"accuracy": 0.5}, source="a test")
    run(recipe, tmp_path / "run", data=data)
    page = page_of(tmp_path, tmp_path / "run")
    [accuracy, *means] = page.table["arrays"]
    assert accuracy[:2] == ["Accuracy", "src"] and accuracy[3] == "0.5000" and len(means) == 3
    assert "Confusion" in page.text["h3"]
    facts = page.text["dt"]
    assert {"Data set", "Training rows", "Time", "Speed", "Precision"} <= set(facts)
    assert not {"Epochs", "Batch size"} & set(facts)


def test_several_runs_share_a_table_by_data_set(tmp_path):
    runs = [
        make_run(tmp_path / "a", "se_co", "mnist", {"psnr": [20.0, 22.0]}),
        make_run(tmp_path / "b", "ae", "cifar10", {"psnr": [15.0]}),
        make_run(tmp_path / "c", "dae", "mnist", {"psnr": [18.0]}, recipe={"target": {"psnr": 18}}),
    ]
    page = page_of(tmp_path, *runs)
    # The sample deviation of 20 and 22 is sqrt(2) = 1.41.
    # Scores, then what there is to say of each run; nothing was published of the one alone.
    assert page.matrices == [
        [
            ["Model", "PSNR ↑", "Epochs", "Rows", "Minutes"],
            ["se_co", "21.00 ± 1.41", "2", "1,347", "1.5"],
            ["dae", "18.00 18.00 0.00 =", "2", "1,347", "1.5"],
        ]
    ]
    assert page.table == {"cifar10": [["PSNR", "ae", "15.00"]]}
    sections = [attributes["id"] for attributes in page.find("div") if "id" in attributes]
    assert sections == ["run-1", "run-2", "run-3"]
    targets = {each["href"] for each in page.find("a") if "download" not in each}
    assert targets == {f"#{section}" for section in sections}
    assert [text.split()[0] for text in page.text["h2"]] == ["se_co", "ae", "dae"]


def test_runs_of_one_name_are_told_apart(tmp_path):
    runs = [make_run(tmp_path / folder) for folder in ("one", "two", "deep/two")]
    page = page_of(tmp_path, *runs)
    names = [row[0] for row in page.matrices[0][1:]]
    assert names == ["se_co (one)", "se_co (two) (no. 2)", "se_co (two) (no. 3)"]


def test_metrics_are_explained(tmp_path):
    page = page_of(tmp_path)
    assert "decibels" in page.facts["PSNR"] and "higher is better" in page.facts["PSNR"]
    assert "Probe accuracy" not in page.facts


def test_facts_of_a_run(tmp_path):
    page = page_of(
        tmp_path,
        recipe={"source": "The slides", "target": {"psnr": 20.0}, "epochs": 3},
        history={"loss": [2.0, 1.5, 1.0]},
        results={"labelled_rows": 269},
    )
    wanted = {
        "Data set": "digits",
        "Training rows": "1,347",
        "Labeled rows": "269",
        "Epochs": "3",
        "Batch size": "64",
        "Seed": "7",
        "Time": "1.5 minutes",
        "Speed": "2,432 images/s",
        "Hardware": "cpu A processor · cores 2",
        "Versions": "keras 3.15.1",
        "Published in": "The slides",
    }
    assert wanted.items() <= page.facts.items()
    # What is not known is left out.
    unknown = {"seconds": None, "images_per_second": None, "versions": {}}
    page = page_of(tmp_path, results=unknown)
    assert "Hardware" in page.text["dt"]
    assert not {"Time", "Speed", "Versions", "Labeled rows", "Published in"} & set(page.text["dt"])


def test_hostile_names_stay_text(tmp_path):
    hostile = '<script>alert("1")</script>{{ 7 * 7 }}$\\frac{$'
    page = page_of(
        tmp_path,
        name=hostile,
        dataset=hostile,
        scores={hostile: [1.0]},
        history={hostile: [1.0, 0.5]},
        recipe={"source": hostile, "target": {hostile: 1.0}, "model_arguments": {"note": "\ud800"}},
        results={"hardware": {"cpu": hostile, "cores": 2, "accelerators": [hostile]}},
        arrays=pictures() | {"class_names": np.array([hostile, "$x$"])},
    )
    assert page.runs_no_script_but_its_own()
    assert list(page.table) == [hostile]
    assert page.table[hostile][0][1] == hostile
    assert hostile in " ".join(page.text["li"])


def test_page_stands_alone(tmp_path):
    run = make_run(tmp_path / "run", history={"loss": [2.0, 1.0]}, arrays=pictures())
    path = write_report([run], tmp_path / "report")
    page = Page(path)
    addresses = [attributes["src"] for attributes in page.find("img")]
    addresses += [attributes["srcset"] for attributes in page.find("source")]
    # Curve and scatter for a light and for a dark page, each its own, and the grid for both.
    assert len(set(addresses)) == 5
    for address in addresses:
        head, _, content = address.partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(content, validate=True).startswith(b"\x89PNG")
    assert all(attributes["alt"] for attributes in page.find("img"))
    assert [attributes["href"] for attributes in page.find("link")] == ["data:,"]
    assert page.runs_no_script_but_its_own() and not {"iframe", "object"} & set(page.text)
    assert "http" not in path.read_text()
    assert "@import" not in page.text["style"][0] and "url(" not in page.text["style"][0]


@pytest.mark.parametrize(
    ("code_size", "caption"), [(1, "a strip per class"), (2, None), (6, "6 dimensions projected")]
)
def test_caption_says_how_codes_became_a_picture(tmp_path, code_size, caption):
    page = page_of(tmp_path, arrays=pictures(code_size))
    about_codes = " ".join(page.text["figcaption"][0].split())
    assert about_codes.startswith("The codes of 12 test images, colored by class")
    assert caption in about_codes if caption else about_codes.endswith("by class.")


def test_legend_names_the_classes_that_occur(tmp_path):
    arrays = pictures() | {"labels": np.array([0, 2, 4] * 4), "class_names": np.array(list("abc"))}
    page = page_of(tmp_path, arrays=arrays)
    # Class 4 has no name, so it goes by its number.
    assert ["".join(text.split()) for text in page.text["li"]] == ["●a", "●c", "●4"]
    colours = [attributes["style"] for attributes in page.find("i")]
    assert len(set(colours)) == 3


@pytest.mark.parametrize(
    ("missing", "headings"),
    [
        ((), ["Learning curves", "The latent space", "Reconstructions"]),
        (("codes",), ["Learning curves", "Reconstructions"]),
        (("labels", "class_names"), ["Learning curves", "Reconstructions"]),
        (("class_names",), ["Learning curves", "The latent space", "Reconstructions"]),
        (("reconstructions",), ["Learning curves", "The latent space"]),
        (tuple(pictures()), ["Learning curves"]),
    ],
)
def test_pictures_without_arrays_are_left_out(tmp_path, missing, headings):
    arrays = {key: value for key, value in pictures(2).items() if key not in missing}
    page = page_of(tmp_path, history={"loss": [2.0, 1.0]}, arrays=arrays)
    assert page.text["h3"][1:] == headings


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_codes_make_no_picture(tmp_path, rows):
    arrays = {"codes": np.ones((rows, 4)), "labels": np.zeros(rows, int)}
    page = page_of(tmp_path, arrays=arrays)
    assert page.find("img") == []


def test_a_panel_for_each_term_with_the_whole_loss_first(tmp_path):
    history = {
        "learning_rate": [0.1, 0.05],
        "accuracy": [0.5, 0.6],
        "separability_loss": [1.0, 0.5],
        "val_loss": [2.0, 1.0],
        "val_separability_loss": [1.0, 0.6],
        "loss": [2.0, 1.0],
    }
    page = page_of(tmp_path, history=history)
    terms = ["total loss", "separability loss", "accuracy", "learning rate"]
    assert page.text["figcaption"] == terms


def test_one_path_is_one_run(tmp_path):
    run = make_run(tmp_path / "run")
    assert len(Page(write_report(str(run), tmp_path / "report")).find("section")) == 1


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([], "at least one run"),
        (["run", "other"], r"no recipe\.json, history\.json, results\.json"),
    ],
)
def test_no_run_or_a_bad_one_is_an_error_and_leaves_nothing_behind(tmp_path, runs, words):
    make_run(tmp_path / "run")
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match=words):
        write_report([tmp_path / name for name in runs], tmp_path / "report")
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("output", ["file", "file/deeper"])
def test_output_that_is_a_file_is_an_error(tmp_path, output):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file"):
        write_report([make_run(tmp_path / "run")], tmp_path / output)
    assert (tmp_path / "file").read_text() == "mine"


def test_page_that_cannot_be_replaced_is_an_error(tmp_path):
    (tmp_path / "report" / "index.html").mkdir(parents=True)
    with pytest.raises(InputError, match="Cannot write to output folder"):
        write_report([make_run(tmp_path / "run")], tmp_path / "report")
    assert os.listdir(tmp_path / "report") == ["index.html"]


def test_a_page_of_something_else_is_not_replaced(tmp_path):
    run, page = make_run(tmp_path / "run"), tmp_path / "site" / "index.html"
    page.parent.mkdir()
    page.write_text("<title>My site</title>")
    with pytest.raises(InputError, match="a folder of its own"):
        write_report([run], page.parent)
    assert page.read_text() == "<title>My site</title>"


def test_the_old_page_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    run = make_run(tmp_path / "run")
    path = write_report([run], tmp_path / "report")
    old, seen = path.read_text(), []
    make_run(tmp_path / "run", scores={"psnr": [33.25]})
    replace = os.replace

    def watched(source, destination):
        seen.append((pathlib.Path(source).read_text(), pathlib.Path(destination).read_text()))
        replace(source, destination)

    monkeypatch.setattr(os, "replace", watched)
    assert write_report([run], tmp_path / "report") == path
    [(new, before)] = seen
    assert before == old and "33.25" in new
    assert path.read_text() == new

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_report([run], tmp_path / "report")
    assert path.read_text() == new
    assert os.listdir(path.parent) == ["index.html"]


@pytest.mark.full
def test_drawing_needs_neither_tensorflow_nor_pyplot(tmp_path):
    run = make_run(tmp_path / "run", arrays=pictures())
    # The packages' own __init__ are passed by: what counts here is what these modules import.
    program = f"""
import sys, types
for name, path in (("zoo", {str(PACKAGE)!r}), ("zoo.report", {str(PACKAGE / "report")!r})):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [path]
from zoo.report import panels, structured_panels
lazy = {{"tensorflow", "keras", "sklearn", "jinja2"}}
assert not lazy & sys.modules.keys(), lazy & sys.modules.keys()
import numpy
arrays = dict(numpy.load({str(run / "figures.npz")!r}))
assert panels.curves({{"loss": [2.0, 1.0]}}, 100) and panels.scatter(arrays, 100)
assert panels.grids(arrays)
never = {{"tensorflow", "keras", "matplotlib.pyplot"}}
assert not never & sys.modules.keys(), never & sys.modules.keys()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_table_is_there_as_a_file(tmp_path):
    scores = {"separability_accuracy": [0.9317], "probe_accuracy": [0.9]}
    runs = [
        make_run(
            tmp_path / "a", "se_co", "mnist", scores, recipe={"target": {"probe_accuracy": 1}}
        ),
        make_run(tmp_path / "b", "ae", "mnist", {"probe_accuracy": [0.7]}),
    ]
    page = page_of(tmp_path, *runs)
    (address,) = [each["href"] for each in page.find("a") if each.get("download") == "mnist.csv"]
    text = base64.b64decode(address.partition("base64,")[2]).decode()
    head, *rows = csv.reader(text.splitlines())
    assert head[:4] == ["label", "metric", "ours", "published"] and len(rows) == 3
    (ae,) = (dict(zip(head, row, strict=True)) for row in rows if row[0] == "ae")
    assert ae.keys() >= {"epochs", "rows", "minutes"} and ae["rows"].isdecimal()
    assert list(ae.values())[:6] == ["ae", "probe_accuracy", "0.7000", "", "", ""]
    assert page.text["h1"] == ["2 models on mnist"]


def test_the_recipe_is_shown_where_it_is_not_as_by_default(tmp_path):
    recipe = {"epochs": 3, "batch_size": 128}
    page = page_of(tmp_path, make_run(tmp_path / "a", "ae", "mnist", {"psnr": [1]}, recipe=recipe))
    (shown,) = (json.loads(text) for text in page.text["pre"] if text.startswith("{"))
    assert shown["epochs"] == 3 and "batch_size" not in shown and "target" not in shown


def test_what_was_overridden_and_what_a_model_weighs_stand_in_the_table(tmp_path):
    known = {"parameters": 12_345, "overridden": {"epochs": 2}}
    runs = [
        make_run(tmp_path / "a", "ae", "mnist", arrays=pictures(5), results=known),
        make_run(tmp_path / "b", "dae", "mnist"),
    ]
    [[head, ae, dae]] = page_of(tmp_path, *runs).matrices
    assert head[2:] == ["Parameters", "Code size", "Epochs", "Rows", "Minutes"]
    assert ae[0] == "ae epochs=2" and ae[2:4] == ["12,345", "5"]
    assert dae[0] == "dae" and dae[2:4] == ["", ""]
