"""How a generator judges label vectors, and what a classifier pays for its own: variants by name.

In AC (nc) v1 the adversary G+ is a generator that tells real label vectors from made ones: "the
real latent must generate a real image; the fake latent must generate a fake image", with the value
function E log G+(y) + E log(1 - G+(C(x))). The slides leave open how an image stands inside a
logarithm. Three variants do both.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
from keras import ops

from zoo.errors import check_choice, check_number
from zoo.losses.adversarial import adversarial_pair
from zoo.losses.selection import reconstruction_loss as reconstruction_loss_named

VARIANTS = ("energy", "two_heads", "pixels")


class GeneratorGame(NamedTuple):
    """The three losses of the game, each a function `(x, judged)` to one value per image.

    `x` are the images that belong to the label vectors, `judged` is what the generator made of
    these: pixel logits, or for "two_heads" a pair of pixel logits and a logit. `real` and `fake`
    are the generator's, `player` is the classifier's.
    """

    real: Callable
    fake: Callable
    player: Callable


def generator_game(
    variant: str = "energy",
    reconstruction_loss: str | Callable = "mse",
    adversarial_loss: str = "non_saturating",
    margin: float | None = 0.1,
) -> GeneratorGame:
    """The losses of a game against a discriminative generator, by the name of its variant.

    With d the reconstruction loss per image, v a label vector and sp = softplus:

    "energy": the images themselves are the judgment, G+(v | x) = exp(-d(x, G(v))).

        real    d(x, G(y))
        fake    max(0, margin - d(x, G(ŷ)))    or without margin, literally, -log(1 - exp(-d))
        player  d(x, G(ŷ))

    "two_heads": beside the image, the generator returns the logit l of the vector being real.

        real    sp(-l(y)) + d(x, G(y))
        fake    sp(l(ŷ))
        player  sp(-l(ŷ)) ("non_saturating") or -sp(l(ŷ)) ("minimax")

    "pixels": every pixel is a probability; real vectors must give the image, made ones black.

        real    mean over pixels of crossentropy(x, G(y))
        fake    mean over pixels of crossentropy(0, G(ŷ))
        player  mean over pixels of crossentropy(x, G(ŷ)) ("non_saturating"), or
                -crossentropy(0, G(ŷ)) ("minimax")

    Args:
        variant: one of `VARIANTS`.
        reconstruction_loss: d, a name as for `reconstruction_loss` or such a function; "pixels" has
            its own.
        adversarial_loss: "non_saturating" or "minimax"; "energy" has one player's loss only.
        margin: what the error of a made vector's image is pushed up to in "energy", at least 0;
            None for the literal logarithm.

    Raises:
        InputError: an unknown variant or loss, or a negative margin.

    Reference: I. M. Kamal and H. Bae, slides A, "Non-cooperative auto-classifier via generator";
    the hinge on an error as energy: J. Zhao et al., Energy-based generative adversarial networks,
    ICLR 2017, equation 1.
    """
    check_choice("variant", variant, VARIANTS)
    if margin is not None:
        check_number("margin", margin)
    distance = reconstruction_loss
    if not callable(distance):
        distance = reconstruction_loss_named(distance)
    pair = adversarial_pair(adversarial_loss)
    if variant == "energy":
        fake = _minus_log_distance if margin is None else _hinge(margin)
        return GeneratorGame(distance, lambda x, image: fake(distance(x, image)), distance)
    if variant == "two_heads":
        return GeneratorGame(
            lambda x, judged: pair.real(judged[1]) + distance(x, judged[0]),
            lambda x, judged: pair.fake(judged[1]),
            lambda x, judged: pair.player(judged[1]),
        )
    per_pixel = reconstruction_loss_named("crossentropy")

    def black(x, image):
        return per_pixel(ops.zeros_like(image), image)

    players = {"non_saturating": per_pixel, "minimax": lambda x, image: -black(x, image)}
    return GeneratorGame(per_pixel, black, players[adversarial_loss])


def _hinge(margin):
    return lambda energy: ops.relu(margin - energy)


def _minus_log_distance(energy):
    # -log(1 - exp(-d)), finite at d = 0.
    return -ops.log(ops.maximum(-ops.expm1(-energy), keras.config.epsilon()))
