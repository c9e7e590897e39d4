"""The usual dimensionality reducers on pixels, to stand beside the codes of a model."""

import dataclasses
import importlib.util
import os
import time
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from zoo.datasets import ClassData
from zoo.errors import InputError, check_choice, check_count, first_line
from zoo.evaluation.probes import probe_accuracy
from zoo.evaluation.rows_of_features import units_of
from zoo.files import whole_file

# Whose first columns are the same however many there are, so that one fit serves all widths.
NESTED = ("pca", "lda", "isomap")
# Principal components that LDA and NCA are given in place of the pixels.
COMPONENTS = 50

# A reducer on flat pixels: (train_x, train_y, test_x, seed, size) to the rows of both, of `size`
# columns at most.
_Pair = tuple[np.ndarray, np.ndarray]
_Reducer = Callable[[np.ndarray, np.ndarray, np.ndarray, int, int], _Pair]


@dataclasses.dataclass(frozen=True)
class Reduction:
    """Test images in two dimensions.

    Attributes:
        embedding: (rows, 2) float32, the test rows.
        labels: (rows,) class numbers of the test rows.
        probe_accuracy: of the probes' SVC, fitted on the training rows' embedding and scored on the
            test rows'.
        seconds: what the reducer took to fit and to embed, without the probe.
        explained_variance: of `pca`, the share of the training rows' variance that is kept.
        wider: (size, probe accuracy) of the same reducer with so many dimensions.
    """

    embedding: np.ndarray
    labels: np.ndarray
    probe_accuracy: float
    seconds: float
    explained_variance: float = np.nan
    wider: tuple[tuple[int, float], ...] = ()


def reduce(
    name: str,
    train_x: np.ndarray,
    train_y: np.ndarray,
    test_x: np.ndarray,
    seed: int = 0,
    size: int = 2,
) -> _Pair:
    """Training and test images in few dimensions, by a reducer fitted on the training images.

    * `pca`: scikit-learn's `PCA`, the first principal components.
    * `lda`: `LinearDiscriminantAnalysis`, supervised, on the first 50 principal components (all,
      where there are fewer): with nearly as many pixels as rows it would fit their noise. It has
      at most one dimension fewer than there are classes; what is missing are columns of zeros.
    * `tsne`: `TSNE`. It embeds the images it was given and no others, so it gets training and test
      images at once, without labels. Perplexity 30, less for fewer than 91 images.
    * `nca`: `NeighborhoodComponentsAnalysis`, supervised, on the same 50 components, 50 iterations.
    * `isomap`: `Isomap` with 10 neighbors. A neighbor graph in several parts is joined at the
      nearest points.
    * `umap`: `UMAP` of the package umap-learn (extra `umap`), without labels, 15 neighbors.

    Args:
        name: one of `REDUCERS`.
        train_x: images or rows of numbers, (rows, ...), finite; flattened.
        train_y: (rows,) class numbers; `lda` and `nca` learn from them.
        test_x: (test_rows, ...), images of the same shape; their labels are never seen.
        seed: of the reducers that draw random numbers.
        size: how many dimensions; of `tsne` at most 3.

    Returns:
        The embeddings of the training rows (rows, size) and of the test rows (test_rows, size),
        float32.

    Raises:
        InputError: an unknown reducer, a size below 1 or too large for `tsne`, `umap` without
            umap-learn, images that do not fit each other, are not finite or fewer than 4, or for
            `lda` fewer than two classes or no more rows than classes.
    """
    check_choice("reducer", name, REDUCERS)
    check_count("seed", seed, 0)
    check_count("size", size)
    if name == "tsne" and size > 3:
        raise InputError(f"t-SNE embeds in at most 3 dimensions. Received: size={size}.")
    train_x, test_x, train_y = np.asarray(train_x), np.asarray(test_x), np.asarray(train_y)
    _check_images(train_x, train_y, test_x)
    # float64: in float32 near ties between neighbors would depend on the processor.
    flat = [x.reshape(len(x), -1).astype("float64") for x in (train_x, test_x)]
    # One thread: many small steps, in which threads wait for each other on busy cores.
    with threadpool_limits(1):
        train, test = REDUCERS[name](flat[0], train_y, flat[1], seed, size)
    return _of_columns(train, size), _of_columns(test, size)


