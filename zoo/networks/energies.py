"""Energies of label sets: terms that add up, and the network made of features and terms.

Low is good, always. Labels `y` are float, (batch_size, num_labels), in {0, 1} or, relaxed, in
[0, 1]; an energy is (batch_size,), float32 also under mixed precision. What a term needs of the
input alone, `prepare(features)`, is separate from what the labels add to it, so that the many
energies of one inner loop run the features once.
"""

from typing import Any

import keras
from keras import ops

from zoo.errors import check_count, check_width
from zoo.networks.configs import ConfiguredLayer


class EnergyTerm(ConfiguredLayer):
    """One summand of an energy. A term computes in float32 unless told another `dtype`.

    Subclasses write `build_for(feature_size)`, which makes the weights, `prepare(features)`, the
    tensors that depend on the features alone, and `energy(prepared, y)`.

    Args:
        num_labels: how many labels, at least 1.
    """

    # Whether the input plays a part.
    uses_features = False

    def __init__(self, num_labels: int, **kwargs: Any) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        check_count("num_labels", num_labels)
        self.num_labels = num_labels

    def build_for(self, feature_size: int) -> None:
        raise NotImplementedError

    def prepare(self, features) -> Any:
        """What the term needs of features (batch_size, feature_size): by default nothing."""
        return ()

    def energy(self, prepared, y) -> Any:
        """The energy (batch_size,) of labels (batch_size, num_labels)."""
        raise NotImplementedError

    def build(self, input_shape):
        self.build_for(input_shape[0][-1])

    def call(self, inputs):
        features, y = inputs
        return self.energy(self.prepare(features), y)


@keras.saving.register_keras_serializable(package="zoo")
class LocalEnergy(EnergyTerm):
    """Each label for itself: E(x, y) = Σ_i y_i · (b_i · F(x) + a_i).

    Its minimum over [0, 1] is y_i = 1 where b_i · F(x) + a_i < 0: the minus of it is the logit of
    a label, and an energy of this term alone is a classifier per label.

    Args:
        num_labels: how many labels.
        use_bias: whether there are the a_i.
        kernel_initializer: of the b_i.
        kernel_regularizer: of the b_i.

    Reference: D. Belanger and A. McCallum, Structured prediction energy networks, ICML 2016,
    equation 3.
    """

    uses_features = True

    def __init__(
        self,
        num_labels: int,
        use_bias: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_labels, **kwargs)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_for(self, feature_size):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(feature_size, self.num_labels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.num_labels,), initializer="zeros")

    def prepare(self, features):
        """b_i · F(x) + a_i, (batch_size, num_labels): the energy that each label would add."""
        local = ops.matmul(ops.cast(features, self.compute_dtype), self.kernel)
        return local + self.bias if self.use_bias else local

    def energy(self, prepared, y):
        return ops.sum(y * prepared, axis=-1)


class _MeasuredEnergy(EnergyTerm):
    """What the label and the conditional label energy share: c2 · g(measurements)."""

    def __init__(
        self,
        num_labels: int,
        measurements: int = 16,
        activation: Any = "softplus",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_labels, **kwargs)
        check_width("measurements", measurements)
        self.measurements = measurements
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def _kernel(self, name, shape):
        return self.add_weight(
            name=name,
            shape=shape,
            # A copy for each weight: one seeded initializer would fill all of them alike.
            initializer=_copy(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )

    def build_for(self, feature_size):
        self.label_kernel = self._kernel("label_kernel", (self.num_labels, self.measurements))
        self.output_kernel = self._kernel("output_kernel", (self.measurements, 1))
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.measurements,), initializer="zeros"
            )

    def _read(self, measured):
        if self.use_bias:
            measured = measured + self.bias
        return ops.matmul(self.activation(measured), self.output_kernel)[:, 0]


@keras.saving.register_keras_serializable(package="zoo")
class LabelEnergy(_MeasuredEnergy):
    """How well labels go together, whatever the input: E(y) = c2 · g(C1 y + a).

    Args:
        num_labels: how many labels.
        measurements: rows of C1, at least 1.
        activation: g, any of Keras's: `"softplus"` is smooth, `"hard_tanh"` makes C1 readable.
        use_bias: whether there is a.
        kernel_initializer: of C1 and c2.
        kernel_regularizer: of C1 and c2.

    Reference: Belanger and McCallum 2016, equation 4; softplus and the bias as in the released
    code.
    """

    def energy(self, prepared, y):
        return self._read(ops.matmul(y, self.label_kernel))


@keras.saving.register_keras_serializable(package="zoo")
class ConditionalLabelEnergy(_MeasuredEnergy):
    """How well labels go together for this input: E(x, y) = d2 · g(D1 [y; F(x)] + a).

    The product of D1 with F(x) is prepared. Arguments as for `LabelEnergy`.

    Reference: Belanger and McCallum 2016, section 3.
    """

    uses_features = True

    def build_for(self, feature_size):
        super().build_for(feature_size)
        shape = (feature_size, self.measurements)
        self.feature_kernel = self._kernel("feature_kernel", shape)

    def prepare(self, features):
        return ops.matmul(ops.cast(features, self.compute_dtype), self.feature_kernel)

    def energy(self, prepared, y):
        return self._read(ops.matmul(y, self.label_kernel) + prepared)


@keras.saving.register_keras_serializable(package="zoo")
class PairwiseEnergy(EnergyTerm):
    """A conditional random field without its inputs: E(y) = y · S y + s · y.

    S = (W + Wᵀ) / 2 with a diagonal of zeros, so each pair of labels counts 2 · S_ij, and a label
    alone only s. W starts at zero: the term learns from labels that occur together.

    Args:
        num_labels: how many labels.
        kernel_regularizer: of W.

    Reference: Belanger and McCallum 2016, equation 5 (the quadratic energy).
    """

    def __init__(self, num_labels: int, kernel_regularizer: Any = None, **kwargs: Any) -> None:
        super().__init__(num_labels, **kwargs)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_for(self, feature_size):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.num_labels, self.num_labels),
            initializer="zeros",
            regularizer=self.kernel_regularizer,
        )
        self.bias = self.add_weight(name="bias", shape=(self.num_labels,), initializer="zeros")

    @property
    def pairs(self) -> Any:
        """S, (num_labels, num_labels)."""
        symmetric = (self.kernel + ops.transpose(self.kernel)) / 2.0
        return symmetric * (1.0 - ops.eye(self.num_labels, dtype=symmetric.dtype))

    def energy(self, prepared, y):
        return ops.sum(y * (ops.matmul(y, self.pairs) + self.bias), axis=-1)


def _copy(initializer):
    return initializer.clone() if isinstance(initializer, keras.Initializer) else initializer
