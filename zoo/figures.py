"""The pictures of the report, each drawn to PNG bytes without any global drawing state."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Ten colours told apart under the common forms of colour blindness, on white and on black:
# M. A. Petroff, "Accessible Color Sequences for Data Visualization", 2021, arXiv:2107.02270.
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
# Past ten classes the colours come round again, with the next shape: (matplotlib's, the page's).
SHAPES = (("o", "●"), ("^", "▲"), ("s", "■"), ("D", "◆"), ("v", "▼"))

_DOTS_PER_INCH = 160
_LABELLED_CLASSES = 20
_TILE_PIXELS = 112


def class_style(label: int) -> tuple[str, str, str]:
    """Returns the colour, matplotlib's marker and the page's character of a class."""
    marker, character = SHAPES[label // len(PALETTE) % len(SHAPES)]
    return PALETTE[label % len(PALETTE)], marker, character


def learning_curve(
    training: Sequence[float], validation: Sequence[float] = (), dark: bool = False
) -> bytes:
    """Draws one term over the epochs: training as a solid, validation as a dashed line.

    Args:
        training: One value per epoch; NaN leaves a gap. May be empty.
        validation: The same on the validation rows. May be empty.
        dark: Light ink, for a dark page.

    Returns:
        A PNG with a transparent ground.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = _axes(3.6, 2.5, dark)
    for values, name, colour, style in (
        (training, "train", PALETTE[0], "-"),
        (validation, "validation", PALETTE[6], "--"),
    ):
        if len(values):
            # A line through one point is invisible.
            marker = "o" if len(values) == 1 else ""
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, style, color=colour, lw=2, marker=marker, label=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_xlabel("epoch")
    axes.tick_params(labelsize=12)
    axes.grid(axis="y", color=_ink(dark), alpha=0.15, lw=0.8)
    if axes.lines:
        axes.legend(frameon=False, labelcolor=_ink(dark), fontsize=12)
    return _png(figure)


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
    from sklearn.decomposition import PCA

    # Codes that all coincide have no variance to share: 0 / 0.
    with np.errstate(invalid="ignore", divide="ignore"):
        pca = PCA(n_components=2, svd_solver="full")
        points = pca.fit_transform(codes.astype("float64"))
    shares = 100.0 * np.nan_to_num(pca.explained_variance_ratio_)
    names = tuple(
        f"PC {index + 1} ({share:.0f} % of variance)" for index, share in enumerate(shares)
    )
    return points, names


def latent_scatter(
    codes: np.ndarray, labels: np.ndarray, marks: Mapping[int, str], dark: bool = False
) -> bytes:
    """Draws the codes of labelled images: a plane of points, or strips where codes are 1-D.

    Each class is named on the picture, so that colour alone never has to tell classes apart.

    Args:
        codes: `(num_codes, code_size)`, finite.
        labels: `(num_codes,)`, the class of each code, from 0.
        marks: A short name for each class that occurs, by its number.
        dark: Light ink, for a dark page.

    Returns:
        A PNG with a transparent ground.
    """
    points, names = project(codes)
    figure, axes = _axes(6.0, 5.0, dark)
    axes.set_xlabel(names[0])
    classes = [int(label) for label in np.unique(labels)]
    # Shuffled, or the last class would lie on top of all others.
    order = np.random.default_rng(0).permutation(len(points))
    points, labels = points[order], labels[order]
    if len(names) == 1:
        _strips(axes, points[:, 0], labels, classes, marks)
    else:
        _plane(axes, points, labels, classes)
        axes.set_ylabel(names[1])
        if len(classes) <= _LABELLED_CLASSES:
            _name_classes(axes, points, labels, classes, marks, dark)
    return _png(figure)


