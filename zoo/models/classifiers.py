"""The independent classifier: what the auto-classifiers are measured against."""

from typing import Any

import keras

from zoo.models.base.class_model import ClassModel


@keras.saving.register_keras_serializable(package="zoo")
class Classifier(ClassModel):
    """A classifier alone: the independent CNN of Table 2.

        ŷ = softmax(classifier(x))
        classification_loss  L_C = Σ_i w_i · d(y_i, ŷ_i) / Σ_i w_i
        loss = L_C

    Args:
        classifier: built model, images (batch_size, height, width, channels) in [0, 1] to class
            logits (batch_size, num_classes).
        label_loss: d: `"crossentropy"` (nats), `"mse"` or `"mae"`.
        label_smoothing: the part s of the target (1 - s) · y + s / num_classes that is spread
            over the classes, from 0 to 0.99.
        **kwargs: `augmentation` as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Class probabilities (batch_size, num_classes), float32; metrics given to `compile` see
        them beside one-hot labels.

    Raises:
        InputError: an unknown loss, a smoothing out of its range, or labels that are missing, out
            of range or of another shape.
    """

    logit_roles = ("classifier",)
    further_terms: tuple[str, ...] = ()

    def __init__(
        self,
        classifier: keras.Model,
        label_loss: str = "crossentropy",
        label_smoothing: float = 0.0,
        **kwargs: Any,
    ) -> None:
        terms = ("classification_loss", *self.further_terms)
        super().__init__({"classifier": classifier}, terms, label_loss, label_smoothing, **kwargs)

    def forward(self, x, y=None, sample_weight=None, training=False):
        return {"class_logits": self.classifier(x, training=training)}

    def terms(self, x, y, outputs):
        return {"classification_loss": self.classification_term(y, outputs)}

    def total(self, means):
        return means["classification_loss"]
