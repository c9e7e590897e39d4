"""Slides B: masks by a convolutional network, against a discriminator, and by a value network."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from zoo.errors import InputError, check_choice, check_count
from zoo.inference.descent import Descent
from zoo.models.segmenters import AdversarialSegmenter, Segmenter
from zoo.models.value_networks import DeepValueNetwork
from zoo.networks.crops import RandomPairCrop
from zoo.networks.mask_value_networks import UNITS, MaskValueNetwork, PooledValueNetwork
from zoo.networks.segmentation import FILTERS, fully_convolutional_network, mask_discriminator
from zoo.networks.sizes import read_image_shape
from zoo.registry import register_model, takes_arguments_of

VALUE_NETWORKS = ("pooled", "convolutional")
MASK_GENERATORS = {
    "inference": 0.5,
    "exchanged": 0.2,
    "stratified": 0.15,
    "ground_truth": 0.15,
}


def network_and_crop(
    input_shape: Sequence[int],
    crop_size: int | None = None,
    mirror: bool = True,
    crop_seed: int | None = None,
    filters: Sequence[int] = FILTERS,
    kernel_size: int = 5,
    batch_normalization: bool = False,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    segmenter: keras.Model | None = None,
) -> tuple[keras.Model, RandomPairCrop | None]:
    """A fully convolutional network, and the random crops it learns from.

    Args:
        input_shape: (height, width, channels) of the images.
        crop_size: side of the crops; None learns from whole images as they are.
        mirror: whether half of the crops are mirrored.
        crop_seed: of the crops.
        filters, kernel_size, batch_normalization, dropout, weight_decay: as for
            `fully_convolutional_network`.
        segmenter: a network of your own, for images of the size of the crops.
    """
    image_shape, crop = cropped(input_shape, crop_size, mirror, crop_seed)
    if segmenter is None:
        segmenter = fully_convolutional_network(
            image_shape, filters, kernel_size, batch_normalization, dropout, weight_decay
        )
    return segmenter, crop


@register_model
@takes_arguments_of(network_and_crop)
def fcn(input_shape: Sequence[int], **arguments: Any) -> Segmenter:
    """FCN: every pixel for itself, the baseline of the systems below."""
    segmenter, crop = network_and_crop(input_shape, **arguments)
    return Segmenter(segmenter, augmentation=crop)


@register_model
@takes_arguments_of(network_and_crop)
def adversarial_segmenter(
    input_shape: Sequence[int],
    form: str = "product",
    adversarial_weight: float = 0.03,
    adversarial_loss: str = "non_saturating",
    adversary_steps: int = 1,
    discriminator_filters: Sequence[int] = (32, 64, 64),
    discriminator_dropout: float = 0.25,
    discriminator: keras.Model | None = None,
    **arguments: Any,
) -> AdversarialSegmenter:
    """An FCN whose masks a discriminator must not tell from true ones.

    `form`, `adversarial_weight`, `adversarial_loss` and `adversary_steps` as for
    `AdversarialSegmenter`; `discriminator_filters` and `discriminator_dropout` as for
    `mask_discriminator`; `discriminator` is a network of your own.
    """
    segmenter, crop = network_and_crop(input_shape, **arguments)
    if discriminator is None:
        discriminator = mask_discriminator(
            segmenter.input_shape[1:],
            form,
            discriminator_filters,
            dropout=discriminator_dropout,
        )
    return AdversarialSegmenter(
        segmenter,
        discriminator,
        form,
        adversarial_weight,
        adversarial_loss=adversarial_loss,
        adversary_steps=adversary_steps,
        augmentation=crop,
    )


@register_model
def dvn_masks(
    input_shape: Sequence[int],
    crop_size: int | None = None,
    mirror: bool = True,
    crop_seed: int | None = None,
    kind: str = "pooled",
    filters: Sequence[int] = FILTERS,
    units: Sequence[int] = UNITS,
    kernel_size: int = 5,
    batch_normalization: bool = False,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    inference_steps: int = 10,
    step_size: float = 30.0,
    method: str = "projected",
    momentum: float = 0.0,
    tolerance: float | None = None,
    start: str = "zeros",
    climbs: str = "logit",
    mixing: str = "all",
    oracle: str = "iou",
    empty_value: float = 0.0,
    generators: Mapping[str, float] = MASK_GENERATORS,
    generator_steps: int = 1,
    temperature: float = 0.5,
    seed: int | None = None,
    value_network: keras.Model | None = None,
) -> DeepValueNetwork:
    """DVN on masks: a value network of image and mask, climbed from a black mask.

    Args:
        input_shape: (height, width, channels) of the images.
        crop_size, mirror, crop_seed: as for `fcn`.
        kind: `"pooled"`: a `zoo.networks.PooledValueNetwork`, or `"convolutional"`: the published
            `zoo.networks.MaskValueNetwork`.
        filters, units, kernel_size, batch_normalization, dropout, weight_decay: as for these.
        inference_steps: `steps` of `zoo.inference.Descent`.
        step_size, method, momentum, tolerance: as for `zoo.inference.Descent`.
        start, climbs, mixing, oracle, empty_value, generators, generator_steps, temperature,
            seed: as for `DeepValueNetwork`.
        value_network: a network of your own, from [images, masks] of the size of the crops.
    """
    image_shape, crop = cropped(input_shape, crop_size, mirror, crop_seed)
    check_choice("kind", kind, VALUE_NETWORKS)
    if value_network is None:
        network = PooledValueNetwork if kind == "pooled" else MaskValueNetwork
        value_network = network(
            image_shape,
            filters,
            units,
            kernel_size=kernel_size,
            batch_normalization=batch_normalization,
            dropout=dropout,
            weight_decay=weight_decay,
        )
    return DeepValueNetwork(
        value_network,
        oracle,
        empty_value,
        generators,
        generator_steps,
        temperature,
        seed,
        climbs=climbs,
        mixing=mixing,
        inference=Descent(inference_steps, step_size, method, momentum, tolerance),
        start=start,
        augmentation=crop,
    )


def cropped(
    input_shape: Sequence[int], crop_size: int | None, mirror: bool, crop_seed: int | None
) -> tuple[tuple[int, int, int], RandomPairCrop | None]:
    """The shape of crops of images, and the layer that takes them; None for whole images.

    Raises:
        InputError: crops that are larger than the images.
    """
    input_shape = read_image_shape("input_shape", input_shape, "convolutional")
    if crop_size is None:
        return input_shape, None
    check_count("crop_size", crop_size)
    if crop_size > min(input_shape[:2]):
        raise InputError(
            "`crop_size` must be at most the smaller side of the images. Received: "
            f"crop_size={crop_size} for input_shape={input_shape}."
        )
    crop = RandomPairCrop(crop_size, mirror=mirror, seed=crop_seed)
    return (crop_size, crop_size, input_shape[2]), crop
