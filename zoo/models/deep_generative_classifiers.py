"""M2: a variational auto-encoder whose class is a latent variable where no label tells it."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from zoo import priors
from zoo import probability as tfd
from zoo.errors import InputError, check_number
from zoo.losses import entropy
from zoo.models import allowed, gate, label_vectors
from zoo.models.base.class_model import ClassModel
from zoo.models.likelihoods import add_likelihood, likelihood_of
from zoo.networks.replicas import sum_over_replicas

# Keeps log σ finite where a network asks for no spread at all.
_SMALLEST_SCALE = 1e-5


class GenerativeClassModel(ClassModel):
    """What M1+M2 and M2 share: codes and classes make the data, of an image or of its code.

    A leaf has the networks `encoder` and `decoder`, both told a class, and the three hooks below;
    `_bound` gives its `forward` the bounds of data.

    Args:
        networks: as for `ClassModel`.
        term_names: as for `ClassModel`.
        classification_weight: α of the leaves, at least 0.
        seed: of the draws.
        likelihood: of the inputs, as for `zoo.VariationalAutoencoder`, without `"mse"`.
        likelihood_scale: as for `zoo.VariationalAutoencoder`.
        labelled_share: r, the part of the rows that are labeled: of batches with labeled and
            unlabeled rows, the bound is r times the mean over the former plus 1 - r times that
            over the latter. None takes the mean over all rows of the batch.
        **kwargs: as for `ClassModel`.
    """

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        term_names: tuple[str, ...],
        classification_weight: float,
        seed: int | None = None,
        likelihood: str | None = None,
        likelihood_scale: float | str | None = None,
        labelled_share: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(networks, term_names, **kwargs)
        if labelled_share is not None:
            check_number("labelled_share", labelled_share, maximum=1)
        self.labelled_share = labelled_share
        add_likelihood(self, likelihood, likelihood_scale)
        if self.likelihood == "mse":
            raise InputError("A bound needs a whole likelihood. Received: likelihood='mse'.")
        check_number("classification_weight (alpha)", classification_weight)
        self.check_codes()
        self.classification_weight = classification_weight
        self.prior = priors.standard_normal(self.decoder.input_shape[0][-1])
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)

    def check_codes(self) -> None:
        """Raises `InputError` unless encoder and decoder fit the data and each other."""
        raise NotImplementedError

    def _likelihood(self, parameters) -> "tfd.Distribution":
        """p(data|y,z) by what the decoder returns."""
        raise NotImplementedError

    def _pixel_logits(self, parameters):
        """The logits of an image by what the decoder returns."""
        raise NotImplementedError

    def generate(self, y, code=None) -> Any:
        """Images in [0, 1] of classes, float32.

        Args:
            y: class numbers (batch_size,) or label vectors (batch_size, num_classes).
            code: (batch_size, code_size); None takes the prior's mean for all.
        """
        y = self.take_labels(y)
        if code is None:
            code = tf.zeros((tf.shape(y)[0], *self.prior.event_shape))
        code = gate.take(allowed.numbers("codes", tuple(self.prior.event_shape)), code)
        code = gate.one_each(y, code, "code")
        made = self.decoder([tf.convert_to_tensor(code), y], training=False)
        return self.restored(self._pixel_logits(made))

    def _bound(self, data, y, sample_weight, class_logits, training):
        """The term of each row: with its label where that is known, else without."""
        if y is None:
            return {}
        if sample_weight is None:
            return {"bound": self._bounds(data, y[:, tf.newaxis], training)[:, 0]}
        bounds = self._bounds(data, self._every_class(data), training)
        unlabeled = self._unlabeled_bound(bounds, label_vectors.probabilities(class_logits))
        labeled = tf.reshape(sample_weight, [-1]) > 0
        bound = tf.where(labeled, tf.reduce_sum(y * bounds, axis=-1), unlabeled)
        return {"bound": bound * self._shares(labeled)}

    def _shares(self, labeled):
        """What makes the mean over the batch that over a set with `labelled_share`, by row."""
        if self.labelled_share is None:
            return tf.ones_like(labeled, "float32")
        groups = tf.stack([labeled, ~labeled], axis=1)
        groups = tf.cast(groups, "float32")
        counts = sum_over_replicas(tf.reduce_sum(groups, axis=0))
        shares = tf.constant([self.labelled_share, 1.0 - self.labelled_share])
        shares = tf.math.divide_no_nan(shares * tf.reduce_sum(counts), counts)
        # Rows of one kind alone are a batch like any other.
        shares = tf.where(tf.reduce_min(counts) > 0, shares, tf.ones_like(shares))
        return tf.linalg.matvec(groups, shares)

    def _every_class(self, data):
        """One-hot vectors of all classes for each row, (batch_size, num_classes, num_classes)."""
        one_each = tf.eye(self.num_classes)[tf.newaxis]
        return tf.tile(one_each, [tf.shape(data)[0], 1, 1])

    def _unlabeled_bound(self, bounds, p):
        """U of bounds L of every class and class probabilities, both (batch_size, classes)."""
        return tf.reduce_sum(p * bounds, axis=-1) - entropy(p)

    def _bounds(self, data, y, training):
        """L(x, y) of each row with each of some labels (batch_size, n, classes): (batch_size, n)"""
        data = tf.cast(data, "float32")
        count = tf.shape(y)[1]
        data = tf.repeat(data, count, axis=0)
        y = tf.reshape(y, (-1, self.num_classes))
        posterior = normal(self.encoder([data, y], training=training))
        code = priors.draw(posterior, (), self.seeds)
        made = self._likelihood(self.decoder([code, y], training=training))
        bound = tfd.kl_divergence(posterior, self.prior) - made.log_prob(data)
        return tf.reshape(bound + math.log(self.num_classes), (-1, count))

    def terms(self, x, y, outputs):
        return {
            "classification_loss": self.classification_term(y, outputs),
            "bound_loss": outputs["bound"],
        }

    def total(self, means):
        return means["bound_loss"] + self.classification_weight * means["classification_loss"]


@keras.saving.register_keras_serializable(package="zoo")
class DeepGenerativeClassifier(GenerativeClassModel):
    """M2: images are made from a class and a code; a classifier guesses the class.

        p(x|y,z) = Bernoulli(sigmoid(decoder(z, y))),  p(y) = 1 / num_classes,  p(z) = N(0, I)
        q(z|x,y) = N(m, diag s²),  (m, r) = encoder(x, y),  s = softplus(r) + 1e-5
        q(y|x) = softmax(classifier(x))

        L(x, y) = -log p(x|y,z) + log num_classes + KL(q(z|x,y) ‖ p(z)),  z ~ q(z|x,y)
        U(x)    = Σ_y q(y|x) · L(x, y) - H(q(y|x)),  the sum over all classes

        bound_loss           L(x_i, y_i) of a labeled row, U(x_i) of another    nats per image
        classification_loss  L_C = Σ_i w_i · (-log q(y_i|x_i)) / Σ_i w_i         nats
        loss = mean_i bound_loss_i + α · L_C

    L bounds -log p(x, y), and U bounds -log p(x). In `fit`, rows with a weight of 0 are the
    unlabeled ones. Without weights every row is labeled, and only its own class is computed. With
    `labelled_share` the first mean is that of a set with so many labeled rows, whatever its batches
    hold of them, as in the paper's sum over all rows. The paper's α is 0.1 of the number of all
    rows for the sum over the labeled ones: for the means here that is 0.1, whatever the part of the
    labeled.

    Answers are q(y|x). The metrics given to `compile` see them beside one-hot labels.

    Args:
        classifier: built model, images (batch_size, height, width, channels) in [0, 1] to class
            logits (batch_size, num_classes).
        encoder: built model, [images, label vectors (batch_size, num_classes)] to the posterior's
            parameters (batch_size, 2 · code_size): means, then raw scales.
        decoder: built model, [codes (batch_size, code_size), label vectors] to pixel logits.
        classification_weight: α, at least 0.
        **kwargs: `seed`, of the draws, `labelled_share`, the part of the training rows that are
            labeled (None takes the batch's), `likelihood` and `likelihood_scale` of the inputs as
            for `zoo.VariationalAutoencoder`, `label_loss` and `label_smoothing` as for
            `zoo.Classifier`, `augmentation` as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Class probabilities (batch_size, num_classes), float32.

    Raises:
        InputError: networks that do not fit each other, a negative weight, or labels that are
            missing, out of range or of another shape.

    Example:

        model = zoo.create_model("m2", input_shape=(28, 28, 1), num_classes=10)
        model.compile(optimizer="adam")
        model.fit(images, numbers, sample_weight=is_labeled, epochs=20)
        sevens = model.generate([7, 7, 7], model.prior.sample(3))

    Reference: D. P. Kingma et al., Semi-supervised learning with deep generative models, NIPS
    2014, equations 6 to 9, arXiv:1406.5298.
    """

    logit_roles = ("classifier", "decoder")

    def __init__(
        self,
        classifier: keras.Model,
        encoder: keras.Model,
        decoder: keras.Model,
        classification_weight: float = 0.1,
        **kwargs: Any,
    ) -> None:
        networks = {"classifier": classifier, "encoder": encoder, "decoder": decoder}
        terms = ("classification_loss", "bound_loss")
        super().__init__(networks, terms, classification_weight, **kwargs)

    def check_codes(self):
        shape = self.input_shape[1:]
        check_conditional(self.encoder, self.decoder, shape, shape, self.num_classes)

    def elbo(self, x, y=None) -> Any:
        """Lower bounds of log p(x, y) or, without labels, of log p(x), (batch_size,), in nats."""
        x = self.take(x)
        data = self.scaled(tf.cast(x, "float32"))
        if y is None:
            bounds = self._bounds(data, self._every_class(data), training=False)
            return -self._unlabeled_bound(bounds, self.classify(x))
        y = gate.one_each(x, self.take_labels(y), "label")
        return -self._bounds(data, y[:, tf.newaxis], training=False)[:, 0]

    def forward(self, x, y=None, sample_weight=None, training=False):
        outputs = {"class_logits": self.classifier(x, training=training)}
        return {**outputs, **self._bound(x, y, sample_weight, outputs["class_logits"], training)}

    def _likelihood(self, parameters):
        return likelihood_of(self, parameters)

    def _pixel_logits(self, parameters):
        return parameters


def normal(parameters) -> "tfd.Distribution":
    """N(m, diag s²) of means and raw scales (batch_size, 2 · size), s = softplus(raw) + 1e-5."""
    mean, raw_scale = tf.split(tf.cast(parameters, "float32"), 2, axis=-1)
    return tfd.Independent(tfd.Normal(mean, tf.math.softplus(raw_scale) + _SMALLEST_SCALE), 1)


def check_conditional(
    encoder: keras.Model,
    decoder: keras.Model,
    data_shape: tuple[int, ...],
    made_shape: tuple[int, ...],
    num_classes: int,
) -> None:
    """Raises `InputError` unless encoder and decoder are told classes, and fit each other.

    Args:
        encoder: [data, label vectors] to two numbers a code dimension.
        decoder: [codes, label vectors] to data, or to what describes their distribution.
        data_shape: of the data that the encoder takes.
        made_shape: of what the decoder makes.
        num_classes: of the label vectors.
    """
    taken, coded, given, made = (
        [tuple(shape[1:]) for shape in _shapes(each)]
        for each in (
            encoder.input_shape,
            encoder.output_shape,
            decoder.input_shape,
            decoder.output_shape,
        )
    )
    size = given[0][0] if len(given) == 2 and len(given[0]) == 1 else 0
    label = (num_classes,)
    if (taken, coded, given[1:], made) != (
        [tuple(data_shape), label],
        [(2 * size,)],
        [label],
        [tuple(made_shape)],
    ):
        raise InputError(
            f"The encoder must turn data of shape {tuple(data_shape)} and label vectors of length "
            f"{num_classes} into two numbers for each number of the decoder's code, and the "
            f"decoder codes and label vectors into shape {tuple(made_shape)}. Received: an encoder "
            f"from {taken} to {coded} and a decoder from {given} to {made}."
        )


def _shapes(shape) -> list:
    return [shape] if not isinstance(shape[0], tuple | list) else list(shape)
