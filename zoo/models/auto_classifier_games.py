"""Non-cooperative auto-classifiers: a game about label vectors (Kamal & Bae, slides A)."""

from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError, check_number
from zoo.losses import AdjustedCooperation, generator_game
from zoo.models import codes, label_vectors
from zoo.models.auto_classifiers import AutoClassifier
from zoo.networks.replicas import sum_over_replicas


@keras.saving.register_keras_serializable(package="zoo")
class AutoClassifierDiscriminatorGame(AutoClassifier):
    """AC (nc) v2: a discriminator tells real label vectors from the classifier's.

    As `AutoClassifier`, with a discriminator D on label vectors:

        discriminator_real_loss  mean over the labeled rows of -log D(y_i)
        discriminator_fake_loss  mean_i -log(1 - D(ŷ_i))
        adversarial_loss         mean_i log(1 - D(ŷ_i))  ("minimax"), or  mean_i -log D(ŷ_i)
        loss = λ · L_C + L_G + γ · adversarial_loss

    Classifier and generator play together. The slides' value function
    E log D(y) + E log(1 - D(C(x))) + E G(C(x)), with an image error read around its third term,
    is this with `"minimax"`, γ = 1 and λ = 0. D never sees which image a label belongs to, so a
    classifier that permutes the classes plays as well as the right one: the supervised term is an
    addition, on by default.

    Args:
        classifier, generator: as for `AutoClassifier`.
        discriminator: built model, label vectors (batch_size, num_classes) to one logit.
        classification_weight: λ, at least 0.
        adversarial_weight: γ, at least 0.
        **kwargs: `label_loss`, `reconstruction_loss` and `label_smoothing` as for `AutoClassifier`,
            `adversarial_loss` and `adversary_steps` as for `MinMaxGame`, `augmentation` as for
            `ZooModel`.

    Raises:
        InputError: as for `AutoClassifier`, or a discriminator of another shape.

    Reference: I. M. Kamal and H. Bae, slides A, "Non-cooperative Auto-classifier via
    discriminator".
    """

    real_terms = ("discriminator_real_loss",)
    decided = ("cooperation",)

    def __init__(
        self,
        classifier: keras.Model,
        generator: keras.Model,
        discriminator: keras.Model,
        classification_weight: float = 1.0,
        adversarial_weight: float = 0.1,
        **kwargs: Any,
    ) -> None:
        cooperation = AdjustedCooperation(classification_weight)
        super().__init__(classifier, generator, cooperation, discriminator=discriminator, **kwargs)
        codes.check_discriminator(discriminator, self.num_classes, "label vectors")
        check_number("adversarial_weight", adversarial_weight)
        self.classification_weight = classification_weight
        self.adversarial_weight = adversarial_weight

    def discriminator_input(self, x, y, outputs):
        return y, outputs["label"]

    def terms(self, x, y, outputs):
        adversarial_loss = self.adversarial_term(outputs["label"])
        return {**super().terms(x, y, outputs), "adversarial_loss": adversarial_loss}

    def total(self, means):
        return super().total(means) + self.adversarial_weight * means["adversarial_loss"]


