"""M1+M2: a deep generative classifier on the codes of a variational auto-encoder."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import priors
from zoo import probability as tfd
from zoo.errors import check_number
from zoo.models import codes, gate, label_vectors
from zoo.models.deep_generative_classifiers import (
    GenerativeClassModel,
    check_conditional,
    normal,
)
from zoo.models.likelihoods import likelihood_of


@keras.saving.register_keras_serializable(package="zoo")
class StackedGenerativeClassifier(GenerativeClassModel):
    """M1+M2: M1 learns codes of all images; M2 learns classes on draws of these codes.

        M1  q(a|x) = N(m, diag s²),  (m, r) = image_encoder(x),  s = softplus(r) + 1e-5
            p(x|a) = Bernoulli(sigmoid(image_decoder(a))),  p(a) = N(0, I)
        M2  as `zoo.DeepGenerativeClassifier`, with a ~ q(a|x) in place of the image:
            q(y|a) = softmax(separator(a)),  q(z|a,y) by encoder(a, y),
            p(a|y,z) = N(m, diag s²),  (m, r) = decoder(z, y)

        reconstruction_loss  -log p(x_i | a_i)                                 nats per image
        kl_loss              KL(q(a|x_i) ‖ p(a))                               nats per image
        bound_loss           M2's bound of a_i, with its label or without      nats per code
        classification_loss  L_C = Σ_i w_i · (-log q(y_i|a_i)) / Σ_i w_i       nats

        stage "codes":   loss = mean_i reconstruction_loss_i + beta · mean_i kl_loss_i; M1 moves
        stage "classes": loss = mean_i bound_loss_i + α · L_C; M2 moves

    The paper's `beta` is 1. Below it the codes have less noise and lie less like the prior, whose
    one Gaussian knows no classes. The terms of the other stage are shown as 0. Answers are q(y|a)
    at a = m, the posterior's mean.

    Args:
        image_encoder: built model, images (batch_size, height, width, channels) in [0, 1] to
            (batch_size, 2 · feature_size): means, then raw scales.
        image_decoder: built model, (batch_size, feature_size) to pixel logits.
        separator: built model, (batch_size, feature_size) to class logits.
        encoder: built model, [(batch_size, feature_size), label vectors] to the parameters
            (batch_size, 2 · code_size) of q(z|a,y).
        decoder: built model, [codes (batch_size, code_size), label vectors] to the parameters
            (batch_size, 2 · feature_size) of p(a|y,z).
        classification_weight: α, at least 0.
        beta: weight of M1's divergence, at least 0.
        stages: (part, share of the epochs[, learning rate]), see `zoo.models.base.stages`; the
            parts are `"codes"` and `"classes"`.
        **kwargs: as for `zoo.DeepGenerativeClassifier`.

    Call arguments, returns: as for `zoo.DeepGenerativeClassifier`.

    Raises:
        InputError: as for `zoo.DeepGenerativeClassifier`, or an unknown stage.

    Reference: D. P. Kingma et al., Semi-supervised learning with deep generative models, NIPS
    2014, section 2.1, "Stacked generative semi-supervised model", arXiv:1406.5298.
    """

    logit_roles = ("separator", "image_decoder")
    class_role = "separator"
    parts = ("codes", "classes")

    def __init__(
        self,
        image_encoder: keras.Model,
        image_decoder: keras.Model,
        separator: keras.Model,
        encoder: keras.Model,
        decoder: keras.Model,
        classification_weight: float = 0.1,
        beta: float = 1.0,
        stages: Sequence[Sequence[Any]] = (("codes", 1), ("classes", 2)),
        **kwargs: Any,
    ) -> None:
        networks = {
            "image_encoder": image_encoder,
            "image_decoder": image_decoder,
            "separator": separator,
            "encoder": encoder,
            "decoder": decoder,
        }
        terms = ("classification_loss", "bound_loss", "reconstruction_loss", "kl_loss")
        super().__init__(networks, terms, classification_weight, stages=stages, **kwargs)
        check_number("beta", beta)
        self.beta = beta
        self.feature_prior = priors.standard_normal(image_decoder.input_shape[-1])

    def check_codes(self):
        codes.check_pair(self.image_encoder, self.image_decoder, numbers_per_dimension=2)
        (size,) = self.image_decoder.input_shape[1:]
        codes.check_separator(self.separator, (size,))
        check_conditional(self.encoder, self.decoder, (size,), (2 * size,), self.num_classes)

    def classifier(self, x, training=False) -> Any:
        """Class logits of images, at the mean of their codes."""
        mean = normal(self.image_encoder(x, training=training)).mean()
        return self.separator(mean, training=training)

    def classify(self, x) -> Any:
        """q(y|a): class probabilities (batch_size, num_classes) of images, float32."""
        return label_vectors.probabilities(self.classifier(self.scaled(self.take(x))))

    def elbo(self, x, y=None) -> Any:
        """Lower bounds of log p(x, y) or, without labels, of log p(x), (batch_size,), in nats.

        -L(x, y) = log p(x|a) - L(a, y) + H(q(a|x)),  a ~ q(a|x)
        """
        x = self.scaled(self.take(x))
        posterior = normal(self.image_encoder(x, training=False))
        feature = priors.draw(posterior, (), self.seeds)
        made = likelihood_of(self, self.image_decoder(feature, training=False))
        image = made.log_prob(tf.cast(x, "float32")) + posterior.entropy()
        if y is not None:
            weight, y = None, gate.one_each(x, self.take_labels(y), "label")
        else:
            y = tf.zeros((tf.shape(x)[0], self.num_classes))
            weight = tf.zeros(tf.shape(x)[:1])
        logits = self.separator(feature, training=False)
        return image - self._bound(feature, y, weight, logits, training=False)["bound"]

    def variables_of(self, part):
        roles = ("image_encoder", "image_decoder")
        if part == "classes":
            roles = ("separator", "encoder", "decoder")
        moving = [v for role in roles for v in self.networks[role].trainable_variables]
        return moving + ([self.log_scale] if part == "codes" and self.log_scale is not None else [])

    def forward(self, x, y=None, sample_weight=None, training=False):
        if y is None:
            return {"class_logits": self.classifier(x, training=training)}
        learns_codes = self.stage == "codes"
        posterior = normal(self.image_encoder(x, training=training and learns_codes))
        feature = priors.draw(posterior, (), self.seeds)
        if learns_codes:
            image = tf.cast(x, "float32")
            made = likelihood_of(self, self.image_decoder(feature, training=training))
            return {
                "class_logits": self.separator(feature, training=False),
                "reconstruction": -made.log_prob(image),
                "divergence": tfd.kl_divergence(posterior, self.feature_prior),
            }
        feature = tf.stop_gradient(feature)
        logits = self.separator(feature, training=training)
        bound = self._bound(feature, y, sample_weight, logits, training)
        if not training:
            # What is shown beside the bound is how good the answers are.
            logits = self.classifier(x)
        return {"class_logits": logits, **bound}

    def terms(self, x, y, outputs):
        nothing = tf.zeros(tf.shape(x)[:1])
        if self.stage == "codes":
            return {
                "classification_loss": nothing,
                "bound_loss": nothing,
                "reconstruction_loss": outputs["reconstruction"],
                "kl_loss": outputs["divergence"],
            }
        return {**super().terms(x, y, outputs), "reconstruction_loss": nothing, "kl_loss": nothing}

    def total(self, means):
        image = means["reconstruction_loss"] + self.beta * means["kl_loss"]
        return super().total(means) + image

    def _likelihood(self, parameters):
        return normal(parameters)

    def _pixel_logits(self, parameters):
        return self.image_decoder(normal(parameters).mean(), training=False)
