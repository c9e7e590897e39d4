"""Trained models to take home: what there is, and where the file of each is.

The registry is recipes/pretrained.json, which saved_models/pack.py writes; it is read without
TensorFlow. A file is taken from the folder ZOO_PRETRAINED_DIR or from a checkout, else it is
fetched once from the address ZOO_PRETRAINED_URL into the user's cache.
"""

import contextlib
import difflib
import functools
import importlib.resources
import itertools
import json
import os
import pathlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from zoo.errors import InputError, check_choice
from zoo.files import check_finished, sha256_of, storing

URL, FOLDER = "ZOO_PRETRAINED_URL", "ZOO_PRETRAINED_DIR"
CHECKOUT = pathlib.Path(__file__).parents[2] / "saved_models" / "pretrained"
# How often a fetch that failed begins again, and the seconds without a byte after which it fails.
_RETRIES, _TIMEOUT = 2, 30.0


class Pretrained(NamedTuple):
    """What the registry says of a trained model, whose name is that of its recipe.

    file: below the folder or the address.
    bytes, sha256: of the file.
    precision: in which its weights are stored.
    scores: of the file by metric, on all test rows; `results` has those of the run itself.
    license: of the weights.
    data_license, data_source: of the data set; what its makers say, and whom to cite.
    recipe, results: recipe.json and results.json of the run.
    """

    file: str
    bytes: int
    sha256: str
    precision: str
    scores: dict[str, float]
    license: str
    data_license: str
    data_source: str
    recipe: dict[str, Any]
    results: dict[str, Any]

    @property
    def headline(self) -> dict[str, float]:
        """The scores that have a published number, or the first."""
        return headline(self.scores, self.recipe["target"])


def headline(scores: Mapping[str, Any], target: Mapping[str, float]) -> dict[str, Any]:
    """Of scores those that are published too, or the first where none is."""
    found = {metric: scores[metric] for metric in target if metric in scores}
    return found or dict(itertools.islice(scores.items(), 1))


@functools.cache
def registry() -> dict[str, Pretrained]:
    """All trained models, by name."""
    text = importlib.resources.files("zoo.recipes").joinpath("pretrained.json").read_text("utf-8")
    return {name: Pretrained(**values) for name, values in json.loads(text).items()}


def entry(name: str) -> Pretrained:
    """The trained model of a name.

    Raises:
        InputError: there is none; the message names the nearest one.
    """
    check_choice("pretrained model", name, registry())
    return registry()[name]


def check_run(run: str | os.PathLike) -> bool:
    """Whether a run is the name of a trained model; else it must be the folder of a finished run.

    Raises:
        InputError: it is neither; the message names the nearest trained model.
    """
    folder = pathlib.Path(run)
    if str(run) in registry() and not folder.exists():
        return True
    with suggesting(run):
        check_finished(folder)
    return False


@contextlib.contextmanager
def suggesting(given: str | os.PathLike) -> Iterator[None]:
    """Adds the nearest trained model to a mistake that is about a name or a folder."""
    try:
        yield
    except InputError as error:
        near = difflib.get_close_matches(str(given), registry(), n=1)
        if not near or pathlib.Path(given).exists():
            raise
        raise InputError(f"{error} Did you mean the trained model {near[0]!r}?") from None


def described(name: str) -> str:
    """A line on a trained model: its first score and its size."""
    held = entry(name)
    metric, value = next(iter(held.headline.items()))
    return f"{metric} {value:.4f}; {held.bytes / 1e3:,.0f} kB"


def fetch(name: str) -> pathlib.Path:
    """The file of a trained model, whose bytes are those of the registry.

    Raises:
        InputError: no such model, a file of other bytes, or none that can be had from anywhere.
        StorageError: the cache cannot be written.
    """
    held = entry(name)
    for folder in (os.environ.get(FOLDER), CHECKOUT):
        file = pathlib.Path(folder or "", held.file)
        if not folder or not file.is_file():
            continue
        if not _is_whole(file, held):
            raise InputError(
                f"{file} has other bytes than the {name!r} of this version of the zoo; remove it, "
                "or put the file of this version there."
            )
        return file
    return _fetch(name, held)


def _is_whole(file: pathlib.Path, held: Pretrained) -> bool:
    return file.is_file() and sha256_of(file) == held.sha256


def _fetch(name: str, held: Pretrained) -> pathlib.Path:
    # They take a quarter of a second, which lists need not pay.
    import pooch
    import requests

    cache, address = pooch.os_cache("autonet-zoo") / "pretrained", os.environ.get(URL, "")
    if not address and not _is_whole(cache / held.file, held):
        raise InputError(
            f"The trained model {name!r} is not on this machine: set {URL} to an address, or "
            f"{FOLDER} to a folder, that has {held.file}."
        )
    pooch.get_logger().setLevel("ERROR")
    keeper = pooch.create(
        path=cache,
        base_url=address.rstrip("/") + "/",
        registry={held.file: f"sha256:{held.sha256}"},
        retry_if_failed=_RETRIES,
    )
    downloader = pooch.HTTPDownloader(timeout=_TIMEOUT, progressbar=sys.stderr.isatty())
    with storing(cache):
        try:
            return pathlib.Path(keeper.fetch(held.file, downloader=downloader))
        except requests.HTTPError as error:
            assert error.response is not None  # It is raised of an answer.
            reason = f"the server answers {error.response.status_code} {error.response.reason}"
        except requests.exceptions.ChunkedEncodingError:
            reason = "the connection was cut"
        except requests.ConnectionError as error:
            # Within an answer, too, a time-out comes as one of these.
            late = "timed out" in str(error)
            reason = f"nothing came for {_TIMEOUT:g} seconds" if late else "there is no connection"
        except requests.RequestException as error:
            reason = str(error).rstrip(".")
        except ValueError:
            reason = "its bytes are not those of this version of the zoo"
    raise InputError(f"{address.rstrip('/')}/{held.file} could not be fetched: {reason}.")
