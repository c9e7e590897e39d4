"""Super-encoders: dimensionality reduction that is told the labels (Kamal & Bae, slides A)."""

from typing import Any

import keras
from keras import ops

from zoo.errors import check_number
from zoo.kinds import TaskNamed
from zoo.losses import WeightedCooperation
from zoo.metrics.images import ReconstructionError
from zoo.models import allowed, codes, gate
from zoo.models.base.class_model import ClassModel
from zoo.models.label_vectors import probabilities


@keras.saving.register_keras_serializable(package="zoo")
class SuperEncoder(ClassModel):
    """Super-encoder: encoder, separator and decoder share one objective.

        z = encoder(x),  ŷ = softmax(separator(z)),  x̂ = sigmoid(decoder(z))
        separability_loss    L_enc = Σ_i w_i · d(y_i, ŷ_i) / Σ_i w_i
        reconstruction_loss  L_dec = mean_i e(x_i, x̂_i)
        loss = α · L_enc + β · L_dec

    minimized over all three networks: the cooperative super-encoder, SE (co). d and e are
    selectable; the slides write both as L1 norms (`"mae"`, here as means over the classes and
    over the pixels) with α and β left open. The slides' captions of the two terms are swapped;
    the names here follow the formulas.

    With a discriminator D on label vectors it is the non-cooperative one, SE (nc): D tells real
    one-hot labels from the separator's output, and the three networks try to pass:

        discriminator_real_loss  mean over the labeled rows of -log D(y_i)
        discriminator_fake_loss  mean_i -log(1 - D(ŷ_i))
        adversarial_loss         mean_i log(1 - D(ŷ_i))  ("minimax"), or  mean_i -log D(ŷ_i)
        loss = α · L_enc + β · L_dec + γ · adversarial_loss

    The slides' value function E log D(y) + E log(1 - D(ŷ)) + E e(x, x̂) is this with `"minimax"`,
    γ = β = 1 and α = 0, read with an error e around its third term, where the slides write the
    reconstruction alone. D never sees which image a label belongs to, so without α a separator
    that permutes the classes plays as well as the right one: the supervised term is an addition,
    on by default.

    Semi-supervised training, SE* (co) and SE* (nc): give `sample_weight` 1 on labeled and 0 on
    unlabeled rows. The weights w reach the label term and the real side of D only; every image
    stays in the reconstruction term and on the fake side.

    Args:
        encoder: built model, images (batch_size, height, width, channels) in [0, 1] to codes
            (batch_size, code_size).
        separator: built model, codes to class logits (batch_size, num_classes).
        decoder: built model, codes to pixel logits of the images' shape.
        discriminator: None, or a built model, label vectors (batch_size, num_classes) to one
            logit (batch_size, 1).
        classification_weight: α, at least 0.
        reconstruction_weight: β, at least 0.
        label_loss: d: `"crossentropy"` (nats), `"mae"` (the slides') or `"mse"`.
        reconstruction_loss: e: `"mse"`, `"mae"` (the slides') or `"crossentropy"`.
        conditional_decoder: does the decoder see a label vector beside the code? The slides
            write x̂ = p(q(x|y)); by default the bar only says that z was supervised. With True
            the decoder takes codes and label vectors, concatenated: y on labeled rows while
            training, ŷ otherwise, so that no label is needed at test time.
        adversarial_weight: γ, at least 0; without a discriminator it plays no part.
        **kwargs: `label_smoothing` as for `zoo.Classifier`, `adversarial_loss` and
            `adversary_steps` as for `MinMaxGame`, `augmentation` as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        A dict of `code` (batch_size, code_size), `label` (batch_size, num_classes), the class
        probabilities, and `reconstruction`, in [0, 1] and of the images' shape. Metrics given to
        `compile` go by the keys `label` and `reconstruction`.

    Raises:
        InputError: the networks do not fit each other, an unknown loss, a negative weight, or
            labels that are missing, out of range or of another shape.

    Example:

        model = zoo.create_model("se_co", input_shape=(28, 28, 1), num_classes=10)
        model.compile(optimizer="adam")
        model.fit(images, labels, epochs=5)

    Reference: I. M. Kamal and H. Bae, Super-encoder with cooperative autoencoder networks,
    Pattern Recognition 126, 2022; slides A, "Cooperative Super-encoder" and "Non-cooperative
    Super-encoder".
    """

    task = TaskNamed("codes")
    label_terms = ("separability_loss",)
    real_terms = ("discriminator_real_loss",)
    logit_roles = ("separator", "decoder", "discriminator")
    class_role = "separator"
    scored_answers = ("label", "reconstruction")

    def __init__(
        self,
        encoder: keras.Model,
        separator: keras.Model,
        decoder: keras.Model,
        discriminator: keras.Model | None = None,
        classification_weight: float = 1.0,
        reconstruction_weight: float = 1.0,
        label_loss: str = "crossentropy",
        reconstruction_loss: str = "mse",
        conditional_decoder: bool = False,
        adversarial_weight: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            {
                "encoder": encoder,
                "separator": separator,
                "decoder": decoder,
                "discriminator": discriminator,
            },
            ("separability_loss", "reconstruction_loss"),
            label_loss,
            **kwargs,
        )
        codes.check_pair(encoder, decoder, extra=self.num_classes if conditional_decoder else 0)
        codes.check_separator(separator, encoder.output_shape[1:])
        if discriminator is not None:
            codes.check_discriminator(discriminator, self.num_classes, "label vectors")
        check_number("adversarial_weight", adversarial_weight)
        # By the names that the user gave, before the cooperation checks them by its own.
        self.classification_weight = classification_weight
        self.reconstruction_weight = reconstruction_weight
        self.reconstruction_loss = reconstruction_loss
        self.conditional_decoder = conditional_decoder
        self.adversarial_weight = adversarial_weight
        self.cooperation = WeightedCooperation(classification_weight, reconstruction_weight)
        self.image_distance = self.distance(reconstruction_loss)
        self.reconstruction_error = ReconstructionError(name="reconstruction_error")

    def encode(self, x) -> Any:
        """Codes (batch_size, code_size) of one batch of images, float32."""
        return codes.encode(self.encoder, x, self.scaling)

    def separate(self, code) -> Any:
        """Class probabilities (batch_size, num_classes) of codes, float32."""
        code = gate.take(allowed.numbers("codes", self.separator.input_shape[1:]), code)
        return probabilities(self.separator(code, training=False))

    def classify(self, x) -> Any:
        """Class probabilities (batch_size, num_classes) of images, float32."""
        code = self.encode(x)
        with gate.passed():
            return self.separate(code)

    def decode(self, code) -> Any:
        """Images in [0, 1] of codes (batch_size, code_size), float32."""
        if not self.conditional_decoder:
            return codes.decode(self.decoder, code, self.scaling)
        code = ops.convert_to_tensor(code)
        label = self.separate(code)
        with gate.passed():
            both = ops.concatenate([code, label], axis=-1)
            return codes.decode(self.decoder, both, self.scaling)

    def reconstruct(self, x) -> Any:
        """Images in [0, 1] rebuilt from the codes of `x`, float32."""
        code = self.encode(x)
        with gate.passed():
            return self.decode(code)

    def forward(self, x, y=None, sample_weight=None, training=False):
        code = self.encoder(x, training=training)
        class_logits = self.separator(code, training=training)
        decoder_input = code
        if self.conditional_decoder:
            label = probabilities(class_logits)
            if training:
                label = self._given_or_predicted(y, sample_weight, label)
            decoder_input = ops.concatenate([code, ops.cast(label, code.dtype)], axis=-1)
        return {
            "code": code,
            "class_logits": class_logits,
            "pixel_logits": self.decoder(decoder_input, training=training),
        }

    def _given_or_predicted(self, y, sample_weight, predicted):
        if sample_weight is None:
            return y
        labeled = ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1)) > 0
        return ops.where(labeled, y, predicted)

    def discriminator_input(self, x, y, outputs):
        return y, probabilities(outputs["class_logits"])

    def terms(self, x, y, outputs):
        terms = {
            "separability_loss": self.classification_term(y, outputs),
            "reconstruction_loss": self.image_distance(x, outputs["pixel_logits"]),
        }
        if self.adversary_role is not None:
            label = probabilities(outputs["class_logits"])
            terms["adversarial_loss"] = self.adversarial_term(label)
        return terms

    def total(self, means):
        loss = self.cooperation(means["separability_loss"], means["reconstruction_loss"])
        if self.adversary_role is not None:
            loss += self.adversarial_weight * means["adversarial_loss"]
        return loss

    def predictions(self, outputs):
        return {
            "code": ops.cast(outputs["code"], "float32"),
            "label": probabilities(outputs["class_logits"]),
            "reconstruction": self.restored(outputs["pixel_logits"]),
        }

    def metric_pairs(self, x, y, y_pred):
        targets = {"label": y, "reconstruction": x}
        return targets, {key: y_pred[key] for key in targets}

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        super().update_metrics(x, y, sample_weight, outputs, y_pred)
        rebuilt = self.scaled(y_pred["reconstruction"])
        self.reconstruction_error.update_state(self.scaled(x), rebuilt)
