"""A model as a picture: its networks by role, its terms, and which of them moves which network."""

import os
from typing import Any

import tensorflow as tf
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zoo.errors import InputError
from zoo.files import whole_file
from zoo.models import ZooModel, gate
from zoo.models.base.streams import Gate
from zoo.report.figures import PALETTE, ink


def plot_model(
    model: ZooModel, x: Any, y: Any = None, file: str | os.PathLike | None = None
) -> Figure:
    """Draws the networks of a model by role on the left, and the terms on the right.

    A line runs from a term to each network that it moves: where the term's gradient with respect to
    the network's weights exists, and it is that side's to move, the adversary's by the terms of the
    adversary and all others by those of the players. The adversary has a dashed frame.

    Args:
        model: a model of the zoo.
        x: a few rows of inputs, as `fit` takes them.
        y: their labels, of a model that learns from such.
        file: where the picture goes, a .png, .svg or .pdf; None writes none.

    Returns:
        The matplotlib figure, which a notebook shows.

    Raises:
        InputError: what is no model of the zoo, or rows that it does not take.

    Example:

        model = zoo.create_model("se_nc", input_shape=(8, 8, 1), num_classes=10)
        zoo.plot_model(model, *zoo.datasets.load("digits").sample("test", 4), file="se_nc.png")
    """
    if not isinstance(model, ZooModel):
        raise InputError(f"What is drawn is a model of the zoo. Received: {type(model).__name__}.")
    moved = moved_by_terms(model, x, y)
    rows = max(len(model.networks), len(moved))
    figure = Figure(figsize=(9, 0.6 + 0.8 * rows), layout="constrained")
    axes = figure.add_subplot(title=type(model).__name__, xlim=(0, 1), ylim=(rows, 0))
    axes.set_axis_off()
    heights = {}
    for number, (role, network) in enumerate(model.networks.items()):
        heights[role] = (number + 0.5) * rows / len(model.networks)
        size = f"{network.count_params():,} weights"
        shapes = f"{_shape(network.input_shape)} → {_shape(network.output_shape)}"
        dashed = "--" if role == model.adversary_role else "-"
        text = f"{role}\n{shapes}, {size}"
        _box(axes, text, PALETTE[number], x=0.42, y=heights[role], ha="right", linestyle=dashed)
    colors = dict(zip(model.networks, PALETTE, strict=False))
    for number, (term, roles) in enumerate(moved.items()):
        height = (number + 0.5) * rows / len(moved)
        _box(axes, term.replace("_", " "), ink(dark=False), x=0.68, y=height, ha="left")
        for role in roles:
            axes.plot((0.43, 0.67), (heights[role], height), color=colors[role], lw=1.8, zorder=0)
    if file is not None:
        with whole_file(file) as path:
            figure.savefig(path, dpi=160)
    return figure


def moved_by_terms(model: ZooModel, x: Any, y: Any = None) -> dict[str, list[str]]:
    """By term the roles of the networks that it moves; the terms of the adversary come last."""
    x, y, _ = Gate(model).batch(x, y, None)
    x = gate.as_floats(tf.convert_to_tensor(x))
    x, y = model.augment(x, y if y is None else tf.convert_to_tensor(y), training=False)
    y = model.prepare_labels(y)
    moved: dict[str, list[str]] = {}
    stage = model.stage
    try:
        # A model of several parts has terms that are of one part alone.
        for part in model.parts or (stage,):
            model.stage = part
            for name, roles in _moved_in_stage(model, x, y).items():
                moved[name] = list(dict.fromkeys([*moved.get(name, ()), *roles]))
    finally:
        model.stage = stage
    return moved


def _moved_in_stage(model: ZooModel, x: Any, y: Any) -> dict[str, list[str]]:
    with gate.passed(), tf.GradientTape(persistent=True) as tape:
        x = model.scaled(x)
        outputs = model.forward(x, y, training=False)
        logs = model.adversary_step(x, y, None, outputs, training=False)
        terms = model.terms(x, y, model.forward_after_adversary(outputs))
    players = [role for role in model.roles if role != model.adversary_role]
    of_players = {id(each) for each in model.moving_variables}
    sides = [(name, values, players) for name, values in terms.items()]
    sides += [(name, values, [model.adversary_role]) for name, (values, _) in logs.items()]
    moved = {}
    for name, values, roles in sides:
        moved[name] = []
        for role in roles:
            weights = [
                each.value
                for each in model.networks[role].trainable_variables
                if role == model.adversary_role or id(each) in of_players
            ]
            if any(each is not None for each in tape.gradient(values, weights)):
                moved[name].append(role)
    return moved


def _shape(shape: Any) -> str:
    """The shape of a row of a network's input or output, which may be several."""
    if isinstance(shape, list):
        return " and ".join(map(_shape, shape))
    return "×".join("any" if each is None else str(each) for each in shape[1:]) or "1"


def _box(axes: Axes, text: str, color: str, linestyle: str = "-", **place: Any) -> None:
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": color}
    box["linestyle"] = linestyle
    axes.text(s=text, va="center", fontsize=10, parse_math=False, bbox=box, **place)