def reduce_all(
    data: ClassData,
    names: Sequence[str] | None = None,
    train_rows: int = 2_000,
    test_rows: int = 2_000,
    seed: int = 0,
    sizes: Collection[int] = (),
) -> dict[str, Reduction]:
    """Reduces the same images of a data set by several reducers, and scores each.

    All are fitted on `data.sample("train", train_rows, seed)`. The test rows are those of
    `data.sample("test", test_rows, seed)`, by default the ones whose codes `zoo.evaluation` gives
    to the report. A smaller set gives what it has.

    Args:
        data: the data set; hidden labels are no secret here, as for the probes.
        names: of `REDUCERS`; None takes `installed_reducers()`, which leaves `umap` out where
            umap-learn is not installed.
        train_rows: at most so many training rows.
        test_rows: at most so many test rows.
        seed: draws the rows, and seeds the reducers.
        sizes: of codes; `NESTED` reducers are also scored with as many dimensions.

    Returns:
        The reductions by name, in the order of `names`.

    Raises:
        InputError: as for `reduce`, or a number of rows below 1.
    """
    names = installed_reducers() if names is None else names
    for name in names:
        check_choice("reducer", name, REDUCERS)
    if "umap" in names:
        _umap_class()
    train_x, train_y = data.sample("train", train_rows, seed=seed)
    test_x, test_y = data.sample("test", test_rows, seed=seed)
    # Features of a table have units of their own, of which the largest would decide.
    units = units_of(data)
    train_x, test_x = units.scaled(train_x), units.scaled(test_x)
    reductions = {}
    for name in names:
        start = time.perf_counter()
        train, test = reduce(name, train_x, train_y, test_x, seed)
        seconds = time.perf_counter() - start
        accuracy = probe_accuracy("svc", train, train_y, test, test_y)
        kept = _share_of_variance(train, train_x) if name == "pca" else np.nan
        wider = ()
        if sizes and name in NESTED:
            rows = reduce(name, train_x, train_y, test_x, seed, max(sizes))
            wider = tuple(
                (n, probe_accuracy("svc", rows[0][:, :n], train_y, rows[1][:, :n], test_y))
                for n in sorted(sizes)
            )
        reductions[name] = Reduction(test, test_y, accuracy, seconds, kept, wider)
    return reductions


def installed_reducers() -> list[str]:
    """The names of `REDUCERS` that can be used here: all, but `umap` only with umap-learn."""
    found = importlib.util.find_spec("umap")
    # Any folder of that name would be found as well, but without an origin.
    has_umap = found is not None and found.origin is not None
    return [name for name in REDUCERS if name != "umap" or has_umap]


