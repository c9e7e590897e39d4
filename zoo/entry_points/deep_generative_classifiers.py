"""M1, M2 and M1+M2, a row of Table 2 of slides A: classes by variational auto-encoders."""

from typing import Any

from zoo import networks
from zoo.entry_points.arguments import Size, takes
from zoo.entry_points.autoencoders import vae
from zoo.entry_points.classifiers import check_classifier
from zoo.errors import check_count
from zoo.models import (
    DeepGenerativeClassifier,
    StackedGenerativeClassifier,
    VariationalAutoencoder,
)
from zoo.networks import conditional_decoder, conditional_encoder
from zoo.registry import register_model

# Of M1 in the paper; as numbers of filters they would be far too many.
DENSE_SIZE = (500, 500)


@register_model
@takes(vae, code_size=50, kind="dense")
def m1(kind, size: Size | None = None, **given: Any) -> VariationalAutoencoder:
    """M1: a VAE, to whose codes a probe of few labels gives classes; its defaults are the paper's.

    Args:
        size: as for `zoo.networks.encoder`; None is (500, 500), the paper's, for dense networks,
            and "medium" for convolutional ones.
    """
    return vae(kind=kind, size=_size_of(kind, size), **given)


@register_model
@takes(
    (conditional_encoder, "input_shape num_classes code_size units"),
    (networks.classifier, "dropout"),
    DeepGenerativeClassifier,
)
def m2(
    input_shape, num_classes, code_size, units, dropout, classifier, encoder, decoder, **given: Any
) -> DeepGenerativeClassifier:
    """M2: the class is a latent variable of a variational auto-encoder.

    `units` are those of the hidden layers of each network, all dense; `dropout` is the
    classifier's.
    """
    if classifier is None:
        classifier = networks.classifier(input_shape, num_classes, units, "dense", dropout)
    check_classifier(classifier, input_shape, num_classes)
    sizes = input_shape, num_classes, code_size, units
    return DeepGenerativeClassifier(
        classifier,
        encoder or conditional_encoder(*sizes),
        decoder or conditional_decoder(*sizes),
        **given,
    )


@register_model
@takes(
    (conditional_encoder, "num_classes code_size units"),
    (m1, "input_shape kind size"),
    (networks.separator, "dropout"),
    (StackedGenerativeClassifier, "classification_weight beta stages"),
    units=(300,),
)
def m1m2(
    input_shape,
    num_classes,
    code_size,
    units,
    kind,
    size,
    dropout,
    feature_size: int = 50,
    **given: Any,
) -> StackedGenerativeClassifier:
    """M1+M2: M2 on draws of the codes of M1.

    `kind` and `size` are those of M1; `units` of the hidden layers of each network of M2, all
    dense; `dropout` is the separator's.

    Args:
        feature_size: numbers of a code of M1; `code_size` is that of M2.
    """
    check_count("feature_size", feature_size)
    size = _size_of(kind, size)
    return StackedGenerativeClassifier(
        networks.encoder(input_shape, 2 * feature_size, size, kind, name="image_encoder"),
        networks.decoder(input_shape, feature_size, size, kind, name="image_decoder"),
        networks.separator(feature_size, num_classes, units, dropout),
        conditional_encoder((feature_size,), num_classes, code_size, units),
        conditional_decoder((2 * feature_size,), num_classes, code_size, units),
        **given,
    )


def _size_of(kind, size):
    if size is not None:
        return size
    return DENSE_SIZE if kind == "dense" else "medium"
