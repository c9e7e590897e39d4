"""The pictures of one run as the report's template takes them: addresses, names and legends."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from zoo.report import classification_figures, figures, image_grids, latent_scatters


class Panel(NamedTuple):
    """A part of a page, which is there where there is something to draw.

    `draw` takes a run and whether its section is folded, or several runs by their numbers, and
    gives what the template, one of zoo/report/templates or the path of another, calls `shown`.
    That of figure.html has a `title`, `images` as `both` gives them, and a `caption`.
    """

    name: str
    draw: Callable[..., Any]
    template: str = "figure.html"


_SHOWN_SAMPLES = 36
_SHOWN_DIMENSIONS = 10
_SHOWN_CLASSES = 20
_LONGEST_MARK = 14


def curves(history: Mapping[str, list[float]], resolution: int = 160) -> list[dict[str, Any]]:
    """Learning curves: the sum, its terms, the metrics, and what is neither, in this order."""
    terms = dict.fromkeys(name.removeprefix("val_") for name in history)
    drawn = []
    rank = {"loss": 0, "learning_rate": 3}
    for term in sorted(terms, key=lambda term: rank.get(term, 1 if term.endswith("_loss") else 2)):
        values = [history.get(f"{part}{term}", []) for part in ("", "val_")]
        with np.errstate(over="ignore"):
            # What float32 does not hold, no training has: it is infinite, and is not drawn.
            values = [np.asarray(each, "float32") for each in values]
        title = "total loss" if term == "loss" else term.replace("_", " ")
        images = both(figures.learning_curve, *values, resolution=resolution)
        drawn.append({"title": title, "images": images})
    return drawn


def has_scatter(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether there are codes to draw; two points always lie on a line, and say nothing."""
    if not {"codes", "labels"} <= arrays.keys():
        return False
    return len(arrays["codes"]) > 2 and arrays["codes"].size > 0


def scatter(arrays: Mapping[str, np.ndarray], resolution: int = 160) -> dict[str, Any] | None:
    """The latent scatter with its legend, where there are codes to draw."""
    if not has_scatter(arrays):
        return None
    codes, labels = arrays["codes"], arrays["labels"]
    legend = class_legend(labels, arrays.get("class_names"), longest_mark=_LONGEST_MARK)
    marks = {entry["label"]: entry["mark"] for entry in legend}
    return {
        "images": both(latent_scatters.latent_scatter, codes, labels, marks, resolution=resolution),
        "legend": legend,
        "points": len(codes),
        "code_size": codes.shape[1],
        **_hover(arrays, marks, legend),
    }


