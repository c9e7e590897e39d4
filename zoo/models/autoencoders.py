"""Auto-encoders of one player: AE and DAE (Vincent et al. 2008), rows of Table 1 of slides A."""

from typing import Any

import keras

from zoo.errors import InputError
from zoo.metrics.images import ReconstructionError
from zoo.models import codes, gate
from zoo.models.base.code_model import CodeModel


@keras.saving.register_keras_serializable(package="zoo")
class Autoencoder(CodeModel):
    """Auto-encoder: a decoder rebuilds the image from the encoder's code.

        loss = mean_i d(x_i, x̂_i),    x̂ = sigmoid(decoder(encoder(c(x))))

    where d is the reconstruction loss of one image (a mean over its pixels) and c the corruption,
    the identity for an AE. With a corruption layer it is a denoising auto-encoder: the input is
    corrupted while training, the target stays clean, and encoding at test time is clean.
    `fit(noisy, clean)` works too: a `y` of the images' rank, or of as many columns as there are
    features, is the target in place of x. Labels are ignored. `sample_weight` weighs the images.

    Args:
        encoder: built model, images (batch_size, height, width, channels) in [0, 1] to codes
            (batch_size, code_size).
        decoder: built model, codes to pixel logits of the images' shape.
        corruption: any Keras layer, for example `keras.layers.GaussianNoise(0.5)`; it acts when
            called with `training=True`.
        reconstruction_loss: `"mse"`, `"mae"` or `"crossentropy"` (nats per pixel).
        augmentation: as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Reconstructions in [0, 1], of the images' shape.

    Raises:
        InputError: the networks do not fit each other, an unknown loss, or a corruption that is
            no Keras layer.

    Example:

        model = zoo.create_model("dae", input_shape=(28, 28, 1), code_size=16)
        model.compile(optimizer="adam")
        model.fit(images, epochs=5)

    Reference: P. Vincent et al., Extracting and composing robust features with denoising
    autoencoders, ICML 2008, section 2, doi:10.1145/1390156.1390294.
    """

    logit_roles = ("decoder",)

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        corruption: keras.layers.Layer | None = None,
        reconstruction_loss: str = "mse",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            {"encoder": encoder, "decoder": decoder}, ("reconstruction_loss",), corruption, **kwargs
        )
        codes.check_pair(encoder, decoder)
        self.reconstruction_loss = reconstruction_loss
        self.image_distance = self.distance(reconstruction_loss)
        self.reconstruction_error = ReconstructionError(name="reconstruction_error")

    def takes_labels(self, shape):
        is_target = len(shape) == len(self.input_shape)
        if len(shape) == 2 and shape[1] != self.input_shape[1]:
            is_target = False  # One-hot labels, beside rows of features.
        return self.takes if is_target else None

    def prepare_labels(self, y):
        return y if y is None else gate.as_floats(y)

    def forward(self, x, y=None, sample_weight=None, training=False):
        corrupted = self.corrupted(x, training)
        code = self.encoder(corrupted, training=training)
        return {"code": code, "pixel_logits": self.decoder(code, training=training)}

    def terms(self, x, y, outputs):
        target = self._target(x, y)
        target = target if target is x else self.scaled(target)
        return {"reconstruction_loss": self.image_distance(target, outputs["pixel_logits"])}

    def _target(self, x, y):
        """The clean images: `y` where it holds images, `x` where it holds labels or nothing."""
        if y is None or tuple(y.shape[1:]) != tuple(x.shape[1:]):
            return x
        if self.augmentation is not None:
            raise InputError(
                "An augmentation changes x alone, so `y` must not hold images. Received: y of "
                f"shape {tuple(y.shape)}; use `corruption` in place of noisy images."
            )
        return y

    def total(self, means):
        return means["reconstruction_loss"]

    def metric_pairs(self, x, y, y_pred):
        return self._target(x, y), y_pred
