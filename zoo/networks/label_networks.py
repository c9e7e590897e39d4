"""Networks for label sets: perceptrons from vectors to features or logits, and energies on them."""

from collections.abc import Sequence

import keras

from zoo.errors import InputError, check_count, check_number, check_width
from zoo.keras_settings import check_settings
from zoo.networks.energies import (
    ConditionalLabelEnergy,
    EnergyTerm,
    LabelEnergy,
    LocalEnergy,
    PairwiseEnergy,
)
from zoo.networks.energy_network import EnergyNetwork
from zoo.networks.sizes import read_units
from zoo.networks.standardization import Standardization
from zoo.networks.weight_decay import decay


def feature_network(
    input_shape: Sequence[int],
    units: int | Sequence[int] = (150, 150),
    activation: str = "relu",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    weight_decay: float = 0.0,
    num_labels: int | None = None,
    use_bias: bool = True,
    initializer: str = "glorot_uniform",
    standardize: bool = False,
    name: str = "features",
) -> keras.Model:
    """A multi-layer perceptron: inputs to features, or to label logits.

    Args:
        input_shape: (features,), or any shape, which is flattened.
        units: of the hidden layers; none of them, `()`, makes it linear.
        activation: of the hidden layers, any of Keras's.
        dropout: rate after each hidden layer, from 0 to 0.99.
        input_dropout: rate on the inputs.
        weight_decay: λ of λ · ‖W‖² on each kernel, at least 0.
        num_labels: None for features; otherwise a linear layer of so many logits ends it.
        use_bias: of that last layer.
        initializer: of the kernels.
        standardize: whether it begins with a `Standardization`, to be adapted to training rows.
        name: of the network.
    """
    check_settings()
    shape = tuple(input_shape)
    if not shape or any(not isinstance(side, int) or side < 1 for side in shape):
        raise InputError(
            "`input_shape` must be whole numbers of at least 1, (features,) for vectors. "
            f"Received: input_shape={input_shape!r}."
        )
    check_number("dropout", dropout, 0.0, 0.99)
    check_number("input_dropout", input_dropout, 0.0, 0.99)
    # A wrong name is told without hidden layers too.
    activation = keras.activations.get(activation)
    x = inputs = keras.Input(shape)
    if len(shape) > 1:
        x = keras.layers.Flatten(name="flat")(x)
    if standardize:
        # In float32 whatever the others compute in: a large mean would swallow the rest.
        x = Standardization(name="standardization", dtype="float32")(x)
    if input_dropout:
        x = keras.layers.Dropout(input_dropout, name="input_dropout")(x)
    for level, width in enumerate(read_units("units", units), start=1):
        x = keras.layers.Dense(
            width,
            activation=activation,
            kernel_initializer=initializer,
            kernel_regularizer=decay(weight_decay),
            name=f"hidden_{level}",
        )(x)
        if dropout:
            x = keras.layers.Dropout(dropout, name=f"hidden_{level}_dropout")(x)
    if num_labels is not None:
        check_count("num_labels", num_labels)
        x = keras.layers.Dense(
            num_labels,
            use_bias=use_bias,
            kernel_initializer=initializer,
            kernel_regularizer=decay(weight_decay),
            dtype="float32",
            name="logits",
        )(x)
    return keras.Model(inputs, x, name=name)


def energy_network(
    input_shape: Sequence[int],
    num_labels: int,
    units: int | Sequence[int] = (150, 150),
    activation: str = "softplus",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    weight_decay: float = 0.0,
    initializer: str = "glorot_uniform",
    local_bias: bool = True,
    measurements: int = 16,
    label_activation: str = "softplus",
    label_bias: bool = True,
    conditional_measurements: int = 0,
    pairwise: bool = False,
    features: keras.Model | None = None,
    standardize: bool = False,
    terms: Sequence[EnergyTerm] | None = None,
) -> EnergyNetwork:
    """Features and terms of an energy.

    Args:
        input_shape: (features,), or any shape, which is flattened.
        num_labels: how many labels.
        units, activation, dropout, input_dropout, weight_decay, initializer: of the features, as
            for `feature_network`; the last two of the terms too.
        local_bias: whether the local energy has a bias for each label.
        measurements: of the label energy, 0 for none.
        label_activation: g of the label energies: `"softplus"`, `"hard_tanh"`, any of Keras's.
        label_bias: whether g's argument has a bias.
        conditional_measurements: of the conditional label energy, 0 for none.
        pairwise: whether there is a pairwise energy.
        features: a network of your own.
        standardize: of the features, as for `feature_network`.
        terms: terms of your own.
    """
    check_count("num_labels", num_labels)
    check_width("measurements", measurements, minimum=0)
    check_width("conditional_measurements", conditional_measurements, minimum=0)
    if features is None:
        features = feature_network(
            input_shape,
            units,
            activation,
            dropout,
            input_dropout,
            weight_decay,
            initializer=initializer,
            standardize=standardize,
        )
    label_activation = keras.activations.get(label_activation)
    if terms is None:
        kernel = {
            "kernel_initializer": initializer,
            "kernel_regularizer": decay(weight_decay),
        }
        measured = {"activation": label_activation, "use_bias": label_bias, **kernel}
        terms = [LocalEnergy(num_labels, local_bias, **kernel, name="local")]
        if measurements:
            terms.append(LabelEnergy(num_labels, measurements, **measured, name="label"))
        if conditional_measurements:
            terms.append(
                ConditionalLabelEnergy(
                    num_labels, conditional_measurements, **measured, name="conditional"
                )
            )
        if pairwise:
            terms.append(PairwiseEnergy(num_labels, decay(weight_decay), name="pairwise"))
    return EnergyNetwork(features, terms, name="energy_network")
