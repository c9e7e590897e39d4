"""Inference: labels that minimize an energy, by the zoo's only inner loop.

An objective is a function from labels (batch_size, ...) in [0, 1] to values (batch_size,); each
row is minimized for itself. All functions work eagerly, in graphs, under XLA, in SavedModels and
on several replicas.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from zoo.errors import InputError, check_choice, check_count, check_number

METHODS = ("projected", "entropic")
STARTS = ("zeros", "half", "local")

# How near to 0 and 1 the entropic method starts: at 0 and 1 themselves it could never move.
ENTROPIC_MARGIN = 1e-3

Objective = Callable[[Any], Any]


@keras.saving.register_keras_serializable(package="zoo")
@dataclasses.dataclass(frozen=True)
class Descent:
    """How an inner loop descends: the settings of `descend` and `unroll`.

    With the step size η, the momentum m, the gradient ∇ of the objective at y_t:

        projected:  y_{t+1} = clip(y_t - η·∇ + m·(y_t - y_{t-1}), 0, 1)
        entropic:   z_{t+1} = (z_t - 2·η·∇ + m·(z_t - z_{t-1})) / (1 + 2·η·w),  y = sigmoid(z)

    The entropic mirror descent stays inside of (0, 1); its w weighs an entropy that is added to
    what is maximized, so that y tends to sigmoid(-∇/w) and not to 0 and 1. It starts from a y
    clipped to [0.001, 0.999].

    Args:
        steps: at most so many, at least 1.
        step_size: η, above 0.
        method: `"projected"` or `"entropic"`.
        momentum: m, from 0 to 0.999.
        tolerance: None takes every step; otherwise a row stops, and stays where it is, as soon as
            no label of it moves by more than the tolerance, and the loop ends when none moves.
        entropy_weight: w, at least 0; for the entropic method only.

    Raises:
        InputError: a setting out of its range.

    Reference: D. Belanger and A. McCallum, Structured prediction energy networks, ICML 2016,
    section 4, and the code released with it.
    """

    steps: int = 20
    step_size: float = 0.1
    method: str = "projected"
    momentum: float = 0.0
    tolerance: float | None = None
    entropy_weight: float = 0.0

    def __post_init__(self) -> None:
        check_count("steps", self.steps)
        check_number("step_size", self.step_size)
        if self.step_size == 0:
            raise InputError("`step_size` must be above 0. Received: step_size=0.")
        check_choice("method", self.method, METHODS)
        check_number("momentum", self.momentum, 0.0, 0.999)
        if self.tolerance is not None:
            check_number("tolerance", self.tolerance)
        check_number("entropy_weight", self.entropy_weight)
        if self.entropy_weight and self.method != "entropic":
            raise InputError(
                "`entropy_weight` belongs to the entropic method. Received: entropy_weight="
                f"{self.entropy_weight!r} with method={self.method!r}."
            )

    def get_config(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Descent":
        return cls(**config)

    # An iterate is y itself or its logits; the rest of the loop does not ask which.

    def _enter(self, y):
        if self.method == "projected":
            return y
        y = tf.clip_by_value(y, ENTROPIC_MARGIN, 1.0 - ENTROPIC_MARGIN)
        return tf.math.log(y) - tf.math.log1p(-y)

    def _labels(self, iterate):
        return iterate if self.method == "projected" else tf.sigmoid(iterate)

    def _step(self, iterate, before, gradient, step_size):
        drift = self.momentum * (iterate - before) if self.momentum else 0.0
        if self.method == "projected":
            return tf.clip_by_value(iterate - step_size * gradient + drift, 0.0, 1.0)
        rate = 2.0 * step_size
        return (iterate - rate * gradient + drift) / (1.0 + rate * self.entropy_weight)


class Descended(NamedTuple):
    """What an inner loop ends with.

    `labels` (batch_size, ...), in [0, 1]; `steps` (batch_size,), int32, the steps that each row
    moved; `trajectory` (steps + 1, batch_size, ...) and `energies` (steps + 1, batch_size), from
    the start to the end, where they were asked for, else None.
    """

    labels: Any
    steps: Any
    trajectory: Any = None
    energies: Any = None


def descend(
    objective: Objective,
    start: Any,
    descent: Descent,
    trajectory: bool = False,
    step_sizes: Any = None,
) -> Descended:
    """Labels that minimize an objective, by gradient descent from a start.

    No gradient flows through the steps; see `unroll` for that.

    Args:
        objective: labels (batch_size, ...) to values (batch_size,), low is good.
        start: labels in [0, 1], float32, of static rank.
        descent: the settings.
        trajectory: whether to keep every iterate and its value.
        step_sizes: None, or step sizes (steps,) in place of the one of `descent`.

    Raises:
        InputError: a start outside [0, 1], found while running eagerly.
        tf.errors.InvalidArgumentError: a start outside [0, 1] in a graph, or an objective whose
            gradient is not finite: the message names the step. XLA drops these checks; there a row
            that diverged comes back as NaN.
    """
    start = check_start(start)
    inner = tuple(range(1, len(start.shape)))
    unmoved = tf.zeros_like(tf.reduce_sum(start, inner), "int32")

    def move(step, iterate, before, moving, moved, failed, *kept):
        labels = descent._labels(iterate)
        value, gradient = value_and_gradient(objective, labels)
        finite = tf.reduce_all(tf.math.is_finite(gradient), inner)
        failed = tf.where((failed == 0) & ~finite, step + 1, failed)
        step_size = descent.step_size if step_sizes is None else step_sizes[step]
        new = descent._step(iterate, before, gradient, step_size)
        if descent.tolerance is not None:
            new = tf.where(_beside(moving, start), new, iterate)
            moved += tf.cast(moving, "int32")
            distance = tf.reduce_max(tf.abs(descent._labels(new) - labels), inner)
            moving &= distance > descent.tolerance
        if trajectory:
            kept = kept[0].write(step, labels), kept[1].write(step, value)
        return step + 1, new, iterate, moving, moved, failed, *kept

    # A trajectory is filled to its end; rows that stopped stay.
    takes_all = descent.tolerance is None or trajectory

    def goes_on(step, iterate, before, moving, *rest):
        return tf.constant(True) if takes_all else tf.reduce_any(moving)

    first = descent._enter(start)
    state = (tf.constant(0), first, first, unmoved == 0, unmoved, unmoved)
    if trajectory:
        size = descent.steps + 1
        state += (
            tf.TensorArray("float32", size, element_shape=start.shape),
            tf.TensorArray("float32", size, element_shape=start.shape[:1]),
        )
    state = tf.while_loop(goes_on, move, state, maximum_iterations=descent.steps)
    _, last, _, _, moved, failed, *kept = state
    if descent.tolerance is None:
        moved = unmoved + descent.steps
    labels = _unless_failed(descent._labels(last), failed)
    if not trajectory:
        return Descended(labels, moved)
    iterates = kept[0].write(descent.steps, labels)
    values = kept[1].write(descent.steps, objective(labels))
    return Descended(labels, moved, iterates.stack(), values.stack())


def ascend(value: Objective, start: Any, descent: Descent, trajectory: bool = False) -> Descended:
    """Labels that maximize a value; as `descend`, which is given minus it."""
    found = descend(lambda y: -value(y), start, descent, trajectory)
    return found._replace(energies=-found.energies) if trajectory else found


def unroll(objective: Objective, start: Any, descent: Descent, step_sizes: Any = None) -> list[Any]:
    """The iterates of `descend`, each differentiable by all that the objective is made of.

    The steps are written out one after the other, so the gradient of a loss on the iterates
    passes through every one of them. Each takes all its `steps`: there is no tolerance.

    Args:
        objective: as for `descend`.
        start: as for `descend`.
        descent: the settings.
        step_sizes: None, or step sizes (steps,) in place of the one of `descent`, to be learned.

    Returns:
        The labels after each of the steps, a list without the start.
    """
    iterate = before = descent._enter(check_start(start))
    found = []
    for step in range(descent.steps):
        _, gradient = value_and_gradient(objective, descent._labels(iterate))
        step_size = descent.step_size if step_sizes is None else step_sizes[step]
        iterate, before = descent._step(iterate, before, gradient, step_size), iterate
        found.append(descent._labels(iterate))
    return found


def starting_point(kind: str, shape: Any, logits: Any = None) -> Any:
    """Where inference begins, labels of a shape (batch_size, ...).

    Args:
        kind: `"zeros"`; `"half"`: one half for every label; or `"local"`: sigmoid(logits).
        shape: of the labels, a tensor or a sequence.
        logits: of the local prediction.

    Raises:
        InputError: an unknown kind, or no logits for the local prediction.
    """
    check_choice("start", kind, STARTS)
    if kind == "local":
        if logits is None:
            raise InputError("The start 'local' needs a local prediction. Received: none.")
        return tf.sigmoid(tf.cast(logits, "float32"))
    return tf.fill(shape, 0.0 if kind == "zeros" else 0.5)


def cost_augmented(energy: Objective, cost: Callable[[Any, Any], Any], y: Any) -> Objective:
    """The objective E(ŷ) - Δ(y, ŷ): its minimum is the labeling that violates a margin most.

    Args:
        energy: labels to energies (batch_size,).
        cost: Δ, true labels and labels to costs (batch_size,).
        y: the true labels.
    """
    return lambda y_hat: energy(y_hat) - cost(y, y_hat)


def check_start(start: Any) -> Any:
    """The start as a float32 tensor; refused where it leaves [0, 1] (NaN leaves it too)."""
    start = tf.convert_to_tensor(start, "float32")
    good = tf.reduce_all((start >= 0.0) & (start <= 1.0))
    message = "Inference must start from labels in [0, 1]."
    # As below; what starts a step of training is the answer of a network.
    in_graph = f"InputError: {message} Weights that are not finite start elsewhere."
    if tf.executing_eagerly():
        if not bool(good):
            low, high = float(tf.reduce_min(start)), float(tf.reduce_max(start))
            raise InputError(f"{message} Received: labels from {low:g} to {high:g}.")
        return start
    with tf.control_dependencies([tf.debugging.Assert(good, [in_graph])]):
        return tf.identity(start)


def value_and_gradient(objective: Objective, labels: Any) -> tuple[Any, Any]:
    """The values (batch_size,) of an objective, and its gradient by the labels."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(labels)
        value = objective(labels)
    zero = tf.UnconnectedGradients.ZERO
    return value, tape.gradient(value, labels, unconnected_gradients=zero)


def _unless_failed(labels, failed):
    first = tf.reduce_min(tf.where(failed > 0, failed, failed.dtype.max))
    message = (
        # By this name `fit` and `predict` know what a person may be told of what stopped a graph.
        "InputError: Inference diverged: the gradient of the energy is not finite. A smaller step "
        "size often helps. Step:"
    )
    good = tf.reduce_all(failed == 0)
    with tf.control_dependencies([tf.debugging.Assert(good, [message, first])]):
        return tf.where(_beside(failed, labels) > 0, float("nan"), labels)


def _beside(rows, labels):
    """Values (batch_size,) in the rank of the labels, against which they then broadcast."""
    return tf.reshape(rows, [-1] + [1] * (len(labels.shape) - 1))
