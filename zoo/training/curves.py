"""The curves of a run as a picture."""

import pathlib
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from zoo.files import whole_file


def write_curves(history: Mapping[str, Sequence[float]], file: pathlib.Path) -> None:
    """Draws each term and metric over the epochs, with that of held-out rows in the same axes.

    Args:
        history: name -> a value per epoch; `val_NAME` is NAME of held-out rows.
        file: a PNG; none is written where there is no history.
    """
    names = [name for name in history if not name.startswith("val_")]
    names += [name for name in history if name.removeprefix("val_") not in history]
    if not names:
        return
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(4 * columns, 3 * rows), layout="constrained")
    for number, name in enumerate(names, 1):
        axes = figure.add_subplot(rows, columns, number, title=name, xlabel="epoch")
        for key, style in ((name, "-"), (f"val_{name}", "--")):
            values = history.get(key, ())
            # A line through one point is invisible.
            marker = "o" if len(values) == 1 else ""
            label = "held out" if key.startswith("val_") else "training"
            if len(values):
                axes.plot(range(1, len(values) + 1), values, style, marker=marker, label=label)
        mark_epochs(axes, max(len(history.get(key, ())) for key in (name, f"val_{name}")))
        axes.legend(frameon=False)
    with whole_file(file) as path:
        figure.savefig(path)


def mark_epochs(axes: Axes, epochs: int) -> None:
    """An axis of epochs, which are counted from 1."""
    ticks = MaxNLocator(integer=True, nbins=5).tick_values(1, max(epochs, 2))
    axes.set_xticks([1, *(tick for tick in ticks if 1 < tick <= epochs)])
    if epochs > 1:
        axes.set_xlim(1, epochs)
