"""The names of data sets, with a line on each; known without TensorFlow."""

import difflib
import functools
import importlib.util
import os
import pathlib
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from zoo.datasets.own_files import FINDERS, SPLITS, path_and_column
from zoo.errors import InputError
from zoo.settings.sources import is_same

if TYPE_CHECKING:
    from zoo.datasets.options import Options
    from zoo.datasets.split_data import SplitData

IMAGES = {
    "cifar10": "60,000 color photographs of 32x32, 10 classes.",
    "digits": "1,797 handwritten digits of 8x8, 10 classes; embedded, from scikit-learn.",
    "fashion_mnist": "70,000 gray images of clothes of 28x28, 10 classes.",
    "mnist": "70,000 handwritten digits of 28x28, 10 classes.",
    "mnist_2k2k": "The first 2,000 training and 2,000 test images of MNIST.",
    "pneumonia_mnist": "5,856 chest X-rays of 28x28, 2 classes.",
    "svhn_cropped": "99,289 color photographs of house numbers of 32x32, 10 classes.",
}
# Rows of features, see `zoo.datasets.tables`, and Bibtex with one class a row.
BIBTEX_CLASSES = "bibtex_classes"
TABLES = {
    "wine": "178 wines in 13 measurements, 3 classes; embedded, from scikit-learn.",
    "breast_cancer": "569 tumors in 30 measurements, 2 classes; embedded, from scikit-learn.",
    "digits_vectors": "The digits as rows of 64 numbers, 10 classes; embedded.",
    BIBTEX_CLASSES: "Bibtex with one class a row.",
}
MULTI_LABEL = {
    "bibtex": "7,395 bookmarks and references in 1,836 words, 159 labels.",
    "bookmarks": "87,856 bookmarks in 2,150 words, 208 labels.",
    "delicious": "16,105 web pages in 500 words, 983 labels.",
}
MASKS = {"weizmann_horse": "328 photographs of horses with their masks."}
BLOCKS = "blocks"
SHAPES = "shapes"
_LINES = {
    **IMAGES,
    **TABLES,
    **MULTI_LABEL,
    **MASKS,
    BLOCKS: "1,500 rows of 64 features, 16 labels in four blocks; embedded, drawn from a seed.",
    SHAPES: "6,144 gray images of 32x32 with five known factors, 3 classes; embedded, drawn.",
}


class Origin(NamedTuple):
    """Under which license a data set is, as far as its makers say, and whom to cite for it."""

    license: str
    source: str


_UNSTATED = "unstated"
_CC_BY = "CC-BY-4.0"
_MNIST = Origin(_UNSTATED, "LeCun, Cortes and Burges, The MNIST database of handwritten digits.")
_BIBTEX = Origin(
    _UNSTATED, "Katakis, Tsoumakas and Vlahavas, ECML/PKDD 2008 Discovery Challenge; from Mulan."
)
_ORIGINS = {
    "cifar10": Origin(
        _UNSTATED, "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009."
    ),
    "digits": Origin(_CC_BY, "Alpaydin and Kaynak, UCI Machine Learning Repository, set 80."),
    "digits_vectors": Origin(_CC_BY, "Alpaydin and Kaynak, UCI Machine Learning Repository."),
    "fashion_mnist": Origin("MIT", "Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747."),
    "mnist": _MNIST,
    "mnist_2k2k": _MNIST,
    "pneumonia_mnist": Origin(
        _CC_BY, "Yang et al., MedMNIST v2, Scientific Data 2023; Kermany et al., Cell 2018."
    ),
    "svhn_cropped": Origin(
        "for non-commercial use only", "Netzer et al., NIPS Workshop on Deep Learning 2011."
    ),
    "wine": Origin(_CC_BY, "Aeberhard and Forina, UCI Machine Learning Repository, set 109."),
    "breast_cancer": Origin(_CC_BY, "Wolberg et al., UCI Machine Learning Repository, set 17."),
    "bibtex": _BIBTEX,
    BIBTEX_CLASSES: _BIBTEX,
    "bookmarks": _BIBTEX,
    "delicious": Origin(
        _UNSTATED, "Tsoumakas, Katakis and Vlahavas, ECML/PKDD 2008 Workshop; from Mulan."
    ),
    "weizmann_horse": Origin(
        _UNSTATED, "Borenstein and Ullman, Class-specific, top-down segmentation, ECCV 2002."
    ),
    BLOCKS: Origin("Apache-2.0", "Drawn by the zoo from a seed."),
    SHAPES: Origin("Apache-2.0", "Drawn by the zoo, after Matthey et al., dSprites, 2017."),
}

