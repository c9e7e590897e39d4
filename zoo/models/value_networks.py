"""Deep value networks: a network that learns how good a labeling is, then is climbed."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError, check_choice, check_count, check_number
from zoo.inference.descent import ascend, descend
from zoo.losses import oracles
from zoo.models.base.energy_model import EnergyModel
from zoo.models.stratified_labels import stratified_labels
from zoo.networks.energy_network import EnergyNetwork

ORACLES = ("f1", "iou")
MIXINGS = ("batches", "all")
CLIMBED = ("value", "logit")
GENERATORS = (
    "ground_truth",
    "inference",
    "adversarial",
    "value_gradient",
    "stratified",
    "exchanged",
)


@keras.saving.register_keras_serializable(package="zoo")
class DeepValueNetwork(EnergyModel):
    """DVN: v(x, ŷ) learns to tell the oracle value of any labeling ŷ.

        v(x, ŷ) = sigmoid(s(x, ŷ)),   v*(y, ŷ) the oracle's: F1 or intersection over union
        value_loss  Σ_i w_i · crossentropy(v*(y_i, ŷ_i), v(x_i, ŷ_i)) / Σ_i w_i
        loss = value_loss

    and predicts by ascent: y ← clip(y + η · ∂v(x, y)/∂y, 0, 1), from zeros. The energy is -s. With
    a network of energies s = -E, otherwise s is what the network returns.

    The ŷ of a batch come from one generator, drawn by the weights of `generators`; or, with
    `mixing="all"`, each row has one of every generator, and its loss is the mean of theirs by the
    weights:

    * `"ground_truth"`: y itself, of value 1;
    * `"inference"`: the prediction as it is now;
    * `"adversarial"`: ascent on the loss of the value, ŷ ← clip(ŷ + η · ∂crossentropy/∂ŷ, 0, 1),
      as the paper writes, through both v and v*;
    * `"value_gradient"`: ascent on v as in a prediction; what the authors' code does under the
      name of adversarial;
    * `"stratified"`: y corrupted to values drawn from p(v*) ∝ exp(v*/τ);
    * `"exchanged"`: the y of another row of the batch, an addition: as plausible as the truth, so
      that only the input tells the two apart.

    The third and fourth take `generator_steps` from a start that is y for a random half of the
    rows and zeros for the others.

    Args:
        value_network: an `EnergyNetwork`, or a built Functional model from [x, y] to one logit
            (batch_size, 1).
        oracle: `"f1"`: 2·I / (I + U), or `"iou"`: I / U, with I = Σ min and U = Σ max over the
            labels; soft in training.
        empty_value: what an empty prediction of an empty label set is worth, 0 or 1.
        generators: weights by name; they need not sum to 1.
        generator_steps: steps of the adversarial and the value gradient generator, at least 1.
        temperature: τ of the stratified generator, above 0.
        seed: of the draws.
        mixing: `"batches"`: a whole batch comes from one generator, as in the authors' code; or
            `"all"`: every row has one labeling of each, which pays where the input is costly.
        climbs: `"value"`: v, as the paper; or `"logit"`: s, which has the same hills, but is as
            steep where v is near 0. Step sizes are to be chosen anew with it.
        **kwargs: `inference`, `start` and `stages` (of the part "all" alone, for learning rates)
            as for `EnergyModel`.

    Call arguments:
        x: inputs, float.

    Returns:
        Inferred labels (batch_size, ...) in [0, 1], float32, of the shape of y.

    Raises:
        InputError: as for `EnergyModel`, a network of other inputs and outputs, an unknown oracle
            or generator, or a bad number.

    Reference: M. Gygli, M. Norouzi and A. Angelova, Deep value networks learn to evaluate and
    iteratively refine structured outputs, ICML 2017, sections 3 and 4, arXiv:1703.04363.
    """

    label_terms = ("value_loss",)
    logit_roles = ("value_network",)

    def __init__(
        self,
        value_network: keras.Model,
        oracle: str = "f1",
        empty_value: float = 0.0,
        generators: Mapping[str, float] | None = None,
        generator_steps: int = 1,
        temperature: float = 0.5,
        seed: int | None = None,
        climbs: str = "value",
        mixing: str = "batches",
        **kwargs: Any,
    ) -> None:
        generators = {"inference": 1.0, "value_gradient": 1.0} if generators is None else generators
        self.generators = _read_generators(generators)
        check_choice("oracle", oracle, ORACLES)
        check_choice("empty_value", str(float(empty_value)), ("0.0", "1.0"))
        check_count("generator_steps", generator_steps)
        check_number("temperature", temperature)
        if temperature == 0:
            raise InputError("`temperature` must be above 0. Received: temperature=0.")
        check_choice("climbs", climbs, CLIMBED)
        check_choice("mixing", mixing, MIXINGS)
        self.climbs = climbs
        self.mixing = mixing
        self.is_energy = isinstance(value_network, EnergyNetwork)
        # Whether it computes what it needs of the inputs alone once.
        self.prepares = hasattr(value_network, "prepare")
        if not self.is_energy:
            _check_value_network(value_network)
        super().__init__({"value_network": value_network}, ("value_loss",), **kwargs)
        if self.start == "local" and not (self.is_energy and value_network.has_local):
            raise InputError("The start 'local' needs a local energy. Received: none.")
        self.oracle = oracle
        self.empty_value = float(empty_value)
        self.generator_steps = generator_steps
        self.temperature = temperature
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)

    @property
    def input_shape(self):
        shape = self.value_network.input_shape
        return shape if self.is_energy else shape[0]

    @property
    def label_shape(self):
        if self.is_energy:
            return (self.value_network.num_labels,)
        return tuple(self.value_network.input_shape[1][1:])

    def prepare(self, x, training=False):
        return self.value_network.prepare(x, training=training) if self.prepares else (x,)

    def value_logits(self, prepared, y, training=False) -> Any:
        """s (batch_size,) of prepared inputs with labels."""
        if self.is_energy:
            return -self.value_network.energy(prepared, y)
        if self.prepares:
            return self.value_network.value_logits(prepared, y, training=training)
        logits = self.value_network([prepared[0], y], training=training)
        return tf.cast(logits[:, 0], "float32")

    def value(self, x, y) -> Any:
        """v (batch_size,), in [0, 1], of inputs with labels: what the oracle is thought to say."""
        return tf.sigmoid(-self.energy(x, y))

    def oracle_value(self, y, y_hat) -> Any:
        """v* (batch_size,), in [0, 1], of labels in [0, 1]."""
        oracle = oracles.f1_oracle if self.oracle == "f1" else oracles.iou_oracle
        return oracle(y, y_hat, empty=self.empty_value)

    def prepared_energy(self, prepared, y):
        return -self.value_logits(prepared, y)

    def local_logits(self, prepared):
        return self.value_network.local_logits(prepared)

    def objective(self, prepared):
        if self.climbs == "logit":
            return lambda y: -self.value_logits(prepared, y)
        return lambda y: -tf.sigmoid(self.value_logits(prepared, y))

    def examples(self, outputs, y, training):
        prepared, shares = outputs["prepared"], [1.0]
        # An evaluation judges what is predicted.
        tuples = tf.stop_gradient(self.tuples(prepared, y) if training else outputs["labels"])
        if training and self.mixing == "all":
            weights = np.asarray(list(self.generators.values()), "float32")
            shares = weights / weights.sum()

        def for_each(tensor):
            return tf.tile(tensor, [len(shares)] + [1] * (tensor.shape.rank - 1))

        prepared = tf.nest.map_structure(for_each, prepared)
        return {
            "shares": tf.constant(shares),
            "oracle": self.oracle_value(for_each(y), tuples),
            "value_logits": self.value_logits(prepared, tuples, training),
        }

    def tuples(self, prepared, y) -> Any:
        """Labels for true labels `y`, (rows, ...), by one generator, drawn by its weight.

        With `mixing="all"` (generators · rows, ...), by each in turn.
        """
        prepared = tf.nest.map_structure(tf.stop_gradient, prepared)
        rows, names = tf.shape(y)[0], list(self.generators)

        def uniform(*shape):
            return keras.random.uniform(shape, seed=self.seeds)

        # Drawn outside of the branches: a branch must not change the state of a generator.
        some = tf.where(uniform(rows, *[1] * len(self.label_shape)) < 0.5, y, tf.zeros_like(y))
        given = {"prepared": prepared, "y": y, "some": some, "other": tf.roll(y, 1, axis=0)}
        if "stratified" in names:
            given["draws"], given["order"] = uniform(rows, 2), uniform(rows, *self.label_shape)
        if self.mixing == "all" or len(names) == 1:
            return tf.concat([self._made(name, given) for name in names], axis=0)
        weights = np.cumsum(list(self.generators.values())).astype("float32")
        pick = uniform() * weights[-1]
        index = tf.reduce_sum(tf.cast(pick >= weights[:-1], "int32"))
        return tf.switch_case(index, [lambda n=name: self._made(n, given) for name in names])

    def _made(self, name, given):
        prepared, y = given["prepared"], given["y"]
        if name == "ground_truth":
            return y
        if name == "exchanged":
            return given["other"]
        if name == "inference":
            return self.descended(prepared).labels
        if name == "adversarial":
            return self._adversarial(prepared, y, given["some"])
        if name == "value_gradient":
            return self._climbed(prepared, given["some"])
        return stratified_labels(y, given["draws"], given["order"], self.oracle, self.temperature)

    def _adversarial(self, prepared, y, start):
        def loss(y_hat):
            logits = self.value_logits(prepared, y_hat)
            return oracles.value_crossentropy(self.oracle_value(y, y_hat), logits)

        return ascend(loss, start, self._generator_descent).labels

    def _climbed(self, prepared, start):
        return descend(self.objective(prepared), start, self._generator_descent).labels

    @property
    def _generator_descent(self):
        return dataclasses.replace(self.inference, steps=self.generator_steps, tolerance=None)

    def terms(self, x, y, outputs):
        losses = oracles.value_crossentropy(outputs["oracle"], outputs["value_logits"])
        losses = tf.reshape(losses, (outputs["shares"].shape[0], -1))
        return {"value_loss": tf.einsum("g,gr->r", outputs["shares"], losses)}

    def total(self, means):
        return means["value_loss"]


def _read_generators(generators):
    if not isinstance(generators, Mapping) or not generators:
        raise InputError(
            "`generators` must give weights by name, for example {'inference': 0.5, "
            f"'ground_truth': 0.5}}. Received: {generators!r}."
        )
    for name, weight in generators.items():
        check_choice("generator", name, GENERATORS)
        check_number(f"generators[{name!r}]", weight)
    kept = {name: float(weight) for name, weight in generators.items() if weight}
    if not kept:
        raise InputError(
            f"At least one generator must weigh more than 0. Received: {dict(generators)}."
        )
    return kept


def _check_value_network(network):
    inputs = getattr(network, "input_shape", None)
    output = getattr(network, "output_shape", ())
    two = isinstance(inputs, list | tuple) and len(inputs) == 2 and isinstance(inputs[0], tuple)
    if not two or tuple(output[1:]) != (1,):
        raise InputError(
            "A value network must be an EnergyNetwork or take [x, y] and return one logit. "
            f"Received: a network that turns {inputs} into {output}."
        )
