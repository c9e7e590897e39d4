"""Categorical GAN: a classifier that is sure of real images, and is not of made ones."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo import priors
from zoo.errors import check_count, check_number
from zoo.losses import cross_entropy, entropy
from zoo.models import codes, label_vectors, latent_vectors
from zoo.models.base.batch_moments import moments_at_rest
from zoo.models.base.class_model import ClassModel
from zoo.networks.replicas import sum_over_replicas


@keras.saving.register_keras_serializable(package="zoo")
class CategoricalGAN(ClassModel):
    """CatGAN: the discriminator is the classifier, and tells by how sure it is.

        p(x) = softmax(classifier(x)),  g = sigmoid(generator(z)),  z ~ U(0, 1)
        H(p) = -Σ_c p_c log p_c, in nats;  p̄ the mean of p over the rows of the global batch

        The generator minimizes, first:
        generated_entropy        mean_i H(p(g_i))
        generated_marginal_loss  -H(p̄),  p̄ = mean_i p(g_i)
        The classifier minimizes, then, and sees the images of the moved generator:
        classification_loss      L_C = Σ_i w_i · (-log p(x_i)_{y_i}) / Σ_i w_i
        conditional_entropy      mean_i H(p(x_i))
        marginal_entropy         H(p̄),  p̄ = mean_i p(x_i)
        adversarial_loss         -mean_i H(p(g_i))
        loss = λ · L_C + conditional_entropy - marginal_entropy + adversarial_loss

    Real images belong each to one class, and to all classes alike; of made ones the classifier is
    to know nothing, while the generator wants the same of them as holds for the real ones.

    The marginal entropy is written as a term of each row, -Σ_c p(x_i)_c log p̄_c with p̄ constant:
    its mean is H(p̄), and so is its gradient, as p̄ is the best code of the rows and, to first
    order, no other one near it is better or worse.

    Real and made images pass the classifier by themselves, so that batch normalization takes each
    by its own moments; its running moments are those of the real ones.

    Semi-supervised training: weights of 0 for unlabeled rows reach L_C alone. Without any weight
    above 0 it clusters.

    Args:
        classifier: any built classifier, images (batch_size, height, width, channels) in [0, 1] to
            class logits (batch_size, num_classes); the paper's adds noise to every layer.
        generator: built model, numbers (batch_size, latent_size) to pixel logits of the images'
            shape.
        classification_weight: λ, at least 0.
        seed: of the draws.
        **kwargs: `label_loss` and `label_smoothing` as for `zoo.Classifier`, `adversary_steps` as
            for `MinMaxGame`, `augmentation` as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Class probabilities (batch_size, num_classes), float32; metrics given to `compile` see
        them beside one-hot labels.

    Raises:
        InputError: a generator of other images, a negative weight, or labels that are missing,
            out of range or of another shape.

    Example:

        model = zoo.create_model("catgan", input_shape=(28, 28, 1), num_classes=10)
        model.compile(optimizer="adam")
        model.fit(images, numbers, sample_weight=is_labeled, epochs=30)
        new_images = model.sample(25)

    Reference: J. T. Springenberg, Unsupervised and semi-supervised learning with categorical
    generative adversarial networks, ICLR 2016, equations 7 and 9, arXiv:1511.06390.
    """

    adversary = "generator"
    adversary_term_names = ("generated_entropy", "generated_marginal_loss")
    logit_roles = ("classifier", "generator")
    decided = ("adversarial_loss",)

    def __init__(
        self,
        classifier: keras.Model,
        generator: keras.Model,
        classification_weight: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        terms = ("classification_loss", "conditional_entropy", "marginal_entropy")
        super().__init__({"classifier": classifier, "generator": generator}, terms, **kwargs)
        check_number("classification_weight (lambda)", classification_weight)
        latent_vectors.check_generator(generator, self.input_shape[1:])
        self.code_size = generator.input_shape[-1]
        self.prior = latent_vectors.uniform_prior(self.code_size)
        self.classification_weight = classification_weight
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)

    def decode(self, code) -> Any:
        """Images in [0, 1] made from latent vectors (batch_size, code_size), float32."""
        return codes.decode(self.generator, code, self.scaling)

    def sample(self, n: int) -> Any:
        """`n` images in [0, 1] made from draws of z, float32."""
        check_count("n", n)
        return self.decode(priors.draw(self.prior, n, self.seeds))

    def forward(self, x, y=None, sample_weight=None, training=False):
        outputs = {"class_logits": self.classifier(x, training=training)}
        if y is not None:
            outputs["latent"] = latent_vectors.draw(self.prior, x, self.seeds)
        return outputs

    def adversary_terms(self, x, y, outputs, training):
        made = self.made(self.generator(outputs["latent"], training=training))
        p = self._probabilities_of_made(made, training)
        return {"generated_entropy": entropy(p), "generated_marginal_loss": -marginal_entropy(p)}

    def forward_after_adversary(self, outputs, training=False):
        if "latent" not in outputs:
            return outputs
        with moments_at_rest(self.generator):
            made = self.made(self.generator(outputs["latent"], training=training))
        p = self._probabilities_of_made(tf.stop_gradient(made), training)
        return {**outputs, "probabilities_of_made": p}

    def _probabilities_of_made(self, made, training):
        with moments_at_rest(self.classifier):
            return label_vectors.probabilities(self.classifier(made, training=training))

    def terms(self, x, y, outputs):
        p = self.predictions(outputs)
        return {
            "classification_loss": self.classification_term(y, outputs),
            "conditional_entropy": entropy(p),
            "marginal_entropy": marginal_entropy(p),
            "adversarial_loss": -entropy(outputs["probabilities_of_made"]),
        }

    def total(self, means):
        classification = self.classification_weight * means["classification_loss"]
        certainty = means["conditional_entropy"] - means["marginal_entropy"]
        return classification + certainty + means["adversarial_loss"]


def marginal_entropy(p: Any) -> Any:
    """Each row's part in the entropy of the mean distribution, in nats.

        -Σ_c p_ic log p̄_c,  p̄ = mean_i p_i over the rows of all replicas

    Its mean over the rows is H(p̄) ≤ log(classes). p̄ is not differentiated.

    Args:
        p: probabilities (batch_size, classes), float32.

    Returns:
        (batch_size,), float32.
    """
    rows = tf.cast(tf.shape(p)[0], "float32")
    sums = sum_over_replicas(tf.concat([tf.reduce_sum(p, axis=0), [rows]], axis=0))
    # A class that no row has at all, to the last digit, costs nothing and not infinity.
    mean = tf.maximum(sums[:-1] / sums[-1], np.finfo("float32").tiny)
    return cross_entropy(p, tf.stop_gradient(mean))
