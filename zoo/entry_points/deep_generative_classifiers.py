"""M1, M2 and M1+M2, a row of Table 2 of slides A: classes by variational auto-encoders."""

from typing import Any

from zoo import networks
from zoo.entry_points.arguments import INPUTS, Size, augmented, takes
from zoo.entry_points.autoencoders import CODERS_BUILT, vae
from zoo.entry_points.classifiers import classifier_of
from zoo.errors import check_width
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
@takes(vae, built=CODERS_BUILT, code_size=50, kind="dense")
def m1(kind, code_size, size: Size | None = None, **given: Any) -> VariationalAutoencoder:
    """M1: a VAE, to whose codes a probe of few labels gives classes; its defaults are the paper's.

    Args:
        size: as for `zoo.networks.encoder`; None is (500, 500), the paper's, for dense networks,
            and "medium" for convolutional ones.
    """
    if given["encoder"] is None:
        given["code_size"] = code_size
    if given["encoder"] is None or given["decoder"] is None:
        given |= {"kind": kind, "size": _size_of(kind, size)}
    return vae(**given)


@register_model
@takes(
    (conditional_encoder, "input_shape num_classes code_size units"),
    (networks.classifier, "dropout"),
    *INPUTS,
    DeepGenerativeClassifier,
    (DeepGenerativeClassifier, "seed labelled_share"),
    built={
        "code_size": "encoder decoder",
        "dropout": "classifier",
        "units": "classifier encoder decoder",
    },
)
def m2(**given: Any) -> DeepGenerativeClassifier:
    """M2: the class is a latent variable of a variational auto-encoder.

    `units` are those of the hidden layers of each network, all dense; `dropout` is the
    classifier's.
    """
    sizes = [given[key] for key in ("input_shape", "num_classes", "code_size", "units")]
    return augmented(
        DeepGenerativeClassifier,
        given,
        classifier=classifier_of(given, _dense_classifier),
        encoder=given["encoder"] or conditional_encoder(*sizes),
        decoder=given["decoder"] or conditional_decoder(*sizes),
    )


@register_model
@takes(
    (conditional_encoder, "num_classes code_size units"),
    (m1, "input_shape kind size"),
    (networks.separator, "dropout"),
    *INPUTS,
    (StackedGenerativeClassifier, "classification_weight beta stages seed labelled_share"),
    units=(300,),
)
def m1m2(
    num_classes, code_size, units, kind, size, dropout, feature_size: int = 50, **given: Any
) -> StackedGenerativeClassifier:
    """M1+M2: M2 on draws of the codes of M1.

    `kind` and `size` are those of M1; `units` of the hidden layers of each network of M2, all
    dense; `dropout` is the separator's.

    Args:
        feature_size: numbers of a code of M1; `code_size` is that of M2.
    """
    check_width("feature_size", feature_size)
    size, shape = _size_of(kind, size), given["input_shape"]
    return augmented(
        StackedGenerativeClassifier,
        given,
        image_encoder=networks.encoder(shape, 2 * feature_size, size, kind, name="image_encoder"),
        image_decoder=networks.decoder(shape, feature_size, size, kind, name="image_decoder"),
        separator=networks.separator(feature_size, num_classes, units, dropout),
        encoder=conditional_encoder((feature_size,), num_classes, code_size, units),
        decoder=conditional_decoder((2 * feature_size,), num_classes, code_size, units),
    )


def _dense_classifier(input_shape, num_classes, units, dropout):
    return networks.classifier(input_shape, num_classes, units, "dense", dropout)


def _size_of(kind, size):
    if size is not None:
        return size
    return DENSE_SIZE if kind == "dense" else "medium"
