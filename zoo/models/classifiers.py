"""The independent classifier: what the auto-classifiers are measured against."""

from typing import Any

import keras

from zoo import labels
from zoo.losses import label_loss as label_loss_named
from zoo.models import codes, label_vectors
from zoo.models.base import ZooModel


@keras.saving.register_keras_serializable(package="zoo")
class Classifier(ZooModel):
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

    label_terms = ("classification_loss",)
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
        super().__init__({"classifier": classifier}, terms, **kwargs)
        label_vectors.check_label_smoothing(label_smoothing)
        self.num_classes = classifier.output_shape[-1]
        self.label_loss = label_loss
        self.label_smoothing = label_smoothing
        self.label_distance = label_loss_named(label_loss)
        self.accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")

    def classify(self, x) -> Any:
        """Class probabilities (batch_size, num_classes) of images, float32."""
        return label_vectors.classify(self.classifier, x)

    def check_arrays(self, x, y):
        super().check_arrays(x, y)
        labels.check_labels(y, self.num_classes)

    def prepare_labels(self, y):
        return labels.one_hot(y, self.num_classes)

    def forward(self, x, y=None, sample_weight=None, training=False):
        codes.check_images(x, self.image_shape)
        return {"class_logits": self.classifier(x, training=training)}

    def terms(self, x, y, outputs):
        y = label_vectors.smoothed(labels.one_hot(y, self.num_classes), self.label_smoothing)
        return {"classification_loss": self.label_distance(y, outputs["class_logits"])}

    def total(self, means):
        return means["classification_loss"]

    def predictions(self, outputs):
        return label_vectors.probabilities(outputs["class_logits"])

    def metric_pairs(self, x, y, y_pred):
        return labels.one_hot(y, self.num_classes), y_pred

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        self.accuracy.update_state(labels.one_hot(y, self.num_classes), y_pred, sample_weight)

    def get_config(self):
        return {
            **super().get_config(),
            "label_loss": self.label_loss,
            "label_smoothing": self.label_smoothing,
        }
