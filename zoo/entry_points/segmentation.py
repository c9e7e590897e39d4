"""Slides B: masks by a convolutional network, against a discriminator, and by a value network."""

from collections.abc import Mapping, Sequence
from typing import Any

from zoo.entry_points.arguments import GAME, call, takes
from zoo.entry_points.structured import check_generators
from zoo.errors import InputError, check_choice, check_count
from zoo.inference.descent import Descent
from zoo.models import AdversarialSegmenter, DeepValueNetwork, Segmenter
from zoo.networks import (
    MaskValueNetwork,
    PooledValueNetwork,
    fully_convolutional_network,
    mask_discriminator,
)
from zoo.networks.crops import RandomPairCrop
from zoo.networks.sizes import read_shape
from zoo.registry import register_model

VALUE_NETWORKS = {"pooled": PooledValueNetwork, "convolutional": MaskValueNetwork}
MASK_GENERATORS = {
    "inference": 0.5,
    "exchanged": 0.2,
    "stratified": 0.15,
    "ground_truth": 0.15,
}
LAYERS = "filters kernel_size batch_normalization dropout weight_decay"


def cropped(
    input_shape: Sequence[int],
    crop_size: int | None = None,
    mirror: bool = True,
    seed: int | None = None,
) -> tuple[tuple[int, int, int], RandomPairCrop | None]:
    """The shape of crops of images, and the layer that takes them; None for whole images.

    Args:
        input_shape: (height, width, channels) of the images.
        crop_size: side of the crops; None learns from whole images as they are.
        mirror: whether half of the crops are mirrored.
        seed: of the crops.

    Raises:
        InputError: crops that are larger than the images.
    """
    input_shape = read_shape("input_shape", input_shape, "convolutional")
    if crop_size is None:
        return input_shape, None
    check_count("crop_size", crop_size)
    if crop_size > min(input_shape[:2]):
        raise InputError(
            "`crop_size` must be at most the smaller side of the images. Received: "
            f"crop_size={crop_size} for input_shape={input_shape}."
        )
    crop = RandomPairCrop(crop_size, mirror=mirror, seed=seed)
    return (crop_size, crop_size, input_shape[2]), crop


def segmenter_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """A fully convolutional network, unless given, and the random crops it learns from."""
    image_shape, crop = call(cropped, given)
    segmenter = given["segmenter"]
    if segmenter is None:
        segmenter = call(fully_convolutional_network, given, image_shape=image_shape)
    return {"segmenter": segmenter, "augmentation": crop}


@register_model
@takes(
    cropped,
    (fully_convolutional_network, LAYERS),
    (Segmenter, "segmenter"),
    built={LAYERS: "segmenter"},
)
def fcn(**given: Any) -> Segmenter:
    """FCN: every pixel for itself, the baseline of the systems below.

    Reference: J. Long, E. Shelhamer and T. Darrell, Fully convolutional networks for semantic
    segmentation, CVPR 2015, arXiv:1411.4038.
    """
    return Segmenter(**segmenter_of(given))


@register_model
@takes(
    fcn,
    AdversarialSegmenter,
    GAME,
    built={
        LAYERS: "segmenter",
        "discriminator_filters discriminator_dropout": "discriminator",
    },
    adversarial_weight=0.03,
)
def adversarial_segmenter(
    form,
    discriminator,
    discriminator_filters: Sequence[int] = (32, 64, 64),
    discriminator_dropout: float = 0.25,
    **given: Any,
) -> AdversarialSegmenter:
    """An FCN whose masks a discriminator must not tell from true ones.

    Args:
        discriminator_filters, discriminator_dropout: `filters` and `dropout` of
            `zoo.networks.mask_discriminator`.
    """
    parts = segmenter_of(given)
    if discriminator is None:
        image_shape = parts["segmenter"].input_shape[1:]
        discriminator = mask_discriminator(
            image_shape, form, discriminator_filters, dropout=discriminator_dropout
        )
    return call(AdversarialSegmenter, given, **parts, discriminator=discriminator, form=form)


@register_model
@takes(
    cropped,
    (PooledValueNetwork, f"{LAYERS} units"),
    (Descent, "step_size method momentum tolerance"),
    DeepValueNetwork,
    (DeepValueNetwork, "start"),
    built={f"kind {LAYERS} units": "value_network"},
    step_size=30.0,
    oracle="iou",
    generators=MASK_GENERATORS,
    climbs="logit",
    mixing="all",
)
def dvn_masks(
    value_network, kind: str = "pooled", inference_steps: int = 10, **given: Any
) -> DeepValueNetwork:
    """DVN on masks: a value network of image and mask, climbed from a black mask.

    Args:
        kind: `"pooled"`: a `zoo.networks.PooledValueNetwork`, or `"convolutional"`: the published
            `zoo.networks.MaskValueNetwork`.
        inference_steps: `steps` of `zoo.inference.Descent`.
    """
    check_generators(given)
    image_shape, crop = call(cropped, given)
    check_choice("kind", kind, VALUE_NETWORKS)
    if value_network is None:
        value_network = call(VALUE_NETWORKS[kind], given, image_shape=image_shape)
    loop = call(Descent, given, steps=inference_steps)
    parts = {"value_network": value_network, "inference": loop, "augmentation": crop}
    return call(DeepValueNetwork, given, **parts)
