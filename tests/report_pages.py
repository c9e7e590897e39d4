"""Runs to report on, and reports and pictures read back, for the tests of the report."""

import base64
import html.parser
import io
import json
import pathlib

import matplotlib.colors
import matplotlib.image
import numpy as np

import zoo
import zoo.report
from zoo.report import write_report
from zoo.training.finished_runs import Run

OWN_SCRIPT = (pathlib.Path(zoo.report.__file__).parent / "templates/script.html").read_text()
VOID = {"meta", "link", "img", "source", "wbr", "br"}


class Page(html.parser.HTMLParser):
    """What a page holds: its elements, its text by element, the rows of its tables."""

    def __init__(self, path):
        super().__init__()
        self.open, self.elements, self.text, self.tables = [], [], {}, []
        self.feed(path.read_text(encoding="utf-8"))
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "table":
            self.tables.append((dict(attributes)["class"], []))
        if tag == "tr":
            self.tables[-1][1].append([])
        if tag in ("td", "th"):
            self.tables[-1][1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)
            self.text.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in set(self.open):
            self.text[tag][-1] += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][1][-1][-1] += data

    @property
    def table(self):
        """Data set -> [metric, run, ours, published, difference] rows, where it has one run."""
        return {dataset: rows for _, [dataset], *rows in self.tables_of("comparison")}

    @property
    def matrices(self):
        """For each data set of several runs: the heading, then a row for each run."""
        return self.tables_of("matrix-of-scores")

    @property
    def facts(self):
        """What the page says of the run, by name, and of the metrics."""
        return dict(zip(self.text["dt"], self.text["dd"], strict=True))

    def runs_no_script_but_its_own(self):
        [script] = self.text["script"]
        return script in OWN_SCRIPT and {} in self.find("script")

    def tables_of(self, kind):
        return [
            [[" ".join(cell.split()) for cell in row] for row in rows]
            for name, rows in self.tables
            if name == kind
        ]

    def find(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(tmp_path, *runs, reductions=None, **contents):
    """The report on run folders, or on one that `make_run` makes of the contents."""
    runs = runs or [make_run(tmp_path / "run", **contents)]
    return Page(write_report(runs, tmp_path / "report", reductions))


def measured(label="se_co", scores=None, dataset="mnist", target=(), source="", **parts):
    """A run as it is read, without arrays; `parts` are its model, arguments and further results."""
    model = parts.pop("model", None) or label.removesuffix("_mae")
    arguments = parts.pop("arguments", {})
    recipe = zoo.Recipe(label, model, dataset, arguments, target=dict(target), source=source)
    scores = {"accuracy": [0.5]} if scores is None else scores
    results = {"dataset": dataset, "scores": scores, **parts}
    return Run(pathlib.Path(label), label, recipe, results, {}, {})


def shown(cells):
    """Ours, the published number and whether it is marked as the best, for each cell of a line."""
    return [cell and (cell["ours"], cell["published"], cell["best"]) for cell in cells]


def lines(table):
    """(group, line, name of its run) -> what its cells show."""
    return {(group, *heading): shown(cells) for group, of in table.groups for heading, cells in of}


def pixels(picture):
    """The pixels of a PNG, or of the address that holds one."""
    if isinstance(picture, str):
        picture = base64.b64decode(picture.partition(",")[2])
    return matplotlib.image.imread(io.BytesIO(picture), format="png")


def where(picture, colour, opaque=0.5):
    """Where a picture is drawn in that color."""
    rgba = pixels(picture)
    near = np.abs(rgba[..., :3] - matplotlib.colors.to_rgb(colour)).max(-1) < 0.03
    return near & (rgba[..., 3] > opaque)


def holds(picture, *colours):
    """Whether a picture is drawn in that color, or in each of several."""
    return all(where(picture, colour).any() for colour in colours)


def make_run(folder, name="se_co", dataset="digits", scores=None, arrays=None, **contents):
    """The folder of a finished run, without its model; its files agree."""
    folder.mkdir(parents=True, exist_ok=True)
    who = {"model": name, "dataset": dataset}
    recipe = {"name": f"{name}/{dataset}", **who, "epochs": 2, "batch_size": 64, "target": {}}
    results = {
        "recipe": f"{name}/{dataset}",
        **who,
        "train_rows": 1_347,
        "labelled_rows": contents.get("results", {}).get("train_rows", 1_347),
        "epochs": 2,
        "precision": "float32",
        "seeds": [7],
        "scores": scores or {"psnr": [20.0]},
        "versions": {"keras": "3.15.1"},
        "hardware": {"cpu": "A processor", "cores": 2, "accelerators": []},
        "seconds": 90.0,
        "images_per_second": 2431.7,
    }
    recipe |= contents.get("recipe", {})
    history = contents.get("history", {})
    results |= {"recipe": recipe["name"], "model": recipe["model"], "dataset": recipe["dataset"]}
    results["epochs"] = max(map(len, history.values()), default=2)
    results |= contents.get("results", {})
    for values in list(results["scores"].values())[:1]:
        results["seeds"] = results["seeds"][:1] + list(range(8, 7 + len(values)))
    recipe |= {"model": results["model"], "dataset": results["dataset"], "name": results["recipe"]}
    recipe.setdefault("seed", results["seeds"][0])
    recipe["epochs"] = max(recipe["epochs"], results["epochs"])
    files = {"recipe": recipe, "results": results, "history": history}
    for file, content in files.items():
        (folder / f"{file}.json").write_text(json.dumps(content))
    if arrays:
        np.savez(folder / "figures.npz", **arrays)
    return folder


def pictures(code_size=5, classes=2):
    random = np.random.default_rng(0)
    return {
        "codes": random.normal(size=(12, code_size)).astype("float32"),
        "labels": np.arange(12) % classes,
        "class_names": np.array([f"class {label}" for label in range(classes)]),
        "originals": random.random((4, 8, 8, 1)),
        "reconstructions": random.random((4, 8, 8, 1)),
    }


def generated(steps=3):
    """What a model with a prior adds to `pictures`."""
    random = np.random.default_rng(1)
    return {
        "corrupted": random.random((4, 8, 8, 1)),
        "corrupted_reconstructions": random.random((4, 8, 8, 1)),
        "samples": random.random((5, 8, 8, 1)),
        "traversals": random.random((2, steps, 8, 8, 1)),
    }


def label_sets(steps=4):
    """What a model of label sets brings; without steps, one that infers in one go."""
    arrays = {"thresholds": np.array([0.0, 0.25, 0.5]), "threshold_f1": np.array([0.2, 0.6, 0.4])}
    if steps:
        arrays["step_f1"] = np.linspace(0.0, 0.6, steps)
        arrays["step_energies"] = np.linspace(0.0, -3.0, steps)
    return arrays


def masks(images=3, steps=3, size=6):
    """What a model of masks brings, and one that refines them on the middle of its images."""
    random = np.random.default_rng(3)
    arrays = {
        "originals": random.random((images, 8, 8, 3)).astype("float32"),
        "true_masks": (random.random((images, 8, 8, 1)) > 0.5).astype("float32"),
        "predicted_masks": random.random((images, 8, 8, 1)).astype("float32"),
    }
    if steps:
        inside = slice((8 - size) // 2, (8 - size) // 2 + size)
        arrays["mask_originals"] = arrays["originals"][:, inside, inside]
        arrays["mask_steps"] = random.random((steps, images, size, size, 1)).astype("float32")
        arrays["mask_step_numbers"] = 2 * np.arange(steps)
    return arrays
