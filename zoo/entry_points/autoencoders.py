"""Table 1 of slides A: auto-encoders and super-encoders."""

import types
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from zoo.errors import InputError, check_count
from zoo.models import (
    AdversarialAutoencoder,
    Autoencoder,
    SuperEncoder,
    VariationalAutoencoder,
)
from zoo.networks import augmentation, corruption_layer
from zoo.networks import decoder as build_decoder
from zoo.networks import discriminator as build_discriminator
from zoo.networks import encoder as build_encoder
from zoo.networks import separator as build_separator
from zoo.registry import register_model, takes_arguments_of

Size = str | int | Sequence[int]
Layer = keras.layers.Layer


def coder(
    input_shape: Sequence[int],
    code_size: int = 64,
    size: Size = "medium",
    kind: str = "convolutional",
    hidden: int | Sequence[int] = (),
    convolutions: int = 1,
    dropout: float = 0.0,
    encoder: keras.Model | None = None,
    decoder: keras.Model | None = None,
    _label_size: int = 0,
    _numbers_per_dimension: int = 1,
) -> tuple[keras.Model, keras.Model]:
    """The encoder and its mirror image, each unless given.

    Args:
        input_shape: (height, width, channels).
        code_size, size, kind, hidden, convolutions, dropout: as for `zoo.networks.encoder`; the
            mirror has no dropout, and one transposed convolution a level.
        encoder: a network of your own.
        decoder: a network of your own.
        _label_size: how many numbers more than the code the decoder takes.
        _numbers_per_dimension: how many numbers the encoder gives for each code dimension.
    """
    check_count("code_size", code_size)
    if encoder is None:
        encoder = build_encoder(
            input_shape,
            code_size * _numbers_per_dimension,
            size,
            kind,
            dropout,
            hidden=hidden,
            convolutions=convolutions,
        )
    elif getattr(encoder, "input_shape", (None, *input_shape))[1:] != tuple(input_shape):
        raise InputError(
            f"The encoder must take images of input_shape={tuple(input_shape)}. Received: an "
            f"encoder for {encoder.input_shape[1:]}."
        )
    if decoder is None:
        code_size = encoder.output_shape[-1] // _numbers_per_dimension + _label_size
        decoder = build_decoder(input_shape, code_size, size, kind, hidden=hidden)
    return encoder, decoder


@register_model
@takes_arguments_of(coder)
def ae(
    input_shape: Sequence[int],
    reconstruction_loss: str = "mse",
    corruption: Layer | None = None,
    flip: bool = False,
    shift: int = 0,
    **networks: Any,
) -> Autoencoder:
    """AE: the plain auto-encoder."""
    return Autoencoder(
        *coder(input_shape, **networks),
        corruption,
        reconstruction_loss,
        augmentation=augmentation(input_shape, flip, shift),
    )


@register_model
@takes_arguments_of(ae)
def dae(
    input_shape: Sequence[int],
    noise: float = 0.5,
    noise_kind: str = "gaussian",
    corruption: Layer | None = None,
    **arguments: Any,
) -> Autoencoder:
    """DAE: the denoising auto-encoder.

    The input is corrupted by `zoo.networks.corruption_layer(noise_kind, noise)`, unless another
    `corruption` layer is given. Gaussian noise of 0.5 is what the official code of the denoising
    adversarial auto-encoder uses.
    """
    corruption = corruption or corruption_layer(noise_kind, noise)
    return ae(input_shape, corruption=corruption, **arguments)


@register_model
@takes_arguments_of(coder)
def vae(
    input_shape: Sequence[int],
    likelihood: str = "bernoulli",
    likelihood_scale: float = 0.1,
    beta: float = 1.0,
    corruption: Layer | None = None,
    flip: bool = False,
    shift: int = 0,
    **networks: Any,
) -> VariationalAutoencoder:
    """VAE: the variational auto-encoder."""
    return VariationalAutoencoder(
        *coder(input_shape, **networks, _numbers_per_dimension=2),
        corruption,
        beta,
        likelihood,
        likelihood_scale,
        augmentation=augmentation(input_shape, flip, shift),
    )


@register_model
@takes_arguments_of(vae)
def dvae(
    input_shape: Sequence[int],
    noise: float = 0.1,
    noise_kind: str = "salt_and_pepper",
    corruption: Layer | None = None,
    **arguments: Any,
) -> VariationalAutoencoder:
    """DVAE: the denoising variational auto-encoder; salt and pepper at 5 to 15 % in its paper."""
    corruption = corruption or corruption_layer(noise_kind, noise)
    return vae(input_shape, corruption=corruption, **arguments)


