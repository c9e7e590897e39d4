"""The base of every game: players minimize, one adversary maximizes."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError, check_length
from zoo.losses.adversarial import adversarial_pair
from zoo.models.base.replicas import as_if_summed, check_shared, regularization_losses
from zoo.models.base.zoo_model import ZooModel
from zoo.optimizers import get_optimizer


class MinMaxGame(ZooModel):
    """Players against one adversary: min over the players, max over the discriminator.

    A step has one forward pass of each player. The discriminator moves first, on their outputs
    behind `stop_gradient`; the players' adversarial term then sees the moved discriminator:

        real, fake = discriminator_input(x, y, outputs)
        discriminator:  min  mean real(D(real)) + mean fake(D(fake))      `adversary_steps` times
        players:        min  total(means of terms), which hold player(D(fake)) as a term

    with the pair of `zoo.losses.adversarial_pair`. Each side's half of the step changes only its
    own variables. `discriminator_real_loss` and `discriminator_fake_loss` are tracked as the
    discriminator saw them before its (last) move.

    A leaf writes the hooks of `ZooModel` and `discriminator_input`. Without a discriminator it is
    a model of one player, and the step is that of `ZooModel`. A leaf whose adversary is another
    network names its role (`adversary`) and terms (`adversary_term_names`), and writes
    `adversary_terms` and, where the players see the adversary after its move,
    `forward_after_adversary`.

    Args:
        networks: as for `ZooModel`; the discriminator has the role `discriminator`. It takes
            vectors and returns one logit.
        term_names: of the players' terms.
        adversarial_loss: the pair: `"minimax"` or `"non_saturating"`.
        adversary_steps: moves of the discriminator in a step, from 1 to 1000.

    Raises:
        InputError: as for `ZooModel`, an unknown pair, no adversary step, or an adversary in a
            class that plays no game.
    """

    logit_roles = ("discriminator",)
    adversary = "discriminator"
    adversary_term_names = ("discriminator_real_loss", "discriminator_fake_loss")

    def __init__(
        self,
        networks: Mapping[str, keras.Model | None],
        term_names: tuple[str, ...],
        adversarial_loss: str = "non_saturating",
        adversary_steps: int = 1,
        **kwargs: Any,
    ) -> None:
        # An adversary or discriminator may be left out: the others are refused where they are None.
        optional = {self.adversary, "discriminator"} & networks.keys()
        absent = [role for role in optional if networks[role] is None]
        networks = {role: network for role, network in networks.items() if role not in absent}
        if self.adversary in networks:
            self._check_game()
            self.adversary_role = self.adversary
            term_names = (*term_names, "adversarial_loss", *self.adversary_term_names)
        super().__init__(networks, term_names, **kwargs)
        for role in absent:
            setattr(self, role, None)
        check_length("adversary_steps", adversary_steps)
        self.adversarial_loss = adversarial_loss
        self.adversary_steps = adversary_steps
        self.pair = adversarial_pair(adversarial_loss)

    def _check_game(self):
        kind = type(self)
        inherited = MinMaxGame.discriminator_input, MinMaxGame.adversary_terms
        if (kind.discriminator_input, kind.adversary_terms) == inherited:
            raise InputError(
                f"A {kind.__name__} plays no game, so it takes no `{self.adversary}`: the class "
                "of its game does."
            )

    def discriminator_input(self, x, y, outputs) -> tuple[Any, Any]:
        """The real vectors and the made ones, each (batch_size, input_size)."""
        raise NotImplementedError

    def adversary_terms(self, x, y, outputs, training) -> dict[str, Any]:
        """The terms of the adversary, `{name: (batch_size,)}`, which minimizes their sum.

        `outputs` are the players', behind `stop_gradient`.
        """
        real, fake = self.discriminator_input(x, y, outputs)
        # In one pass: half the calls, and layers with batch moments see both sides alike.
        logits = self.discriminator(tf.concat([real, fake], axis=0), training=training)
        real_logits, fake_logits = tf.split(logits, 2)
        return {
            "discriminator_real_loss": self.pair.real(real_logits),
            "discriminator_fake_loss": self.pair.fake(fake_logits),
        }

    def adversarial_term(self, fake: Any) -> Any:
        """What the players pay for each made vector, (batch_size,); no dropout blurs the judge."""
        return self.pair.player(self.discriminator(fake, training=False))

    @property
    def adversary_variables(self) -> list[keras.Variable]:
        """What the adversary's optimizer moves."""
        if self.adversary_role is None:
            return []
        return self.networks[self.adversary_role].trainable_variables

    def adversary_step(self, x, y, sample_weight, outputs, training):
        if self.adversary_role is None:
            return {}
        outputs = tf.nest.map_structure(tf.stop_gradient, outputs)
        if not training:
            return self._adversary_loss(x, y, sample_weight, outputs, training)[1]
        variables = self.adversary_variables
        values = [variable.value for variable in variables]
        # Unrolled: Keras turns AutoGraph off in a step (T6).
        for _ in range(self.adversary_steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                loss, logs = self._adversary_loss(x, y, sample_weight, outputs, training)
                scaled_loss = self.adversary_optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled_loss, values)
            gradients = as_if_summed(gradients, self.adversary_optimizer)
            self.adversary_optimizer.apply(gradients, variables)
        return logs

    def _adversary_loss(self, x, y, sample_weight, outputs, training):
        terms = self.adversary_terms(x, y, outputs, training)
        means, logs = self.means(terms, sample_weight)
        own = regularization_losses([self.networks[self.adversary_role]])
        return sum(means.values()) + own, logs

    def fit(self, *args, **kwargs):
        """As Keras's `fit`; where an optimizer averages the weights, either side ends with them."""
        history = super().fit(*args, **kwargs)
        if self.adversary_role is not None and history.epoch:
            self.adversary_optimizer.finalize_variable_values(self.adversary_variables)
        return history

    # Compiling and saving (T1: the three belong together; T2, T3: built before the first step).

    def compile(self, optimizer="adam", adversary_optimizer=None, **kwargs):
        """Compiles the model with an optimizer for either side.

        Args:
            optimizer: the players'. Callbacks and schedules look here.
            adversary_optimizer: the adversary's; None takes a copy of the players'.
            **kwargs: as for `ZooModel.compile`.

        Raises:
            InputError: an adversary's optimizer for a model without adversary, or one object as
                the optimizer of both sides.
        """
        if self.adversary_role is None and adversary_optimizer is not None:
            raise InputError(
                f"This {type(self).__name__} has no {self.adversary}, so it takes no "
                "`adversary_optimizer` after the optimizer, nor a loss there: the objective is "
                f"the model's own. Received: {adversary_optimizer!r}."
            )
        is_object = isinstance(adversary_optimizer, keras.optimizers.Optimizer)
        if is_object and adversary_optimizer is optimizer:
            raise InputError(
                "Each side of a game needs an optimizer of its own. Received: one object as "
                "`optimizer` and `adversary_optimizer`."
            )
        super().compile(optimizer=optimizer, **kwargs)
        if self.adversary_role is None:
            return
        if adversary_optimizer is None:
            adversary_optimizer = _copy(self.optimizer)
        adversary_optimizer = get_optimizer(adversary_optimizer)
        check_shared(adversary_optimizer)
        scales = isinstance(self.optimizer, keras.optimizers.LossScaleOptimizer)
        if scales and not isinstance(adversary_optimizer, keras.optimizers.LossScaleOptimizer):
            # As Keras does for the players' under mixed_float16.
            adversary_optimizer = keras.optimizers.LossScaleOptimizer(adversary_optimizer)
        self.adversary_optimizer = adversary_optimizer
        self.adversary_optimizer.build(self._weights_of_file(1) or self.adversary_variables)

    def moved(self):
        if self.adversary_role is None:
            return super().moved()
        return [*super().moved(), (self.adversary_optimizer, self.adversary_variables)]

    def get_compile_config(self):
        config = super().get_compile_config()
        if config and self.adversary_role is not None:
            serialized = keras.saving.serialize_keras_object(self.adversary_optimizer)
            config["adversary_optimizer"] = serialized
        return config


def _copy(optimizer):
    try:
        return type(optimizer).from_config(optimizer.get_config())
    except (ValueError, TypeError) as error:
        raise InputError(
            "The adversary's optimizer cannot be made as a copy of the players': give "
            f"`adversary_optimizer` too. Received: {optimizer.name}, with a function in its config."
        ) from error
