"""Class answers: what models do alike that answer with the probabilities of the classes."""

from typing import Any

import keras

from zoo.kinds import TaskNamed
from zoo.losses import label_loss as label_loss_named
from zoo.models import label_vectors
from zoo.models.base import labels


class ClassAnswers:
    """Mixed in before `ZooModel` where `forward` returns `class_logits` of images.

    The model's answer is softmax(class_logits), float32; labels are class numbers or label
    vectors; the metrics given to `compile` see one-hot labels beside the answers, and `accuracy`
    is there without `compile`. Weights of 0 mark unlabelled rows, in `classification_loss` too.

    The model calls `_answer_classes` in `__init__`, and has the network or method `classifier`,
    images to class logits.
    """

    task = TaskNamed("classes")
    label_terms = ("classification_loss",)

    def _answer_classes(self, num_classes: int, label_loss: str = "crossentropy") -> None:
        self.num_classes = num_classes
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

    def predictions(self, outputs):
        return label_vectors.probabilities(outputs["class_logits"])

    def metric_pairs(self, x, y, y_pred):
        return labels.one_hot(y, self.num_classes), y_pred

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        self.accuracy.update_state(labels.one_hot(y, self.num_classes), y_pred, sample_weight)