@keras.saving.register_keras_serializable(package="zoo")
class AutoClassifierGeneratorGame(AutoClassifier):
    """AC (nc) v1: the generator is the adversary, and tells real label vectors from made ones.

    With the classifier's ŷ = softmax(C(x)) and the losses of a variant of the slides' value
    function E log G+(y) + E log(1 - G+(C(x))), each documented by `zoo.losses.generator_game`:

        generator_real_loss  mean over the labeled rows of real(x_i, G(y_i))
        generator_fake_loss  mean_i fake(x_i, G(ŷ_i))
        adversarial_loss     mean_i player(x_i, G(ŷ_i))
        classifier minimizes  λ · L_C + γ · adversarial_loss

    In the variant "energy", the default, the generator must rebuild x from the real label and must
    not from the classifier's, while the classifier wants it to. The slides' function alone is
    λ = 0, γ = 1; the supervised term is an addition, on by default.

    As every row of a class has the same real label, a step runs the generator once for each class
    and not once for each row. Label vectors that are not one-hot count as their largest entry
    there. The players' term is taken from the moved generator without dropout and with the moving
    moments of its batch normalization: their half of the step leaves the generator as it is.

    Args:
        classifier: as for `AutoClassifier`.
        generator: as for `AutoClassifier`; in the variant "two_heads" it returns a pair, pixel
            logits and one logit (batch_size, 1), as `zoo.networks.discriminative_generator` does.
        variant: `"energy"`, `"two_heads"` or `"pixels"`.
        margin: of the variant "energy": the image error of made vectors is pushed up to it; None
            for the literal logarithm.
        classification_weight: λ, at least 0.
        adversarial_weight: γ, at least 0.
        **kwargs: `label_loss`, `reconstruction_loss` and `label_smoothing` as for `AutoClassifier`,
            `adversarial_loss` and `adversary_steps` as for `MinMaxGame`, `augmentation` as for
            `ZooModel`.

    Raises:
        InputError: as for `AutoClassifier`, an unknown variant, or a negative margin.

    Reference: I. M. Kamal and H. Bae, slides A, "Non-cooperative Auto-classifier via generator".
    """

    adversary = "generator"
    adversary_term_names = ("generator_real_loss", "generator_fake_loss")
    term_names = ("classification_loss",)
    real_terms = ("generator_real_loss",)
    decided = ("cooperation", "discriminator")
    generates_from_labels = True

    def __init__(
        self,
        classifier: keras.Model,
        generator: keras.Model,
        variant: str = "energy",
        margin: float | None = 0.1,
        classification_weight: float = 1.0,
        adversarial_weight: float = 1.0,
        **kwargs: Any,
    ) -> None:
        self.variant = variant
        super().__init__(
            classifier, generator, AdjustedCooperation(classification_weight), **kwargs
        )
        if variant == "pixels" and self.scaling is not None:
            raise InputError(
                "In the variant 'pixels' every pixel is a probability, which standardized features "
                "are not. Received: variant='pixels'."
            )
        self.game = generator_game(variant, self.image_distance, self.adversarial_loss, margin)
        check_number("adversarial_weight", adversarial_weight)
        self.margin = margin
        self.classification_weight = classification_weight
        self.adversarial_weight = adversarial_weight

    def check_generator(self):
        heads = 2 if self.variant == "two_heads" else 1
        label_vectors.check_generator(self.classifier, self.generator, heads)

    def pixel_logits(self, label, training=False):
        judged = self.generator(label, training=training)
        return judged[0] if self.variant == "two_heads" else judged

    def forward(self, x, y=None, sample_weight=None, training=False):
        class_logits = self.classifier(x, training=training)
        return {"class_logits": class_logits, "label": label_vectors.probabilities(class_logits)}

    def forward_after_adversary(self, outputs, training=False):
        judged = self.generator(outputs["label"], training=False)
        pixel_logits = judged[0] if self.variant == "two_heads" else judged
        return {**outputs, "judged": judged, "pixel_logits": pixel_logits}

    def adversary_terms(self, x, y, outputs, training):
        classes = _classes_of_this_replica(self.num_classes)
        first = tf.shape(classes)[0]
        made = tf.concat([classes, outputs["label"]], axis=0)
        judged = self.generator(made, training=training)
        number = tf.argmax(y, axis=-1)

        def of_each_row(part):
            return tf.gather(_on_every_replica(part[:first], self.num_classes), number)

        real = tf.nest.map_structure(of_each_row, judged)
        fake = tf.nest.map_structure(lambda part: part[first:], judged)
        return {
            "generator_real_loss": self.game.real(x, real),
            "generator_fake_loss": self.game.fake(x, fake),
        }

    def terms(self, x, y, outputs):
        return {
            "classification_loss": self.classification_term(y, outputs),
            "adversarial_loss": self.game.player(x, outputs["judged"]),
        }

    def total(self, means):
        classification = self.classification_weight * means["classification_loss"]
        return classification + self.adversarial_weight * means["adversarial_loss"]


def _classes_of_this_replica(num_classes):
    """The one-hot labels on the first replica, none on the others.

    On each, they would count once for each replica in the moments of batch normalization.
    """
    classes = tf.eye(num_classes)
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return classes
    is_first = tf.equal(tf.distribute.get_replica_context().replica_id_in_sync_group, 0)
    return classes[: num_classes * tf.cast(is_first, "int32")]


def _on_every_replica(rows, num_classes):
    """What the first replica made of `_classes_of_this_replica`, on all of them."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return rows
    missing = num_classes - tf.shape(rows)[0]
    return sum_over_replicas(tf.pad(rows, [[0, missing], *[[0, 0]] * (len(rows.shape) - 1)]))
