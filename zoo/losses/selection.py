"""The label loss and the reconstruction loss that a model is told by name."""

from collections.abc import Callable

from keras import ops

from zoo.errors import InputError, check_choice
from zoo.losses.checks import same_shape


def label_loss(name: str) -> Callable:
    """The loss between label vectors and class logits, by name.

    Formulas, with C classes and `q = softmax(logits)`:

    - "mae": `mean(|target - q|)` over the classes (the L1 norm of the slides, divided by C);
    - "mse": `mean((target - q)**2)` over the classes;
    - "crossentropy": `-sum(target * log(q))`, in nats.

    Args:
        name: "mae", "mse" or "crossentropy".

    Returns:
        A function `(target, logits)` of two tensors of shape `(batch, C)`, the target one-hot or
        probabilities. It returns one float32 value per sample, of shape `(batch,)`.

    Raises:
        InputError: for another name; and, from the function returned, for shapes that differ.

    Example:
        Two classes held equally likely: log(2) = 0.6931 nats.

        >>> float(label_loss("crossentropy")([[1.0, 0.0]], [[0.0, 0.0]])[0])
        0.6931471824645996
    """
    check_choice("label loss", name, _LABEL_LOSSES)
    return _LABEL_LOSSES[name]


def reconstruction_loss(name: str) -> Callable:
    """The loss between images in [0, 1] and pixel logits, by name.

    Formulas, each a mean over all pixels and channels, with `x_hat = sigmoid(logits)`:

    - "mae": `|x - x_hat|`;
    - "mse": `(x - x_hat)**2`;
    - "crossentropy": `-x * log(x_hat) - (1 - x) * log(1 - x_hat)`, in nats.

    Args:
        name: "mae", "mse" or "crossentropy".

    Returns:
        A function `(target, logits)` of two tensors of shape `(batch, height, width, channels)`.
        It returns one float32 value per sample, of shape `(batch,)`.

    Raises:
        InputError: for another name; and, from the function returned, for shapes that differ.

    Example:
        A white pixel against the logit 0, which is the gray 0.5: (1 - 0.5)**2 = 0.25.

        >>> float(reconstruction_loss("mse")([[[[1.0]]]], [[[[0.0]]]])[0])
        0.25
    """
    check_choice("reconstruction loss", name, _RECONSTRUCTION_LOSSES)
    return _RECONSTRUCTION_LOSSES[name]


def _mean(distance, link):
    # The mean over all axes but the first of the distance between target and link(logits).
    def loss(target, logits):
        target, logits = _float32_pair(target, logits)
        values = distance(target, link(logits))
        return ops.mean(values, axis=tuple(range(1, len(values.shape))))

    return loss


def _absolute(target, predicted):
    return ops.abs(target - predicted)


def _squared(target, predicted):
    return ops.square(target - predicted)


def _pixel_crossentropy(target, logits):
    return ops.binary_crossentropy(target, logits, from_logits=True)


def _label_crossentropy(target, logits):
    target, logits = _float32_pair(target, logits)
    return ops.categorical_crossentropy(target, logits, from_logits=True)


def _float32_pair(target, logits):
    target, logits = ops.cast(target, "float32"), ops.cast(logits, "float32")
    # Without this, (batch,) class numbers would broadcast against (batch, C) logits in silence.
    if not same_shape(target, logits):
        raise InputError(
            "The target must have the shape of the logits (labels one-hot). "
            f"Received: target of shape {tuple(target.shape)}, logits of {tuple(logits.shape)}."
        )
    return target, logits


_LABEL_LOSSES = {
    "mae": _mean(_absolute, ops.softmax),
    "mse": _mean(_squared, ops.softmax),
    "crossentropy": _label_crossentropy,
}

_RECONSTRUCTION_LOSSES = {
    "mae": _mean(_absolute, ops.sigmoid),
    "mse": _mean(_squared, ops.sigmoid),
    "crossentropy": _mean(_pixel_crossentropy, lambda logits: logits),
}
