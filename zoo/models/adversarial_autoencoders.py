"""Adversarial auto-encoders: AAE, DAAE and iDAAE, rows of Table 1 of slides A."""

from typing import Any

import keras
import tensorflow as tf

from zoo import priors
from zoo import probability as tfd
from zoo.errors import InputError, check_count, check_length, check_number
from zoo.metrics.images import ReconstructionError
from zoo.models import codes
from zoo.models.base.code_model import CodeModel


@keras.saving.register_keras_serializable(package="zoo")
class AdversarialAutoencoder(CodeModel):
    """Adversarial auto-encoder: a discriminator makes the codes look like draws of a prior.

        z = encoder(c(x)),  x̂ = sigmoid(decoder(z)),  z' = (1/M) Σ_m encoder(c_m(x))
        reconstruction_loss      mean_i e(x_i, x̂_i)
        adversarial_loss         mean_i player(discriminator(z'_i))
        discriminator_real_loss  mean_i -log D(p_i),  p_i ~ prior
        discriminator_fake_loss  mean_i -log(1 - D(z'_i))

    The players, encoder and decoder, minimize reconstruction_loss + w · adversarial_loss; the
    discriminator minimizes the sum of its two. player is -log D (`"non_saturating"`) or
    log(1 - D) (`"minimax"`). Published ports run the two terms of the players as two updates, or
    sum the error over the pixels; here they are one weighted sum, with the error a mean over
    pixels, so that w is small.

    With a corruption layer it is a denoising AAE: the input is corrupted while training, the
    target stays clean. With `num_encodings` M above 1 the game is played with the mean of M
    encodings of differently corrupted copies (iDAAE, which integrates over the corruption);
    the reconstruction uses the first copy alone. Encoding at test time is clean.

    Images of a batch: `sample_weight` weighs every term. Labels are ignored.

    Args:
        encoder: built model, images (batch_size, height, width, channels) in [0, 1] to codes
            (batch_size, code_size).
        decoder: built model, codes to pixel logits of the images' shape.
        discriminator: built model, codes to one logit (batch_size, 1), of the code being a draw
            of the prior.
        prior: `"standard_normal"`, `"gaussian_mixture"` (ten on a circle, `zoo.priors`), or any
            TFP distribution whose events are codes.
        corruption: any Keras layer; it acts when called with `training=True`.
        num_encodings: M, from 1 to 1000.
        reconstruction_loss: e: `"mse"`, `"mae"` or `"crossentropy"`.
        adversarial_weight: w, at least 0.
        seed: of the draws.
        **kwargs: `adversarial_loss` and `adversary_steps` as for `MinMaxGame`, `augmentation` as
            for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Reconstructions in [0, 1], of the images' shape.

    Raises:
        InputError: the networks do not fit each other, a prior whose event shape is not the
            code's, no encoding, several encodings without a corruption, a negative weight, or an
            unknown loss.

    Example:

        model = zoo.create_model("aae", input_shape=(28, 28, 1), code_size=16)
        model.compile(optimizer="adam", adversary_optimizer=keras.optimizers.Adam(5e-4))
        model.fit(images, epochs=5)
        new_images = model.sample(25)

    Reference: A. Makhzani et al., Adversarial autoencoders, 2015, section 2, arXiv:1511.05644;
    A. Creswell and A. A. Bharath, Denoising adversarial autoencoders, IEEE TNNLS 30(4), 2019,
    sections III and IV, arXiv:1703.01220.
    """

    logit_roles = ("decoder", "discriminator")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        discriminator: keras.Model,
        prior: "str | tfd.Distribution" = "standard_normal",
        corruption: keras.layers.Layer | None = None,
        num_encodings: int = 1,
        reconstruction_loss: str = "mse",
        adversarial_weight: float = 0.01,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            {"encoder": encoder, "decoder": decoder, "discriminator": discriminator},
            ("reconstruction_loss",),
            corruption,
            **kwargs,
        )
        codes.check_pair(encoder, decoder)
        self.code_size = encoder.output_shape[-1]
        codes.check_discriminator(discriminator, self.code_size, "codes")
        check_length("num_encodings", num_encodings)
        if num_encodings > 1 and corruption is None:
            raise InputError(
                "Several encodings of an image differ by its corruption alone, and there is none. "
                f"Received: num_encodings={num_encodings}, corruption=None."
            )
        check_number("adversarial_weight", adversarial_weight)
        self.prior = priors.prior_on_codes(prior, self.code_size)
        self.num_encodings = num_encodings
        self.reconstruction_loss = reconstruction_loss
        self.image_distance = self.distance(reconstruction_loss)
        self.adversarial_weight = adversarial_weight
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)
        self.reconstruction_error = ReconstructionError(name="reconstruction_error")

    def sample(self, n: int) -> Any:
        """`n` images in [0, 1] decoded from draws of the prior, float32."""
        check_count("n", n)
        return self.decode(priors.draw(self.prior, n, self.seeds))

    def forward(self, x, y=None, sample_weight=None, training=False):
        copies = self.num_encodings if training else 1
        corrupted = tf.concat([x] * copies, axis=0) if copies > 1 else x
        corrupted = self.corrupted(corrupted, training)
        encodings = tf.split(self.encoder(corrupted, training=training), copies)
        return {
            "code": encodings[0],
            "integrated_code": tf.add_n(encodings) / copies if copies > 1 else encodings[0],
            "pixel_logits": self.decoder(encodings[0], training=training),
        }

    def discriminator_input(self, x, y, outputs):
        fake = tf.cast(outputs["integrated_code"], "float32")
        real = priors.draw(self.prior, tf.shape(fake)[:1], self.seeds)
        return tf.cast(real, "float32"), fake

    def terms(self, x, y, outputs):
        return {
            "reconstruction_loss": self.image_distance(x, outputs["pixel_logits"]),
            "adversarial_loss": self.adversarial_term(outputs["integrated_code"]),
        }

    def total(self, means):
        adversarial = self.adversarial_weight * means["adversarial_loss"]
        return means["reconstruction_loss"] + adversarial

    def get_config(self):
        return {**super().get_config(), "prior": priors.to_config(self.prior)}
