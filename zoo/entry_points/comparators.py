"""The other rows of Table 2 of slides A: networks that the auto-classifiers are compared with."""

import functools
from collections.abc import Sequence
from typing import Any

import keras

from zoo import networks
from zoo.entry_points.arguments import (
    GAME,
    INPUTS,
    Size,
    augmented,
    call,
    takes,
)
from zoo.entry_points.classifiers import classifier_of
from zoo.errors import check_choice, check_width
from zoo.models import (
    CategoricalGAN,
    Classifier,
    LadderNetwork,
    TaskOrientedGAN,
    VirtualAdversarialClassifier,
)
from zoo.networks import (
    augmentation,
    convolutional_ladder_classifier,
    image_discriminator,
    ladder_classifier,
    latent_generator,
    maxout_classifier,
    perceptron,
)
from zoo.registry import register_model

KINDS = ("dense", "convolutional")
# The arguments of one kind of network alone.
DENSE = {"kind": ["dense"]}
CONVOLUTIONAL = {"kind": ["convolutional"]}


def convolutional_classifier(
    input_shape: Sequence[int], num_classes: int, size: Size, convolutions: int, dropout: float
) -> keras.Model:
    """`zoo.networks.classifier` without `units`, which are those of the dense kind here."""
    return networks.classifier(
        input_shape, num_classes, size, dropout=dropout, convolutions=convolutions
    )


@register_model
@takes(
    maxout_classifier,
    (Classifier, "classifier"),
    *INPUTS,
    only={"units": DENSE, "filters": CONVOLUTIONAL},
    built={"kind units filters pieces input_dropout dropout max_norm": "classifier"},
)
def maxout(**given: Any) -> Classifier:
    """A maxout network, with dropout and a bound on the norm of its weights.

    Reference: I. J. Goodfellow et al., Maxout networks, ICML 2013, arXiv:1302.4389.
    """
    return augmented(Classifier, given, classifier=classifier_of(given, maxout_classifier))


@register_model
@takes(
    (perceptron, "input_shape num_classes units"),
    (networks.classifier, "size convolutions dropout"),
    (
        VirtualAdversarialClassifier,
        "classifier epsilon smoothness_weight entropy_weight power_iterations seed label_smoothing",
    ),
    *INPUTS,
    only={
        "units": DENSE,
        "size": {"kind": ["convolutional", "pooled"]},
        "convolutions": CONVOLUTIONAL,
        "dropout": CONVOLUTIONAL,
    },
    built={"kind units size convolutions dropout": "classifier"},
    convolutions=2,
)
def vat(kind: str = "dense", **given: Any) -> VirtualAdversarialClassifier:
    """VAT: virtual adversarial training of a classifier.

    Args:
        kind: `"dense"`, with `units`; `"convolutional"`, with `size`, `convolutions` and
            `dropout`; or `"pooled"`, with `size` as for `zoo.networks.pooled_classifier`, for few
            labels.
    """
    kinds = {
        "dense": perceptron,
        "convolutional": convolutional_classifier,
        "pooled": networks.pooled_classifier,
    }
    check_choice("kind", kind, kinds)
    return augmented(
        VirtualAdversarialClassifier, given, classifier=classifier_of(given, kinds[kind])
    )


@register_model
@takes(
    ladder_classifier,
    (networks.classifier, "size convolutions"),
    (networks.ladder_decoder, "variant"),
    (LadderNetwork, "classifier decoder noise hidden_noise seed label_smoothing"),
    *INPUTS,
    only={
        "units": DENSE,
        "size": CONVOLUTIONAL,
        "convolutions": CONVOLUTIONAL,
        "input_weight": {"variant": ["full"]},
        "first_weight": {"variant": ["full"]},
    },
    built={"kind units size convolutions": "classifier"},
)
def ladder(
    variant,
    decoder,
    kind: str = "dense",
    input_weight: float = 1000.0,
    first_weight: float = 1.0,
    further_weight: float = 0.01,
    **given: Any,
) -> LadderNetwork:
    """A ladder network, or its Γ variant.

    Args:
        kind: `"dense"`, with `units`; or for Γ `"convolutional"`, with `size` and `convolutions`.
        input_weight: λ of the image.
        first_weight: λ of the first normalized layer.
        further_weight: λ of every layer above that, the logits included; the only one of Γ.
    """
    kinds = {"dense": ladder_classifier, "convolutional": convolutional_ladder_classifier}
    check_choice("kind", kind, kinds)
    classifier = classifier_of(given, kinds[kind])
    if decoder is None:
        decoder = networks.ladder_decoder(classifier, variant)
    layers = len(decoder.outputs)
    first = (input_weight, first_weight) if variant == "full" else ()
    weights = (*first, *[further_weight] * layers)[:layers]
    parts = {"classifier": classifier, "decoder": decoder, "denoising_weights": weights}
    return augmented(LadderNetwork, given, **parts)


