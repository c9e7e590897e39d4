"""The catalogue: one small registered function per named system of the slides.

A name is the paper's own label in lower case. Every function takes the shape of an image and the
number of classes, builds networks where none are given, and returns an uncompiled model.
"""

import fnmatch
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras

from zoo.errors import InputError, check_choice, check_number
from zoo.models import Autoencoder, SuperEncoder, ZooModel
from zoo.networks import augmentation
from zoo.networks import decoder as build_decoder
from zoo.networks import encoder as build_encoder
from zoo.networks import separator as build_separator

Size = str | int | Sequence[int]

_ENTRY_POINTS: dict[str, Callable[..., ZooModel]] = {}


def register_model(function: Callable[..., ZooModel]) -> Callable[..., ZooModel]:
    """Registers an entry point under the function's own name."""
    if function.__name__ in _ENTRY_POINTS:
        raise InputError(f"There is a model named {function.__name__!r} already.")
    _ENTRY_POINTS[function.__name__] = function
    return function


def list_models(pattern: str = "*") -> list[str]:
    """The names of the registered models that match a shell pattern, sorted."""
    return sorted(fnmatch.filter(_ENTRY_POINTS, pattern))


def entry_point(name: str) -> Callable[..., ZooModel]:
    """The registered function of a name; `InputError` names the nearest one if there is none."""
    check_choice("model", name, _ENTRY_POINTS)
    return _ENTRY_POINTS[name]


def create_model(name: str, **arguments: Any) -> ZooModel:
    """Builds a model by its name: `create_model("se_co", input_shape=(28, 28, 1), num_classes=10)`.

    Args:
        name: one of `list_models()`.
        **arguments: the entry point's own; see its docstring.

    Returns:
        An uncompiled model with built networks.

    Raises:
        InputError: an unknown name, an unknown or missing argument, or a bad value.
    """
    function = entry_point(name)
    parameters = inspect.signature(function).parameters
    for argument in arguments:
        check_choice(f"argument of {name!r}", argument, parameters)
    missing = [
        key
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty and key not in arguments
    ]
    if missing:
        raise InputError(f"Model {name!r} also needs: {', '.join(missing)}.")
    return function(**arguments)


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
    *,
    label_size: int = 0,
) -> tuple[keras.Model, keras.Model]:
    """The encoder and its mirror image, each unless given.

    Args:
        input_shape: (height, width, channels).
        code_size, size, kind, hidden, convolutions, dropout: as for `zoo.networks.encoder`; the
            mirror has no dropout, and one transposed convolution a level.
        encoder: a network of your own.
        decoder: a network of your own.
        label_size: how many numbers more than the code the decoder takes.
    """
    if encoder is None:
        encoder = build_encoder(
            input_shape, code_size, size, kind, dropout, hidden=hidden, convolutions=convolutions
        )
    elif getattr(encoder, "input_shape", (None, *input_shape))[1:] != tuple(input_shape):
        raise InputError(
            f"The encoder must take images of input_shape={tuple(input_shape)}. Received: an "
            f"encoder for {encoder.input_shape[1:]}."
        )
    if decoder is None:
        code_size = encoder.output_shape[-1] + label_size
        decoder = build_decoder(input_shape, code_size, size, kind, hidden=hidden)
    return encoder, decoder


def takes_arguments_of(builder: Callable) -> Callable:
    """Lets a function that passes its `**networks` on show the arguments of `builder` as its own.

    So the arguments that many entry points share stand in one place, and `create_model`, recipes
    and `help` know them all the same. Keyword-only arguments of the builder are not for users.
    """

    def decorate(function: Callable) -> Callable:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        taken = {parameter.name for parameter in own}
        more = [
            parameter.replace(kind=parameter.KEYWORD_ONLY)
            for parameter in inspect.signature(builder).parameters.values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name not in taken
        ]
        function.__signature__ = signature.replace(parameters=[*own, *more])
        return function

    return decorate


@register_model
@takes_arguments_of(coder)
def ae(
    input_shape: Sequence[int],
    reconstruction_loss: str = "mse",
    flip: bool = False,
    shift: int = 0,
    **networks: Any,
) -> Autoencoder:
    """AE: the plain auto-encoder of Table 1."""
    encoder, decoder = coder(input_shape, **networks)
    return Autoencoder(
        encoder,
        decoder,
        reconstruction_loss=reconstruction_loss,
        augmentation=augmentation(input_shape, flip, shift),
    )


@register_model
@takes_arguments_of(coder)
def dae(
    input_shape: Sequence[int],
    reconstruction_loss: str = "mse",
    noise: float = 0.5,
    corruption: keras.layers.Layer | None = None,
    flip: bool = False,
    shift: int = 0,
    **networks: Any,
) -> Autoencoder:
    """DAE: the denoising auto-encoder of Table 1.

    Gaussian noise of standard deviation `noise`, not clipped, unless another `corruption` layer
    is given (0.5 is what the official code of the denoising adversarial auto-encoder uses).
    """
    check_number("noise", noise, maximum=1.0)
    encoder, decoder = coder(input_shape, **networks)
    return Autoencoder(
        encoder,
        decoder,
        corruption or keras.layers.GaussianNoise(noise),
        reconstruction_loss,
        augmentation=augmentation(input_shape, flip, shift),
    )


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
    **networks: Any,
) -> SuperEncoder:
    """SE (co): the cooperative super-encoder of Table 1."""
    encoder, decoder = coder(
        input_shape, **networks, label_size=num_classes if conditional_decoder else 0
    )
    if separator is None:
        dropout = networks.get("dropout", 0.0)
        code_size = encoder.output_shape[-1]
        separator = build_separator(code_size, num_classes, separator_size, dropout)
    return SuperEncoder(
        encoder,
        separator,
        decoder,
        separability_weight,
        reconstruction_weight,
        label_loss,
        reconstruction_loss,
        conditional_decoder,
        augmentation=augmentation(input_shape, flip, shift),
    )
