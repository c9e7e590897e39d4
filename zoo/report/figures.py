"""The report's hand: colors, axes and curves, drawn to PNG bytes without global drawing state."""

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import MaxNLocator
from PIL import Image

# Ten colors told apart under the common forms of color blindness, on white and on black:
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
# Past ten classes the colors come round again, with the next shape: (matplotlib's, the page's).
SHAPES = (("o", "●"), ("^", "▲"), ("s", "■"), ("D", "◆"), ("v", "▼"))

# Of a picture, with what lies between two of them along an edge.
_COLORS = 64


def class_style(label: int) -> tuple[str, str, str]:
    """Returns the color, matplotlib's marker and the page's character of a class."""
    marker, character = SHAPES[label // len(PALETTE) % len(SHAPES)]
    return PALETTE[label % len(PALETTE)], marker, character


def learning_curve(
    training: Sequence[float],
    validation: Sequence[float] = (),
    dark: bool = False,
    resolution: int = 160,
) -> bytes:
    """Draws one term over the epochs: training as a solid, validation as a dashed line.

    Args:
        training: One value per epoch; NaN leaves a gap. May be empty.
        validation: The same on the validation rows. May be empty.
        dark: Light ink, for a dark page.
        resolution: Dots per inch; the picture is 3.6 inches wide.

    Returns:
        A PNG with a transparent ground.
    """
    figure, axes = new_axes(3.6, 2.5, dark, resolution)
    for values, name, colour, style in (
        (training, "train", PALETTE[0], "-"),
        (validation, "validation", PALETTE[6], "--"),
    ):
        if len(values):
            # A line through one point is invisible.
            marker = "o" if len(values) == 1 else ""
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, style, color=colour, lw=2, marker=marker, label=name)
    mark_epochs(axes, max(len(training), len(validation)))
    finish_axes(axes, dark, "epoch", sizes=(12, 12))
    if axes.lines:
        axes.legend(frameon=False, labelcolor=ink(dark), fontsize=12)
    return png(figure)


def ink(dark: bool) -> str:
    """The color of axes and words on a light or a dark page."""
    return "#c8ccd4" if dark else "#4b505a"


def outline(dark: bool) -> list[AbstractPathEffect]:
    """Ink around a line: the light colors of `PALETTE` alone would be lost on a white page."""
    return [withStroke(linewidth=2.8, foreground=ink(dark))]


def new_axes(width: float, height: float, dark: bool, resolution: int) -> tuple[Figure, Axes]:
    """A figure of `width` x `height` inches with one pair of axes, in the ink of the page."""
    figure = Figure(figsize=(width, height), dpi=resolution, layout="constrained")
    axes = figure.add_subplot()
    style_axes(axes, dark)
    return figure, axes


def style_axes(axes: Axes, dark: bool) -> None:
    """Puts axes in the ink of the page, on a transparent ground."""
    axes.patch.set_alpha(0.0)
    axes.tick_params(colors=ink(dark), labelsize=10, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(ink(dark))
        spine.set_alpha(0.4)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(ink(dark))
        label.set_fontsize(12)


def finish_axes(
    axes: Axes,
    dark: bool,
    place: str,
    height: str = "",
    heights: int = 5,
    sizes: tuple[int, int] = (10, 11),
) -> None:
    """Names both axes, and marks at most so many heights; sizes are of numbers and of names."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=heights))
    axes.set_xlabel(place)
    axes.set_ylabel(height)
    axes.tick_params(labelsize=sizes[0])
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_fontsize(sizes[1])
    axes.grid(axis="y", color=ink(dark), alpha=0.15, lw=0.8)


def mark_epochs(axes: Axes, epochs: int) -> None:
    """An axis of epochs, which are counted from 1."""
    ticks = MaxNLocator(integer=True, nbins=5).tick_values(1, max(epochs, 2))
    axes.set_xticks([1, *(tick for tick in ticks if 1 < tick <= epochs)])
    if epochs > 1:
        axes.set_xlim(1, epochs)


def png(figure: Figure) -> bytes:
    """The figure as a PNG with a transparent ground, of few colors: a fifth of the bytes."""
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", transparent=True)
    few = Image.open(drawn).quantize(_COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(small, "PNG", optimize=True)
    return small.getvalue()
