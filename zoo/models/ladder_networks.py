"""Ladder networks: a classifier whose layers a decoder can free of noise."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError, check_number
from zoo.models import label_vectors
from zoo.models.base.batch_moments import share_of_first, unlabeled_and_labeled
from zoo.models.base.checks import check_network
from zoo.models.classifiers import Classifier
from zoo.networks.ladder import chain, normalizations
from zoo.networks.normalization import (
    BatchNormalization,
    moments_of_groups,
    use_own_normalization,
)


@keras.saving.register_keras_serializable(package="zoo")
class LadderNetwork(Classifier):
    """A ladder network: the noisy path classifies, the decoder rebuilds the clean one from it.

    Both paths go through the layers of the classifier, h_0 = x being the image:

        clean   a_l = W_l h_{l-1},   z_l = (a_l - mean(a_l)) / σ_l,      h_l = φ_l(z_l)
        noisy   ã_l = W_l h̃_{l-1},   z̃_l = (ã_l - mean(ã_l)) / σ̃_l + n,  h̃_l = φ_l(z̃_l)
                h̃_0 = z̃_0 = x + n,   n ~ N(0, noise²),   p̃ = softmax(h̃_L)
        decoder (ẑ_0, ..., ẑ_L) = decoder(z̃_0, ..., z̃_L, p̃)

    with n of the standard deviation `hidden_noise` behind a normalization, where that is given,
    σ² = variance + ε and φ the classifier's layers behind a normalization. Then

        classification_loss  L_C = Σ_i w_i · d(y_i, p̃_i) / Σ_i w_i
        denoising_loss       L_D = mean_i Σ_l λ_l · mean_units ((ẑ_l - a_l) / σ_l)²
        loss = L_C + L_D

    with a_0 = x and σ_0 = 1. This is the paper's cost: z_l and ẑ_l normalized by the clean moments
    differ by just that. Nothing in it is held fixed; what keeps z from collapsing is its
    normalization. In the Γ variant the decoder has the top layer alone, and so has the sum.

    Semi-supervised training: weights of 0 mark unlabeled rows. Where a batch has some, L_D is the
    mean over them, and the moments are those of the labeled and of the unlabeled rows, each by
    themselves, over all replicas. Common ones would let the classifier learn a few labeled rows by
    heart, apart from all others: with 100 labels of MNIST, half of a batch, it gave the others all
    the same class; with L_D over all rows it stayed below 0.92. Where a batch has fewer than ten
    rows of either kind, all its rows are taken together.

    Answers are the clean path's, by running averages of its moments, those of the unlabeled rows
    where there are some (the authors' program takes those of the labeled ones; of Γ with 100 labels
    of MNIST it made no difference); while training, the accuracy is the noisy path's. `evaluate`
    takes L_C of the answers and L_D with noise, as in training, and by the moments of its batches.

    Args:
        classifier: built model, images (batch_size, height, width, channels) in [0, 1] to class
            logits (batch_size, num_classes): a chain with batch normalizations that have neither
            scale nor center, up to the logits, as `zoo.networks.ladder_classifier` makes it.
        decoder: built model, as `zoo.networks.ladder_decoder` makes it: the z̃ of the top layers,
            from the lowest of them up, and p̃, to as many ẑ.
        denoising_weights: λ of each layer that the decoder denoises, from the lowest up, at least
            0. The image counts as one.
        noise: standard deviation of n, at least 0.
        hidden_noise: that of normalized units; None gives them the pixels' `noise`.
        seed: of the draws.
        **kwargs: as for `zoo.Classifier`.

    Call arguments, returns: as for `zoo.Classifier`.

    Raises:
        InputError: as for `zoo.Classifier`, networks that make no ladder, another number of weights
            than layers, or a number out of its range.

    Example:

        model = zoo.create_model("ladder", input_shape=(28, 28, 1), num_classes=10)
        model.compile(optimizer="adam")
        model.fit(images, labels, sample_weight=is_labeled, epochs=5)

    Reference: A. Rasmus et al., Semi-supervised learning with ladder networks, NIPS 2015,
    algorithm 1; section 3.4 for Γ, arXiv:1507.02672.
    """

    further_terms = ("denoising_loss",)

    def __init__(
        self,
        classifier: keras.Model,
        decoder: keras.Model,
        denoising_weights: Sequence[float],
        noise: float = 0.3,
        hidden_noise: float | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(classifier, **kwargs)
        check_network("decoder", decoder, logits=False)
        self.decoder = decoder
        self.roles = (*self.roles, "decoder")
        for network in (classifier, decoder):
            use_own_normalization(network)
        _check_decoder(classifier, decoder)
        _check_weights(denoising_weights, len(decoder.outputs))
        check_number("noise", noise)
        if hidden_noise is not None:
            check_number("hidden_noise", hidden_noise)
        self.denoising_weights = tuple(denoising_weights)
        self.noise = noise
        self.hidden_noise = hidden_noise
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)

    def forward(self, x, y=None, sample_weight=None, training=False):
        if y is None:
            return super().forward(x, y, sample_weight, training)
        groups = unlabeled_and_labeled(sample_weight, tf.shape(x)[0])
        clean = self._climb(x, groups, moves_averages=training)
        hidden = self.noise if self.hidden_noise is None else self.hidden_noise
        noisy = self._climb(x, groups, noise=self.noise, hidden_noise=hidden)
        layers = len(self.denoising_weights)
        top = noisy["normalized"][-layers:]
        answers = label_vectors.probabilities(noisy["class_logits"])
        with moments_of_groups(groups):
            denoised = self.decoder([*top, answers], training=training)
        logits = noisy["class_logits"] if training else self.classifier(x, training=False)
        return {
            "class_logits": logits,
            "shares": share_of_first(groups),
            "features": clean["features"][-layers:],
            "variances": clean["variances"][-layers:],
            "denoised": denoised if isinstance(denoised, list | tuple) else [denoised],
        }

    def _climb(self, x, groups, noise=0.0, hidden_noise=0.0, moves_averages=False):
        """One way up the classifier: a_l, σ_l² and z_l of each layer, the image first; the logits.

        It walks the layers, since there is noise behind each normalization.
        """

        def noised(z, deviation):
            return z + deviation * draw_noise(z, self.seeds) if deviation else z

        h = noised(tf.cast(x, "float32"), noise)
        features, variances, normalized = [x], [1.0], [h]
        for layer in chain(self.classifier):
            if not isinstance(layer, BatchNormalization):
                takes_training = "training" in inspect.signature(layer.call).parameters
                h = layer(h, training=True) if takes_training else layer(h)
                continue
            features.append(h)
            h, variance = layer.normalized(h, groups, moves_averages)
            h = noised(h, hidden_noise)
            variances.append(variance)
            normalized.append(h)
        return {
            "features": features,
            "variances": variances,
            "normalized": normalized,
            "class_logits": h,
        }

    def terms(self, x, y, outputs):
        layers = zip(
            self.denoising_weights,
            outputs["features"],
            outputs["variances"],
            outputs["denoised"],
            strict=True,
        )
        costs = [weight * _mean_error(a, variance, z) for weight, a, variance, z in layers]
        return {
            **super().terms(x, y, outputs),
            "denoising_loss": outputs["shares"] * tf.add_n(costs),
        }

    def total(self, means):
        return super().total(means) + means["denoising_loss"]


def draw_noise(z, seeds: keras.random.SeedGenerator) -> Any:
    """A standard Gaussian draw of the shape of `z`."""
    return keras.random.normal(tf.shape(z), dtype="float32", seed=seeds)


def _mean_error(features, variance, denoised):
    """mean_units (ẑ - a)² / σ² of each row, in float32."""
    error = tf.math.squared_difference(denoised, tf.cast(features, "float32")) / variance
    return tf.reduce_mean(error, axis=list(range(1, error.shape.rank)))


def _check_decoder(classifier: keras.Model, decoder: keras.Model) -> None:
    """Raises `InputError` unless the decoder denoises the top layers of the classifier."""
    ladder = [each.output for each in normalizations(classifier)]
    shapes = [tuple(each.shape[1:]) for each in (classifier.inputs[0], *ladder)]
    taken = [tuple(each.shape[1:]) for each in decoder.inputs]
    made = [tuple(each.shape[1:]) for each in decoder.outputs]
    top = shapes[-len(made) :]
    if (taken, made) != ([*top, shapes[-1]], top):
        raise InputError(
            "The decoder must turn the top layers of the classifier and its class probabilities "
            "into as many denoised layers: zoo.networks.ladder_decoder makes one. Received: a "
            f"classifier with layers of {shapes} and a decoder from {taken} to {made}."
        )


def _check_weights(weights: Any, count: int) -> None:
    """Raises `InputError` unless there is a weight of at least 0 for each of `count` layers."""
    if not isinstance(weights, list | tuple) or len(weights) != count:
        raise InputError(
            f"`denoising_weights` must be {count} numbers, one for each layer that the decoder "
            f"denoises. Received: denoising_weights={weights!r}."
        )
    for weight in weights:
        check_number("denoising_weights (lambda)", weight)
