"""Label vectors: what every model with a classifier does alike."""

from typing import Any

import keras
from keras import ops

from zoo.errors import InputError, check_number
from zoo.models import codes
from zoo.networks import FeatureScaling


def probabilities(logits: Any) -> Any:
    """Class probabilities of class logits: softmax(logits), float32."""
    return ops.softmax(ops.cast(logits, "float32"), axis=-1)


def classify(classifier: keras.Model, x: Any, scaling: FeatureScaling | None = None) -> Any:
    """Class probabilities (batch_size, num_classes) of one batch of inputs, float32."""
    return probabilities(classifier(codes.seen(classifier, x, scaling), training=False))


def smoothed(y: Any, label_smoothing: float) -> Any:
    """(1 - s) · y + s / num_classes: targets that leave a part of the mass to every class."""
    return y * (1.0 - label_smoothing) + label_smoothing / y.shape[-1] if label_smoothing else y


def check_label_smoothing(label_smoothing: Any) -> None:
    """Raises `InputError` unless a part from 0 to below 1 is taken from the true class."""
    check_number("label_smoothing", label_smoothing, 0.0, 0.99)


def check_generator(classifier: keras.Model, generator: keras.Model, heads: int = 1) -> None:
    """Raises `InputError` unless the generator turns label vectors into the classifier's images.

    Args:
        classifier: built model, images to class logits.
        generator: built model, label vectors to pixel logits.
        heads: 2 for a generator that returns a logit beside them.
    """
    label, wanted = tuple(classifier.output_shape[1:]), generator.input_shape
    if not isinstance(wanted, tuple) or len(label) != 1 or tuple(wanted[1:]) != label:
        raise InputError(
            f"The generator must take the classifier's label vectors. Received: a classifier that "
            f"makes vectors of shape {label} and a generator that takes {_plain(wanted)}."
        )
    image = tuple(classifier.input_shape[1:])
    expected = [image] if heads == 1 else [image, (1,)]
    made = generator.output_shape
    made = [made] if isinstance(made, tuple) and not isinstance(made[0], tuple) else list(made)
    if [tuple(shape[1:]) for shape in made] != expected:
        beside = " and one logit" if heads == 2 else ""
        raise InputError(
            f"The generator must make images of the classifier's shape{beside}. Received: a "
            f"classifier for {image} and a generator that makes {_plain(generator.output_shape)}."
        )


def _plain(shape):
    return tuple(shape[1:]) if shape and shape[0] is None else shape
