"""Run folders to report on, and reports read back, for the tests of the report."""

import html.parser
import json

import numpy as np

VOID = {"meta", "link", "img", "source", "wbr", "br"}


class Page(html.parser.HTMLParser):
    """What a page holds: its elements, its text by element, the rows of its table."""

    def __init__(self, path):
        super().__init__()
        self.open, self.elements, self.text, self.rows = [], [], {}, []
        self.feed(path.read_text(encoding="utf-8"))
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)
            self.text.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in set(self.open):
            self.text[tag][-1] += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def table(self):
        """Data set -> [metric, run, ours, published, difference] rows; a metric spans its runs."""
        groups = {}
        for row in self.rows[1:]:
            cells = [" ".join(cell.split()) for cell in row]
            if len(cells) == 1:
                rows = groups.setdefault(cells[0], [])
            else:
                rows.append(cells if len(cells) == 5 else [rows[-1][0], *cells])
        return groups

    def find(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def make_run(folder, name="se_co", dataset="digits", scores=None, arrays=None, **contents):
    folder.mkdir(parents=True, exist_ok=True)
    recipe = {"name": f"{name}/{dataset}", "epochs": 2, "batch_size": 64, "target": {}}
    results = {
        "recipe": f"{name}/{dataset}",
        "model": name,
        "dataset": dataset,
        "train_rows": 1_347,
        "seeds": [7],
        "scores": scores or {"psnr": [20.0]},
        "versions": {"keras": "3.15.1"},
        "hardware": {"cpu": "A processor", "cores": 2, "accelerators": []},
        "seconds": 90.0,
        "images_per_second": 2431.7,
    }
    files = {
        "recipe": recipe | contents.get("recipe", {}),
        "results": results | contents.get("results", {}),
        "history": contents.get("history", {}),
    }
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
