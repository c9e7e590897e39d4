"""Variational auto-encoders: VAE, DVAE and beta-VAE, rows of Table 1 of slides A."""

import math
from typing import Any

import keras
import tensorflow as tf

from zoo import priors
from zoo import probability as tfd
from zoo.errors import check_count, check_number
from zoo.metrics.images import ActiveUnits, ReconstructionError
from zoo.models import codes, likelihoods
from zoo.models.base.code_model import CodeModel
from zoo.models.likelihoods import add_likelihood, likelihood_of

# Keeps log σ finite where the encoder asks for no spread at all.
_SMALLEST_SCALE = 1e-5


@keras.saving.register_keras_serializable(package="zoo")
class VariationalAutoencoder(CodeModel):
    """Variational auto-encoder: the code is drawn from a posterior that is kept near N(0, I).

        q(z|x) = N(m, diag s²),  (m, r) = encoder(c(x)),  s = softplus(r) + 1e-5
        z ~ q(z|c(x)),  x̂ = sigmoid(decoder(z))
        reconstruction_loss  -log p(x_i | z_i)                    nats per image
        kl_loss              KL(q(z | c(x_i)) ‖ N(0, I))          nats per image
        loss = mean_i reconstruction_loss_i + beta · mean_i kl_loss_i

    With `beta=1` and no corruption the loss is the negative ELBO, with one draw an image. With a
    corruption layer it is a denoising VAE: the input is corrupted while training, the target
    stays clean. `beta` above 1 gives a beta-VAE. The likelihood of an image with n pixels times
    channels, σ being `likelihood_scale`:

    * `"bernoulli"`: Σ x log x̂ + (1 - x) log(1 - x̂), also for pixels between 0 and 1;
    * `"gaussian"`:  Σ log N(x; x̂, σ²);
    * `"mse"`: -n · MSE / (2σ²), the Gaussian without its constant: no bound, the same gradients,
      a little faster. So next to a *mean* squared error the KL counts 2σ² / n times.

    Images of a batch: `sample_weight` weighs both terms. Labels are ignored. The metric
    `active_units` counts the code dimensions whose posterior mean varies over the images by more
    than 0.01; where it falls to 0 the posterior has collapsed. `call` and `predict` rebuild from
    the posterior mean; training and `evaluate` draw.

    Args:
        encoder: built model, images (batch_size, height, width, channels) in [0, 1] to the
            posterior's parameters (batch_size, 2 · code_size): means, then raw scales.
        decoder: built model, codes (batch_size, code_size) to pixel logits.
        corruption: any Keras layer; it acts when called with `training=True`.
        beta: weight of the divergence, at least 0.
        likelihood: `"bernoulli"`, `"gaussian"` or `"mse"`; None is Bernoulli, and Gaussian for
            standardized features, which take no other.
        likelihood_scale: σ of the Gaussian, in units of a pixel in [0, 1] or of the deviation of a
            feature, or `"learned"`, one for all; None is 0.1, and learned for standardized
            features. Densities, `elbo` among them, are those of standardized features.
        seed: of the draws.
        augmentation: as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Reconstructions in [0, 1], of the images' shape.

    Raises:
        InputError: the networks do not fit each other, an unknown likelihood, a negative beta, a
            scale that is not positive, or a corruption that is no Keras layer.

    Example:

        model = zoo.create_model("vae", input_shape=(28, 28, 1), code_size=16)
        model.compile(optimizer="adam")
        model.fit(images, epochs=5)
        new_images = model.sample(25)

    Reference: D. P. Kingma and M. Welling, Auto-encoding variational Bayes, ICLR 2014, equation
    3, arXiv:1312.6114; D. J. Im et al., Denoising criterion for variational auto-encoding
    framework, AAAI 2017, arXiv:1511.06406; I. Higgins et al., beta-VAE, ICLR 2017, equation 4,
    https://openreview.net/forum?id=Sy2fzU9gl.
    """

    logit_roles = ("decoder",)

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        corruption: keras.layers.Layer | None = None,
        beta: float = 1.0,
        likelihood: str | None = None,
        likelihood_scale: float | str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            {"encoder": encoder, "decoder": decoder},
            ("reconstruction_loss", "kl_loss"),
            corruption,
            **kwargs,
        )
        codes.check_pair(encoder, decoder, numbers_per_dimension=2)
        check_number("beta", beta)
        add_likelihood(self, likelihood, likelihood_scale)
        self.beta = beta
        self.code_size = decoder.input_shape[-1]
        self.prior = priors.standard_normal(self.code_size)
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)
        self.active_units = ActiveUnits(self.code_size, name="active_units")
        self.reconstruction_error = ReconstructionError(name="reconstruction_error")

    def posterior(self, x) -> "tfd.Distribution":
        """q(z|x) of one batch of clean images: batch shape (batch_size,), events (code_size,)."""
        return self._posterior(self.encoder(self.scaled(self.take(x)), training=False))

    def encode(self, x) -> Any:
        """Posterior means (batch_size, code_size) of one batch of clean images, float32."""
        return codes.encode(self.encoder, x, self.scaling)[:, : self.code_size]

    def sample(self, n: int) -> Any:
        """`n` images in [0, 1] decoded from draws of the prior, float32."""
        check_count("n", n)
        return self.decode(priors.draw(self.prior, n, self.seeds))

    def elbo(self, x, num_samples: int = 1) -> Any:
        """Evidence lower bound of clean images, (batch_size,), in nats, whatever `beta` is.

        (1/K) Σ_k log p(x|z_k) - KL(q(z|x) ‖ p(z)),   z_k ~ q(z|x),  K = num_samples
        """
        check_count("num_samples", num_samples)
        # Floats, as TFP would cut an array down to the whole numbers of a Bernoulli.
        x = tf.cast(self.take(x), "float32")
        posterior, x = self.posterior(x), self.scaled(x)
        draws = [
            likelihood_of(self, self.decoder(self._draw(posterior), training=False)).log_prob(x)
            for _ in range(num_samples)
        ]
        return tf.add_n(draws) / num_samples - tfd.kl_divergence(posterior, self.prior)

    def log_likelihood(self, x, num_samples: int = 100) -> Any:
        """Importance-weighted estimate of log p(x) of clean images, (batch_size,), in nats.

            log (1/K) Σ_k p(x|z_k) p(z_k) / q(z_k|x),   z_k ~ q(z|x),  K = num_samples

        It is a lower bound in expectation, which rises to log p(x) with K (Burda et al.,
        Importance weighted autoencoders, ICLR 2016, equation 8).
        """
        check_count("num_samples", num_samples)
        x = tf.cast(self.take(x), "float32")
        posterior, x = self.posterior(x), self.scaled(x)
        weights = []
        for _ in range(num_samples):
            code = self._draw(posterior)
            likelihood = likelihood_of(self, self.decoder(code, training=False)).log_prob(x)
            weights.append(likelihood + self.prior.log_prob(code) - posterior.log_prob(code))
        return tf.reduce_logsumexp(tf.stack(weights), axis=0) - math.log(num_samples)

    def call(self, x, training=False):
        return self.restored(self.decoder(self.encode(x), training=training))

    def forward(self, x, y=None, sample_weight=None, training=False):
        corrupted = self.corrupted(x, training)
        parameters = self.encoder(corrupted, training=training)
        code = self._draw(self._posterior(parameters))
        return {
            "posterior_parameters": parameters,
            "code": code,
            "pixel_logits": self.decoder(code, training=training),
        }

    def terms(self, x, y, outputs):
        posterior = self._posterior(outputs["posterior_parameters"])
        return {
            "reconstruction_loss": self._reconstruction_loss(x, outputs["pixel_logits"]),
            "kl_loss": tfd.kl_divergence(posterior, self.prior),
        }

    def total(self, means):
        return means["reconstruction_loss"] + self.beta * means["kl_loss"]

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        super().update_metrics(x, y, sample_weight, outputs, y_pred)
        means = outputs["posterior_parameters"][:, : self.code_size]
        self.active_units.update_state(means, sample_weight)

    def _posterior(self, parameters):
        mean, raw_scale = tf.split(tf.cast(parameters, "float32"), 2, axis=-1)
        scale = tf.math.softplus(raw_scale) + _SMALLEST_SCALE
        return tfd.Independent(tfd.Normal(mean, scale), 1)

    def _draw(self, posterior):
        return priors.draw(posterior, (), self.seeds)

    def _reconstruction_loss(self, x, logits):
        if self.likelihood != "mse":
            return -likelihood_of(self, logits).log_prob(tf.cast(x, "float32"))
        error = tf.math.squared_difference(tf.cast(x, "float32"), codes.pixels(logits))
        axes = tuple(range(1, error.shape.rank))
        return tf.reduce_sum(error, axis=axes) / (2 * likelihoods.scale(self) ** 2)
