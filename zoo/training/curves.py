"""The curves of a run as a picture."""

import pathlib
from collections.abc import Mapping, Sequence

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
    width, height = 4 * columns, 3 * rows
    figure = Figure(figsize=(width, height))
    # Margins in inches, the same around each: a layout by what is drawn takes half of the time.
    figure.subplots_adjust(
        left=0.7 / width,
        right=1 - 0.2 / width,
        bottom=0.5 / height,
        top=1 - 0.4 / height,
        wspace=0.9 / (4 - 0.9),
        hspace=0.9 / (3 - 0.9),
    )
    for number, name in enumerate(names, 1):
        axes = figure.add_subplot(rows, columns, number, title=name, xlabel="epoch")
        for key, style in ((name, "-"), (f"val_{name}", "--")):
            values = history.get(key, ())
            # A line through one point is invisible.
            marker = "o" if len(values) == 1 else ""
            label = "held out" if key.startswith("val_") else "training"
            if len(values):
                axes.plot(range(1, len(values) + 1), values, style, marker=marker, label=label)
        epochs = max(len(history.get(key, ())) for key in (name, f"val_{name}"))
        axes.set_xlim(1, max(epochs, 2))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.legend(frameon=False)
    with whole_file(file) as path:
        figure.savefig(path)
