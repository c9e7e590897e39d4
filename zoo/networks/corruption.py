"""Corruptions of the input of denoising models, as Keras layers that act while training."""

import keras
from keras import ops

from zoo.errors import check_choice, check_number
from zoo.networks.configs import ConfiguredLayer


@keras.saving.register_keras_serializable(package="zoo")
class MaskingNoise(ConfiguredLayer):
    """Sets pixels to 0, each by itself with probability `rate`; the others stay as they are.

        c(x) = x · m,    m ~ Bernoulli(1 - rate)

    Unlike dropout it scales nothing up. All channels of a pixel go together; of rows of features
    each goes by itself, to 0, which is the mean of a standardized one. It acts when called with
    `training=True`.

    Args:
        rate: the probability, in [0, 1].
        seed: of the random generator; None draws one.

    Raises:
        InputError: a rate outside [0, 1].

    Reference: P. Vincent et al., Extracting and composing robust features with denoising
    autoencoders, ICML 2008, section 2.2.
    """

    def __init__(self, rate: float = 0.25, seed: int | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        check_number("rate", rate, maximum=1.0)
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, x, training=False):
        if not training or not self.rate:
            return x
        draws = _uniform_per_pixel(x, self.seed_generator)
        return ops.where(draws < self.rate, ops.zeros_like(x), x)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="zoo")
class SaltAndPepperNoise(ConfiguredLayer):
    """Sets pixels to 0 or 1, each by itself with probability `rate`; the others stay as they are.

        c(x) = x · m + (1 - m) · b,    m ~ Bernoulli(1 - rate),  b ~ Bernoulli(salt)

    All channels of a pixel go together; of rows of features each goes by itself, and of
    standardized ones 0 is the mean and 1 a deviation above it. It acts when called with
    `training=True`.

    Args:
        rate: the probability that a pixel changes, in [0, 1].
        salt: the part of the changed pixels that turn white, in [0, 1]. The code of Im et al.
            draws b with probability `rate`, so that small rates make mostly pepper; half and half
            is the usual meaning of the name.
        seed: of the random generator; None draws one.

    Raises:
        InputError: a rate or a part outside [0, 1].

    Reference: D. J. Im et al., Denoising criterion for variational auto-encoding framework, AAAI
    2017, section 5.
    """

    def __init__(
        self, rate: float = 0.1, salt: float = 0.5, seed: int | None = None, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        check_number("rate", rate, maximum=1.0)
        check_number("salt", salt, maximum=1.0)
        self.rate = rate
        self.salt = salt
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, x, training=False):
        if not training or not self.rate:
            return x
        draws = _uniform_per_pixel(x, self.seed_generator)
        # One draw decides both: of the share `rate` that changes, the lower part turns white.
        flipped = ops.cast(draws < self.rate * self.salt, x.dtype)
        return ops.where(draws < self.rate, ops.broadcast_to(flipped, ops.shape(x)), x)

    def compute_output_shape(self, input_shape):
        return input_shape


KINDS = {
    "gaussian": keras.layers.GaussianNoise,
    "masking": MaskingNoise,
    "salt_and_pepper": SaltAndPepperNoise,
}


def corruption_layer(kind: str = "gaussian", level: float = 0.5) -> keras.layers.Layer | None:
    """A corruption layer by name; None at level 0, which leaves the images as they are.

    Args:
        kind: `"gaussian"` adds Gaussian noise of standard deviation `level`, not clipped;
            `"masking"` and `"salt_and_pepper"` change pixels with probability `level`.
        level: in [0, 1].

    Raises:
        InputError: another kind, or a level outside [0, 1].
    """
    check_choice("noise_kind", kind, KINDS)
    check_number("noise", level, maximum=1.0)
    return KINDS[kind](level) if level else None


def _uniform_per_pixel(x, seed_generator):
    shape = ops.shape(x)
    if len(shape) == 2:
        # Rows of features, each of which goes by itself.
        return keras.random.uniform(shape, dtype="float32", seed=seed_generator)
    return keras.random.uniform((*shape[:-1], 1), dtype="float32", seed=seed_generator)
