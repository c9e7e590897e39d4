"""The energy network: features of the input, and terms whose energies add up."""

from collections.abc import Sequence
from typing import Any

import keras

from zoo.errors import InputError, check_choice
from zoo.networks.configs import constructor_config
from zoo.networks.energies import EnergyTerm, LocalEnergy
from zoo.networks.precision import weights_as_they_are

PARTS = ("local", "energy", "labels", "all")


@keras.saving.register_keras_serializable(package="zoo")
class EnergyNetwork(keras.Model):
    """E(x, y) = Σ_terms term(F(x), y), low where labels fit the input.

        prepared = network.prepare(x)             # once for each input
        energy = network.energy(prepared, y)      # as often as the labels change

    Args:
        features: F, any built Keras model from inputs to vectors (batch_size, feature_size).
        terms: one or more `EnergyTerm`s of the same number of labels.

    Call arguments:
        inputs: the pair [x, y].

    Returns:
        Energies (batch_size,), float32.

    Raises:
        InputError: features that are no built model or make no vectors, no terms, terms that
            differ in their number of labels, or that all ignore the input.
    """

    def __init__(self, features: keras.Model, terms: Sequence[EnergyTerm], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not (isinstance(features, keras.Model) and hasattr(features, "output_shape")):
            raise InputError(
                "`features` must be a built Functional or Sequential model. Received: "
                f"features={features!r}."
            )
        if len(features.output_shape) != 2:
            raise InputError(
                "The features of an energy network must be vectors. Received: a network that "
                f"makes {features.output_shape[1:]}; end it with a Flatten layer."
            )
        terms = list(terms) if isinstance(terms, list | tuple) else [terms]
        if not terms or not all(isinstance(term, EnergyTerm) for term in terms):
            raise InputError(
                "`terms` must be one or more energy terms, for example "
                f"[LocalEnergy(159), LabelEnergy(159)]. Received: {terms!r}."
            )
        if len({term.num_labels for term in terms}) != 1:
            raise InputError(
                "The terms of an energy must have one number of labels. Received: "
                f"{[term.num_labels for term in terms]}."
            )
        if not any(term.uses_features for term in terms):
            raise InputError(
                "At least one term must depend on the input: a LocalEnergy or a "
                f"ConditionalLabelEnergy. Received: {[type(term).__name__ for term in terms]}."
            )
        # The features cast for themselves, and labels stay as they are.
        self.autocast = False
        self.features = features
        self.terms = terms
        self.num_labels = terms[0].num_labels
        for term in terms:
            if not term.built:
                term.build([features.output_shape, (None, self.num_labels)])
        self.built = True

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the inputs x alone."""
        return self.features.input_shape

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the energies."""
        return (None,)

    def prepare(self, x, training=False) -> tuple[Any, ...]:
        """What the terms need of inputs x alone, an entry for each term."""
        features = self.features(x, training=training)
        with weights_as_they_are():
            return tuple(term.prepare(features) for term in self.terms)

    def energy(self, prepared, y) -> Any:
        """Energies (batch_size,) of labels (batch_size, num_labels)."""
        parts = zip(self.terms, prepared, strict=True)
        with weights_as_they_are():
            return sum(term.energy(part, y) for term, part in parts)

    def local_logits(self, prepared) -> Any:
        """Minus the local energies: logits (batch_size, num_labels) of each label for itself.

        Raises:
            InputError: the network has no local term.
        """
        parts = [
            part
            for term, part in zip(self.terms, prepared, strict=True)
            if isinstance(term, LocalEnergy)
        ]
        if not parts:
            raise InputError(
                "A local prediction needs an energy with a LocalEnergy among its terms. "
                f"Received: {[type(term).__name__ for term in self.terms]}."
            )
        return -sum(parts)

    @property
    def has_local(self) -> bool:
        """Whether there is a local term."""
        return any(isinstance(term, LocalEnergy) for term in self.terms)

    @property
    def is_local(self) -> bool:
        """Whether the energy is a sum over the labels, each for itself."""
        return all(isinstance(term, LocalEnergy) for term in self.terms)

    def variables_of(self, part: str) -> list[keras.Variable]:
        """The trainable variables of a part of the network, see `layers_of`."""
        return [each for layer in self.layers_of(part) for each in layer.trainable_variables]

    def layers_of(self, part: str) -> list[keras.layers.Layer]:
        """The layers of a part of the network.

        Args:
            part: `"local"`: the features and the local term; `"energy"`: every term, without the
                features; `"labels"`: the terms but the local one; or `"all"`.
        """
        check_choice("part of an energy network", part, PARTS)
        local = [term for term in self.terms if isinstance(term, LocalEnergy)]
        rest = [term for term in self.terms if not isinstance(term, LocalEnergy)]
        return {
            "local": [self.features, *local],
            "energy": self.terms,
            "labels": rest,
            "all": [self.features, *self.terms],
        }[part]

    def call(self, inputs, training=False):
        x, y = inputs
        return self.energy(self.prepare(x, training=training), y)

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, keras.Model)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for key in ("features", "terms"):
            config[key] = keras.saving.deserialize_keras_object(
                config[key], custom_objects=custom_objects
            )
        return cls(**config)
