"""Scatter plots of codes by class, drawn to PNG bytes."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from zoo.report.figures import class_style, ink, new_axes, png

_LABELLED_CLASSES = 20


def project(codes: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Brings codes to at most two dimensions, with a name for each axis.

    Codes of one or two dimensions stay as they are; wider ones are projected on their first two
    principal components (scikit-learn's `PCA`), and the names carry the share of the variance.

    Args:
        codes: `(num_codes, code_size)`, finite, at least two rows where code_size > 2.

    Returns:
        Points `(num_codes, min(code_size, 2))` and as many axis names.
    """
    if codes.shape[1] <= 2:
        return codes, tuple(f"code {index + 1}" for index in range(codes.shape[1]))
    points, shares = _components(codes)
    names = tuple(
        f"PC {index + 1} ({100 * share:.0f} % of variance)" for index, share in enumerate(shares)
    )
    return points, names


def explained_variance(codes: np.ndarray) -> float:
    """The share of the variance that `project` keeps; NaN where it leaves codes as they are."""
    return float(_components(codes)[1].sum()) if codes.shape[1] > 2 else np.nan


def _components(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points on the first two principal components, and each one's share of the variance."""
    from sklearn.decomposition import PCA

    # Codes that all coincide have no variance to share: 0 / 0.
    with np.errstate(invalid="ignore", divide="ignore"):
        pca = PCA(n_components=2, svd_solver="covariance_eigh")
        points = pca.fit_transform(codes.astype("float64"))
    return points, np.nan_to_num(pca.explained_variance_ratio_)


def latent_scatter(
    codes: np.ndarray,
    labels: np.ndarray,
    marks: Mapping[int, str],
    dark: bool = False,
    resolution: int = 160,
) -> bytes:
    """Draws the codes of labeled images: a plane of points, or strips where codes are 1-D.

    Each class is named on the picture, so that color alone never has to tell classes apart.

    Args:
        codes: `(num_codes, code_size)`, finite.
        labels: `(num_codes,)`, the class of each code, from 0.
        marks: A short name for each class that occurs, by its number.
        dark: Light ink, for a dark page.
        resolution: Dots per inch; the picture is 6 inches wide.

    Returns:
        A PNG with a transparent ground.
    """
    return png(_latent_figure(codes, labels, marks, dark, resolution)[0])


def latent_places(codes: np.ndarray, labels: np.ndarray, marks: Mapping[int, str]) -> np.ndarray:
    """Where `latent_scatter` draws each code, as shares of the picture's width and height.

    Returns:
        `(num_codes, 2)` in the order of the codes, from the left and from the top.
    """
    figure, axes, points, order = _latent_figure(codes, labels, marks, False, 50)
    figure.draw_without_rendering()
    shares = figure.transFigure.inverted().transform(axes.transData.transform(points))
    places = np.empty_like(shares)
    places[order] = shares * [1, -1] + [0, 1]
    return places


def _latent_figure(
    codes: np.ndarray, labels: np.ndarray, marks: Mapping[int, str], dark: bool, resolution: int
) -> tuple[Figure, Axes, np.ndarray, np.ndarray]:
    """The figure of `latent_scatter`, its axes, the points there, and of which code each is."""
    points, names = project(codes)
    figure, axes = new_axes(6.0, 5.0, dark, resolution)
    axes.set_xlabel(names[0])
    # Shuffled, or the last class would lie on top of all others.
    order = np.random.default_rng(0).permutation(len(points))
    points, labels = points[order], labels[order]
    classes = [int(label) for label in np.unique(labels)]
    if len(names) == 1:
        points = _in_strips(points, labels, classes)
        _strips(axes, points, labels, marks, dark)
    else:
        size = float(np.clip(14_000 / len(points), 12, 40))
        _plane(axes, points, labels, classes, size, dark)
        axes.set_ylabel(names[1])
        if len(classes) <= _LABELLED_CLASSES:
            _name_classes(axes, points, labels, classes, marks, dark, size=12)
    return figure, axes, points, order


def small_scatter(
    codes: np.ndarray, labels: np.ndarray, marks: Mapping[int, str], dark: bool = False
) -> bytes:
    """Draws the plane of `latent_scatter` small and without axes, to stand among others.

    Codes of one dimension become strips, one above the other by class.

    Args:
        codes: `(num_codes, code_size)`, finite.
        labels: `(num_codes,)`, the class of each code, from 0.
        marks: A name of one or two letters for each class that occurs, by its number.
        dark: Light ink, for a dark page.

    Returns:
        A PNG with a transparent ground, the same size for every model.
    """
    points, names = project(codes)
    classes = [int(label) for label in np.unique(labels)]
    if len(names) == 1:
        points = _in_strips(points, labels, classes)
    order = np.random.default_rng(0).permutation(len(points))
    points, labels = points[order], labels[order]
    figure = Figure(figsize=(2.8, 2.5), dpi=120)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    _plane(axes, points, labels, classes, float(np.clip(12_000 / len(points), 3, 16)), dark)
    if len(names) == 1:
        axes.set_aspect("auto")
    if len(classes) <= _LABELLED_CLASSES:
        _name_classes(axes, points, labels, classes, marks, dark, size=10)
    return png(figure)


def _plane(
    axes: Axes,
    points: np.ndarray,
    labels: np.ndarray,
    classes: list[int],
    size: float,
    dark: bool,
) -> None:
    colours = to_rgba_array([class_style(label)[0] for label in labels], alpha=0.75)
    markers = np.array([class_style(label)[1] for label in labels])
    for marker in dict.fromkeys(class_style(label)[1] for label in classes):
        chosen = markers == marker
        axes.scatter(
            points[chosen, 0],
            points[chosen, 1],
            s=size,
            c=colours[chosen],
            marker=marker,
            edgecolors=ink(dark),
            linewidths=0.09 * np.sqrt(size),
        )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)


