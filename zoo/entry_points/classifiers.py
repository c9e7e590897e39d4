"""Tables 2 and 3 of slides A: the independent classifier and the auto-classifiers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from zoo import networks
from zoo.entry_points.arguments import (
    GAME,
    INPUTS,
    Network,
    Size,
    augmented,
    call,
    takes,
)
from zoo.entry_points.autoencoders import label_discriminator
from zoo.errors import InputError
from zoo.losses import AdjustedCooperation, StrictCooperation
from zoo.models import (
    AutoClassifier,
    AutoClassifierDiscriminatorGame,
    AutoClassifierGeneratorGame,
    Classifier,
)
from zoo.networks import augmentation
from zoo.registry import register_model

CLASSIFIER = (
    networks.classifier,
    "input_shape num_classes size kind units convolutions dropout normalization residual",
)
# Of it what only the classifier has, and what an auto-classifier's generator has too.
OF_CLASSIFIER = "units convolutions dropout"
OF_BOTH = "size kind normalization residual"
AUTO_CLASSIFIER_BUILT = {
    OF_CLASSIFIER: "classifier",
    OF_BOTH: "classifier generator",
    "generator_size": "generator",
}


def classifier_of(given: Mapping[str, Any], build: Callable[..., keras.Model]) -> keras.Model:
    """The classifier, built unless given, which must fit the images and classes.

    Args:
        given: the arguments of an entry point.
        build: what makes the classifier of those that it knows.
    """
    classifier = given["classifier"]
    if classifier is None:
        classifier = call(build, given)
    check_classifier(classifier, given["input_shape"], given["num_classes"])
    return classifier


@register_model
@takes(CLASSIFIER, Classifier, *INPUTS, built={f"{OF_CLASSIFIER} {OF_BOTH}": "classifier"})
def cnn(**given: Any) -> Classifier:
    """The independent CNN of Table 2.

    Reference: I. M. Kamal and H. Bae, slides A, Table 2.
    """
    return augmented(Classifier, given, classifier=classifier_of(given, networks.classifier))


@register_model
@takes(
    (networks.classifier, "input_shape num_classes size dropout normalization residual"),
    Classifier,
    *INPUTS,
    built={"size dropout normalization residual": "classifier"},
)
def mlp_classifier(**given: Any) -> Classifier:
    """The dense counterpart of the independent CNN, for rows of features, or for flat images."""
    classifier = classifier_of(given | {"kind": "dense"}, networks.classifier)
    return augmented(Classifier, given, classifier=classifier)


def auto_classifier(
    generator_size: Size | None = None,
    generator: Network = None,
    build: Callable[..., keras.Model] = networks.generator,
    **given: Any,
) -> dict[str, Any]:
    """The parts of a CNN, and a generator of the same kind, unless given.

    Args:
        generator_size: `size` of `zoo.networks.generator`; None takes the classifier's.
        generator: a network of your own.
        build: what makes the generator.
        **given: the other arguments of an entry point.
    """
    classifier = classifier_of(given, networks.classifier)
    changes = call(augmentation, given)
    if generator is None:
        size = given["size"] if generator_size is None else generator_size
        # Not the classifier's dense layers behind the levels of its size.
        like_it = {key: value for key, value in given.items() if key != "units"}
        generator = call(build, like_it, output_shape=given["input_shape"], size=size)
    return {"classifier": classifier, "generator": generator, "augmentation": changes}


AUTO_CLASSIFIER = (
    cnn,
    (auto_classifier, "generator_size generator"),
    (AutoClassifier, "reconstruction_loss"),
)


@register_model
@takes(*AUTO_CLASSIFIER, StrictCooperation, built=AUTO_CLASSIFIER_BUILT)
def ac_co_v1(**given: Any) -> AutoClassifier:
    """AC (co) v1: strict cooperation; the slides have a `generation_weight` of 1 and no floor."""
    cooperation = call(StrictCooperation, given)
    return augmented(AutoClassifier, given, **auto_classifier(**given), cooperation=cooperation)


@register_model
@takes(*AUTO_CLASSIFIER, AdjustedCooperation, built=AUTO_CLASSIFIER_BUILT)
def ac_co_v2(**given: Any) -> AutoClassifier:
    """AC (co) v2: adjusted cooperation; `classification_weight` is lambda."""
    cooperation = call(AdjustedCooperation, given)
    return augmented(AutoClassifier, given, **auto_classifier(**given), cooperation=cooperation)


@register_model
@takes(
    *AUTO_CLASSIFIER,
    AutoClassifierGeneratorGame,
    GAME,
    only={
        "adversarial_loss": {"variant": ["two_heads", "pixels"]},
        "margin": {"variant": ["energy"]},
        "reconstruction_loss": {"variant": ["two_heads", "energy"]},
    },
    built=AUTO_CLASSIFIER_BUILT,
)
def ac_nc_v1(**given: Any) -> AutoClassifierGeneratorGame:
    """AC (nc) v1: the classifier plays against the generator, in one of three variants."""
    two_heads = given["variant"] == "two_heads"
    build = networks.discriminative_generator if two_heads else networks.generator
    parts = auto_classifier(**given, build=build)
    return augmented(AutoClassifierGeneratorGame, given, **parts)


@register_model
@takes(
    *AUTO_CLASSIFIER,
    label_discriminator,
    AutoClassifierDiscriminatorGame,
    GAME,
    built={**AUTO_CLASSIFIER_BUILT, "discriminator_size": "discriminator"},
)
def ac_nc_v2(**given: Any) -> AutoClassifierDiscriminatorGame:
    """AC (nc) v2: classifier and generator play against a discriminator on label vectors."""
    parts = {"discriminator": call(label_discriminator, given), **auto_classifier(**given)}
    return augmented(AutoClassifierDiscriminatorGame, given, **parts)


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
