"""Table 1 of slides A: auto-encoders and super-encoders."""

from collections.abc import Mapping
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
    check_void,
    takes,
)
from zoo.errors import InputError, check_count, check_width
from zoo.models import (
    AdversarialAutoencoder,
    Autoencoder,
    SuperEncoder,
    VariationalAutoencoder,
)
from zoo.models.likelihoods import PIXEL_SCALE
from zoo.registry import register_model

Layer = keras.layers.Layer

CODER = (
    networks.encoder,
    "input_shape code_size size kind units convolutions dropout normalization residual",
)
# Of it what only the encoder has, and what both have.
OF_ENCODER = "code_size convolutions dropout"
OF_CODERS = "size kind units normalization residual"
CODERS_BUILT = {OF_ENCODER: "encoder", OF_CODERS: "encoder decoder"}


def coder(
    given: Mapping[str, Any], label_size: int = 0, numbers_per_dimension: int = 1
) -> dict[str, keras.Model]:
    """The encoder and its mirror image, each unless given.

    The mirror has no dropout, and one transposed convolution a level.

    Args:
        given: the arguments of an entry point.
        label_size: how many numbers more than the code the decoder takes.
        numbers_per_dimension: how many numbers the encoder gives for each code dimension.
    """
    input_shape, code_size = given["input_shape"], given["code_size"]
    encoder, decoder = given["encoder"], given["decoder"]
    check_width("code_size", code_size)
    if encoder is None:
        encoder = call(networks.encoder, given, code_size=code_size * numbers_per_dimension)
    elif getattr(encoder, "input_shape", (None, *input_shape))[1:] != tuple(input_shape):
        what = "images" if len(input_shape) > 1 else "rows"
        raise InputError(
            f"The encoder must take {what} of input_shape={tuple(input_shape)}. Received: an "
            f"encoder for {encoder.input_shape[1:]}."
        )
    if decoder is None:
        code_size = encoder.output_shape[-1] // numbers_per_dimension + label_size
        decoder = call(networks.decoder, given, output_shape=input_shape, code_size=code_size)
    return {"encoder": encoder, "decoder": decoder}


def corrupted(
    noise: float = 0.5, noise_kind: str = "gaussian", corruption: Layer | None = None
) -> Layer | None:
    """`corruption`, or else `zoo.networks.corruption_layer(noise_kind, noise)`."""
    return corruption or networks.corruption_layer(noise_kind, noise)


@register_model
@takes(CODER, *INPUTS, Autoencoder, built=CODERS_BUILT)
def ae(**given: Any) -> Autoencoder:
    """AE: the plain auto-encoder."""
    return augmented(Autoencoder, given, **coder(given))


@register_model
@takes(ae, corrupted)
def dae(**given: Any) -> Autoencoder:
    """DAE: the denoising auto-encoder.

    Gaussian noise of 0.5 is what the official code of the denoising adversarial auto-encoder uses.
    """
    return call(ae, given, corruption=call(corrupted, given))


def check_scale(model: Any, given: Mapping[str, Any]) -> Any:
    """A model with a likelihood, whose scale is given only where that has one."""
    if model.likelihood == "bernoulli":
        check_void(given, "of a Bernoulli likelihood", likelihood_scale=PIXEL_SCALE)
    return model


@register_model
@takes(CODER, *INPUTS, VariationalAutoencoder, built=CODERS_BUILT)
def vae(**given: Any) -> VariationalAutoencoder:
    """VAE: the variational auto-encoder."""
    parts = coder(given, numbers_per_dimension=2)
    return check_scale(augmented(VariationalAutoencoder, given, **parts), given)


@register_model
@takes(vae, corrupted, noise=0.1, noise_kind="salt_and_pepper")
def dvae(**given: Any) -> VariationalAutoencoder:
    """DVAE: the denoising variational auto-encoder; salt and pepper at 5 to 15 % in its paper."""
    return call(vae, given, corruption=call(corrupted, given))