def reconstruction_grid(
    originals: np.ndarray, reconstructions: np.ndarray, columns: int = 10
) -> bytes:
    """Lays originals in rows, each row with its reconstructions right below.

    Args:
        originals: `(num_images, height, width, channels)` in [0, 1].
        reconstructions: The same shape; values outside [0, 1] are clipped.
        columns: Images per row.

    Returns:
        A PNG, pixel by pixel (every pixel a whole number of pixels), transparent between images.
    """
    from matplotlib.image import imsave

    rows = [_tiles(originals), _tiles(reconstructions)]
    columns = min(columns, len(originals))
    height, width = rows[0].shape[1:3]
    gap = max(2, width // 16)
    bands = -(-len(originals) // columns)
    # A pair of rows is set closer together than one pair and the next.
    band = 2 * height + gap + 3 * gap
    sheet = np.zeros((bands * band - 3 * gap, columns * (width + gap) - gap, 4), "uint8")
    for index in range(len(originals)):
        top, left = index // columns * band, index % columns * (width + gap)
        for row, tiles in enumerate(rows):
            y = top + row * (height + gap)
            sheet[y : y + height, left : left + width] = tiles[index]
    buffer = io.BytesIO()
    imsave(buffer, sheet, format="png")
    return buffer.getvalue()


def _ink(dark: bool) -> str:
    return "#c8ccd4" if dark else "#4b505a"


def _axes(width: float, height: float, dark: bool) -> "tuple[Figure, Axes]":
    """A figure of `width` x `height` inches with one pair of axes, in the ink of the page."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=_DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    axes.patch.set_alpha(0.0)
    axes.tick_params(colors=_ink(dark), labelsize=10, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_ink(dark))
        spine.set_alpha(0.4)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(_ink(dark))
        label.set_fontsize(12)
    return figure, axes


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", transparent=True)
    return buffer.getvalue()


def _plane(axes: "Axes", points: np.ndarray, labels: np.ndarray, classes: list[int]) -> None:
    size = float(np.clip(14_000 / len(points), 12, 40))
    colours = np.array([class_style(label)[0] for label in labels])
    markers = np.array([class_style(label)[1] for label in labels])
    for marker in dict.fromkeys(class_style(label)[1] for label in classes):
        chosen = markers == marker
        axes.scatter(
            points[chosen, 0],
            points[chosen, 1],
            s=size,
            c=colours[chosen],
            marker=marker,
            alpha=0.75,
            linewidths=0,
        )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)


def _strips(
    axes: "Axes",
    values: np.ndarray,
    labels: np.ndarray,
    classes: list[int],
    marks: Mapping[int, str],
) -> None:
    jitter = np.random.default_rng(0).uniform(-0.3, 0.3, len(values))
    for height, label in enumerate(classes):
        chosen = labels == label
        colour, marker, _ = class_style(label)
        heights = height + jitter[chosen]
        axes.scatter(values[chosen], heights, s=14, color=colour, marker=marker, alpha=0.7, lw=0)
    axes.set_yticks(range(len(classes)), [marks[label] for label in classes])
    for text in axes.get_yticklabels():
        text.set_parse_math(False)
    axes.set_ylabel("class")


def _name_classes(
    axes: "Axes",
    points: np.ndarray,
    labels: np.ndarray,
    classes: list[int],
    marks: Mapping[int, str],
    dark: bool,
) -> None:
    """Writes each class's mark at the median of its points, moved up or down where two meet."""
    from matplotlib.patheffects import withStroke

    figure = axes.figure
    figure.draw_without_rendering()
    centres = np.array([np.median(points[labels == label], axis=0) for label in classes])
    places = axes.transData.transform(centres)
    halo = [withStroke(linewidth=3.5, foreground="#14161a" if dark else "#ffffff")]
    texts = [
        axes.text(
            0.0,
            0.0,
            marks[label],
            color="#ffffff" if dark else "#16181d",
            fontsize=12,
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


def _tiles(images: np.ndarray) -> np.ndarray:
    """Images `(n, h, w, c)` in [0, 1] as RGBA bytes, enlarged or thinned by a whole number."""
    images = np.clip(np.nan_to_num(images), 0.0, 1.0)
    if images.shape[-1] < 3:
        images = np.repeat(images.mean(-1, keepdims=True), 3, axis=-1)
    bytes_ = np.round(255 * images[..., :3]).astype("uint8")
    width = images.shape[2]
    thin, enlarge = max(1, width // _TILE_PIXELS), max(1, _TILE_PIXELS // width)
    bytes_ = bytes_[:, ::thin, ::thin].repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    opaque = np.full((*bytes_.shape[:3], 1), 255, "uint8")
    return np.concatenate([bytes_, opaque], axis=-1)
