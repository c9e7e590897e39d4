"""How the losses of networks that learn together become one."""

import dataclasses

import keras

from zoo.errors import InputError, check_number
from zoo.losses.checks import check_same_shape
from zoo.settings import of_today


def weighted_cooperation(
    label_loss,
    reconstruction_loss,
    classification_weight: float = 1.0,
    reconstruction_weight: float = 1.0,
):
    """Weighted cooperation: both losses are minimized together, each at its own price.

    Formula: `L = alpha * L_label + beta * L_reconstruction`, `classification_weight` being alpha
    and `reconstruction_weight` beta.

    Args:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.
        classification_weight: alpha, at least 0.
        reconstruction_weight: beta, at least 0.

    Returns:
        The weighted sum, of the shape of the losses.

    Raises:
        InputError: for a weight that is negative, NaN or infinite.

    Example:
        >>> weighted_cooperation(0.5, 0.25, classification_weight=2.0, reconstruction_weight=4.0)
        2.0

    Reference:
        I. M. Kamal and H. Bae, "Super-encoder with cooperative autoencoder networks", Pattern
        Recognition 126, 2022: the cooperative loss of the super-encoder.
    """
    _check_weights(classification_weight, reconstruction_weight)
    label_loss, reconstruction_loss = _pair(label_loss, reconstruction_loss)
    return classification_weight * label_loss + reconstruction_weight * reconstruction_loss


def strict_cooperation(
    label_loss,
    reconstruction_loss,
    generation_weight: float = 1.0,
    gap=None,
    generation_floor: float = 0.0,
):
    """Strict cooperation: whichever loss is larger is minimized, until both are alike.

    Formula, with `G = generation_weight * (L_image - generation_floor)`:

        L = L_label + G + |L_label - G| = 2 * max(L_label, G)

    so the gradient is twice that of the larger one, and the sum of both where they are equal.

    Args:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.
        generation_weight: At least 0; the slides have 1. The two losses need a common scale, since
            the image loss is of no account as long as it is the smaller one.
        gap: `L_label - G` as it decides which loss is larger; None takes it from the arguments.
            Under several replicas the arguments are shares of a mean, and the larger share of one
            replica need not be the larger mean: there the gap is the sum of the shares' gaps, and
            the sum of what the replicas get is exactly the strict loss of the means.
        generation_floor: At least 0; the slides have 0. What an image loss is of a generator that
            knows the class and nothing else, above which it is compared: the label loss of a
            classifier that knows the class is 0.

    Returns:
        The strict loss, of the shape of the losses.

    Raises:
        InputError: for a weight or floor that is negative, NaN or infinite.

    Example:
        >>> float(strict_cooperation(0.5, 0.25))
        1.0

    Reference:
        I. M. Kamal and H. Bae, slides A, "Cooperative auto-classifier": AC (co) v1.
    """
    check_number("generation_weight", generation_weight)
    check_number("generation_floor", generation_floor)
    label_loss, reconstruction_loss = _pair(label_loss, reconstruction_loss)
    reconstruction_loss = generation_weight * (reconstruction_loss - generation_floor)
    difference = label_loss - reconstruction_loss
    sign = keras.ops.sign(keras.ops.stop_gradient(difference if gap is None else gap))
    return label_loss + reconstruction_loss + sign * difference


def adjusted_cooperation(label_loss, reconstruction_loss, classification_weight: float = 1.0):
    """Adjusted cooperation: a plain sum in which the label loss has a price.

    Formula: `L = lambda * L_label + L_image`, `classification_weight` being lambda.

    Args:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.
        classification_weight: lambda, at least 0.

    Returns:
        The weighted sum, of the shape of the losses.

    Raises:
        InputError: for a weight that is negative, NaN or infinite.

    Example:
        >>> adjusted_cooperation(0.5, 0.25, classification_weight=2.0)
        1.25

    Reference:
        I. M. Kamal and H. Bae, slides A, "Cooperative auto-classifier": AC (co) v2.
    """
    check_number("classification_weight (lambda)", classification_weight)
    label_loss, reconstruction_loss = _pair(label_loss, reconstruction_loss)
    return classification_weight * label_loss + reconstruction_loss


