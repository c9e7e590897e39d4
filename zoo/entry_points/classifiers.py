"""Tables 2 and 3 of slides A: the independent classifier and the auto-classifiers."""

from collections.abc import Sequence
from typing import Any

import keras

from zoo.errors import InputError, check_count
from zoo.losses import AdjustedCooperation, StrictCooperation
from zoo.models import (
    AutoClassifier,
    AutoClassifierDiscriminatorGame,
    AutoClassifierGeneratorGame,
    Classifier,
)
from zoo.networks import augmentation, discriminative_generator
from zoo.networks import classifier as build_classifier
from zoo.networks import discriminator as build_discriminator
from zoo.networks import generator as build_generator
from zoo.registry import register_model, takes_arguments_of

Size = str | int | Sequence[int]


@register_model
def cnn(
    input_shape: Sequence[int],
    num_classes: int,
    size: Size = "medium",
    kind: str = "convolutional",
    hidden: int | Sequence[int] = (),
    convolutions: int = 1,
    dropout: float = 0.0,
    label_loss: str = "crossentropy",
    label_smoothing: float = 0.0,
    flip: bool = False,
    shift: int = 0,
    erase: float = 0.0,
    classifier: keras.Model | None = None,
) -> Classifier:
    """The independent CNN of Table 2.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        size, kind, hidden, convolutions, dropout: as for `zoo.networks.classifier`.
        label_loss, label_smoothing: as for `zoo.Classifier`.
        flip, shift, erase: as for `zoo.networks.augmentation`.
        classifier: a network of your own.
    """
    if classifier is None:
        classifier = build_classifier(
            input_shape,
            num_classes,
            size,
            kind,
            dropout,
            hidden=hidden,
            convolutions=convolutions,
        )
    check_classifier(classifier, input_shape, num_classes)
    return Classifier(
        classifier,
        label_loss,
        label_smoothing,
        augmentation=augmentation(input_shape, flip, shift, erase),
    )


@takes_arguments_of(cnn)
def auto_classifier(
    input_shape: Sequence[int],
    num_classes: int,
    image_loss: str = "mse",
    generator_size: Size | None = None,
    generator: keras.Model | None = None,
    _heads: int = 1,
    **arguments: Any,
) -> dict[str, Any]:
    """What every auto-classifier is made of: a CNN's parts, and a generator unless given.

    Args:
        image_loss: as for `zoo.AutoClassifier`.
        generator_size: as for `zoo.networks.generator`; None takes `size`.
        generator: a network of your own.
        _heads: 2 for a generator that also judges.
        **arguments: those of `cnn`.
    """
    independent = cnn(input_shape, num_classes, **arguments)
    if generator is None:
        build = build_generator if _heads == 1 else discriminative_generator
        size = arguments.get("size", "medium") if generator_size is None else generator_size
        kind = arguments.get("kind", "convolutional")
        generator = build(input_shape, num_classes, size, kind)
    return {
        "classifier": independent.classifier,
        "generator": generator,
        "label_loss": independent.label_loss,
        "image_loss": image_loss,
        "label_smoothing": independent.label_smoothing,
        "augmentation": independent.augmentation,
    }


@register_model
@takes_arguments_of(auto_classifier)
def ac_co_v1(
    input_shape: Sequence[int],
    num_classes: int,
    generation_weight: float = 1.0,
    **arguments: Any,
) -> AutoClassifier:
    """AC (co) v1: strict cooperation; the slides have a `generation_weight` of 1."""
    parts = auto_classifier(input_shape, num_classes, **arguments)
    return AutoClassifier(**parts, cooperation=StrictCooperation(generation_weight))


@register_model
@takes_arguments_of(auto_classifier)
def ac_co_v2(
    input_shape: Sequence[int],
    num_classes: int,
    classification_weight: float = 1.0,
    **arguments: Any,
) -> AutoClassifier:
    """AC (co) v2: adjusted cooperation; `classification_weight` is lambda."""
    parts = auto_classifier(input_shape, num_classes, **arguments)
    return AutoClassifier(**parts, cooperation=AdjustedCooperation(classification_weight))


@register_model
@takes_arguments_of(auto_classifier)
def ac_nc_v1(
    input_shape: Sequence[int],
    num_classes: int,
    reading: str = "energy",
    margin: float | None = 0.1,
    classification_weight: float = 1.0,
    adversarial_weight: float = 1.0,
    adversarial_loss: str = "non_saturating",
    adversary_steps: int = 1,
    **arguments: Any,
) -> AutoClassifierGeneratorGame:
    """AC (nc) v1: the classifier plays against the generator, in one of three readings."""
    heads = 2 if reading == "two_heads" else 1
    return AutoClassifierGeneratorGame(
        **auto_classifier(input_shape, num_classes, _heads=heads, **arguments),
        reading=reading,
        margin=margin,
        classification_weight=classification_weight,
        adversarial_weight=adversarial_weight,
        adversarial_loss=adversarial_loss,
        adversary_steps=adversary_steps,
    )


@register_model
@takes_arguments_of(auto_classifier)
def ac_nc_v2(
    input_shape: Sequence[int],
    num_classes: int,
    classification_weight: float = 1.0,
    adversarial_weight: float = 0.1,
    adversarial_loss: str = "non_saturating",
    adversary_steps: int = 1,
    discriminator_size: Size = (64, 64),
    discriminator: keras.Model | None = None,
    **arguments: Any,
) -> AutoClassifierDiscriminatorGame:
    """AC (nc) v2: classifier and generator play against a discriminator on label vectors."""
    check_count("num_classes", num_classes, minimum=2)
    if discriminator is None:
        discriminator = build_discriminator(num_classes, discriminator_size)
    return AutoClassifierDiscriminatorGame(
        **auto_classifier(input_shape, num_classes, **arguments),
        discriminator=discriminator,
        classification_weight=classification_weight,
        adversarial_weight=adversarial_weight,
        adversarial_loss=adversarial_loss,
        adversary_steps=adversary_steps,
    )


def check_classifier(classifier: keras.Model, input_shape: Sequence[int], num_classes: int) -> None:
    """Raises `InputError` unless a network turns such images into so many class logits."""
    if not isinstance(classifier, keras.Model) or not hasattr(classifier, "output_shape"):
        return  # The model says what is wrong with it.
    shapes = tuple(classifier.input_shape[1:]), tuple(classifier.output_shape[1:])
    if shapes != (tuple(input_shape), (num_classes,)):
        raise InputError(
            f"The classifier must turn images of shape {tuple(input_shape)} into {num_classes} "
            f"logits. Received: a network that turns {shapes[0]} into {shapes[1]}."
        )