@register_model
@takes_arguments_of(vae)
def beta_vae(
    input_shape: Sequence[int], beta: float = 4.0, **arguments: Any
) -> VariationalAutoencoder:
    """beta-VAE: a VAE whose divergence counts `beta` times."""
    return vae(input_shape, beta=beta, **arguments)


@register_model
@takes_arguments_of(coder)
def aae(
    input_shape: Sequence[int],
    prior: str = "standard_normal",
    reconstruction_loss: str = "mse",
    adversarial_weight: float = 0.01,
    adversarial_loss: str = "non_saturating",
    adversary_steps: int = 1,
    discriminator_size: Size = "medium",
    num_encodings: int = 1,
    corruption: Layer | None = None,
    flip: bool = False,
    shift: int = 0,
    discriminator: keras.Model | None = None,
    **networks: Any,
) -> AdversarialAutoencoder:
    """AAE: the adversarial auto-encoder. `prior` may also be any TFP distribution of codes."""
    encoder, decoder = coder(input_shape, **networks)
    if discriminator is None:
        discriminator = build_discriminator(encoder.output_shape[-1], discriminator_size)
    return AdversarialAutoencoder(
        encoder,
        decoder,
        discriminator,
        prior,
        corruption,
        num_encodings,
        reconstruction_loss,
        adversarial_weight,
        adversarial_loss=adversarial_loss,
        adversary_steps=adversary_steps,
        augmentation=augmentation(input_shape, flip, shift),
    )


@register_model
@takes_arguments_of(aae)
def daae(
    input_shape: Sequence[int],
    noise: float = 0.5,
    noise_kind: str = "gaussian",
    corruption: Layer | None = None,
    **arguments: Any,
) -> AdversarialAutoencoder:
    """DAAE: the denoising adversarial auto-encoder."""
    corruption = corruption or corruption_layer(noise_kind, noise)
    return aae(input_shape, corruption=corruption, **arguments)


@register_model
@takes_arguments_of(daae)
def idaae(
    input_shape: Sequence[int], num_encodings: int = 5, **arguments: Any
) -> AdversarialAutoencoder:
    """iDAAE: a DAAE whose game is played with the mean of `num_encodings` encodings."""
    return daae(input_shape, num_encodings=num_encodings, **arguments)


@register_model
@takes_arguments_of(coder)
def se_co(
    input_shape: Sequence[int],
    num_classes: int,
    separator_size: Size = "small",
    separability_weight: float = 1.0,
    reconstruction_weight: float = 1.0,
    label_loss: str = "crossentropy",
    reconstruction_loss: str = "mse",
    conditional_decoder: bool = False,
    flip: bool = False,
    shift: int = 0,
    separator: keras.Model | None = None,
    _game: Mapping[str, Any] = types.MappingProxyType({}),
    **networks: Any,
) -> SuperEncoder:
    """SE (co): the cooperative super-encoder."""
    label_size = num_classes if conditional_decoder else 0
    encoder, decoder = coder(input_shape, **networks, _label_size=label_size)
    if separator is None:
        dropout = networks.get("dropout", 0.0)
        code_size = encoder.output_shape[-1]
        separator = build_separator(code_size, num_classes, separator_size, dropout)
    return SuperEncoder(
        encoder,
        separator,
        decoder,
        separability_weight=separability_weight,
        reconstruction_weight=reconstruction_weight,
        label_loss=label_loss,
        reconstruction_loss=reconstruction_loss,
        conditional_decoder=conditional_decoder,
        augmentation=augmentation(input_shape, flip, shift),
        **_game,
    )


@register_model
@takes_arguments_of(se_co)
def se_nc(
    input_shape: Sequence[int],
    num_classes: int,
    adversarial_weight: float = 0.1,
    adversarial_loss: str = "non_saturating",
    adversary_steps: int = 1,
    discriminator_size: Size = (64, 64),
    discriminator: keras.Model | None = None,
    **arguments: Any,
) -> SuperEncoder:
    """SE (nc): the non-cooperative super-encoder, with a discriminator on label vectors.

    The slides' value function alone is `adversarial_loss="minimax"`, `adversarial_weight=1` and
    `separability_weight=0`.
    """
    check_count("num_classes", num_classes, minimum=2)
    if discriminator is None:
        discriminator = build_discriminator(num_classes, discriminator_size)
    game = {
        "discriminator": discriminator,
        "adversarial_weight": adversarial_weight,
        "adversarial_loss": adversarial_loss,
        "adversary_steps": adversary_steps,
    }
    return se_co(input_shape, num_classes, **arguments, _game=game)