# Those of one's own: what loads them, by name.
_REGISTERED: dict[str, Callable[["Options"], "SplitData"]] = {}


def list_datasets() -> list[str]:
    """The names of the data sets that the zoo's recipes use, and of one's own, sorted."""
    return sorted({*_LINES, *_REGISTERED})


def described(name: str) -> str:
    """A line on a data set of `list_datasets()`."""
    made = _REGISTERED.get(name)
    return _LINES[name] if made is None else (made.__doc__ or "").strip().partition("\n")[0]


def origin_of(name: str) -> Origin:
    """The license and the source of a data set; of one that the zoo does not know, unstated."""
    return _ORIGINS.get(name, Origin(_UNSTATED, ""))


def register_dataset(
    function: Callable[["Options"], "SplitData"],
) -> Callable[["Options"], "SplitData"]:
    """Lets `load` and recipes know a data set of one's own under the function's name.

    The function makes it of `zoo.datasets.Options`: batch size, cut, hidden labels and seed.

    Raises:
        InputError: there is one of that name.
    """
    known = _REGISTERED.get(function.__name__)
    if function.__name__ in list_datasets() and not (known and is_same(known, function)):
        raise InputError(f"There is a data set named {function.__name__!r} already.")
    _REGISTERED[function.__name__] = function
    return function


def maker_of(name: str) -> Callable[["Options"], "SplitData"] | None:
    """What makes a data set of one's own; None of any other."""
    return _REGISTERED.get(name)


def check_name(name: str) -> None:
    """Raises `InputError` where a name can be seen to be no data set's, without TensorFlow."""
    kind, is_path, path = name.partition(":")
    if is_path and kind in FINDERS:
        FINDERS[kind](path_and_column(path)[0] if kind == "csv" else path)
        return
    first = kind.partition("/")[0]
    if first in list_datasets():
        return
    prepared = os.environ.get("TFDS_DATA_DIR") or os.path.expanduser("~/tensorflow_datasets")
    if os.path.exists(os.path.join(prepared, first)):
        return
    tfds = sys.modules.get("tensorflow_datasets")
    known = tfds.list_builders(with_community_datasets=False) if tfds else _names_of_tfds()
    if first not in known:
        raise unknown(name)


def check_outside(name: str, output: str | os.PathLike) -> None:
    """Raises `InputError` where an output would lie in a class of "folder:PATH", or be one."""
    kind, is_path, path = name.partition(":")
    if kind != "folder" or not is_path:
        return
    folder = pathlib.Path(os.path.expanduser(path)).resolve()
    for split in SPLITS:
        if pathlib.Path(output).resolve().is_relative_to(folder / split):
            raise InputError(
                f"Output {output} lies in {folder / split}, whose folders are the classes of "
                f"{name!r}; give another."
            )


@functools.cache
def _names_of_tfds() -> set[str]:
    """The names that TFDS has a class for, and of its other classes too.

    To import it would take half a second, which is left to who reads a set.
    """
    spec = importlib.util.find_spec("tensorflow_datasets")
    assert spec is not None and spec.origin is not None, "the zoo needs it"
    package = pathlib.Path(spec.origin).parent
    classes = {
        found
        for file in package.rglob("*.py")
        for found in re.findall(r"^class (\w+)\(", file.read_text("utf-8"), re.MULTILINE)
    }
    names = {re.sub(r"(?<=.)([A-Z][a-z0-9]+)", r"_\1", each) for each in classes}
    names = {re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", each).lower() for each in names}
    return names.union(each.name for each in package.joinpath("datasets").iterdir())


def unknown(name: str) -> InputError:
    """What is said of a name that no data set has."""
    near = difflib.get_close_matches(name, list_datasets(), n=1)
    return InputError(
        f"Unknown data set {name!r}.{f' Did you mean {near[0]!r}?' if near else ''} Allowed: "
        f"{', '.join(list_datasets())}, folder:PATH for your own images, csv:PATH or npz:PATH for "
        "a table, arff:PATH for one of label sets, or the name of any TFDS set of images or of a "
        "table with a class."
    )