@register_model
@takes(
    (perceptron, "input_shape num_classes units"),
    (latent_generator, "latent_size"),
    (networks.classifier, "size convolutions dropout"),
    CategoricalGAN,
    (CategoricalGAN, "adversary_steps"),
    *INPUTS,
    only={
        "units": DENSE,
        "classifier_noise": DENSE,
        "generator_units": DENSE,
        "size": CONVOLUTIONAL,
        "convolutions": CONVOLUTIONAL,
        "dropout": CONVOLUTIONAL,
    },
    built={
        "units classifier_noise convolutions dropout": "classifier",
        "generator_units latent_size": "generator",
        "kind size": "classifier generator",
    },
    units=(1000, 500, 250, 250, 250),
    dropout=0.3,
)
def catgan(
    generator,
    kind: str = "dense",
    classifier_noise: float = 0.3,
    generator_units: int | Sequence[int] = (500, 500, 1000),
    **given: Any,
) -> CategoricalGAN:
    """CatGAN: the classifier is sure of real images, and of a generator's it is not.

    Args:
        kind: `"dense"`, the paper's permutation-invariant networks, or `"convolutional"`, with
            `size`, `convolutions` and `dropout`.
        classifier_noise: of the dense classifier, `noise` of `zoo.networks.perceptron`.
        generator_units: of the dense generator, `units` of `zoo.networks.latent_generator`.
    """
    check_choice("kind", kind, KINDS)
    check_width("latent_size", given["latent_size"])
    build = functools.partial(perceptron, noise=classifier_noise, slope=0.1)
    classifier = classifier_of(given, build if kind == "dense" else convolutional_classifier)
    if generator is None:
        generator = _generator(kind, given, given["latent_size"], generator_units)
    return augmented(CategoricalGAN, given, classifier=classifier, generator=generator)


@register_model
@takes(
    (perceptron, "input_shape num_classes units"),
    (latent_generator, "latent_size"),
    (networks.classifier, "size convolutions dropout"),
    TaskOrientedGAN,
    GAME,
    augmentation,
    only={
        "units": DENSE,
        "convolutions": CONVOLUTIONAL,
        "size": {**CONVOLUTIONAL, "generator_kind": ["convolutional"]},
        "generator_units": {"generator_kind": ["dense"]},
        "discriminator_units": {"generator_kind": ["dense"]},
    },
    built={
        "kind units convolutions": "classifier",
        "generator_units latent_size": "generator",
        "discriminator_units": "discriminator",
        "generator_kind": "generator discriminator",
        "dropout": "classifier discriminator",
        "size": "classifier generator discriminator",
    },
    units=(1000, 500, 250),
    latent_size=64,
    dropout=0.3,
)
def task_oriented_gan(
    generator,
    discriminator,
    kind: str = "convolutional",
    generator_kind: str = "dense",
    generator_units: int | Sequence[int] = (500, 1000),
    discriminator_units: int | Sequence[int] = (512, 256),
    **given: Any,
) -> TaskOrientedGAN:
    """Task-Oriented GAN, a stand-in: images made for a classifier that has few of its own.

    `dropout` is that of the discriminator and of the convolutional classifier.

    Args:
        kind: of the classifier, `"dense"`, with `units`, or `"convolutional"`, with `size` and
            `convolutions`.
        generator_kind: of the generator and the discriminator. On MNIST convolutional ones, of
            `size`, made one and the same image of all numbers, in 500 steps.
        generator_units: of the dense generator, `units` of `zoo.networks.latent_generator`.
        discriminator_units: of the dense one, `size` of `zoo.networks.image_discriminator`.
    """
    check_choice("kind", kind, KINDS)
    check_choice("generator_kind", generator_kind, KINDS)
    check_width("latent_size", given["latent_size"])
    classifier = classifier_of(given, perceptron if kind == "dense" else convolutional_classifier)
    if generator is None:
        numbers = given["latent_size"] + given["num_classes"]
        generator = _generator(generator_kind, given, numbers, generator_units)
    if discriminator is None:
        size = discriminator_units if generator_kind == "dense" else given["size"]
        discriminator = call(image_discriminator, given, size=size, kind=generator_kind)
    parts = {"classifier": classifier, "generator": generator, "discriminator": discriminator}
    return augmented(TaskOrientedGAN, given, **parts)


def _generator(kind, given, numbers, units):
    if kind == "dense":
        return latent_generator(given["input_shape"], numbers, units)
    return networks.decoder(given["input_shape"], numbers, given["size"], name="generator")
