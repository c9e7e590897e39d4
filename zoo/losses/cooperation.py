"""How the losses of networks that learn together become one."""

import keras

from zoo.errors import InputError, check_number


def weighted_cooperation(
    label_loss,
    reconstruction_loss,
    separability_weight: float = 1.0,
    reconstruction_weight: float = 1.0,
):
    """Weighted cooperation: both losses are minimized together, each at its own price.

    Formula: `L = alpha * L_label + beta * L_reconstruction`, `separability_weight` being alpha and
    `reconstruction_weight` beta.

    Args:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.
        separability_weight: alpha, at least 0.
        reconstruction_weight: beta, at least 0.

    Returns:
        The weighted sum, of the shape of the losses.

    Raises:
        InputError: for a weight that is negative, NaN or infinite.

    Example:
        >>> weighted_cooperation(0.5, 0.25, separability_weight=2.0, reconstruction_weight=4.0)
        2.0

    Reference:
        I. M. Kamal and H. Bae, "Super-encoder with cooperative autoencoder networks", Pattern
        Recognition 126, 2022: the cooperative loss of the super-encoder.
    """
    _check_weights(separability_weight, reconstruction_weight)
    return separability_weight * label_loss + reconstruction_weight * reconstruction_loss


@keras.saving.register_keras_serializable(package="zoo")
class WeightedCooperation:
    """`weighted_cooperation` with its weights, as an argument for models.

    Args:
        separability_weight: alpha, at least 0.
        reconstruction_weight: beta, at least 0.

    Call arguments:
        label_loss: Loss on the labels, of shape `(batch,)` or a scalar.
        reconstruction_loss: Loss on the images, of the same shape.

    Raises:
        InputError: for a weight that is negative, NaN or infinite.
    """

    def __init__(self, separability_weight: float = 1.0, reconstruction_weight: float = 1.0):
        _check_weights(separability_weight, reconstruction_weight)
        self.separability_weight = float(separability_weight)
        self.reconstruction_weight = float(reconstruction_weight)

    def __call__(self, label_loss, reconstruction_loss):
        return weighted_cooperation(label_loss, reconstruction_loss, **self.get_config())

    def get_config(self):
        return {
            "separability_weight": self.separability_weight,
            "reconstruction_weight": self.reconstruction_weight,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __eq__(self, other):
        return type(other) is type(self) and other.get_config() == self.get_config()

    def __hash__(self):
        return hash((type(self), self.separability_weight, self.reconstruction_weight))

    def __repr__(self):
        return (
            f"WeightedCooperation(separability_weight={self.separability_weight}, "
            f"reconstruction_weight={self.reconstruction_weight})"
        )


def _check_weights(separability_weight, reconstruction_weight):
    check_number("separability_weight (alpha)", separability_weight)
    check_number("reconstruction_weight (beta)", reconstruction_weight)
    if separability_weight == reconstruction_weight == 0:
        raise InputError(
            "`separability_weight (alpha)` and `reconstruction_weight (beta)` must not both be 0: "
            "nothing would be learnt. Received: 0 and 0."
        )
