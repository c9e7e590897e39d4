"""Inference networks: a network that answers at once what an inner loop would search for."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from zoo.errors import InputError, check_choice, check_count, check_number
from zoo.kinds import TaskNamed
from zoo.losses import multi_label, structured
from zoo.models import gate
from zoo.models.base.label_set_model import LabelSetModel
from zoo.models.energy_networks import MARGINS, check_stages, local_term, term_names
from zoo.networks.energy_network import PARTS, EnergyNetwork
from zoo.optimizers import FusedAdam


@keras.saving.register_keras_serializable(package="zoo")
class InferenceNetworkGame(LabelSetModel):
    """InfNet: the energy Θ against an inference network A_Φ, min over Θ, max over Φ.

        A = sigmoid(inference_network(x)),   h = [Δ(y, A) - E(x, A) + E(x, y)]₊

        Φ minimizes, first:
        inference_loss          mean_i -h_i
        inference_entropy_loss  ω · mean_i mean_j H(A_ij)                H(a) in nats
        inference_decay_loss    λ₁ · ‖Φ‖² + λ₂ · ‖Φ - Φ₀‖²
        Θ minimizes, then, and sees the moved A:
        adversarial_loss        mean_i h_i
        loss = adversarial_loss + λ₁ · ‖Θ‖²

    In the stage "local", which goes before, both are classifiers: the loss is `local_loss`, the
    cross-entropy of the local energy, and `inference_loss` that of A, without a decay; what Φ is
    at its end becomes Φ₀. In the stages "energy" (the published one: the features fixed),
    "labels" (the local energy fixed too) and "all" the two play; Θ in the decay is what moves.

    Afterwards `refine` trains A on inputs alone: the Ψ of the paper. A run does so on the inputs
    of the held-out rows before it chooses the threshold on them, and scores and serves Ψ. A
    prediction is A(x), one pass of a network. Weights of rows count in the losses that need labels.

    Args:
        energy_network: a `zoo.networks.energy_network.EnergyNetwork`.
        inference_network: built model, inputs to logits (batch_size, num_labels).
        cost: Δ: `"squared"` (the paper's), `"hamming"` or `"crossentropy"`.
        margin: of h, as for `StructuredPredictionEnergyNetwork`.
        entropy_weight: ω, at least 0; it makes the answers of A decided.
        decay: λ₁, at least 0.
        distance_weight: λ₂, at least 0.
        stages: as for `EnergyModel`.
        refinement_steps: of `refine` once a run is trained; 0 leaves Φ as it is.
        refinement_rate: Adam's there.
        **kwargs: `adversary_steps` as for `MinMaxGame`.

    Call arguments:
        x: inputs, float.

    Returns:
        A(x), labels (batch_size, num_labels) in (0, 1), float32.

    Raises:
        InputError: networks that do not fit each other, an unknown cost, margin or part of a
            stage, or a negative weight.

    Reference: L. Tu and K. Gimpel, Learning approximate inference networks for structured
    prediction, ICLR 2018, sections 3 and 4, arXiv:1803.03376.
    """

    task = TaskNamed("label_sets")
    adversary = "inference_network"
    adversary_term_names = ("inference_loss", "inference_entropy_loss", "inference_decay_loss")
    label_terms = ("adversarial_loss", "local_loss", "inference_loss")
    logit_roles = ("inference_network",)
    decided = ("adversarial_loss",)
    parts = PARTS

    def __init__(
        self,
        energy_network: EnergyNetwork,
        inference_network: keras.Model,
        cost: str = "squared",
        margin: str = "margin_rescaling",
        entropy_weight: float = 1.0,
        decay: float = 0.01,
        distance_weight: float = 10.0,
        stages: Sequence[Sequence[Any]] = (("local", 1), ("energy", 4)),
        refinement_steps: int = 20,
        refinement_rate: float = 1e-5,
        **kwargs: Any,
    ) -> None:
        check_choice("margin", margin, MARGINS)
        self.cost_function = structured.cost_named(cost)
        for name, weight in (
            ("entropy_weight", entropy_weight),
            ("decay", decay),
            ("distance_weight", distance_weight),
        ):
            check_number(name, weight)
        super().__init__(
            {"energy_network": energy_network, "inference_network": inference_network},
            term_names(energy_network),
            stages=stages,
            **kwargs,
        )
        wanted = energy_network.input_shape[1:], (energy_network.num_labels,)
        given = inference_network.input_shape[1:], inference_network.output_shape[1:]
        if wanted != given:
            raise InputError(
                f"The inference network must turn {wanted[0]} into {wanted[1]}, as the energy "
                f"does. Received: a network that turns {given[0]} into {given[1]}."
            )
        self.cost = cost
        self.margin = margin
        self.entropy_weight = entropy_weight
        self.decay = decay
        self.distance_weight = distance_weight
        check_count("refinement_steps", refinement_steps, minimum=0)
        check_number("refinement_rate", refinement_rate)
        self.refinement_steps = refinement_steps
        self.refinement_rate = refinement_rate
        check_stages(self.stages, energy_network)
        self.label_shape = wanted[1]
        moving = {id(variable) for variable in inference_network.trainable_variables}
        variables = inference_network.variables
        # Where the weights of Φ₀ stand in Φ, also when some are frozen later.
        self._places = tuple(i for i, each in enumerate(variables) if id(each) in moving)
        # Equal shapes get one name, so each is numbered.
        self.pretrained = [
            self.add_weight(
                name=f"pretrained_{i}",
                shape=variables[place].shape,
                dtype=variables[place].dtype,
                trainable=False,
            )
            for i, place in enumerate(self._places)
        ]
        self._keep_pretrained()

    def energy(self, x, y) -> Any:
        """Energies (batch_size,) of inputs with labels, low is good."""
        x, y = self.take(x), self.take_labels(y)
        return self.energy_network([x, gate.one_each(x, y, "labels")])

    def infer(self, x) -> Any:
        """A(x), labels (batch_size, num_labels) in (0, 1)."""
        x = self.take(x)
        return _probabilities(self.inference_network(x, training=False))

    def refine(
        self, x, steps: int = 20, learning_rate: float = 1e-5, batch_size: int | None = None
    ) -> list[float]:
        """Trains the inference network alone, on inputs without labels: Ψ, from Φ on.

            Ψ minimizes  mean_i E(x_i, A_Ψ(x_i)) + ω · mean_i mean_j H(A_Ψ(x_i)_j)

        by Adam, with the energy fixed. The paper takes the inputs of the rows on which the
        threshold is chosen, and their labels play no part.

        Args:
            x: inputs, an array.
            steps: how many, at least 1.
            learning_rate: Adam's, above 0.
            batch_size: rows a step, in their order and over again; None takes all of them.

        Returns:
            The mean energy before each step, without the entropy.
        """
        x = self.take(x)
        check_count("steps", steps)
        check_number("learning_rate", learning_rate)
        if batch_size is not None:
            check_count("batch_size", batch_size)
        variables = self.adversary_variables
        values = [variable.value for variable in variables]
        optimizer = FusedAdam(learning_rate)
        optimizer.build(variables)

        @tf.function
        def step(rows):
            prepared = self.energy_network.prepare(rows)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                labels = _probabilities(self.inference_network(rows, training=True))
                energy = tf.reduce_mean(self.energy_network.energy(prepared, labels))
                loss = energy + self.entropy_weight * tf.reduce_mean(_entropy(labels))
            optimizer.apply(tape.gradient(loss, values), variables)
            return energy

        rows = len(x) if batch_size is None else min(batch_size, len(x))
        places = np.arange(steps * rows).reshape(steps, rows) % len(x)
        x = np.asarray(x, "float32")
        return [float(step(tf.constant(x[place]))) for place in places]

    def finish_training(self, x, y):
        if self.refinement_steps:
            self.refine(x, self.refinement_steps, self.refinement_rate)
        super().finish_training(x, y)

    # The step.

    def variables_of(self, part):
        return self.energy_network.variables_of(part)

    def begin_stage(self, part, after):
        # What Φ is at the end of the stage "local", and of no other, becomes Φ₀.
        if after == "local":
            self._keep_pretrained()

    def _keep_pretrained(self):
        for kept, variable in self._pretrained_pairs():
            kept.assign(variable)

    def _pretrained_pairs(self):
        """Each weight of Φ₀ with its own of Φ; without those that were frozen since."""
        moving = {id(variable) for variable in self.inference_network.trainable_variables}
        variables = [self.inference_network.variables[place] for place in self._places]
        pairs = zip(self.pretrained, variables, strict=True)
        return [(kept, variable) for kept, variable in pairs if id(variable) in moving]

    def forward(self, x, y=None, sample_weight=None, training=False):
        if y is None:
            return {"x": x}
        return {"x": x, "prepared": self.energy_network.prepare(x, training=training)}

    def forward_after_adversary(self, outputs, training=False):
        labels = _probabilities(self.inference_network(outputs["x"], training=False))
        return {**outputs, "labels": labels}

    def adversary_terms(self, x, y, outputs, training):
        logits = ops.cast(self.inference_network(x, training=training), "float32")
        labels = ops.sigmoid(logits)
        if self.stage == "local":
            nothing = tf.zeros_like(y[:, 0])
            return {
                "inference_loss": multi_label.multi_label_crossentropy(y, logits),
                "inference_entropy_loss": nothing,
                "inference_decay_loss": nothing,
            }
        entropy = self.entropy_weight * tf.reduce_mean(_entropy(labels), axis=-1)
        return {
            "inference_loss": -self._hinge(outputs["prepared"], y, labels),
            "inference_entropy_loss": entropy,
            "inference_decay_loss": tf.fill(tf.shape(entropy), self._inference_decay()),
        }

    def _inference_decay(self):
        loss = self.decay * _squares(self.inference_network.trainable_variables)
        moved = [variable - kept for kept, variable in self._pretrained_pairs()]
        return loss + self.distance_weight * _squares(moved)

    def _hinge(self, prepared, y, labels):
        energy = self.energy_network.energy
        cost = self.cost_function(y, labels)
        return structured.structured_hinge(
            energy(prepared, y), energy(prepared, labels), cost, self.margin
        )

    def terms(self, x, y, outputs):
        prepared = outputs["prepared"]
        hinge = self._hinge(prepared, y, tf.stop_gradient(outputs["labels"]))
        return {"adversarial_loss": hinge, **local_term(self.energy_network, prepared, y)}

    def total(self, means):
        if self.stage == "local":
            return means["local_loss"]
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return means["adversarial_loss"] + self.decay * _squares(self.moving_variables) / replicas

    def predictions(self, outputs):
        return outputs["labels"]


def _probabilities(logits):
    return ops.sigmoid(ops.cast(logits, "float32"))


def _entropy(labels):
    """Binary entropy of each label, in nats."""
    labels = tf.clip_by_value(labels, 1e-7, 1.0 - 1e-7)
    return -labels * tf.math.log(labels) - (1.0 - labels) * tf.math.log1p(-labels)


def _squares(values):
    values = [tf.convert_to_tensor(value) for value in values]
    squares = [tf.cast(tf.reduce_sum(tf.square(value)), "float32") for value in values]
    # A network that is frozen has none.
    return tf.add_n(squares) if squares else tf.zeros(())
