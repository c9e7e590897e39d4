"""The ladder of Table 2 of slides A, and its Γ variant."""

from collections.abc import Sequence

import keras

from zoo.entry_points.classifiers import check_classifier
from zoo.models import LadderNetwork
from zoo.networks import augmentation, ladder_classifier, ladder_decoder
from zoo.registry import register_model


@register_model
def ladder(
    input_shape: Sequence[int],
    num_classes: int,
    variant: str = "full",
    units: int | Sequence[int] = (1000, 500, 250, 250, 250),
    input_weight: float = 1000.0,
    first_weight: float = 1.0,
    further_weight: float = 0.01,
    noise: float = 0.3,
    label_smoothing: float = 0.0,
    flip: bool = False,
    shift: int = 0,
    erase: float = 0.0,
    seed: int | None = None,
    classifier: keras.Model | None = None,
    decoder: keras.Model | None = None,
) -> LadderNetwork:
    """A ladder network, or its Γ variant.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        variant: `"full"`, or `"gamma"`, which denoises the top layer alone.
        units: of the hidden layers, as for `zoo.networks.ladder_classifier`.
        input_weight: λ of the image.
        first_weight: λ of the first normalized layer.
        further_weight: λ of every layer above that, the logits included; the only one of Γ.
        noise, label_smoothing, seed: as for `zoo.LadderNetwork`.
        flip, shift, erase: as for `zoo.networks.augmentation`.
        classifier: a network of your own, as `zoo.LadderNetwork` takes it.
        decoder: likewise; its weights are the last ones.
    """
    if classifier is None:
        classifier = ladder_classifier(input_shape, num_classes, units)
    check_classifier(classifier, input_shape, num_classes)
    if decoder is None:
        decoder = ladder_decoder(classifier, variant)
    layers = len(decoder.outputs)
    weights = (input_weight, first_weight, *[further_weight] * layers)[:layers]
    return LadderNetwork(
        classifier,
        decoder,
        denoising_weights=weights if variant == "full" else (further_weight,) * layers,
        noise=noise,
        seed=seed,
        label_smoothing=label_smoothing,
        augmentation=augmentation(input_shape, flip, shift, erase),
    )
