"""The other rows of Table 2 of slides A: networks that the auto-classifiers are compared with."""

from collections.abc import Sequence

import keras

from zoo.entry_points.classifiers import check_classifier
from zoo.errors import check_choice
from zoo.models import Classifier, VirtualAdversarialClassifier
from zoo.networks import augmentation, maxout_classifier, perceptron, pooled_classifier
from zoo.networks import classifier as build_classifier
from zoo.registry import register_model


@register_model
def maxout(
    input_shape: Sequence[int],
    num_classes: int,
    kind: str = "dense",
    units: int | Sequence[int] = (240, 240),
    filters: int | Sequence[int] = (48, 48, 24),
    pieces: int | Sequence[int] = 5,
    input_dropout: float = 0.2,
    dropout: float = 0.5,
    max_norm: float | None = 1.9365,
    flip: bool = False,
    shift: int = 0,
    erase: float = 0.0,
    classifier: keras.Model | None = None,
) -> Classifier:
    """A maxout network, with dropout and a bound on the norm of its weights.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        kind, units, filters, pieces, input_dropout, dropout, max_norm: as for
            `zoo.networks.maxout_classifier`.
        flip, shift, erase: as for `zoo.networks.augmentation`.
        classifier: a network of your own.
    """
    if classifier is None:
        classifier = maxout_classifier(
            input_shape,
            num_classes,
            kind,
            units,
            filters,
            pieces,
            input_dropout,
            dropout,
            max_norm,
        )
    check_classifier(classifier, input_shape, num_classes)
    return Classifier(classifier, augmentation=augmentation(input_shape, flip, shift, erase))


@register_model
def vat(
    input_shape: Sequence[int],
    num_classes: int,
    kind: str = "dense",
    units: int | Sequence[int] = (1200, 600, 300, 150),
    size: str | int | Sequence[int] = "medium",
    convolutions: int = 2,
    dropout: float = 0.0,
    epsilon: float = 2.0,
    smoothness_weight: float = 1.0,
    power_iterations: int = 1,
    label_smoothing: float = 0.0,
    flip: bool = False,
    shift: int = 0,
    erase: float = 0.0,
    seed: int | None = None,
    classifier: keras.Model | None = None,
) -> VirtualAdversarialClassifier:
    """VAT: virtual adversarial training of a classifier.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        kind: `"dense"`, `"convolutional"`, or `"pooled"`, for few labels.
        units: of the dense one, as for `zoo.networks.perceptron`.
        size: of the two others, as for `zoo.networks.classifier` and `pooled_classifier`.
        convolutions, dropout: of the convolutional one, as for `zoo.networks.classifier`.
        epsilon, smoothness_weight, power_iterations, label_smoothing, seed: as for
            `zoo.VirtualAdversarialClassifier`.
        flip, shift, erase: as for `zoo.networks.augmentation`.
        classifier: a network of your own, of any kind.
    """
    if classifier is None:
        check_choice("kind", kind, ("dense", "convolutional", "pooled"))
        if kind == "dense":
            classifier = perceptron(input_shape, num_classes, units)
        elif kind == "pooled":
            classifier = pooled_classifier(input_shape, num_classes, size)
        else:
            classifier = build_classifier(
                input_shape, num_classes, size, dropout=dropout, convolutions=convolutions
            )
    check_classifier(classifier, input_shape, num_classes)
    return VirtualAdversarialClassifier(
        classifier,
        epsilon=epsilon,
        smoothness_weight=smoothness_weight,
        power_iterations=power_iterations,
        seed=seed,
        label_smoothing=label_smoothing,
        augmentation=augmentation(input_shape, flip, shift, erase),
    )
