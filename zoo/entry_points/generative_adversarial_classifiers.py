"""Rows of Table 2 of slides A that learn to classify beside a generator of images."""

from collections.abc import Sequence
from typing import Any

import keras

from zoo.entry_points.classifiers import check_classifier
from zoo.errors import check_choice, check_count
from zoo.models.categorical_gans import CategoricalGAN
from zoo.models.task_oriented_gans import TaskOrientedGAN
from zoo.networks import augmentation, decoder, perceptron
from zoo.networks import classifier as build_classifier
from zoo.networks.image_discriminators import image_discriminator
from zoo.networks.latent_generators import latent_generator
from zoo.registry import register_model

# (part, share of the epochs), see `zoo.models.base.stages`.
STAGES = (("adversarial", 1), ("guidance", 1), ("task", 1))


@register_model
def catgan(
    input_shape: Sequence[int],
    num_classes: int,
    kind: str = "dense",
    units: int | Sequence[int] = (1000, 500, 250, 250, 250),
    generator_units: int | Sequence[int] = (500, 500, 1000),
    size: str | int | Sequence[int] = "medium",
    convolutions: int = 1,
    dropout: float = 0.3,
    latent_size: int = 128,
    classifier_noise: float = 0.3,
    classification_weight: float = 1.0,
    adversary_steps: int = 1,
    flip: bool = False,
    shift: int = 0,
    erase: float = 0.0,
    seed: int | None = None,
    classifier: keras.Model | None = None,
    generator: keras.Model | None = None,
) -> CategoricalGAN:
    """CatGAN: the classifier is sure of real images, and of a generator's it is not.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        kind: `"dense"`, the paper's permutation-invariant networks, or `"convolutional"`.
        units, classifier_noise: of the dense classifier, as for `zoo.networks.perceptron`.
        generator_units: of the dense generator, as for `zoo.networks.latent_generator`.
        size: of convolutional networks, as for `zoo.networks.classifier` and `decoder`.
        convolutions, dropout: of the convolutional classifier, as for `zoo.networks.classifier`.
        latent_size: how many numbers an image is made from.
        classification_weight, seed: as for `zoo.CategoricalGAN`.
        adversary_steps: moves of the generator in a step.
        flip, shift, erase: as for `zoo.networks.augmentation`.
        classifier, generator: networks of your own.
    """
    check_choice("kind", kind, ("dense", "convolutional"))
    check_count("latent_size", latent_size)
    if classifier is None:
        if kind == "dense":
            classifier = perceptron(input_shape, num_classes, units, classifier_noise, slope=0.1)
        else:
            classifier = build_classifier(
                input_shape, num_classes, size, dropout=dropout, convolutions=convolutions
            )
    if generator is None:
        if kind == "dense":
            generator = latent_generator(input_shape, latent_size, generator_units)
        else:
            generator = decoder(input_shape, latent_size, size, name="generator")
    check_classifier(classifier, input_shape, num_classes)
    return CategoricalGAN(
        classifier,
        generator,
        classification_weight,
        seed,
        adversary_steps=adversary_steps,
        augmentation=augmentation(input_shape, flip, shift, erase),
    )


@register_model
def task_oriented_gan(
    input_shape: Sequence[int],
    num_classes: int,
    kind: str = "convolutional",
    generator_kind: str = "dense",
    units: int | Sequence[int] = (1000, 500, 250),
    generator_units: int | Sequence[int] = (500, 1000),
    discriminator_units: int | Sequence[int] = (512, 256),
    size: str | int | Sequence[int] = "medium",
    convolutions: int = 1,
    dropout: float = 0.3,
    latent_size: int = 64,
    generated_weight: float = 1.0,
    stages: Sequence[Sequence[Any]] = STAGES,
    adversarial_loss: str = "non_saturating",
    adversary_steps: int = 1,
    flip: bool = False,
    shift: int = 0,
    erase: float = 0.0,
    seed: int | None = None,
    classifier: keras.Model | None = None,
    generator: keras.Model | None = None,
    discriminator: keras.Model | None = None,
) -> TaskOrientedGAN:
    """Task-Oriented GAN, a stand-in: images made for a classifier that has few of its own.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        kind: of the classifier, `"dense"` or `"convolutional"`.
        generator_kind: of the generator and the discriminator. On MNIST convolutional ones made
            one and the same image of all numbers, in 500 steps.
        units: of the dense classifier, as for `zoo.networks.perceptron`.
        generator_units: of the dense generator, as for `zoo.networks.latent_generator`.
        discriminator_units: of the dense one, as for `zoo.networks.image_discriminator`.
        size: of convolutional networks, as for `zoo.networks.classifier` and `decoder`.
        convolutions: of the convolutional classifier, as for `zoo.networks.classifier`.
        dropout: of the discriminator and of the convolutional classifier.
        latent_size: how many numbers an image is made from, beside its class.
        generated_weight, stages, seed: as for `zoo.TaskOrientedGAN`.
        adversarial_loss, adversary_steps: as for `zoo.AdversarialAutoencoder`.
        flip, shift, erase: as for `zoo.networks.augmentation`.
        classifier, generator, discriminator: networks of your own.
    """
    check_choice("kind", kind, ("dense", "convolutional"))
    check_choice("generator_kind", generator_kind, ("dense", "convolutional"))
    check_count("latent_size", latent_size)
    if classifier is None:
        if kind == "dense":
            classifier = perceptron(input_shape, num_classes, units)
        else:
            classifier = build_classifier(
                input_shape, num_classes, size, dropout=dropout, convolutions=convolutions
            )
    if generator is None:
        vector = latent_size + num_classes
        if generator_kind == "dense":
            generator = latent_generator(input_shape, vector, generator_units)
        else:
            generator = decoder(input_shape, vector, size, name="generator")
    if discriminator is None:
        widths = discriminator_units if generator_kind == "dense" else size
        discriminator = image_discriminator(input_shape, widths, generator_kind, dropout)
    check_classifier(classifier, input_shape, num_classes)
    return TaskOrientedGAN(
        classifier,
        generator,
        discriminator,
        generated_weight,
        stages,
        seed,
        adversarial_loss=adversarial_loss,
        adversary_steps=adversary_steps,
        augmentation=augmentation(input_shape, flip, shift, erase),
    )