def write_reductions(
    path: str | os.PathLike, reductions: Mapping[str, Reduction], test_rows: Sequence[float] = ()
) -> None:
    """Writes reductions to a NumPy archive (.npz), whole or not at all.

    Args:
        path: of the file.
        reductions: by name.
        test_rows: by what the test rows of their data set are known again, as results.json has it.
    """
    arrays: dict[str, np.ndarray] = {"names": np.asarray(list(reductions), dtype=str)}
    arrays["test_rows"] = np.asarray(test_rows, "float64")
    for name, reduction in reductions.items():
        for field in dataclasses.fields(Reduction):
            arrays[f"{name}.{field.name}"] = np.asarray(getattr(reduction, field.name))
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def read_reductions(path: str | os.PathLike) -> dict[str, Reduction]:
    """Reads what `write_reductions` wrote.

    Raises:
        InputError: there is no such file, or it is damaged or another one.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {str(name): _read_reduction(file, name) for name in file["names"]}
    except FileNotFoundError as error:
        raise InputError(f"There is no file of reductions {str(path)!r}.") from error
    except Exception as error:  # zipfile, zlib and numpy each have their own.
        raise InputError(
            f"{str(path)!r} is no whole file of reductions: {first_line(error).rstrip('.')}."
        ) from error


def read_test_rows(path: str | os.PathLike) -> list[float]:
    """What a file of reductions says of its test rows; empty where it is an earlier one."""
    with np.load(path, allow_pickle=False) as file:
        return file["test_rows"].tolist() if "test_rows" in file else []


def _read_reduction(file: Mapping[str, np.ndarray], name: str) -> Reduction:
    embedding, labels = file[f"{name}.embedding"], file[f"{name}.labels"]
    if embedding.shape != (*labels.shape, 2) or embedding.dtype.kind != "f":
        raise ValueError(f"{name}.embedding has shape {embedding.shape} for {labels.shape} labels")
    numbers = [float(file[f"{name}.{field}"]) for field in ("probe_accuracy", "seconds")]
    # Files of before have no share, and no other sizes.
    share = float(file.get(f"{name}.explained_variance", np.nan))
    wider = np.reshape(file.get(f"{name}.wider", ()), (-1, 2)).tolist()
    pairs = tuple((int(size), accuracy) for size, accuracy in wider)
    return Reduction(embedding, labels, *numbers, share, pairs)


def _share_of_variance(points: np.ndarray, x: np.ndarray) -> float:
    every = x.reshape(len(x), -1).var(axis=0, dtype="float64").sum()
    return float(points.var(axis=0, dtype="float64").sum() / every) if every else 0.0


def _pca(train_x, train_y, test_x, seed, size) -> _Pair:
    return _principal_components(train_x, test_x, size, seed)


def _lda(train_x, train_y, test_x, seed, size) -> _Pair:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    classes = len(np.unique(train_y))
    if not 2 <= classes < len(train_y):
        raise InputError(
            "The reducer 'lda' needs at least two classes and more rows than classes. Received: "
            f"{len(train_y)} training rows of {classes} classes."
        )
    train, test = _principal_components(train_x, test_x, COMPONENTS, seed)
    lda = LinearDiscriminantAnalysis(n_components=min(size, classes - 1, train.shape[1]))
    return lda.fit_transform(train, train_y), lda.transform(test)


def _tsne(train_x, train_y, test_x, seed, size) -> _Pair:
    from sklearn.manifold import TSNE

    images = np.concatenate([train_x, test_x])
    tsne = TSNE(
        n_components=size,
        perplexity=min(30.0, (len(images) - 1) / 3),
        init="pca" if images.shape[1] > 1 else "random",
        random_state=seed,
    )
    embedding = tsne.fit_transform(images)
    return embedding[: len(train_x)], embedding[len(train_x) :]


def _nca(train_x, train_y, test_x, seed, size) -> _Pair:
    from sklearn.neighbors import NeighborhoodComponentsAnalysis

    train, test = _principal_components(train_x, test_x, COMPONENTS, seed)
    nca = NeighborhoodComponentsAnalysis(min(size, train.shape[1]), max_iter=50, random_state=seed)
    return nca.fit_transform(train, train_y), nca.transform(test)


def _isomap(train_x, train_y, test_x, seed, size) -> _Pair:
    from sklearn.manifold import Isomap

    isomap = Isomap(n_neighbors=min(10, len(train_x) - 1), n_components=min(size, len(train_x)))
    with warnings.catch_warnings():
        # Classes that lie far apart give a graph in parts; `reduce` says what becomes of it.
        warnings.filterwarnings("ignore", "The number of connected components", UserWarning)
        warnings.filterwarnings("ignore", "Changing the sparsity structure")
        return isomap.fit_transform(train_x), isomap.transform(test_x)


def _umap(train_x, train_y, test_x, seed, size) -> _Pair:
    neighbours = min(15, len(train_x) - 1)
    # With a seed it uses one core, and warns unless told so.
    umap = _umap_class()(n_neighbors=neighbours, n_components=size, random_state=seed, n_jobs=1)
    return umap.fit_transform(train_x), umap.transform(test_x)


REDUCERS: dict[str, _Reducer] = {
    "pca": _pca,
    "lda": _lda,
    "tsne": _tsne,
    "nca": _nca,
    "isomap": _isomap,
    "umap": _umap,
}


def _umap_class() -> type:
    try:
        from umap import UMAP
    except ImportError as error:
        raise InputError(
            "The reducer 'umap' needs the package umap-learn, which the extra `umap` installs: "
            "pip install 'autonet-zoo[umap]'."
        ) from error
    return UMAP


def _principal_components(train: np.ndarray, test: np.ndarray, most: int, seed: int) -> _Pair:
    from sklearn.decomposition import PCA

    pca = PCA(min(most, *train.shape), random_state=seed)
    # Images that are all alike have no variance to share out: 0 / 0.
    with np.errstate(invalid="ignore", divide="ignore"):
        return pca.fit_transform(train), pca.transform(test)


def _of_columns(embedding: np.ndarray, size: int) -> np.ndarray:
    """As float32, with columns of zeros where a reducer had fewer dimensions."""
    missing = size - embedding.shape[1]
    return np.pad(embedding, ((0, 0), (0, missing))).astype("float32")


def _check_images(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> None:
    shapes = f"train_x {train_x.shape}, train_y {train_y.shape}, test_x {test_x.shape}"
    fit = train_x.ndim >= 2 and train_x.shape[1:] == test_x.shape[1:]
    if not fit or train_y.shape != train_x.shape[:1] or not test_x.size:
        raise InputError(
            "A reducer takes training and test images of one shape, and one class number per "
            f"training image. Received: {shapes}."
        )
    if len(train_x) < 4:
        raise InputError(f"A reducer needs at least 4 training images. Received: {shapes}.")
    for argument, x in (("train_x", train_x), ("test_x", test_x)):
        if x.dtype.kind not in "fiub" or not np.isfinite(x).all():
            raise InputError(
                f"A reducer takes finite numbers. Received: {argument} of {x.dtype} with NaN, "
                "infinite or other values."
            )