def _hover(
    arrays: Mapping[str, np.ndarray], marks: Mapping[int, str], legend: list[dict[str, Any]]
) -> dict[str, Any]:
    """What a pointer over a scatter finds: `hover` the places, classes and names, and a `sheet`.

    Places are thousandths of the picture's width and height. The sheet has the images in the same
    order, in rows of `columns`; several models of a data set share it by its name.
    """
    images = arrays.get("code_images", np.empty(0))
    if not images.size:
        return {"hover": None}
    codes, labels = arrays["codes"], arrays["labels"]
    every = slice(None, None, -(-len(codes) // len(images)))
    places = np.round(1000 * latent_scatters.latent_places(codes, labels, marks)[every]).astype(int)
    classes = np.searchsorted([entry["label"] for entry in legend], labels[every])
    sheet = image_grids.small_sheet(images)
    name = hashlib.sha256(sheet).hexdigest()[:12]
    found = {
        "points": np.column_stack([places, classes]).tolist(),
        "names": [entry["name"] for entry in legend],
        "sheet": name,
        "size": images.shape[2:0:-1],
        "columns": image_grids.SHEET_COLUMNS,
    }
    address = "data:image/jpeg;base64," + base64.b64encode(sheet).decode("ascii")
    return {"hover": found, "sheet": {name: address}}


def image_pairs(arrays: Mapping[str, np.ndarray]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """What there is to compare image by image: a title, the images put in, what came out."""
    pairs = {
        "Reconstructions": ("originals", "reconstructions"),
        "Reconstructions of corrupted images": ("corrupted", "corrupted_reconstructions"),
    }
    return [
        (title, arrays[above], arrays[below])
        for title, (above, below) in pairs.items()
        if {above, below} <= arrays.keys() and arrays[above].size
    ]


def grids(arrays: Mapping[str, np.ndarray], folded: bool = False) -> list[dict[str, str]]:
    """Images above their reconstructions; the first pair alone in a folded section."""
    return [
        {"title": title, "image": address(image_grids.reconstruction_grid(above, below, tile=84))}
        for title, above, below in image_pairs(arrays)[: 1 if folded else None]
    ]


def samples(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """A sheet, as square as can be, of images decoded from the prior."""
    images = arrays.get("samples", np.empty(0))[:_SHOWN_SAMPLES]
    if not images.size:
        return None
    columns = int(np.ceil(np.sqrt(len(images))))
    sheet = image_grids.image_sheet(images, columns=columns, tile=56)
    return {"image": address(sheet), "count": len(images)}


def traversals(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """A sheet with a row for each dimension of the code that is moved."""
    images = arrays.get("traversals", np.empty(0))[:_SHOWN_DIMENSIONS]
    if not images.size:
        return None
    rows, steps = images.shape[:2]
    flat = images.reshape(rows * steps, *images.shape[2:])
    sheet = image_grids.image_sheet(flat, columns=steps, tile=56)
    reach = arrays.get("traversal_steps", np.empty(0)).ravel()
    return {
        "image": address(sheet),
        "rows": rows,
        "steps": steps,
        "reach": [f"{value:+.1f}".replace("-", "−") for value in reach[[0, -1]]]
        if reach.size == steps
        else None,
    }


def confusion(arrays: Mapping[str, np.ndarray], resolution: int = 160) -> dict[str, Any] | None:
    """The confusion matrix, with the names of classes that are numbers on the picture."""
    counts = arrays.get("confusion", np.empty(0))
    if not counts.size:
        return None
    legend = class_legend(range(len(counts)), arrays.get("class_names"), _LONGEST_MARK)
    marks = [entry["mark"] for entry in legend]
    draw = classification_figures.confusion_matrix
    return {
        "images": both(draw, counts, marks, resolution=resolution),
        "count": int(counts.sum()),
        "classes": len(counts),
        "numbered": [(e["mark"], e["name"]) for e in legend if e["mark"] != e["name"]],
    }


def reliability(arrays: Mapping[str, np.ndarray], resolution: int = 160) -> dict[str, Any] | None:
    """The reliability diagram with the error it shows."""
    calibration = arrays.get("calibration", np.empty(0))
    if not calibration.size:
        return None
    draw = classification_figures.reliability_diagram
    return {
        "images": both(draw, calibration, resolution=resolution),
        "bins": len(calibration),
        "error": f"{classification_figures.calibration_error(calibration):.4f}",
    }


def generated(arrays: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """The images made from each class's own label vector in one row, and their names."""
    images = arrays.get("generated", np.empty(0))
    if not images.size:
        return None
    shown = images[:_SHOWN_CLASSES]
    legend = class_legend(range(len(shown)), arrays.get("class_names"), _LONGEST_MARK)
    return {
        "image": address(image_grids.image_sheet(shown, columns=len(shown), tile=84)),
        "names": [entry["name"] for entry in legend],
        "classes": len(images),
    }


def class_legend(
    labels: Iterable[int], class_names: np.ndarray | None, longest_mark: int
) -> list[dict[str, Any]]:
    """Name, mark on the picture, color and shape of each class that occurs.

    Marks are the names, or numbers where a name is longer than `longest_mark`. The pictures' font
    has Latin letters only, so other scripts get numbers throughout.
    """
    known = [] if class_names is None else [str(name) for name in class_names.ravel()]
    present = np.unique(np.asarray(labels)).tolist()
    names = {c: known[c] if 0 <= c < len(known) else str(c) for c in present}
    plain = all(
        name.isprintable() and max(map(ord, name), default=0) < 0x250 for name in names.values()
    )
    return [
        {
            "label": c,
            "name": names[c],
            "mark": names[c] if plain and len(names[c]) <= longest_mark else str(c),
            "colour": figures.class_style(c)[0],
            "shape": figures.class_style(c)[2],
        }
        for c in present
    ]


def resolution(folded: bool) -> int:
    """Dots per inch: a folded section is drawn coarser."""
    return 100 if folded else 160


def both(draw: Callable[..., bytes], *arguments: Any, **options: Any) -> dict[str, str]:
    """The same picture for a light and for a dark page."""
    return {
        "light": address(draw(*arguments, dark=False, **options)),
        "dark": address(draw(*arguments, dark=True, **options)),
    }


def address(png: bytes) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
