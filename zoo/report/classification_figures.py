"""Pictures of how a classifier does: where it errs, and how far its confidence can be trusted."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from zoo.report import figures

# Ink on the page's ground and on a full cell, and the color of a full cell; light, then dark.
_CELLS = {False: ("#16181d", "#ffffff", "#1b6ca8"), True: ("#eceef2", "#14161a", "#5aa9e6")}
_COUNTED_CLASSES = 12
_NAMED_CLASSES = 40


def shares_of_rows(confusion: np.ndarray) -> np.ndarray:
    """Returns each count over the sum of its row; a row without counts stays 0.

    Args:
        confusion: Counts `(num_classes, num_classes)`, a row for each true class.

    Returns:
        The shape of `confusion`, float64; each row sums to 1 or to 0.
    """
    sums = confusion.sum(axis=1, keepdims=True)
    return confusion / np.maximum(sums, 1)


def confusion_matrix(
    confusion: np.ndarray, marks: Sequence[str], dark: bool = False, resolution: int = 160
) -> bytes:
    """Draws a confusion matrix, a row for each true class, colored by the share of its row.

    Up to 12 classes the counts are written in; a cell without images stays empty.

    Args:
        confusion: Counts `(num_classes, num_classes)`, rows true, columns predicted.
        marks: A short name for each class.
        dark: Light ink, for a dark page.
        resolution: Dots per inch; the picture is 6 inches wide.

    Returns:
        A PNG with a transparent ground.
    """
    shares = shares_of_rows(confusion)
    on_ground, on_cell, full = _CELLS[dark]
    # From nothing to the full color, so that an empty cell shows the page.
    colours = LinearSegmentedColormap.from_list("share", [(*to_rgb(full), 0), (*to_rgb(full), 1)])
    figure, axes = figures.new_axes(6.0, 5.6, dark, resolution)
    axes.imshow(shares, cmap=colours, vmin=0.0, vmax=1.0, interpolation="nearest")
    classes = len(confusion)
    for spine in axes.spines.values():
        spine.set_visible(True)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if classes <= _NAMED_CLASSES:
        size = 11 if classes <= _COUNTED_CLASSES else 7
        long = max(map(len, marks)) > 3
        turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if long else {}
        axes.set_xticks(range(classes), marks, fontsize=size, parse_math=False, **turned)
        axes.set_yticks(range(classes), marks, fontsize=size, parse_math=False)
    else:
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
    if classes <= _COUNTED_CLASSES:
        for row, column in np.argwhere(confusion):
            # Half a share is as far from the ground as from the full cell.
            colour = on_cell if shares[row, column] > 0.5 else on_ground
            count = f"{confusion[row, column]:,}"
            axes.text(column, row, count, color=colour, fontsize=10, ha="center", va="center")
    return figures.png(figure)


def calibration_error(calibration: np.ndarray) -> float:
    """Returns the sum over bins of share · |accuracy - confidence|; empty bins count nothing.

    Args:
        calibration: `(bins, 3)`: mean confidence, accuracy and share of the images of each bin.

    Returns:
        The expected calibration error in [0, 1], see C. Guo, G. Pleiss, Y. Sun and K. Weinberger,
        "On Calibration of Modern Neural Networks", ICML 2017.
    """
    confidence, accuracy, share = calibration.astype("float64").T
    return float(np.nansum(share * np.abs(accuracy - confidence)))


def reliability_diagram(
    calibration: np.ndarray, dark: bool = False, resolution: int = 160
) -> bytes:
    """Draws accuracy over confidence, bin by bin, and below it the share of images in each bin.

    Args:
        calibration: `(bins, 3)`: mean confidence, accuracy and share of the images of each bin of
            equal width over [0, 1]; confidence and accuracy are NaN in an empty bin.
        dark: Light ink, for a dark page.
        resolution: Dots per inch; the picture is 4.4 inches wide.

    Returns:
        A PNG with a transparent ground.
    """
    confidence, accuracy, share = calibration.astype("float64").T
    figure = Figure(figsize=(4.4, 5.6), dpi=resolution, layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    for axes in (above, below):
        figures.style_axes(axes, dark)
        axes.grid(axis="y", color=figures.ink(dark), alpha=0.15, lw=0.8)
        axes.set_axisbelow(True)
    above.plot([0, 1], [0, 1], "--", color=figures.ink(dark), lw=1.2)
    filled = np.isfinite(confidence) & np.isfinite(accuracy)
    above.plot(confidence[filled], accuracy[filled], "-o", color=figures.PALETTE[0], lw=2, ms=6)
    above.set_xlim(0, 1)
    above.set_ylim(0, 1.03)
    above.set_ylabel("accuracy")
    edges = np.linspace(0.0, 1.0, len(calibration) + 1)
    width = 1.0 / len(calibration)
    heights = np.nan_to_num(share)
    below.bar(edges[:-1], heights, 0.9 * width, align="edge", color=figures.PALETTE[0])
    below.set_ylabel("share")
    below.set_xlabel("confidence")
    return figures.png(figure)
