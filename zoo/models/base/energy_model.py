"""The base of every model whose prediction is the minimum of an energy."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError, check_choice
from zoo.inference.descent import STARTS, Descended, Descent, descend, starting_point
from zoo.kinds import Task, find_task
from zoo.models import gate
from zoo.models.base.label_set_model import LabelSetModel


class EnergyModel(LabelSetModel):
    """A prediction is inference: labels in [0, 1] that minimize the energy of an input.

        energy(x, y)   (batch_size,), low is good, always
        infer(x)       labels by gradient descent on it, from a start
        model(x)       the same; so `predict` and `export` need nothing more

    A leaf with an `energy_network` writes `examples(outputs, y, training)`, the label sets that
    its terms learn from; `terms(x, y, outputs)` finds them in `outputs`, beside `prepared`, what
    the energy needs of the inputs alone. A leaf with another network also says how that is
    prepared, and what the energy of labels is. In a training step nothing is predicted unless
    `compile` was given metrics.

    Args:
        networks: as for `ZooModel`; the first gives the shape of the inputs.
        term_names: as for `ZooModel`.
        inference: the settings of the descent.
        start: where it starts: `"zeros"`, `"half"` or `"local"`, the local prediction.
        stages: as for `ZooModel`; None for one stage of all variables.
        **kwargs: as for `ZooModel`.

    Raises:
        InputError: as for `ZooModel`, or an unknown start.
    """

    parts: tuple[str, ...] = ("all",)

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        term_names: tuple[str, ...],
        inference: Descent | None = None,
        start: str = "zeros",
        stages: Sequence[Sequence[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(networks, term_names, stages=stages or (("all", 1),), **kwargs)
        check_choice("start", start, STARTS)
        self.inference = inference or Descent()
        if not isinstance(self.inference, Descent):
            raise InputError(
                f"`inference` must be a zoo.inference.Descent. Received: inference={inference!r}."
            )
        self.start = start

    # The hooks of a leaf.

    def examples(self, outputs, y, training) -> dict[str, Any]:
        """The label sets that the terms learn from, by name.

        `outputs` has `prepared`, and `labels` where they were inferred.
        """
        raise NotImplementedError

    @property
    def task(self) -> Task:
        """What its labels are, by their shape: sets of labels, or masks."""
        return find_task("masks" if len(self.label_shape) > 1 else "label_sets")

    @property
    def label_shape(self) -> tuple[int, ...]:
        """Shape of the labels of one input."""
        return (self.energy_network.num_labels,)

    def prepare(self, x, training=False) -> Any:
        """What the energy needs of the inputs alone: tensors, nested as the leaf likes."""
        return self.energy_network.prepare(x, training=training)

    def prepared_energy(self, prepared, y) -> Any:
        """Energies (batch_size,) of labels."""
        return self.energy_network.energy(prepared, y)

    def local_logits(self, prepared) -> Any:
        """Logits of the local prediction."""
        return self.energy_network.local_logits(prepared)

    def objective(self, prepared) -> Any:
        """What inference minimizes, a function of the labels: the energy."""
        return lambda y: self.prepared_energy(prepared, y)

    @property
    def step_sizes(self) -> Any:
        """Step sizes (steps,) in place of that of `inference`, where a model learns them."""
        return None

    # Inference.

    def energy(self, x, y) -> Any:
        """Energies (batch_size,) of inputs with labels, low is good."""
        x, y = self.take(x), self.take_labels(y)
        y = gate.one_each(x, y, "labels")
        return self.prepared_energy(self.prepare(x), y)

    def infer(self, x, start: Any = None) -> Any:
        """Labels in [0, 1] that minimize the energy of inputs.

        Args:
            x: inputs.
            start: None for the model's start, or labels in [0, 1] to start from.

        Raises:
            InputError: inputs of another shape, or a start outside [0, 1] or of other rows.
            tf.errors.InvalidArgumentError: the descent diverged; the message names the step.
        """
        x = self.take(x)
        return self.descended(self.prepare(x), self._take_start(x, start)).labels

    def trajectory(self, x, start: Any = None) -> Descended:
        """As `infer`, with all iterates and the values of the objective, from the start on."""
        x = self.take(x)
        return self.descended(self.prepare(x), self._take_start(x, start), trajectory=True)

    def _take_start(self, x, start):
        return start if start is None else gate.one_each(x, self.take_labels(start), "start")

    def descended(self, prepared, start=None, objective=None, trajectory=False) -> Descended:
        """The descent itself, on prepared inputs.

        Args:
            prepared: of `prepare`.
            start: None for the model's start, or labels in [0, 1].
            objective: None for the model's, or another function of the labels.
            trajectory: as for `zoo.inference.descend`.
        """
        # The loop is no part of what a training step differentiates.
        prepared = tf.nest.map_structure(tf.stop_gradient, prepared)
        if start is None:
            start = self.starting_point(prepared)
        objective = self.objective(prepared) if objective is None else objective
        return descend(objective, start, self.inference, trajectory, self.step_sizes)

    def starting_point(self, prepared) -> Any:
        """Where inference on prepared inputs starts."""
        rows = tf.shape(tf.nest.flatten(prepared)[0])[0]
        logits = self.local_logits(prepared) if self.start == "local" else None
        return starting_point(self.start, (rows, *self.label_shape), logits)

    # The hooks of ZooModel.

    def variables_of(self, part):
        if part == "all":
            return self.player_variables
        moving = {id(variable) for variable in self.energy_network.variables_of(part)}
        return [variable for variable in self.player_variables if id(variable) in moving]

    def call(self, x, training=False):
        return self.infer(x)

    def forward(self, x, y=None, sample_weight=None, training=False):
        prepared = self.prepare(x, training)
        outputs = {"prepared": prepared}
        if not training or self._compile_metrics is not None:
            outputs["labels"] = self.descended(prepared).labels
        return outputs if y is None else {**outputs, **self.examples(outputs, y, training)}

    def predictions(self, outputs):
        return outputs.get("labels")