def _in_strips(points: np.ndarray, labels: np.ndarray, classes: list[int]) -> np.ndarray:
    """Points of one dimension, each at the height of its class, give or take."""
    jitter = np.random.default_rng(0).uniform(-0.3, 0.3, len(points))
    return np.column_stack([points[:, 0], np.searchsorted(classes, labels) + jitter])


def _strips(
    axes: Axes, points: np.ndarray, labels: np.ndarray, marks: Mapping[int, str], dark: bool
) -> None:
    classes = [int(label) for label in np.unique(labels)]
    for label in classes:
        colour, marker, _ = class_style(label)
        dots = {"marker": marker, "edgecolors": ink(dark), "linewidths": 0.45}
        axes.scatter(*points[labels == label].T, s=14, color=to_rgba(colour, 0.7), **dots)
    axes.set_yticks(range(len(classes)), [marks[label] for label in classes])
    for text in axes.get_yticklabels():
        text.set_parse_math(False)
    axes.set_ylabel("class")


def _name_classes(
    axes: Axes,
    points: np.ndarray,
    labels: np.ndarray,
    classes: list[int],
    marks: Mapping[int, str],
    dark: bool,
    size: int,
) -> None:
    """Writes each class's mark at the median of its points, moved up or down where two meet."""
    figure = axes.figure
    figure.draw_without_rendering()
    centres = np.array([np.median(points[labels == label], axis=0) for label in classes])
    places = axes.transData.transform(centres)
    halo = [withStroke(linewidth=3.5 * size / 12, foreground="#14161a" if dark else "#ffffff")]
    texts = [
        axes.text(
            0.0,
            0.0,
            marks[label],
            color="#ffffff" if dark else "#16181d",
            fontsize=size,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=halo,
            parse_math=False,
            clip_on=True,
        )
        for label in classes
    ]
    boxes = [text.get_window_extent() for text in texts]
    for _ in range(50):
        for one in range(len(places)):
            for two in range(one):
                wide = (boxes[one].width + boxes[two].width) / 2
                high = 1.2 * (boxes[one].height + boxes[two].height) / 2
                right, up = places[one] - places[two]
                if abs(right) < wide and abs(up) < high:
                    step = (high - abs(up)) / 2 * (1 if up >= 0 else -1)
                    places[one, 1] += step
                    places[two, 1] -= step
    for text, place in zip(texts, axes.transData.inverted().transform(places), strict=True):
        text.set_position(place)
