"""Structured prediction energy networks: by the structured hinge, and end to end."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from zoo.errors import InputError, check_choice, check_length
from zoo.inference.descent import Descended, cost_augmented, unroll
from zoo.inference.exact import enumerated_minimum, linear_minimum
from zoo.losses import multi_label, structured
from zoo.models.base.energy_model import EnergyModel
from zoo.networks.energy_network import PARTS, EnergyNetwork

SOLVERS = ("gradient", "exact")
MARGINS = ("margin_rescaling", "slack_rescaling", "contrastive", "perceptron")


@keras.saving.register_keras_serializable(package="zoo")
class StructuredPredictionEnergyNetwork(EnergyModel):
    """SPEN, trained by the structured hinge with cost-augmented inference.

        ŷ = argmin_ŷ E(x, ŷ) - Δ(y, ŷ)                    over [0, 1], no gradient through it
        hinge_loss  Σ_i w_i · [Δ(y_i, ŷ_i) - E(x_i, ŷ_i) + E(x_i, y_i)]₊ / Σ_i w_i
        local_loss  Σ_i w_i · crossentropy(y_i, local logits of x_i) / Σ_i w_i
        loss = hinge_loss, and in the stage "local" local_loss

    A prediction is argmin_ŷ E(x, ŷ). The published training has three stages: features and local
    energy as a classifier ("local"), every term with the features fixed ("energy"), and
    everything together ("all"). A part "labels" moves the terms but the local one.

    With `solver="exact"` the minima are over {0, 1} and exact: in closed form for an energy that
    is local and the Hamming cost, otherwise by trying all labelings of up to twelve labels. That
    is the structured support vector machine.

    Args:
        energy_network: a `zoo.networks.energy_network.EnergyNetwork`.
        cost: Δ: `"hamming"`, `"squared"` or `"crossentropy"`.
        margin: `"margin_rescaling"` as above; `"slack_rescaling"`: [Δ · (1 - E(ŷ) + E(y))]₊;
            `"contrastive"`: [1 - E(ŷ) + E(y)]₊; `"perceptron"`: [E(y) - E(ŷ)]₊. ŷ is what makes
            the bracket largest.
        solver: `"gradient"` or `"exact"`.
        **kwargs: `inference`, `start` and `stages` as for `EnergyModel`.

    Call arguments:
        x: inputs, float.

    Returns:
        Inferred labels (batch_size, num_labels) in [0, 1], float32.

    Raises:
        InputError: as for `EnergyModel`; an unknown cost, margin or solver; or no exact solution
            within reach.

    Example:

        model = zoo.create_model("spen", input_shape=(1836,), num_labels=159)
        model.compile(optimizer="adam")
        model.fit(features, labels, epochs=30)

    Reference: D. Belanger and A. McCallum, Structured prediction energy networks, ICML 2016,
    equation 8, arXiv:1511.06350; the other margins: L. Tu and K. Gimpel, Learning approximate
    inference networks for structured prediction, ICLR 2018, section 3.1, arXiv:1803.03376.
    """

    label_terms = ("hinge_loss", "local_loss")
    parts = PARTS

    def __init__(
        self,
        energy_network: EnergyNetwork,
        cost: str = "squared",
        margin: str = "margin_rescaling",
        solver: str = "gradient",
        **kwargs: Any,
    ) -> None:
        check_choice("margin", margin, MARGINS)
        check_choice("solver", solver, SOLVERS)
        self.cost = cost
        self.margin = margin
        self.solver = solver
        self.cost_function = structured.cost_named(cost)
        super().__init__(
            {"energy_network": energy_network}, term_names(energy_network, "hinge_loss"), **kwargs
        )
        check_stages(self.stages, energy_network)

    def examples(self, outputs, y, training):
        if self.stage == "local":
            return {}
        prepared = outputs["prepared"]
        energy = self.objective(prepared)
        if self.margin == "margin_rescaling":
            objective = cost_augmented(energy, self.cost_function, y)
        elif self.margin == "slack_rescaling":
            truth = energy(y)

            def objective(y_hat):
                return -self.cost_function(y, y_hat) * (1.0 - energy(y_hat) + truth)
        else:
            objective = energy
        found = self.descended(prepared, objective=objective)
        return {"violating": tf.stop_gradient(found.labels)}

    def terms(self, x, y, outputs):
        prepared = outputs["prepared"]
        terms = local_term(self.energy_network, prepared, y)
        if "violating" not in outputs:
            return {**terms, "hinge_loss": tf.zeros_like(y[:, 0])}
        violating = outputs["violating"]
        terms["hinge_loss"] = structured.structured_hinge(
            self.prepared_energy(prepared, y),
            self.prepared_energy(prepared, violating),
            self.cost_function(y, violating),
            self.margin,
        )
        return terms

    def total(self, means):
        return means["local_loss" if self.stage == "local" else "hinge_loss"]

    def descended(self, prepared, start=None, objective=None, trajectory=False):
        if self.solver == "gradient":
            return super().descended(prepared, start, objective, trajectory)
        like = self.starting_point(prepared)
        linear = self.energy_network.is_local and (
            objective is None or (self.cost == "hamming" and self.margin != "slack_rescaling")
        )
        minimum = linear_minimum if linear else enumerated_minimum
        objective = self.objective(prepared) if objective is None else objective
        labels = minimum(objective, like)
        steps = tf.zeros_like(labels[:, 0], "int32")
        if not trajectory:
            return Descended(labels, steps)
        return Descended(labels, steps, labels[None], objective(labels)[None])


@keras.saving.register_keras_serializable(package="zoo")
class EndToEndEnergyNetwork(EnergyModel):
    """SPEN, trained end to end: the gradient of a loss on every iterate of inference.

        y_0 → y_1 → … → y_T                              the steps of inference, unrolled
        unrolled_loss  Σ_i w_i · (1/T) Σ_t ℓ(y_i, y_{i,t}) / (T - t + 1) / Σ_i w_i
        local_loss     as for `StructuredPredictionEnergyNetwork`
        loss = unrolled_loss, and in the stage "local" local_loss

    so that late iterates count most and early ones are pulled along. The energy must be smooth in
    the labels (softplus). Needs no tolerance: every step is taken.

    Args:
        energy_network: a `zoo.networks.energy_network.EnergyNetwork`.
        iterate_loss: ℓ: `"crossentropy"`, `"squared"` or `"hamming"`, summed over the labels.
        learn_step_sizes: whether each step has a step size of its own, which is learned, from the
            one of `inference` on.
        **kwargs: `inference`, `start` and `stages` as for `EnergyModel`.

    Call arguments:
        x: inputs, float.

    Returns:
        Inferred labels (batch_size, num_labels) in [0, 1], float32.

    Raises:
        InputError: as for `EnergyModel`, an unknown loss, a tolerance, or more than 1000 steps.

    Reference: D. Belanger, B. Yang and A. McCallum, End-to-end learning for structured prediction
    energy networks, ICML 2017, section 4, arXiv:1703.05667.
    """

    label_terms = ("unrolled_loss", "local_loss")
    parts = PARTS

    def __init__(
        self,
        energy_network: EnergyNetwork,
        iterate_loss: str = "crossentropy",
        learn_step_sizes: bool = False,
        **kwargs: Any,
    ) -> None:
        self.iterate_distance = structured.cost_named(iterate_loss)
        super().__init__(
            {"energy_network": energy_network},
            term_names(energy_network, "unrolled_loss"),
            **kwargs,
        )
        check_stages(self.stages, energy_network)
        check_length("inference_steps", self.inference.steps)
        if self.inference.tolerance is not None:
            raise InputError(
                "Unrolled inference takes all its steps and no tolerance. Received: tolerance="
                f"{self.inference.tolerance!r}."
            )
        self.iterate_loss = iterate_loss
        self.learn_step_sizes = learn_step_sizes
        if learn_step_sizes:
            size = self.inference.step_size
            # softplus keeps the sizes above 0.
            before = float(ops.log(ops.expm1(size))) if size < 20.0 else size
            self.raw_step_sizes = self.add_weight(
                name="raw_step_sizes",
                shape=(self.inference.steps,),
                initializer=keras.initializers.Constant(before),
            )

    @property
    def step_sizes(self):
        return ops.softplus(self.raw_step_sizes) if self.learn_step_sizes else None

    def variables_of(self, part):
        moving = super().variables_of(part)
        # In the part "all" they are among the others already.
        learned = self.learn_step_sizes and part in ("energy", "labels")
        return [*moving, self.raw_step_sizes] if learned else moving

    def examples(self, outputs, y, training):
        if self.stage == "local":
            return {}
        prepared = outputs["prepared"]
        start = self.starting_point(prepared)
        iterates = unroll(self.objective(prepared), start, self.inference, self.step_sizes)
        return {"iterates": iterates}

    def terms(self, x, y, outputs):
        terms = local_term(self.energy_network, outputs["prepared"], y)
        iterates = outputs.get("iterates", [])
        last = len(iterates)
        parts = [
            self.iterate_distance(y, iterate) / (last * (last - step))
            for step, iterate in enumerate(iterates)
        ]
        return {**terms, "unrolled_loss": sum(parts, tf.zeros_like(y[:, 0]))}

    def total(self, means):
        return means["local_loss" if self.stage == "local" else "unrolled_loss"]


def term_names(energy_network: Any, *names: str) -> tuple[str, ...]:
    """The names of terms, with the local loss where an energy network has a local term."""
    if not isinstance(energy_network, EnergyNetwork):
        raise InputError(
            "`energy_network` must be a zoo.networks.energy_network.EnergyNetwork. Received: "
            f"{energy_network!r}."
        )
    return (*names, "local_loss") if energy_network.has_local else names


def check_stages(stages: Any, energy_network: EnergyNetwork) -> None:
    """Raises `InputError` where a stage would move nothing."""
    for part, *_ in stages:
        local = part == "local" and not energy_network.has_local
        # What is frozen may learn later.
        if local or not any(each.variables for each in energy_network.layers_of(part)):
            raise InputError(
                f"A stage {part!r} has nothing to learn in an energy of the terms "
                f"{[type(term).__name__ for term in energy_network.terms]}."
            )


def local_term(energy_network: EnergyNetwork, prepared: Any, y: Any) -> dict[str, Any]:
    """`local_loss` (batch_size,): the cross-entropy of the local prediction, if there is one."""
    if not energy_network.has_local:
        return {}
    logits = energy_network.local_logits(prepared)
    return {"local_loss": multi_label.multi_label_crossentropy(y, logits)}