@dataclasses.dataclass(frozen=True)
class _Cooperation:
    # Weights by name, which are the config; the subclasses check them first.

    def __post_init__(self):
        for name, weight in self.get_config().items():
            object.__setattr__(self, name, float(weight))

    def get_config(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config):
        return cls(**of_today(config, cls.__dataclass_fields__))


@keras.saving.register_keras_serializable(package="zoo")
@dataclasses.dataclass(frozen=True)
class WeightedCooperation(_Cooperation):
    """`weighted_cooperation` with its weights, as an argument for models.

    Args:
        classification_weight: alpha, at least 0.
        reconstruction_weight: beta, at least 0.

    Call arguments:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.

    Raises:
        InputError: for a weight that is negative, NaN or infinite.
    """

    classification_weight: float = 1.0
    reconstruction_weight: float = 1.0

    def __post_init__(self):
        _check_weights(self.classification_weight, self.reconstruction_weight)
        super().__post_init__()

    def __call__(self, label_loss, reconstruction_loss):
        return weighted_cooperation(label_loss, reconstruction_loss, **self.get_config())


@keras.saving.register_keras_serializable(package="zoo")
@dataclasses.dataclass(frozen=True)
class StrictCooperation(_Cooperation):
    """`strict_cooperation` with its weight, as an argument for models.

    Args:
        generation_weight: What the image loss is multiplied by before the two are compared.
        generation_floor: What is taken from it before.

    Call arguments:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.
        gap: As for `strict_cooperation`.
        share: The part of the whole that the losses are, whose floor counts by it.

    Raises:
        InputError: for a weight or floor that is negative, NaN or infinite.
    """

    generation_weight: float = 1.0
    generation_floor: float = 0.0

    def __post_init__(self):
        check_number("generation_weight", self.generation_weight)
        check_number("generation_floor", self.generation_floor)
        super().__post_init__()

    def __call__(self, label_loss, reconstruction_loss, gap=None, share=1.0):
        losses, floor = (label_loss, reconstruction_loss), share * self.generation_floor
        return strict_cooperation(*losses, self.generation_weight, gap, floor)

    def gap(self, label_loss, reconstruction_loss, share=1.0):
        """`L_label - G`: above 0 the label loss is minimized, below 0 the image loss."""
        above = reconstruction_loss - share * self.generation_floor
        return label_loss - self.generation_weight * above


@keras.saving.register_keras_serializable(package="zoo")
@dataclasses.dataclass(frozen=True)
class AdjustedCooperation(_Cooperation):
    """`adjusted_cooperation` with its weight, as an argument for models.

    Args:
        classification_weight: lambda, at least 0.

    Call arguments:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.

    Raises:
        InputError: for a weight that is negative, NaN or infinite.
    """

    classification_weight: float = 1.0

    def __post_init__(self):
        check_number("classification_weight (lambda)", self.classification_weight)
        super().__post_init__()

    def __call__(self, label_loss, reconstruction_loss):
        return adjusted_cooperation(label_loss, reconstruction_loss, self.classification_weight)


def _pair(label_loss, reconstruction_loss):
    """Both losses as they are, but lists as tensors; (batch,) beside (batch, 1) is refused."""
    pair = [
        keras.ops.convert_to_tensor(each) if isinstance(each, list | tuple) else each
        for each in (label_loss, reconstruction_loss)
    ]
    if all(getattr(each, "shape", ()) for each in pair):
        check_same_shape("label_loss", pair[0], "reconstruction_loss", pair[1])
    return pair


def _check_weights(classification_weight, reconstruction_weight):
    check_number("classification_weight (alpha)", classification_weight)
    check_number("reconstruction_weight (beta)", reconstruction_weight)
    if classification_weight == reconstruction_weight == 0:
        raise InputError(
            "`classification_weight (alpha)` and `reconstruction_weight (beta)` must not both be "
            "0: nothing would be learned. Received: 0 and 0."
        )