@register_model
@takes(vae, beta=4.0)
def beta_vae(**given: Any) -> VariationalAutoencoder:
    """beta-VAE: a VAE whose divergence counts `beta` times."""
    return vae(**given)


@register_model
@takes(
    CODER,
    *INPUTS,
    AdversarialAutoencoder,
    GAME,
    built={**CODERS_BUILT, "discriminator_size": "discriminator"},
)
def aae(
    discriminator,
    prior: str = "standard_normal",
    discriminator_size: Size = "medium",
    **given: Any,
) -> AdversarialAutoencoder:
    """AAE: the adversarial auto-encoder.

    Args:
        prior: as for `zoo.AdversarialAutoencoder`; it may also be any TFP distribution of codes.
        discriminator_size: `size` of `zoo.networks.discriminator`.
    """
    parts = coder(given)
    if discriminator is None:
        code_size = parts["encoder"].output_shape[-1]
        discriminator = networks.discriminator(code_size, discriminator_size)
    parts |= {"discriminator": discriminator, "prior": prior}
    return augmented(AdversarialAutoencoder, given, **parts)


@register_model
@takes(aae, corrupted)
def daae(**given: Any) -> AdversarialAutoencoder:
    """DAAE: the denoising adversarial auto-encoder."""
    return call(aae, given, corruption=call(corrupted, given))


@register_model
@takes(daae, num_encodings=5)
def idaae(**given: Any) -> AdversarialAutoencoder:
    """iDAAE: a DAAE whose game is played with the mean of `num_encodings` encodings."""
    return daae(**given)


def label_discriminator(
    num_classes: int, discriminator_size: Size = (64, 64), discriminator: Network = None
) -> keras.Model:
    """A discriminator of label vectors, unless given.

    Args:
        num_classes: how many classes, at least 2.
        discriminator_size: `size` of `zoo.networks.discriminator`.
        discriminator: a network of your own.
    """
    check_count("num_classes", num_classes, minimum=2)
    if discriminator is None:
        discriminator = networks.discriminator(num_classes, discriminator_size)
    return discriminator


# `dropout` is the separator's too.
SUPER_ENCODER_BUILT = {
    "code_size convolutions": "encoder",
    "dropout": "encoder separator",
    OF_CODERS: "encoder decoder",
    "separator_size": "separator",
}


@register_model
@takes(
    CODER,
    (networks.separator, "num_classes"),
    *INPUTS,
    (
        SuperEncoder,
        "encoder separator decoder classification_weight reconstruction_weight label_loss "
        "reconstruction_loss conditional_decoder label_smoothing",
    ),
    built=SUPER_ENCODER_BUILT,
)
def se_co(separator_size: Size = "small", **given: Any) -> SuperEncoder:
    """SE (co): the cooperative super-encoder.

    Args:
        separator_size: `size` of `zoo.networks.separator`.
    """
    return super_encoder(given | {"separator_size": separator_size})


@register_model
@takes(
    se_co,
    label_discriminator,
    SuperEncoder,
    GAME,
    built={**SUPER_ENCODER_BUILT, "discriminator_size": "discriminator"},
    adversarial_weight=0.1,
)
def se_nc(**given: Any) -> SuperEncoder:
    """SE (nc): the non-cooperative super-encoder, with a discriminator on label vectors.

    The slides' value function alone is `adversarial_loss="minimax"`, `adversarial_weight=1` and
    `classification_weight=0`.
    """
    return super_encoder(given | {"discriminator": call(label_discriminator, given)})


def super_encoder(given: Mapping[str, Any]) -> SuperEncoder:
    """The model of the arguments of an entry point, a cooperative one without a discriminator."""
    num_classes, separator = given["num_classes"], given["separator"]
    label_size = num_classes if given["conditional_decoder"] else 0
    parts = coder(given, label_size)
    if separator is None:
        separator = call(
            networks.separator,
            given,
            code_size=parts["encoder"].output_shape[-1],
            size=given["separator_size"],
        )
    return augmented(SuperEncoder, given, **parts, separator=separator)
