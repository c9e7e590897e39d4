"""Virtual adversarial training: a classifier that answers alike where its answer changes most."""

from typing import Any

import keras
import tensorflow as tf

from zoo.errors import check_length, check_number
from zoo.losses import entropy
from zoo.models import label_vectors
from zoo.models.base.batch_moments import (
    moments_at_rest,
    share_of_first,
    unlabeled_and_labeled,
)
from zoo.models.classifiers import Classifier
from zoo.networks.normalization import moments_of_groups, use_own_normalization
from zoo.networks.precision import as_full, in_float32, is_half


@keras.saving.register_keras_serializable(package="zoo")
class VirtualAdversarialClassifier(Classifier):
    """VAT: the classifier's distribution is kept smooth around every row, labeled or not.

        p(x) = softmax(classifier(x))
        d ← unit vector of a Gaussian draw; then, `power_iterations` times,
        d ← unit vector of ∇_d KL(p(x) ‖ p(x + ξ d))
        classification_loss  L_C = Σ_i w_i · d(y_i, p(x_i)) / Σ_i w_i
        smoothness_loss      L_S = mean_i KL(p(x_i) ‖ p(x_i + ε d_i)), in nats, over the rows with a
                             weight of 0 where there are some, else over all
        conditional_entropy  H = mean_i -Σ_c p(x_i)_c log p(x_i)_c, in nats, over the same rows
        loss = L_C + λ · L_S + η · H

    With η above 0 it is what the paper calls VAT + EntMin, whose answers become sure as well. In
    L_S neither p(x) nor d is differentiated. The gradient points along the direction in which the
    answer changes most, up to its sign: it is a step of the power iteration with the Hessian of the
    KL divergence, whose first derivative vanishes at d = 0. The perturbed passes leave the moments
    of batch normalization alone, and normalize by those of their own batch.

    Semi-supervised training: weights of 0 for unlabeled rows reach L_C alone. In L_C batch
    normalization then takes the moments of the labeled rows, and in L_S those of the others; the
    running moments are the others'; where a batch has fewer than ten rows of either kind, all its
    rows are taken together. With common moments a few labels are learned by heart, away
    from all other rows: on 100 labels of MNIST four classes were lost that way.

    Args:
        classifier: any built classifier, images (batch_size, height, width, channels) in [0, 1] to
            class logits (batch_size, num_classes).
        epsilon: ε, the L2 norm of the perturbation, at least 0.
        smoothness_weight: λ, at least 0.
        entropy_weight: η, at least 0.
        power_iterations: from 1 to 1000.
        xi: ξ, the step of the finite difference, above 0. The paper's code has 1e-6, at
            which float32 rounds: on digits the direction then had a cosine of 0.77 with that of
            the exact Hessian, and of 1.00 at 1e-2.
        seed: of the draws.
        **kwargs: as for `zoo.Classifier`.

    Call arguments, returns: as for `zoo.Classifier`.

    Raises:
        InputError: as for `zoo.Classifier`, or a number out of its range.

    Reference: T. Miyato et al., Distributional smoothing with virtual adversarial training, ICLR
    2016, equations 3 to 9, arXiv:1507.00677; Virtual adversarial training, TPAMI 41(8), 2019,
    doi:10.1109/TPAMI.2018.2858821.
    """

    further_terms = ("smoothness_loss", "conditional_entropy")

    def __init__(
        self,
        classifier: keras.Model,
        epsilon: float = 2.0,
        smoothness_weight: float = 1.0,
        entropy_weight: float = 0.0,
        power_iterations: int = 1,
        xi: float = 1e-2,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(classifier, **kwargs)
        use_own_normalization(classifier)
        check_number("epsilon", epsilon)
        check_number("smoothness_weight (lambda)", smoothness_weight)
        check_number("entropy_weight (eta)", entropy_weight)
        check_length("power_iterations", power_iterations)
        check_number("xi", xi, minimum=1e-12)
        self.epsilon = epsilon
        self.smoothness_weight = smoothness_weight
        self.entropy_weight = entropy_weight
        self.power_iterations = power_iterations
        self.xi = xi
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)

    def perturbation(self, x, class_logits=None, training=False, counting=1.0) -> Any:
        """ε · d of each row, of the shape of `x`; found in float32, whatever the precision.

        Args:
            x: images.
            class_logits: those of `x` in float32, if known.
            training: whether batch normalization takes the batch's moments.
            counting: 1 for the rows whose divergence counts, and 0 for those whose perturbation
                nobody asks for. Through the moments it would bend that of the others.
        """
        x = as_full(x)
        direction = _unit(draw_direction(x, self.seeds))
        # ξ d is lost in the roundings of half precision, and so is what it changes.
        with in_float32(self.classifier):
            if class_logits is None:
                with moments_at_rest(self.classifier):
                    class_logits = self.classifier(x, training=training)
            for _ in range(self.power_iterations):
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(direction)
                    near = x + tf.cast(self.xi * direction, x.dtype)
                    # A sum: every row has a direction of its own.
                    divergence = self._divergence(class_logits, near, training)
                    change = tf.reduce_sum(counting * divergence)
                direction = tf.stop_gradient(_unit(tape.gradient(change, direction)))
        return self.epsilon * direction

    def forward(self, x, y=None, sample_weight=None, training=False):
        if sample_weight is None or not training:
            return self._smoothness(x, y, training)
        groups = unlabeled_and_labeled(sample_weight, tf.shape(x)[0])
        with moments_of_groups(groups):
            outputs = self._smoothness(x, y, training, groups[:, 0])
        counted = {key: outputs[key] * share_of_first(groups) for key in ("divergence", "entropy")}
        return {**outputs, **counted}

    def _smoothness(self, x, y, training, counting=1.0):
        outputs = super().forward(x, y, None, training)
        if y is not None:
            logits = outputs["class_logits"]
            # Those of half precision differ from its own by more than ξ d does.
            known = None if is_half(self.classifier) else logits
            perturbation = self.perturbation(x, known, training, counting)
            x = as_full(x)
            near = x + tf.cast(perturbation, x.dtype)
            outputs["divergence"] = self._divergence(logits, near, training)
            outputs["entropy"] = entropy(label_vectors.probabilities(logits))
        return outputs

    def _divergence(self, class_logits, near, training):
        """KL(p(x) ‖ p(near)) of each row, p(x) by its logits and fixed."""
        with moments_at_rest(self.classifier):
            near_logits = tf.cast(self.classifier(near, training=training), "float32")
        log_p = tf.nn.log_softmax(tf.stop_gradient(tf.cast(class_logits, "float32")))
        return tf.reduce_sum(tf.exp(log_p) * (log_p - tf.nn.log_softmax(near_logits)), axis=-1)

    def terms(self, x, y, outputs):
        further = {
            "smoothness_loss": outputs["divergence"],
            "conditional_entropy": outputs["entropy"],
        }
        return {**super().terms(x, y, outputs), **further}

    def total(self, means):
        smoothness = self.smoothness_weight * means["smoothness_loss"]
        certainty = self.entropy_weight * means["conditional_entropy"]
        return super().total(means) + smoothness + certainty


def draw_direction(x, seeds: keras.random.SeedGenerator) -> Any:
    """A Gaussian draw of the shape of `x`, where the power iteration starts."""
    return keras.random.normal(tf.shape(x), dtype="float32", seed=seeds)


def _unit(direction):
    """Rows of L2 norm 1."""
    axes = list(range(1, direction.shape.rank))
    # Scaled first, so that the squares of tiny gradients do not vanish.
    largest = tf.reduce_max(tf.abs(direction), axis=axes, keepdims=True)
    direction = tf.math.divide_no_nan(direction, largest)
    return tf.math.l2_normalize(direction, axis=axes, epsilon=1e-12)
