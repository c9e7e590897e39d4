"""M1, M2 and M1+M2, a row of Table 2 of slides A: classes by variational auto-encoders."""

from collections.abc import Sequence
from typing import Any

import keras

from zoo.entry_points.autoencoders import vae
from zoo.entry_points.classifiers import check_classifier
from zoo.errors import check_count
from zoo.models.deep_generative_classifiers import DeepGenerativeClassifier
from zoo.models.stacked_generative_classifiers import StackedGenerativeClassifier
from zoo.models.variational_autoencoders import VariationalAutoencoder
from zoo.networks import classifier as build_classifier
from zoo.networks import decoder as build_decoder
from zoo.networks import encoder as build_encoder
from zoo.networks import separator as build_separator
from zoo.networks.conditional import conditional_decoder, conditional_encoder
from zoo.registry import register_model, takes_arguments_of

# (part, share of the epochs), see `zoo.models.base.stages`.
STAGES = (("codes", 1), ("classes", 2))
# Of M1 in the paper; as numbers of filters they would be far too many.
DENSE_SIZE = (500, 500)


@register_model
@takes_arguments_of(vae)
def m1(
    input_shape: Sequence[int],
    code_size: int = 50,
    kind: str = "dense",
    size: str | int | Sequence[int] | None = None,
    **arguments: Any,
) -> VariationalAutoencoder:
    """M1: a VAE, to whose codes a probe of few labels gives classes; its defaults are the paper's.

    Args:
        input_shape: (height, width, channels).
        code_size, kind, size: as for `zoo.networks.encoder`; the size None is (500, 500), the
            paper's, for dense networks, and "medium" for convolutional ones.
        **arguments: those of `vae`.
    """
    return vae(input_shape, code_size=code_size, kind=kind, size=_size_of(kind, size), **arguments)


@register_model
def m2(
    input_shape: Sequence[int],
    num_classes: int,
    code_size: int = 50,
    units: int | Sequence[int] = (500,),
    dropout: float = 0.0,
    classification_weight: float = 0.1,
    classifier: keras.Model | None = None,
    encoder: keras.Model | None = None,
    decoder: keras.Model | None = None,
) -> DeepGenerativeClassifier:
    """M2: the class is a latent variable of a variational auto-encoder.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        code_size: numbers of a code.
        units: of the hidden layers of each network, all dense.
        dropout: of the classifier, as for `zoo.networks.classifier`.
        classification_weight: as for `zoo.DeepGenerativeClassifier`.
        classifier, encoder, decoder: networks of your own.
    """
    if classifier is None:
        classifier = build_classifier(input_shape, num_classes, units, "dense", dropout)
    check_classifier(classifier, input_shape, num_classes)
    return DeepGenerativeClassifier(
        classifier,
        encoder or conditional_encoder(input_shape, num_classes, code_size, units),
        decoder or conditional_decoder(input_shape, num_classes, code_size, units),
        classification_weight,
    )


@register_model
def m1m2(
    input_shape: Sequence[int],
    num_classes: int,
    feature_size: int = 50,
    code_size: int = 50,
    size: str | int | Sequence[int] | None = None,
    kind: str = "dense",
    units: int | Sequence[int] = (300,),
    dropout: float = 0.0,
    classification_weight: float = 0.1,
    beta: float = 1.0,
    stages: Sequence[Sequence[Any]] = STAGES,
) -> StackedGenerativeClassifier:
    """M1+M2: M2 on draws of the codes of M1.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes.
        feature_size: numbers of a code of M1.
        code_size: numbers of a code of M2.
        size, kind: of M1, as for `m1`.
        units: of the hidden layers of each network of M2, all dense.
        dropout: of the separator.
        classification_weight, beta, stages: as for `zoo.StackedGenerativeClassifier`.
    """
    check_count("feature_size", feature_size)
    size = _size_of(kind, size)
    return StackedGenerativeClassifier(
        build_encoder(input_shape, 2 * feature_size, size, kind, name="image_encoder"),
        build_decoder(input_shape, feature_size, size, kind, name="image_decoder"),
        build_separator(feature_size, num_classes, units, dropout),
        conditional_encoder((feature_size,), num_classes, code_size, units),
        conditional_decoder((2 * feature_size,), num_classes, code_size, units),
        classification_weight,
        beta,
        stages,
    )


def _size_of(kind, size):
    if size is not None:
        return size
    return DENSE_SIZE if kind == "dense" else "medium"
